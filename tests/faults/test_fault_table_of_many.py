"""Every fault at some writes of grantAccess for 40 targets: what is said is so, and nothing is doubled.

What is to be told of a change that is struck stands in `table.py`.
"""

from collections import Counter

import pytest

from gateway.domain.vocabulary import Outcome, UserErrorCode
from tests.conftest import MakeStand
from tests.faults.additions import Place
from tests.faults.many import (
    AT_ONCE,
    DONE,
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

REFUSED = Outcome.REFUSED


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_what_a_fault_strikes_is_told_as_in_the_table_and_is_made_good_by_repeating(
    row: Row, make_stand: MakeStand
) -> None:
    many = await create_many(make_stand, row)
    if lasts(row.fault):
        struck = many.some(3)  # all at the same time
    else:
        struck = many.some(1) | many.some(1, after=AT_ONCE) | many.some(1, after=3 * AT_ONCE)
    many.strike(row.fault, struck)
    first = await many.grant(atomic=False)
    assert_true(many, first)
    assert_told_as_in_the_table(many, first, row, struck)

    sent = many.received(Change.ADD)
    many.end_trouble()
    again = await many.grant(atomic=False)
    assert_true(many, again)
    left = first.may_pass
    assert again.places_of(*DONE) == first.places_of(*DONE) | left
    assert again.results == first.results | {place: again.results[place] for place in left}
    assert many.received(Change.ADD) - sent == Counter(left)


def assert_told_as_in_the_table(many: Many, answer: Answer, row: Row, struck: set[Place]) -> None:
    by_table = cells(row, struck, Change.ADD)
    assert answer.told_of(struck) == {
        place: (many.done(place) if cell.shown in DONE else cell.shown, cell.code)
        for place, cell in by_table.items()
    }
    others, calls = set(many.places) - struck, Counter(many.places)
    calls.update({place: cell.calls - 1 for place, cell in by_table.items()})
    if stops_its_platform(row):
        refused = answer.places_of(REFUSED) & others
        assert {code for _, code in answer.told_of(refused).values()} == {UserErrorCode.UPSTREAM_THROTTLED}
        assert many.received(Change.ADD) <= calls - Counter(refused)
    else:
        assert answer.places_of(*DONE) >= others
        assert many.received(Change.ADD) == calls
