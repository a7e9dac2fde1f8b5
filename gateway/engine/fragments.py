"""Parts of answers, kept as JSON beside the values that they were made of.

A value of a class that is declared immutable always gives the same JSON for the same selection, unless that
asks a function for something else than the value. So it is written once. What a function reads beside the
value may change: then the JSON is good for one `Edition`. What is kept is found by the value's identity: a
part of an answer never outlives what it is made of.
"""

import weakref
from collections.abc import Callable

import msgspec

MAX_BYTES = 64 * 1024 * 1024
_OVERHEAD_BYTES = 400  # of an entry, beside its JSON


class Edition(msgspec.Struct, frozen=True):
    """What the functions of a schema read, as long as it stays what it is.

    Attributes:
        audience: to whom the same is shown.
        number: another one whenever anything of it may have changed.
    """

    audience: str
    number: int


ALWAYS = Edition("", 0)
"""Of what depends on the value alone."""

_Key = tuple[int, int, str]


class Fragments:
    """What is kept, for one schema.

    Args:
        max_bytes: about how much at most; what was kept first is forgotten first.
    """

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        # By selection, identity and audience; the reference tells when the identity is about to mean
        # something else.
        self._kept: dict[_Key, tuple[int, msgspec.Raw, weakref.ref[object]]] = {}

    def find(self, selection: int, value: object, edition: Edition = ALWAYS) -> msgspec.Raw | None:
        """The JSON of `value` for `selection`, if it is kept."""
        kept = self._kept.get((selection, id(value), edition.audience))
        return kept[1] if kept is not None and kept[0] == edition.number else None

    def keep(self, selection: int, value: object, answer: object, edition: Edition = ALWAYS) -> msgspec.Raw:
        """Write `answer` as JSON, and keep it as long as `value` lives and the edition is this one."""
        raw = msgspec.Raw(msgspec.json.encode(answer))
        key = (selection, id(value), edition.audience)
        self._forget(key)
        try:
            reference = weakref.ref(value, self._forgetting(key))
        except TypeError:
            return raw  # a class without a place for weak references
        self._kept[key] = (edition.number, raw, reference)
        self._bytes += len(memoryview(raw)) + _OVERHEAD_BYTES
        while self._bytes > self._max_bytes:
            self._forget(next(iter(self._kept)))
        return raw

    def _forgetting(self, key: _Key) -> Callable[[object], None]:
        return lambda _: self._forget(key)

    def _forget(self, key: _Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self._bytes -= len(memoryview(kept[1])) + _OVERHEAD_BYTES
