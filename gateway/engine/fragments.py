"""Parts of answers, kept as JSON beside the values that they were made of.

A value of a class that is declared immutable always gives the same JSON for the same selection, unless that
asks a function for something else than the value. So it is written once. What a function reads beside the
value may change: then the JSON is good for one `Edition`. What is kept is found by the value's identity: a
part of an answer never outlives what it is made of.
"""

import weakref

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

Kept = tuple[msgspec.Raw, weakref.ref[object]]
"""The JSON, and what tells when the value's identity is about to mean another one."""

_Place = tuple[str, int]
"""Audience and selection."""


class _Table(msgspec.Struct, frozen=True):
    """What is kept for one selection and audience, of one edition, by the values' identities."""

    number: int
    kept: dict[int, Kept]


class Fragments:
    """What is kept, for one schema.

    Args:
        max_bytes: about how much at most; what was kept first is forgotten first.
    """

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._tables: dict[_Place, _Table] = {}
        self._order: dict[tuple[_Place, int], None] = {}

    def of_selection(self, selection: int, edition: Edition = ALWAYS) -> dict[int, Kept]:
        """What is kept for a selection in this edition."""
        table = self._tables.get((edition.audience, selection))
        return table.kept if table is not None and table.number == edition.number else _NOTHING

    def find(self, selection: int, value: object, edition: Edition = ALWAYS) -> msgspec.Raw | None:
        """The JSON of `value` for `selection`, if it is kept."""
        kept = self.of_selection(selection, edition).get(id(value))
        return None if kept is None else kept[0]

    def keep(self, selection: int, value: object, answer: object, edition: Edition = ALWAYS) -> msgspec.Raw:
        """Write `answer` as JSON, and keep it as long as `value` lives and the edition is this one."""
        raw = msgspec.Raw(msgspec.json.encode(answer))
        place, identity = (edition.audience, selection), id(value)
        try:
            reference = weakref.ref(value, lambda _: self._forget(place, identity))
        except TypeError:
            return raw  # a class without a place for weak references
        self._forget(place, identity)
        self._table(place, edition.number).kept[identity] = (raw, reference)
        self._order[place, identity] = None
        self._bytes += len(memoryview(raw)) + _OVERHEAD_BYTES
        while self._bytes > self._max_bytes:
            self._forget(*next(iter(self._order)))
        return raw

    def _table(self, place: _Place, number: int) -> _Table:
        """The one for this edition; nobody asks for an older one's again."""
        table = self._tables.get(place)
        if table is None or table.number != number:
            for identity in () if table is None else tuple(table.kept):
                self._forget(place, identity)
            table = self._tables[place] = _Table(number, {})
        return table

    def _forget(self, place: _Place, identity: int) -> None:
        table = self._tables.get(place)
        kept = None if table is None else table.kept.pop(identity, None)
        if table is None or kept is None:
            return
        del self._order[place, identity]
        self._bytes -= len(memoryview(kept[0])) + _OVERHEAD_BYTES
        if not table.kept:
            del self._tables[place]


_NOTHING: dict[int, Kept] = {}
