"""An atomic change that is undone leaves access ending when it did before, by whomever it was granted."""

from datetime import UTC, datetime

import pytest

from gateway.domain.vocabulary import Outcome, PlatformKey
from tests.conftest import Stand
from tests.mutations.access import Everywhere, outcomes_of
from tests.mutations.ground import VIEWER

pytestmark = pytest.mark.anyio

QUANTCONNECT, TESTOMATO = PlatformKey
# Somebody else's: the gateway's account may not change who is in them.
FOREIGN = {QUANTCONNECT: 10, TESTOMATO: 7}
YUKI = "yuki-tanabe"
UNTIL = "query($id: ID!) { node(id: $id) { ... on Member { accessUntil } } }"
LATER, MUCH_LATER = (datetime(2100, 1, day, tzinfo=UTC) for day in (1, 2))


@pytest.fixture
def everywhere(stand: Stand) -> Everywhere:
    return Everywhere.of(stand)


async def end_of(
    everywhere: Everywhere, key: PlatformKey, person: str = VIEWER, *, project: int = 1
) -> datetime | None:
    member_id = everywhere.ground(key).member_id(person, project=project)
    found: str | None = (await everywhere.stand.data(UNTIL, id=member_id))["node"]["accessUntil"]
    return None if found is None else datetime.fromisoformat(found)


async def grant(
    everywhere: Everywhere, key: PlatformKey, role: str, *, until: datetime | None, fails: bool = False
) -> list[str]:
    """Grant the viewer access to the first project; atomic, and with a second target where it is to fail."""
    ends = {} if until is None else {"until": until.isoformat()}
    targets = everywhere.targets((key, 1), role=role, **ends)
    if fails:
        targets += everywhere.targets((key, FOREIGN[key]), role="EDITOR")
    return outcomes_of(await everywhere.grant(VIEWER, targets, atomic=fails))


@pytest.mark.parametrize(("key", "own"), [(QUANTCONNECT, 1), (TESTOMATO, 8)])
async def test_who_was_taken_out_and_is_let_in_again_goes_when_they_were_to_go(
    everywhere: Everywhere, key: PlatformKey, own: int
) -> None:
    ground = everywhere.ground(key)
    role = ground.role_of(YUKI, project=own)
    await everywhere.grant(YUKI, everywhere.targets((key, own), role=role, until=LATER.isoformat()))
    projects = [ground.project_id(number) for number in (own, FOREIGN[key])]
    payload = await everywhere.revoke(YUKI, *projects, atomic=True)
    assert outcomes_of(payload) == [Outcome.COMPENSATED, Outcome.REFUSED]
    assert ground.role_of(YUKI, project=own) == role
    assert await end_of(everywhere, key, YUKI, project=own) == LATER


@pytest.mark.parametrize("until", [LATER, MUCH_LATER, None], ids=["the same end", "a later one", "none"])
@pytest.mark.parametrize(("role", "outcome"), [("EDITOR", "COMPENSATED"), ("VIEWER", "UNCHANGED")])
async def test_a_grant_that_is_undone_moves_no_end(
    everywhere: Everywhere, role: str, outcome: str, until: datetime | None
) -> None:
    await grant(everywhere, QUANTCONNECT, "VIEWER", until=LATER)
    assert await grant(everywhere, QUANTCONNECT, role, until=until, fails=True) == [outcome, "REFUSED"]
    assert await end_of(everywhere, QUANTCONNECT) == LATER


@pytest.mark.parametrize(("role", "outcome"), [("EDITOR", "COMPENSATED"), ("VIEWER", "UNCHANGED")])
async def test_access_that_did_not_end_does_not_end_when_the_grant_is_undone(
    everywhere: Everywhere, role: str, outcome: str
) -> None:
    assert await grant(everywhere, QUANTCONNECT, role, until=LATER, fails=True) == [outcome, "REFUSED"]
    assert await end_of(everywhere, QUANTCONNECT) is None


async def test_what_is_restored_once_is_left_alone_afterwards(everywhere: Everywhere) -> None:
    """Another end that is given later is not lost to a repetition of the request that was undone."""
    await grant(everywhere, QUANTCONNECT, "VIEWER", until=LATER)
    targets = everywhere.targets((QUANTCONNECT, 1), (QUANTCONNECT, FOREIGN[QUANTCONNECT]))
    first = await everywhere.grant(VIEWER, targets, atomic=True, idempotencyKey="k")
    await grant(everywhere, QUANTCONNECT, "VIEWER", until=MUCH_LATER)
    again = await everywhere.grant(VIEWER, targets, atomic=True, idempotencyKey="k")
    assert outcomes_of(again) == outcomes_of(first) == [Outcome.COMPENSATED, Outcome.REFUSED]
    assert await end_of(everywhere, QUANTCONNECT) == MUCH_LATER
