"""What a declaration that can be used says."""

from datetime import UTC, datetime

import pytest

from gateway.access.declarations.declared import Declaration, DeclaredPerson
from gateway.access.declarations.reader import MOST_BYTES, read_declaration
from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import Action, PlatformKey, Role
from tests.access.scene import PROFILES, QUANTCONNECT, TESTOMATO, read

WHOLE = """
version = 1

[people]
mara = "mara@example.org"
jon = { email = "jon@example.org", quantconnect = "u-123", testomato = "5390" }

[groups]
all = ["@quants", "kim@example.org"]
quants = ["mara", "jon"]

[[access]]
who = ["@quants", "kim@example.org"]
projects = ["QUANTCONNECT:Alpha*", "TESTOMATO:id:5f"]
role = "EDITOR"
grant = ["LIVE_CONTROL"]
until = 2027-01-31

[[access]]
who = ["mara"]
projects = ["*:*"]
role = "VIEWER"

[ignore]
people = ["bot@example.org"]
projects = ["TESTOMATO:Sandbox*"]

[[ignore.access]]
who = ["jon"]
projects = ["TESTOMATO:id:6a"]
roles = ["CUSTOM"]
"""


def entry(**changes: str) -> Declaration:
    """A declaration with one entry, of which some keys are others."""
    keys = {"who": '["mara@example.org"]', "projects": '["*:*"]', "role": '"VIEWER"', **changes}
    return read("[[access]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()))


def emails_of(people: tuple[DeclaredPerson, ...]) -> list[str | None]:
    return [person.email for person in people]


def test_a_whole_file_is_read() -> None:
    declaration = read(WHOLE)
    first, second = declaration.access
    assert emails_of(first.people) == ["mara@example.org", "jon@example.org", "kim@example.org"]
    assert list(map(str, first.projects)) == ["QUANTCONNECT:Alpha*", "TESTOMATO:id:5f"]
    assert (first.role, first.grant) == (Role.EDITOR, {Action.LIVE_CONTROL})
    assert (second.place, second.role, second.grant, second.until) == ("access[2]", Role.VIEWER, set(), None)
    assert emails_of(declaration.ignored_people) == ["bot@example.org"]
    assert list(map(str, declaration.ignored_projects)) == ["TESTOMATO:Sandbox*"]
    [ignored] = declaration.ignored_access
    assert (emails_of(ignored.people), ignored.roles) == (["jon@example.org"], {Role.CUSTOM})


def test_an_empty_declaration_declares_nothing() -> None:
    assert read("version = 1") == Declaration()


def test_a_person_is_known_by_an_address_and_by_accounts() -> None:
    [jon] = read(f'{WHOLE}\n[[access]]\nwho=["jon"]\nprojects=["*:*"]\nrole="VIEWER"').access[-1].people
    assert jon.accounts == (AccountKey(QUANTCONNECT, "u-123"), AccountKey(TESTOMATO, "5390"))
    assert jon.account_on(TESTOMATO) == AccountKey(TESTOMATO, "5390")


def test_an_address_means_the_person_who_has_it_under_people() -> None:
    declaration = read(
        f'{WHOLE}\n[[access]]\nwho=[" JON@example.org", "jon"]\nprojects=["*:*"]\nrole="VIEWER"'
    )
    assert [person.place for person in declaration.access[-1].people] == ["people.jon"]


def test_the_same_address_is_the_same_person_everywhere_in_the_file() -> None:
    text = '[[access]]\nwho=["a@example.org"]\nprojects=["*:*"]\nrole="VIEWER"\n'
    first, second = read(text + text.replace("a@", "A@")).access
    assert first.people[0] is second.people[0]
    assert first.people[0].place == "access[1].who[1]"


def test_a_group_may_hold_groups_that_come_later() -> None:
    declaration = read(
        '[groups]\na = ["@b", "x@example.org"]\nb = ["@c"]\nc = ["y@example.org", "x@example.org"]\n'
        '[[access]]\nwho = ["@a"]\nprojects = ["*:*"]\nrole = "VIEWER"'
    )
    assert sorted(map(str, emails_of(declaration.access[0].people))) == ["x@example.org", "y@example.org"]


def test_a_group_may_be_empty() -> None:
    declaration = read('[groups]\na = []\n[[access]]\nwho = ["@a"]\nprojects = ["*:*"]\nrole = "VIEWER"')
    assert declaration.access[0].people == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2027-01-31", datetime(2027, 2, 1, tzinfo=UTC)),
        ("2027-01-31T18:00:00+02:00", datetime(2027, 1, 31, 16, tzinfo=UTC)),
        ("2027-01-31 18:00:00Z", datetime(2027, 1, 31, 18, tzinfo=UTC)),
    ],
)
def test_a_day_counts_to_its_end_and_a_moment_with_its_offset(written: str, meant: datetime) -> None:
    assert entry(until=written).access[0].until == meant


def test_an_action_that_one_platform_grants_may_be_declared_for_both() -> None:
    projects = '["QUANTCONNECT:A", "TESTOMATO:A"]'
    assert entry(projects=projects, grant='["LIVE_CONTROL"]').access[0].grant == {Action.LIVE_CONTROL}


def test_a_role_that_one_platform_has_may_be_declared_for_all() -> None:
    assert entry(role='"ADMIN"').access[0].role is Role.ADMIN


def test_a_text_that_begins_with_a_byte_order_mark_is_read() -> None:
    assert read_declaration("\ufeffversion = 1\r\n", profiles=PROFILES) == Declaration()


def test_a_text_of_the_largest_size_is_read() -> None:
    text = "version = 1\n"
    padding = "# padding\n" * ((MOST_BYTES - len(text)) // 10)
    assert read(text + padding) == Declaration()


def test_no_platform_is_needed_to_read_what_names_none() -> None:
    assert read_declaration('version = 1\n[people]\nmara = "m@example.org"', profiles={}) == Declaration()


def test_nobodys_address_is_in_a_representation() -> None:
    declaration = read(WHOLE)
    assert "example.org" not in repr(declaration)
    assert "5390" not in repr(declaration)


@pytest.mark.parametrize("platform", PlatformKey)
def test_every_platform_has_a_key_for_accounts(platform: PlatformKey) -> None:
    text = f'[people]\na = {{ {platform.value.lower()} = "1" }}\n'
    [person] = read(f'{text}[[access]]\nwho=["a"]\nprojects=["*:*"]\nrole="VIEWER"').access[0].people
    assert person.accounts == (AccountKey(platform, "1"),)
