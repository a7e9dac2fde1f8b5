"""Whose accounts are meant by those whom a declaration names."""

import pytest

from gateway.access.declarations.differences import Drift
from gateway.domain.member import anonymous_id
from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import Role
from tests.access.scene import QUANTCONNECT, TESTOMATO, member, project, scene, somebody

ALPHA, BETA = project("1", "Alpha"), project("2", "Beta")
HARBOUR = project("5f", "Harbour", platform=TESTOMATO)


def declared(who: str, projects: str = "*:*", role: str = "VIEWER", people: str = "") -> str:
    return f'[people]\n{people}\n[[access]]\nwho = ["{who}"]\nprojects = ["{projects}"]\nrole = "{role}"\n'


def then(who: str, projects: str = "*:*", role: str = "VIEWER") -> str:
    """One more entry."""
    return declared(who, projects, role).removeprefix("[people]\n\n")


def told(drift: Drift) -> list[tuple[str, str, str | None]]:
    return [(item.kind, item.project.name, item.account and item.account.upstream_id) for item in drift.items]


def test_an_address_means_the_linked_accounts_on_every_platform() -> None:
    mara = somebody("Mara", member(ALPHA, "u-1", email="mara@example.org"), member(HARBOUR, "5390"))
    assert scene([ALPHA, HARBOUR], mara).drift(declared("mara@example.org")).is_clean


def test_the_case_of_an_address_does_not_count() -> None:
    mara = somebody("Mara", member(ALPHA, "u-1"), email=" Mara@Example.org")
    assert scene([ALPHA], mara).drift(declared("mARA@example.org")).is_clean


def test_an_account_id_means_the_linked_accounts_on_other_platforms() -> None:
    mara = somebody("Mara", member(ALPHA, "u-1"), member(HARBOUR, "5390"))
    text = declared("mara", people='mara = { quantconnect = "u-1" }')
    assert scene([ALPHA, HARBOUR], mara).drift(text).is_clean


def test_an_account_that_is_named_is_alone_meant_on_its_platform() -> None:
    mara = somebody("Mara", member(ALPHA, "u-1"), member(ALPHA, "u-2"), email="mara@example.org")
    text = declared("mara", people='mara = { email = "mara@example.org", quantconnect = "u-1" }')
    assert told(scene([ALPHA], mara).drift(text)) == [("UNEXPECTED", "Alpha", "u-2")]


def test_an_account_id_is_one_of_its_platform() -> None:
    kim = somebody("Kim", member(HARBOUR, "5"))
    text = declared("kim", "TESTOMATO:*", people='kim = { quantconnect = "5" }')
    assert told(scene([HARBOUR], kim).drift(text)) == [
        ("UNEXPECTED", "Harbour", "5"),
        ("MISSING", "Harbour", None),
    ]


def test_one_account_of_several_is_enough_to_be_there() -> None:
    mara = somebody("Mara", member(ALPHA, "u-1"), member(BETA, "u-2"), email="mara@example.org")
    assert scene([ALPHA, BETA], mara).drift(declared("mara@example.org")).is_clean


def test_every_account_that_is_there_is_to_have_what_is_declared() -> None:
    mara = somebody("Mara", member(ALPHA, "u-1"), member(ALPHA, "u-2", Role.EDITOR), email="mara@example.org")
    found = scene([ALPHA], mara).drift(declared("mara@example.org"))
    assert told(found) == [("CHANGED", "Alpha", "u-2")]


def test_whoever_has_no_account_on_the_platform_is_missing_once() -> None:
    mara = somebody("Mara", member(HARBOUR, "5390"), email="mara@example.org")
    people = 'mara = "mara@example.org"\nsame = { testomato = "5390" }'
    text = declared("mara", "QUANTCONNECT:*", people=people) + then("same", "*:*")
    [item] = scene([ALPHA, HARBOUR], mara).drift(text).items
    assert (item.person, item.account, item.role) == (mara, None, Role.VIEWER)
    assert item.declared is not None
    assert item.declared.place == "people.same"


def test_the_account_of_somebody_who_is_missing_is_told_where_it_is_known() -> None:
    mara = somebody("Mara", member(ALPHA, "u-1"), email="mara@example.org")
    world = scene([ALPHA, BETA], mara)
    assert told(world.drift(declared("mara@example.org"))) == [("MISSING", "Beta", "u-1")]
    text = declared("jon", "*:Beta", people='jon = { quantconnect = "u-9" }')
    assert ("MISSING", "Beta", "u-9") in told(world.drift(text))


def test_an_account_without_an_id_of_use_is_not_told() -> None:
    mara = somebody("Mara", member(ALPHA, anonymous_id("x"), addressable=False), email="mara@example.org")
    assert told(scene([ALPHA, BETA], mara).drift(declared("mara@example.org"))) == [("MISSING", "Beta", None)]


def test_a_later_entry_for_one_account_stands_in_for_one_for_the_person() -> None:
    mara = somebody("Mara", member(BETA, "u-1"), email="mara@example.org")
    people = 'mara = "mara@example.org"\nother = { quantconnect = "u-1" }'
    first = declared("mara", "*:Alpha", "EDITOR", people=people)
    [item] = scene([ALPHA, BETA], mara).drift(first + then("other", "*:*")).items
    assert (item.project, item.role) == (ALPHA, Role.VIEWER)
    [item] = (
        scene([ALPHA, BETA], mara)
        .drift(declared("other", people=people) + then("mara", "*:Alpha", "EDITOR"))
        .items
    )
    assert (item.project, item.role) == (ALPHA, Role.EDITOR)


def test_a_later_entry_for_one_of_several_accounts_stands_in_as_well() -> None:
    mara = somebody("Mara", member(BETA, "u-1"), member(BETA, "u-2"), email="mara@example.org")
    people = 'mara = "mara@example.org"\nother = { quantconnect = "u-1" }'
    text = declared("mara", "*:Alpha", "EDITOR", people=people) + then("other", "*:*")
    assert [(item.project.name, item.role) for item in scene([ALPHA, BETA], mara).drift(text).items] == [
        ("Alpha", Role.VIEWER),
        ("Beta", None),
    ]


def test_two_accounts_of_one_person_may_be_declared_apart() -> None:
    mara = somebody("Mara", member(ALPHA, "u-1"), member(ALPHA, "u-2", Role.EDITOR))
    people = 'a = { quantconnect = "u-1" }\nb = { quantconnect = "u-2" }'
    text = declared("a", people=people) + then("b", role="EDITOR")
    assert scene([ALPHA], mara).drift(text).is_clean


def test_somebody_named_twice_in_one_entry_is_missing_once() -> None:
    mara = somebody("Mara", member(BETA, "u-1"), member(BETA, "u-2"), email="mara@example.org")
    people = 'mara = "mara@example.org"\nother = { quantconnect = "u-1" }'
    text = declared('mara", "other', people=people)
    assert [kind for kind, _, _ in told(scene([ALPHA, BETA], mara).drift(text))] == ["MISSING"]


def test_one_person_under_two_names_in_one_entry_is_missing_once() -> None:
    accounts = (member(BETA, "u-1"), member(BETA, "u-2"), member(HARBOUR, "5390"))
    mara = somebody("Mara", *accounts, email="mara@example.org")
    people = 'mara = "mara@example.org"\nsame = { testomato = "5390" }'
    text = declared('mara", "same', people=people)
    assert told(scene([ALPHA, BETA, HARBOUR], mara).drift(text)) == [("MISSING", "Alpha", "u-1")]


def test_two_accounts_that_are_declared_apart_are_missing_each() -> None:
    mara = somebody("Mara", member(HARBOUR, "5390"), email="mara@example.org")
    people = (
        'a = { testomato = "5390", quantconnect = "u-8" }\n'
        'b = { email = "mara@example.org", quantconnect = "u-9" }'
    )
    text = declared("a", "*:Alpha", people=people) + then("b", "*:*")
    assert told(scene([ALPHA, HARBOUR], mara).drift(text)) == [
        ("MISSING", "Alpha", "u-8"),
        ("MISSING", "Alpha", "u-9"),
    ]


@pytest.mark.parametrize("confirmed", [False, None])
def test_whoever_is_invited_and_has_no_id_yet_is_there(confirmed: bool | None) -> None:  # noqa: FBT001 - a case
    invited = member(HARBOUR, anonymous_id("x"), addressable=False, confirmed=confirmed)
    world = scene([HARBOUR], somebody(None, invited, email="kim@example.org"))
    assert world.drift(declared("kim@example.org")).is_clean
    # Also where the id that the platform will show is declared.
    people = 'kim = { email = "kim@example.org", testomato = "77" }'
    assert world.drift(declared("kim", people=people)).is_clean


def test_an_id_on_another_platform_is_never_mistaken_for_one_that_is_not_shown_yet() -> None:
    kim = somebody(
        "Kim",
        member(ALPHA, anonymous_id("x"), addressable=False),
        member(HARBOUR, "77"),
        email="kim@example.org",
    )
    text = declared("kim", "TESTOMATO:*", people='kim = { email = "kim@example.org", testomato = "77" }')
    assert told(scene([ALPHA, HARBOUR], kim).drift(text)) == [("UNEXPECTED", "Alpha", anonymous_id("x"))]


def test_an_address_that_several_people_have_means_all_of_them_in_any_order() -> None:
    people = [somebody(name, member(BETA, name), email="team@example.org") for name in ("u-1", "u-2")]
    for shown in (people, people[::-1]):
        [item] = scene([ALPHA, BETA], *shown).drift(declared("team@example.org")).items
        assert (item.project, item.person) == (ALPHA, people[0])


def test_an_id_of_use_is_not_taken_for_the_one_that_is_named() -> None:
    other = somebody("Kim", member(HARBOUR, "78"), email="kim@example.org")
    text = declared("kim", people='kim = { email = "kim@example.org", testomato = "77" }')
    assert told(scene([HARBOUR], other).drift(text)) == [
        ("UNEXPECTED", "Harbour", "78"),
        ("MISSING", "Harbour", "77"),
    ]


def test_an_account_that_a_platform_lists_twice_counts_with_the_higher_role() -> None:
    seen = (member(ALPHA, "anonymous:1", Role.EDITOR), member(ALPHA, "anonymous:1", Role.VIEWER))
    for memberships in (seen, seen[::-1]):
        world = scene([ALPHA], somebody(None, *memberships))
        [item] = world.drift("").items
        assert item.actual_role is Role.EDITOR
        assert world.drift(world.snapshot()).is_clean


def test_two_strangers_are_missing_each() -> None:
    text = declared("a@example.org") + then("b@example.org") + then("A@example.org")
    assert [kind for kind, _, _ in told(scene([ALPHA]).drift(text))] == ["MISSING", "MISSING"]


def test_the_person_of_a_named_account_is_told_before_that_of_the_address() -> None:
    mara = somebody("Mara", member(BETA, "u-1"))
    kim = somebody("Kim", member(HARBOUR, "5"), email="mara@example.org")
    text = declared("m", "*:Alpha", people='m = { email = "mara@example.org", quantconnect = "u-1" }')
    missing = scene([ALPHA, BETA, HARBOUR], mara, kim).drift(text).items[0]
    assert (missing.person, missing.account) == (mara, AccountKey(QUANTCONNECT, "u-1"))
