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

Kept = tuple[int, msgspec.Raw, weakref.ref[object]]
"""The number of the edition, the JSON, and what tells when the value's identity is about to mean another."""

_Key = tuple[str, int, int]
"""Audience, selection, and the value's identity."""


class Fragments:
    """What is kept, for one schema.

    Args:
        max_bytes: about how much at most; what was kept first is forgotten first.
    """

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: dict[tuple[str, int], dict[int, Kept]] = {}
        self._order: dict[_Key, None] = {}

    def table(self, selection: int, edition: Edition = ALWAYS) -> dict[int, Kept]:
        """What is kept for a selection, by the values' identities: of this edition, and of others."""
        return self._kept.get((edition.audience, selection), _NOTHING)

    def find(self, selection: int, value: object, edition: Edition = ALWAYS) -> msgspec.Raw | None:
        """The JSON of `value` for `selection`, if it is kept."""
        kept = self.table(selection, edition).get(id(value))
        return kept[1] if kept is not None and kept[0] == edition.number else None

    def keep(self, selection: int, value: object, answer: object, edition: Edition = ALWAYS) -> msgspec.Raw:
        """Write `answer` as JSON, and keep it as long as `value` lives and the edition is this one."""
        raw = msgspec.Raw(msgspec.json.encode(answer))
        key = (edition.audience, selection, id(value))
        self._forget(key)
        try:
            reference = weakref.ref(value, self._forgetting(key))
        except TypeError:
            return raw  # a class without a place for weak references
        self._kept.setdefault(key[:2], {})[key[2]] = (edition.number, raw, reference)
        self._order[key] = None
        self._bytes += len(memoryview(raw)) + _OVERHEAD_BYTES
        while self._bytes > self._max_bytes:
            self._forget(next(iter(self._order)))
        return raw

    def _forgetting(self, key: _Key) -> Callable[[object], None]:
        return lambda _: self._forget(key)

    def _forget(self, key: _Key) -> None:
        if key not in self._order:
            return
        del self._order[key]
        table = self._kept[key[:2]]
        self._bytes -= len(memoryview(table.pop(key[2])[1])) + _OVERHEAD_BYTES
        if not table:
            del self._kept[key[:2]]


_NOTHING: dict[int, Kept] = {}
