"""gateway/graph/audit.py: places in the trail as clients see them."""

import base64
import json
from contextlib import suppress
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.changing.audit import AuditEntry, AuditLog, AuditPage, AuditSelection
from gateway.domain.caller import Caller, Scope
from gateway.domain.errors import BadUserInput, Forbidden
from gateway.graph import ids
from gateway.graph.audit import AUDIT_ORDER, position_of
from tests.access.trail import ListedTrail, entry, position
from tests.access.world import NOON

ENTRIES = st.builds(entry, st.integers(1, 2**63 - 1), at=st.datetimes(timezones=st.just(UTC)))


def made_by_hand(*content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@given(ENTRIES)
def test_a_cursor_comes_back_as_the_place_that_it_stands_for(one: AuditEntry) -> None:
    assert position_of(AUDIT_ORDER.cursor(one)) == position(one)


@given(ENTRIES, ENTRIES)
def test_two_places_have_cursors_of_their_own(one: AuditEntry, other: AuditEntry) -> None:
    same = position(one) == position(other)
    assert (AUDIT_ORDER.cursor(one) == AUDIT_ORDER.cursor(other)) is same


@given(
    st.text()
    | st.lists(st.none() | st.booleans() | st.integers() | st.floats() | st.text()).map(
        lambda key: made_by_hand("audit", *key)
    )
)
def test_any_text_is_a_cursor_or_a_named_mistake(cursor: str) -> None:
    with suppress(BadUserInput):
        assert position_of(cursor).at.tzinfo is UTC


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "none",
        made_by_hand("audit"),
        made_by_hand("audit", NOON.isoformat()),
        made_by_hand("audit", NOON.isoformat(), 0),
        made_by_hand("audit", NOON.isoformat(), -1),
        made_by_hand("audit", NOON.isoformat(), 2**63),
        made_by_hand("audit", NOON.isoformat(), "1"),
        made_by_hand("audit", NOON.isoformat(), 1.0),
        made_by_hand("audit", NOON.isoformat(), True),
        made_by_hand("audit", NOON.isoformat(), 1, 1),
        made_by_hand("audit", "2026-11-21T12:00:00", 1),
        made_by_hand("audit", "noon", 1),
        made_by_hand("audit", "0001-01-01T00:00:00+23:00", 1),
        made_by_hand("audit", 1, 1),
    ],
)
def test_what_was_never_a_cursor_of_the_trail_is_refused(cursor: str) -> None:
    with pytest.raises(BadUserInput, match=r"^after: this is not a cursor that the gateway gave\.$"):
        position_of(cursor)


def test_a_cursor_of_another_order_is_refused() -> None:
    with pytest.raises(BadUserInput, match="belongs to another order"):
        position_of(made_by_hand("NAME:ASC", False, "a", "b", "c"))


@given(st.integers(1, 2**63 - 1))
def test_an_entry_s_id_looks_like_the_others_and_names_no_node(number: int) -> None:
    text = ids.audit_entry_id(number)
    assert base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) == f"AuditEntry:{number}".encode()
    assert ids.decode(text) is None


# ---------------------------------------------------------------- what a request may see


ONE = entry(1)


async def told(*scopes: Scope, selection: AuditSelection) -> tuple[AuditPage, bool]:
    log = AuditLog(ListedTrail([ONE]), caller=Caller(id="me", scopes=frozenset(scopes)))
    return await log.page(selection, size=1), log.was_read


BY_ADDRESS = AuditSelection(person_email="ingrid@example.org")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("scopes", "selection"),
    [
        ([Scope.AUDIT_READ], AuditSelection()),
        ([Scope.AUDIT_READ], AuditSelection(actor="key:hr")),
        ([Scope.AUDIT_READ, Scope.PII_READ], BY_ADDRESS),
    ],
)
async def test_with_the_scopes_for_it_the_trail_is_told(
    scopes: list[Scope], selection: AuditSelection
) -> None:
    page, was_read = await told(*scopes, selection=selection)
    assert (page.entries, was_read) == ((ONE,), True)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("lacking", "selection"),
    [
        (Scope.AUDIT_READ, AuditSelection()),
        (Scope.AUDIT_READ, BY_ADDRESS),
        (Scope.PII_READ, BY_ADDRESS),
    ],
)
async def test_without_them_it_is_not(lacking: Scope, selection: AuditSelection) -> None:
    with pytest.raises(Forbidden, match=lacking.value):
        await told(*(set(Scope) - {lacking}), selection=selection)
