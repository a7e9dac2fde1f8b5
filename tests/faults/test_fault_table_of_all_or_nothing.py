"""Every fault at some writes of an atomic grantAccess for 40 targets: all of it is done, or nothing.

What is to be told of a change that is struck stands in `table.py`.
"""

from collections import Counter

import pytest

from gateway.domain.vocabulary import Outcome
from tests.conftest import MakeStand
from tests.faults.additions import Place
from tests.faults.many import (
    AT_ONCE,
    DONE,
    NOT_THERE,
    Answer,
    Many,
    assert_true,
    cells,
    create_many,
    stops_its_platform,
)
from tests.faults.striking import lasts
from tests.faults.table import ROWS, Row
from tests.mutations.ground import Change

pytestmark = pytest.mark.anyio

REFUSED, UNKNOWN = Outcome.REFUSED, Outcome.UNKNOWN
COMPENSATED, SKIPPED = Outcome.COMPENSATED, Outcome.SKIPPED

# So many have been begun for certain when one is struck that comes after them.
BEGUN_BEFORE = 2 * AT_ONCE


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_all_or_nothing_is_done_and_repeating_does_all_where_what_failed_may_pass(
    row: Row, make_stand: MakeStand
) -> None:
    many = await create_many(make_stand, row)
    struck = many.some(3, after=BEGUN_BEFORE)
    by_table = cells(row, struck, Change.ADD)
    many.strike(row.fault, struck, together=True)
    first = await many.grant(atomic=True)
    assert_true(many, first)
    failed = {place: cell for place, cell in by_table.items() if cell.shown not in DONE}
    assert first.told_of(failed) == {place: (cell.shown, cell.code) for place, cell in failed.items()}
    assert_all_or_nothing(many, first, row, set(failed))
    most = Counter(many.places)
    most.update({place: cell.calls - 1 for place, cell in by_table.items()})
    assert many.received(Change.ADD) <= most

    sent, taken_back = many.received(Change.ADD), many.received(Change.REMOVE)
    many.end_trouble()
    if not first.may_pass:
        assert await many.grant(atomic=True) == first
        assert (many.received(Change.ADD), many.received(Change.REMOVE)) == (sent, taken_back)
        return
    if left := first.places_of(UNKNOWN):
        again = await many.grant(atomic=True)
        assert_true(many, again)
        assert again.places_of(COMPENSATED) == first.places_of(COMPENSATED) | left
        assert many.received(Change.REMOVE) - taken_back == Counter(left)
    again = await many.grant(atomic=True)
    assert_true(many, again)
    assert again.complete
    assert many.received(Change.ADD) - sent == Counter(many.places)


def assert_all_or_nothing(many: Many, answer: Answer, row: Row, failed: set[Place]) -> None:
    begun = set(many.received(Change.ADD))
    there = {place for place in many.places if many.is_in(place)}
    assert len(begun) > BEGUN_BEFORE  # else it was no trial
    assert many.received(Change.REMOVE) == Counter(answer.places_of(COMPENSATED))
    if not failed:
        assert answer.complete
    elif stops_its_platform(row):
        # Nothing can be undone while it is to be left alone.
        assert there == answer.places_of(UNKNOWN)
        assert answer.may_pass == answer.places_of(REFUSED, UNKNOWN)
    else:
        assert there == set()
        assert answer.places_of(COMPENSATED) == begun - failed
        assert answer.places_of(SKIPPED) == set(many.places) - begun
        # All of them have been begun by the time at which a fault that lasts has shown.
        assert answer.places_of(SKIPPED) or lasts(row.fault)
        assert answer.places_of(*NOT_THERE) >= set(many.places) - failed
