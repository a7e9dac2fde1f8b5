"""gateway/graph/person.py: the order of people, and what their cursors hold."""

import base64
import json

from hypothesis import given
from hypothesis import strategies as st

from gateway.access.people.joining import people_among
from gateway.access.people.links import Links
from gateway.domain.member import Member
from gateway.domain.person import Person
from gateway.graph import ids
from gateway.graph.paging import paginate
from gateway.graph.person import PERSON_ORDER
from tests.access.crowd import LINKS, MEMBERS, member, on_quantconnect

SIZES = st.integers(min_value=1, max_value=5)


def people_of(members: list[Member], links: Links) -> tuple[Person, ...]:
    return people_among(members, links=links, origins={})


def opened(cursor: str) -> list[object]:
    """What a client finds who opens it."""
    content: list[object] = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return content


@given(MEMBERS, LINKS, SIZES)
def test_pages_one_after_the_other_hold_everybody_once_and_in_order(
    members: list[Member], links: Links, size: int
) -> None:
    people = people_of(members, links)
    seen: list[Person] = []
    after = None
    for _ in range(len(people) + 1):
        page = paginate(people, order=PERSON_ORDER, size=size, after=after, sources=())
        seen += page.nodes
        after = page.page_info.end_cursor
        if not page.has_next_page:
            break
    assert seen == sorted(people, key=PERSON_ORDER.key)
    assert len(seen) == len(people)


@given(MEMBERS, LINKS)
def test_no_two_persons_stand_at_the_same_place(members: list[Member], links: Links) -> None:
    places = [PERSON_ORDER.key(person) for person in people_of(members, links)]
    assert len(places) == len(set(places))


@given(MEMBERS, LINKS)
def test_people_stand_by_name_in_any_case_and_those_without_one_last(
    members: list[Member], links: Links
) -> None:
    people = sorted(people_of(members, links), key=PERSON_ORDER.key)
    names = [(person.display_name is None, (person.display_name or "").casefold()) for person in people]
    assert names == sorted(names)


@given(MEMBERS, LINKS)
def test_a_cursor_holds_what_the_graph_shows_of_a_person_and_nothing_else(
    members: list[Member], links: Links
) -> None:
    for person in people_of(members, links):
        name = (person.display_name or "").casefold()
        digest = ids.account_digest(person.origin)
        assert opened(PERSON_ORDER.cursor(person)) == [
            "people",
            not name,
            name,
            person.origin.platform,
            digest,
        ]


def test_neither_a_cursor_nor_an_id_holds_an_account_or_an_address() -> None:
    [person] = people_of([member(on_quantconnect("lindqvist-7"), email="mara@example.org")], Links())
    told = f"{opened(PERSON_ORDER.cursor(person))} {ids.decode(ids.person_id(person.origin))}"
    assert [word for word in ("lindqvist", "mara", "example") if word in told] == []
