"""access/people/everybody.py: what it costs to know everybody, and what is missing where something fails."""

import asyncio

import pytest

from gateway.access.people.everybody import Everybody
from gateway.access.people.joining import Origins
from gateway.access.reading.soon import Soon, arrival
from gateway.domain.caller import Scope
from gateway.domain.errors import Forbidden, UpstreamDenied, UpstreamTimeout
from gateway.domain.source import SourceStatus
from gateway.domain.vocabulary import PlatformKey, SourceState
from tests.access.crowd import QUANTCONNECT, TESTOMATO, links_of, member, on_quantconnect, on_testomato
from tests.access.reads import NOON
from tests.access.town import (
    EVERYTHING,
    INGRID,
    KEPT,
    MARA,
    NOT_KEPT,
    Town,
    accounts_in,
    put,
)
from tests.engine.fake_gateway import OriginsInMemory

pytestmark = pytest.mark.anyio

EVERYBODY = [{on_quantconnect("ingrid")}, {on_quantconnect("mara"), on_testomato("7")}]
MARA_ALONE = [{on_testomato("7")}]
WITHOUT_ADDRESSES = EVERYTHING - {Scope.PII_READ}


class LaterOrigins:
    """Has to look up what it remembers, as one does that keeps it in a file."""

    def __init__(self) -> None:
        self._origins = OriginsInMemory()
        self.learn = self._origins.learn

    def known(self, holder: str) -> Soon[Origins]:
        async def look() -> Origins:
            await asyncio.sleep(0)
            return self._origins.known(holder)

        return asyncio.ensure_future(look())


@pytest.fixture(params=[OriginsInMemory, LaterOrigins], ids=["at once", "later"])
def town(request: pytest.FixtureRequest) -> Town:
    """Whose origins are there at once, or later."""
    return Town(origins=request.param())


def source_of(everybody: Everybody, key: PlatformKey) -> SourceStatus:
    [source] = [one for one in everybody.sources if one.platform is key]
    return source


async def test_people_have_their_accounts_of_both_platforms(town: Town) -> None:
    assert accounts_in(await town.everybody()) == EVERYBODY


async def test_what_is_declared_counts() -> None:
    town = Town(links=links_of({"Both": [on_quantconnect("ingrid"), on_testomato("7")]}))
    everybody = await town.everybody()
    assert {on_quantconnect("ingrid"), on_testomato("7")} <= accounts_in(everybody)[0]


# ---------------------------------------------------------------- what it costs


async def test_the_lists_are_read_once_and_the_members_of_each_project_once(town: Town) -> None:
    await town.everybody()
    assert town.asked == ["2", "3", "list", "list"]


async def test_however_many_people_there_are_it_costs_no_call_more(town: Town) -> None:
    crowd = [member(on_testomato(str(number)), project="2", email=f"{number}@x.org") for number in range(500)]
    put(town.testomato, "2", crowd)
    assert len((await town.everybody()).people) > 500
    assert town.asked == ["2", "3", "list", "list"]


async def test_a_request_that_needs_them_often_makes_them_once() -> None:
    """Also where nothing of it may be kept."""
    town = Town(policy=NOT_KEPT)
    directory = town.directory()
    at_once = [arrival(town.people.everybody(directory)) for _ in range(5)]
    first, *others = await asyncio.gather(*at_once)
    others.append(await arrival(town.people.everybody(directory)))
    assert all(other is first for other in others)
    assert town.asked == ["2", "3", "list", "list"]


async def test_once_they_are_there_the_request_has_them_at_once(town: Town) -> None:
    directory = town.directory()
    everybody = await arrival(town.people.everybody(directory))
    assert town.people.everybody(directory) is everybody


async def test_the_next_request_makes_no_call_while_everything_is_fresh(town: Town) -> None:
    await town.everybody()
    town.forget_what_was_asked()
    assert accounts_in(await town.everybody()) == EVERYBODY
    assert town.asked == []


async def test_they_are_made_once_for_all_requests_that_read_the_same(town: Town) -> None:
    await town.everybody()
    second = await town.everybody()
    assert town.people.everybody(town.directory()) is second


async def test_where_nothing_is_kept_every_request_asks_for_itself() -> None:
    town = Town(policy=NOT_KEPT)
    first = await town.everybody()
    assert await town.everybody() is not first
    assert town.asked == ["2", "2", "3", "3", *["list"] * 4]


@pytest.mark.parametrize("happens", ["a project is changed", "something is fresh no longer"])
async def test_they_are_made_anew_when_what_is_read_changes(town: Town, happens: str) -> None:
    await town.everybody()
    before = await town.everybody()
    put(town.testomato, "2", [])
    put(town.testomato, "3", [])
    if happens == "a project is changed":
        for project in "23":
            town.store.forget_project(TESTOMATO, project)
    else:
        town.pass_seconds(KEPT.fresh_seconds + 1)
    assert accounts_in(before) == EVERYBODY
    assert accounts_in(await town.everybody()) == [{on_quantconnect("ingrid")}, {on_quantconnect("mara")}]


async def test_a_request_that_changes_a_project_sees_who_is_in_it_then(town: Town) -> None:
    directory = town.directory()
    everybody = await arrival(town.people.everybody(directory))
    project = everybody.projects[TESTOMATO, "2"]
    newcomer = member(on_testomato("9"), project="2")
    put(town.testomato, "2", [newcomer])
    town.store.forget_project(TESTOMATO, "2")
    directory.changed(project, members=[newcomer])
    after = await arrival(town.people.everybody(directory))
    assert {on_testomato("9")} in accounts_in(after)


async def test_what_is_made_of_everybody_is_made_once(town: Town) -> None:
    everybody = await town.everybody()
    made = [everybody.keep("what", list) for _ in range(2)]
    assert made[0] is made[1]


# ---------------------------------------------------------------- what is missing


async def test_while_all_is_well_nothing_is_missing(town: Town) -> None:
    everybody = await town.everybody()
    assert [source.state for source in everybody.sources] == [SourceState.FRESH] * 2
    assert (everybody.failures, dict(everybody.unread)) == ((), {})


async def test_a_platform_that_fails_takes_only_its_own_people_along(town: Town) -> None:
    failure = town.quantconnect.failures["list_projects",] = UpstreamDenied(QUANTCONNECT)
    everybody = await town.everybody()
    assert accounts_in(everybody) == MARA_ALONE
    assert everybody.failures == (failure,)
    assert [source.state for source in everybody.sources] == [SourceState.FAILED, SourceState.FRESH]


async def test_a_platform_without_a_credential_has_nobody(town: Town) -> None:
    directory = town.directory(connected=[TESTOMATO])
    everybody = await arrival(town.people.everybody(directory))
    assert accounts_in(everybody) == MARA_ALONE
    assert (source_of(everybody, QUANTCONNECT).state, everybody.failures) == (SourceState.UNCONFIGURED, ())


async def test_a_project_whose_members_cannot_be_read_is_said_to_be_missing(town: Town) -> None:
    put(town.testomato, "3", [member(on_testomato("8"), project="3")])
    failure = town.testomato.failures["list_members", "3"] = UpstreamDenied(TESTOMATO)
    everybody = await town.everybody()
    assert accounts_in(everybody) == EVERYBODY
    assert (dict(everybody.unread), everybody.failures) == ({(TESTOMATO, "3"): failure}, (failure,))
    source = source_of(everybody, TESTOMATO)
    assert source.error is not None
    assert (source.state, source.error.code) == (SourceState.FAILED, "UPSTREAM_DENIED")
    assert "The members of 1 project could not be read." in source.error.message
    assert source_of(everybody, QUANTCONNECT).state is SourceState.FRESH


async def test_a_project_that_went_meanwhile_is_missing_too(town: Town) -> None:
    del town.testomato.members["3"]
    everybody = await town.everybody()
    assert [failure.code for failure in everybody.unread.values()] == ["UPSTREAM_REJECTED"]


async def test_what_failed_is_tried_again_by_the_next_request(town: Town) -> None:
    town.testomato.failures["list_members", "2"] = UpstreamDenied(TESTOMATO)
    await town.everybody()
    town.testomato.failures.clear()
    assert (await town.everybody()).failures == ()


async def test_members_that_are_old_make_the_source_old(town: Town) -> None:
    await town.everybody()
    town.pass_seconds(KEPT.fresh_seconds + 1)
    town.testomato.failures["list_members", "2"] = UpstreamTimeout(TESTOMATO)
    everybody = await town.everybody()
    source = source_of(everybody, TESTOMATO)
    assert source.error is not None
    assert (source.state, source.as_of, source.error.code) == (SourceState.STALE, NOON, "UPSTREAM_TIMEOUT")
    assert accounts_in(everybody) == EVERYBODY


async def test_members_that_were_kept_are_said_to_be(town: Town) -> None:
    directory = town.directory()
    await arrival(directory.members_of(TESTOMATO, "2"))
    town.pass_seconds(1)
    source = source_of(await town.everybody(), TESTOMATO)
    assert (source.state, source.as_of) == (SourceState.CACHED, NOON)


# ---------------------------------------------------------------- who asks


async def test_whoever_may_see_no_members_is_refused_before_anything_is_read(town: Town) -> None:
    with pytest.raises(Forbidden):
        await town.everybody(scopes=EVERYTHING - {Scope.MEMBERS_READ})
    assert town.asked == []


@pytest.mark.parametrize("order", [(EVERYTHING, WITHOUT_ADDRESSES), (WITHOUT_ADDRESSES, EVERYTHING)])
async def test_each_is_told_what_they_may_see_whoever_asked_before(
    town: Town, order: tuple[frozenset[Scope], ...]
) -> None:
    for scopes in (*order, *order):
        everybody = await town.everybody(scopes=scopes)
        addresses = [person.emails for person in everybody.people]
        assert any(addresses) is (Scope.PII_READ in scopes)
        assert accounts_in(everybody) == EVERYBODY


async def test_people_are_joined_by_addresses_also_for_those_who_may_see_none(town: Town) -> None:
    everybody = await town.everybody(scopes=WITHOUT_ADDRESSES)
    [mara] = [person for person in everybody.people if len(person.accounts) == 2]
    assert {one.email for one in (*mara.accounts, *mara.memberships)} == {None}


@pytest.mark.parametrize("email", [MARA, MARA.upper(), f" {MARA} "])
async def test_a_person_is_found_by_an_address_in_any_case(town: Town, email: str) -> None:
    person = (await town.everybody()).with_address(email)
    assert person is not None
    assert {account.key for account in person.accounts} == EVERYBODY[1]


@pytest.mark.parametrize("scopes", [EVERYTHING, WITHOUT_ADDRESSES])
async def test_nobody_is_found_by_a_part_of_an_address_or_without_seeing_it(
    town: Town, scopes: frozenset[Scope]
) -> None:
    everybody = await town.everybody(scopes=scopes)
    asked = ["@", "", INGRID[:-1], *([INGRID] if scopes is WITHOUT_ADDRESSES else [])]
    assert [one for one in asked if everybody.with_address(one) is not None] == []


# ---------------------------------------------------------------- names


async def test_a_name_stays_when_its_account_goes(town: Town) -> None:
    await town.everybody()
    put(town.quantconnect, "1", [])
    town.store.forget_project(QUANTCONNECT, "1")
    [mara] = (await town.everybody()).people
    assert (mara.origin, [account.key for account in mara.accounts]) == (
        on_quantconnect("mara"),
        [on_testomato("7")],
    )


async def test_a_name_stays_when_its_accounts_platform_fails(town: Town) -> None:
    await town.everybody()
    town.store.forget_project(QUANTCONNECT, "1")
    town.quantconnect.failures["list_projects",] = UpstreamDenied(QUANTCONNECT)
    [mara] = (await town.everybody()).people
    assert mara.origin == on_quantconnect("mara")


async def test_what_one_holder_of_accounts_was_told_names_nobody_of_anothers(town: Town) -> None:
    """The one has seen an account that the other must not hear of."""
    await town.everybody(brought="amber")
    put(town.quantconnect, "1", [])
    names = {}
    for brought in ("amber", "cobalt", None):
        town.store.forget_project(QUANTCONNECT, "1")
        [mara] = (await town.everybody(brought=brought)).people
        names[brought] = mara.origin
    assert names == {"amber": on_quantconnect("mara"), "cobalt": on_testomato("7"), None: on_testomato("7")}
