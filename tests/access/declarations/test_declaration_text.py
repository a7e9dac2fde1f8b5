"""Today's access as a file."""

import pytest

from gateway.domain.member import anonymous_id
from gateway.domain.vocabulary import Role
from tests.access.scene import QUANTCONNECT, TESTOMATO, Scene, member, project, read, scene, somebody

ALPHA, BETA = project("1", "Alpha Momentum"), project("2", "Beta")
HARBOUR = project("5f", "Harbour", platform=TESTOMATO)

WHOLE = """\
# Who has which access, as the platforms showed it. Owners are left out: they are never drift.
version = 1

# By an address that is theirs alone, or by their accounts.
[people]
jon-smith = { quantconnect = "u-3", testomato = "77" }  # Jon Smith
mara-lind = "mara@example.org"  # Mara Lind

# Alpha Momentum (QuantConnect); owner: Ingrid Solberg
[[access]]
projects = ["QUANTCONNECT:id:1"]
role = "EDITOR"
grant = ["LIVE_CONTROL"]
who = [
  "mara-lind",
]

[[access]]
projects = ["QUANTCONNECT:id:1"]
role = "VIEWER"
who = [
  "jon-smith",
]

# Beta (QuantConnect): its members could not be read.

# Harbour (Testomato)
[[access]]
projects = ["TESTOMATO:id:5f"]
role = "ADMIN"
who = [
  "mara-lind",
]

# Roles of a platform's own cannot be declared, since no call gives them. Whoever has one is left alone.

# Harbour (Testomato): custom
[[ignore.access]]
projects = ["TESTOMATO:id:5f"]
roles = ["CUSTOM"]
who = [
  "jon-smith",
]
"""


def people_lines(world: Scene) -> list[str]:
    """What stands under `[people]`."""
    after = world.snapshot().partition("[people]\n")[2]
    return after.partition("\n\n")[0].splitlines()


def test_a_file_has_a_line_for_a_person_and_an_entry_for_all_who_may_do_the_same() -> None:
    world = scene(
        [HARBOUR, BETA, ALPHA],
        somebody(
            "Mara Lind",
            member(ALPHA, "u-1", Role.EDITOR, live=True),
            member(HARBOUR, "53", Role.ADMIN),
            email="mara@example.org",
        ),
        somebody("Ingrid Solberg", member(ALPHA, "u-2", Role.OWNER), email="ingrid@example.org"),
        somebody("Jon Smith", member(ALPHA, "u-3"), member(HARBOUR, "77", Role.CUSTOM)),
    )
    assert world.snapshot(unread=[(QUANTCONNECT, "2")]) == WHOLE


def test_a_world_without_members_is_a_file_without_entries() -> None:
    text = scene([ALPHA]).snapshot()
    assert text.splitlines()[1:] == ["version = 1"]
    assert read(text).access == ()


def test_an_address_that_two_people_have_names_neither() -> None:
    world = scene(
        [ALPHA],
        somebody("Mara", member(ALPHA, "u-1"), email="team@example.org"),
        somebody("Jon", member(ALPHA, "u-2"), email="Team@example.org "),
    )
    assert people_lines(world) == [
        'jon = { quantconnect = "u-2" }  # Jon',
        'mara = { quantconnect = "u-1" }  # Mara',
    ]


@pytest.mark.parametrize("email", ["", "mara", "mara lind@example.org", "m" * 300 + "@example.org"])
def test_an_address_that_cannot_be_one_names_nobody(email: str) -> None:
    world = scene([ALPHA], somebody("Mara", member(ALPHA, "u-1"), email=email))
    assert people_lines(world) == ['mara = { quantconnect = "u-1" }  # Mara']


def test_somebody_with_two_accounts_on_a_platform_has_a_line_for_each() -> None:
    world = scene(
        [ALPHA, BETA],
        somebody("Mara", member(ALPHA, "u-1"), member(BETA, "u-2", Role.EDITOR), email="mara@example.org"),
    )
    assert people_lines(world) == [
        'mara = { quantconnect = "u-1" }  # Mara',
        'mara-2 = { quantconnect = "u-2" }  # Mara',
    ]


def test_people_of_the_same_name_are_numbered() -> None:
    names = ("Mara", "mara", "MARA!", "Mara 2", "Mára")
    people = [somebody(name, member(ALPHA, f"u-{number}")) for number, name in enumerate(names)]
    lines = people_lines(scene([ALPHA], *people))
    assert [line.split()[0] for line in lines] == ["mara", "mara-2", "mara-3", "mara-4", "mara-5"]
    assert 'mara-2 = { quantconnect = "u-3" }  # Mara 2' in lines


def test_a_name_without_a_latin_letter_gives_way_to_the_account() -> None:
    world = scene([ALPHA], somebody("金", member(ALPHA, "u-1")), somebody(None, member(ALPHA, "u-2")))
    assert people_lines(world) == [
        'quantconnect-u-1 = { quantconnect = "u-1" }  # 金',
        'quantconnect-u-2 = { quantconnect = "u-2" }',
    ]


def test_whoever_has_no_id_is_written_by_the_one_that_stands_in() -> None:
    stand_in = anonymous_id("x")
    world = scene([HARBOUR], somebody("Kim", member(HARBOUR, stand_in, addressable=False)))
    assert people_lines(world) == [f'kim = {{ testomato = "{stand_in}" }}  # Kim']


def test_only_owners_need_no_line() -> None:
    owner = somebody("Ingrid", member(ALPHA, "u-2", Role.OWNER), email="ingrid@example.org")
    assert "example.org" not in scene([ALPHA], owner).snapshot()


def test_odd_characters_end_no_comment_and_no_text() -> None:
    odd = 'x"\\\n\r\t\x7f\N{RIGHT-TO-LEFT OVERRIDE}\U000e0001#'
    where = project(odd, odd)
    world = scene([where], somebody(odd, member(where, odd)))
    text = world.snapshot()
    assert all(line.isprintable() for line in text.splitlines())
    assert world.drift(text).is_clean


def test_an_archived_project_is_said_to_be_one() -> None:
    deleted = project("9", "Recycle Bin/Old", archived=True)
    assert (
        "# Recycle Bin/Old (QuantConnect, archived)\n"
        in scene([deleted], somebody("Mara", member(deleted, "u-1"))).snapshot()
    )


def test_a_newcomer_changes_no_other_line() -> None:
    old = [somebody(name, member(ALPHA, name)) for name in ("Ada", "Zoe")]
    before = scene([ALPHA], *old).snapshot().splitlines()
    after = scene([ALPHA], *old, somebody("Mara", member(ALPHA, "u-1"))).snapshot().splitlines()
    added = [line for line in after if line not in before]
    assert [line for line in after if line not in added] == before
    assert added == ['mara = { quantconnect = "u-1" }  # Mara', '  "mara",']
