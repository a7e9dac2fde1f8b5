"""access/people/joining.py: by what a person is named, while accounts come and go."""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.people.joining import new_origins, people_among, people_by_name
from gateway.access.people.links import Links
from gateway.domain.member import Member
from gateway.domain.person import AccountKey, Person
from tests.access.crowd import (
    LINKS,
    MEMBERS,
    accounts_of,
    links_of,
    member,
    on_quantconnect,
    on_testomato,
)

ONE, TWO, THREE = on_quantconnect("1"), on_testomato("2"), on_testomato("3")
FOUR = on_testomato("4")


class Memory:
    """Looks at one list of members after another, and remembers what it is told to."""

    def __init__(self) -> None:
        self.origins: dict[AccountKey, AccountKey] = {}
        self.people: tuple[Person, ...] = ()

    def look(self, members: Iterable[Member], links: Links | None = None) -> None:
        self.people = people_among(members, links=links or Links(), origins=self.origins)
        self.origins |= new_origins(self.people, self.origins)

    def see(self, *groups: Sequence[AccountKey]) -> list[AccountKey]:
        """The names of persons who have these accounts, as the links file says."""
        members = [member(account) for group in groups for account in group]
        self.look(members, links_of({str(number): group for number, group in enumerate(groups)}))
        return [self.origin_of(group[0]) for group in groups]

    def origin_of(self, account: AccountKey) -> AccountKey:
        [person] = [one for one in self.people if account in {each.key for each in one.accounts}]
        return person.origin

    def found(self, name: AccountKey) -> set[AccountKey]:
        """The accounts of the person whom the name finds."""
        person = people_by_name(self.people, self.origins).get(name)
        return set() if person is None else {account.key for account in person.accounts}


@pytest.fixture
def memory() -> Memory:
    return Memory()


def test_a_person_is_named_by_the_first_of_their_accounts(memory: Memory) -> None:
    assert memory.see([ONE, TWO], [FOUR, THREE]) == [ONE, THREE]


def test_the_name_stays_when_another_account_comes(memory: Memory) -> None:
    memory.see([TWO])
    assert memory.see([ONE, TWO]) == [TWO]


def test_the_name_stays_when_the_account_that_it_was_made_of_goes(memory: Memory) -> None:
    memory.see([ONE, TWO])
    assert memory.see([TWO]) == [ONE]


def test_the_name_stays_while_accounts_take_turns(memory: Memory) -> None:
    names = [memory.see(group) for group in ([ONE], [ONE, TWO], [TWO, THREE], [THREE])]
    assert names == [[ONE]] * 4


def test_an_account_that_went_and_came_again_has_its_name_again(memory: Memory) -> None:
    memory.see([ONE, TWO])
    memory.see([FOUR])
    assert memory.see([TWO], [FOUR]) == [ONE, FOUR]


def test_of_two_who_are_one_now_either_name_finds_them(memory: Memory) -> None:
    memory.see([ONE], [TWO])
    assert memory.see([ONE, TWO]) == [ONE]
    assert (memory.found(ONE), memory.found(TWO)) == ({ONE, TWO}, {ONE, TWO})


def test_either_name_finds_them_also_when_its_account_has_gone(memory: Memory) -> None:
    memory.see([ONE], [TWO])
    memory.see([ONE, TWO])
    memory.see([ONE])
    assert (memory.found(ONE), memory.found(TWO)) == ({ONE}, {ONE})


def test_a_name_whose_account_went_long_ago_still_finds_who_they_became(memory: Memory) -> None:
    memory.see([ONE, TWO], [THREE])
    memory.see([TWO], [THREE])
    memory.see([TWO, THREE])
    assert (memory.found(ONE), memory.found(THREE)) == ({TWO, THREE}, {TWO, THREE})


def test_a_name_is_followed_over_others(memory: Memory) -> None:
    memory.see([ONE, TWO], [THREE], [FOUR])
    memory.see([TWO, THREE], [FOUR])
    memory.see([THREE], [FOUR])
    memory.see([THREE, FOUR])
    memory.see([FOUR])
    assert [memory.found(name) for name in (ONE, TWO, THREE, FOUR)] == [{FOUR}] * 4


def test_a_name_that_somebody_has_again_goes_with_them(memory: Memory) -> None:
    memory.see([ONE, TWO, FOUR], [THREE])
    memory.see([TWO, THREE])
    assert memory.found(ONE) == {TWO, THREE}
    assert memory.see([FOUR], [TWO, THREE]) == [ONE, THREE]
    assert memory.found(ONE) == {FOUR}
    memory.see([TWO, THREE])
    assert memory.found(ONE) == set()


def test_of_one_who_are_two_now_the_name_stays_with_its_account(memory: Memory) -> None:
    memory.see([ONE, TWO])
    assert memory.see([ONE], [TWO]) == [ONE, TWO]
    assert (memory.found(ONE), memory.found(TWO)) == ({ONE}, {TWO})


def test_the_name_stays_with_its_account_whichever_of_the_two_comes_first(memory: Memory) -> None:
    memory.see([TWO])
    assert memory.see([ONE, TWO]) == [TWO]
    assert memory.see([ONE], [TWO]) == [ONE, TWO]


def test_of_one_who_are_two_now_one_has_the_name_of_an_account_that_has_gone(memory: Memory) -> None:
    memory.see([ONE, TWO, THREE])
    assert memory.see([TWO], [THREE]) == [ONE, THREE]


def test_an_account_that_comes_back_as_somebody_else_takes_its_name_along(memory: Memory) -> None:
    memory.see([ONE, TWO])
    memory.see([TWO])
    assert memory.see([ONE], [TWO]) == [ONE, TWO]


def test_a_name_that_nobody_has_had_finds_nobody(memory: Memory) -> None:
    memory.see([ONE])
    assert memory.found(TWO) == set()


def test_who_has_gone_altogether_is_not_found(memory: Memory) -> None:
    memory.see([ONE, TWO])
    memory.see([THREE])
    assert (memory.found(ONE), memory.found(TWO)) == (set(), set())


def test_what_is_remembered_already_is_not_learned_again(memory: Memory) -> None:
    memory.see([ONE, TWO], [THREE])
    assert new_origins(memory.people, memory.origins) == {}


def test_names_that_are_remembered_to_mean_each_other_are_no_endless_search() -> None:
    assert people_by_name([], {ONE: TWO, TWO: ONE}) == {}


# ---------------------------------------------------------------- laws

VIEWS = st.lists(st.tuples(MEMBERS, LINKS), min_size=1, max_size=4)
# Who is who does not change here, only who is there: each has one address all the time.
PERSON_OF = {account: f"p{number % 3}@x.org" for number, account in enumerate([ONE, TWO, THREE, FOUR])}
PRESENCES = st.lists(st.sets(st.sampled_from(sorted(PERSON_OF))), min_size=2, max_size=8)


@given(VIEWS)
def test_no_two_persons_have_the_same_name(views: list[tuple[list[Member], Links]]) -> None:
    memory = Memory()
    for members, links in views:
        memory.look(members, links)
        names = [person.origin for person in memory.people]
        assert len(names) == len(set(names))


@given(VIEWS)
def test_every_name_finds_its_own_person(views: list[tuple[list[Member], Links]]) -> None:
    memory = Memory()
    for members, links in views:
        memory.look(members, links)
        by_name = people_by_name(memory.people, memory.origins)
        for person in memory.people:
            assert by_name[person.origin] is person
            assert all(by_name[account.key] is person for account in person.accounts)


@given(PRESENCES)
def test_a_name_stays_as_long_as_one_of_the_accounts_stays(presences: list[set[AccountKey]]) -> None:
    """Unless another one turns out to be theirs, too: of two names one must go."""
    memory = Memory()
    before: dict[AccountKey, AccountKey] = {}
    for present in presences:
        remembered = dict(memory.origins)
        memory.look([member(account, email=PERSON_OF[account]) for account in present])
        now = {account: memory.origin_of(account) for account in present}
        for account in before.keys() & now.keys():
            others = {other for other in present if PERSON_OF[other] == PERSON_OF[account]}
            if len({remembered[other] for other in others if other in remembered}) == 1:
                assert now[account] == before[account]
        before = now


@given(VIEWS)
def test_a_name_that_was_given_finds_somebody_as_long_as_one_of_the_accounts_stays(
    views: list[tuple[list[Member], Links]],
) -> None:
    memory = Memory()
    held: dict[AccountKey, set[AccountKey]] = {}
    for members, links in views:
        memory.look(members, links)
        for name, accounts in held.items():
            assert memory.found(name) or not accounts & accounts_of(members)
        names = held.keys() | {person.origin for person in memory.people}
        held = {name: memory.found(name) for name in names}


@given(VIEWS)
def test_what_is_learned_once_is_learned(views: list[tuple[list[Member], Links]]) -> None:
    memory = Memory()
    for members, links in views:
        memory.look(members, links)
        people = memory.people
        memory.look(members, links)
        assert memory.people == people
        assert new_origins(memory.people, memory.origins) == {}
