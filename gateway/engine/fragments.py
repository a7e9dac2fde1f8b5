"""Parts of answers, kept as JSON beside the values that they were made of.

A value of a class that is declared immutable always gives the same JSON for the same selection, unless that
asks a function for something else than the value. So it is written once. What is kept is found by the value's
identity: another caller's value is another value, and a part of an answer never outlives what it is made of.
"""

import weakref
from collections.abc import Callable

import msgspec

MAX_BYTES = 64 * 1024 * 1024
_OVERHEAD_BYTES = 400  # of an entry, beside its JSON


class Fragments:
    """What is kept, for one schema.

    Args:
        max_bytes: about how much at most; what was kept first is forgotten first.
    """

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        # By selection and identity; the reference tells when the identity is about to mean something else.
        self._kept: dict[tuple[int, int], tuple[weakref.ref[object], msgspec.Raw]] = {}

    def find(self, selection: int, value: object) -> msgspec.Raw | None:
        """The JSON of `value` for `selection`, if it is kept."""
        kept = self._kept.get((selection, id(value)))
        return None if kept is None else kept[1]

    def keep(self, selection: int, value: object, answer: object) -> msgspec.Raw:
        """Write `answer` as JSON, and keep it as long as `value` lives."""
        raw = msgspec.Raw(msgspec.json.encode(answer))
        key = (selection, id(value))
        try:
            reference = weakref.ref(value, self._forgetting(key))
        except TypeError:
            return raw  # a class without a place for weak references
        self._kept[key] = (reference, raw)
        self._bytes += len(memoryview(raw)) + _OVERHEAD_BYTES
        while self._bytes > self._max_bytes:
            self._forget(next(iter(self._kept)))
        return raw

    def _forgetting(self, key: tuple[int, int]) -> Callable[[object], None]:
        return lambda _: self._forget(key)

    def _forget(self, key: tuple[int, int]) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._bytes -= len(memoryview(kept[1])) + _OVERHEAD_BYTES
