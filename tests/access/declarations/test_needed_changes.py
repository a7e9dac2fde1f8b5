"""What would have to be done to make the world as declared."""

from gateway.access.declarations.needed_changes import Need, needed_changes
from gateway.domain.vocabulary import Action, Role
from tests.access.scene import TESTOMATO, member, project, scene, somebody

ALPHA = project("1", "Alpha")
HARBOUR = project("5f", "Harbour", platform=TESTOMATO)
MARA = somebody("Mara", member(ALPHA, "u-1"), email="mara@example.org")
JON = somebody("Jon", member(ALPHA, "u-2"), email="jon@example.org")
WORLD = scene([ALPHA, HARBOUR], MARA, JON)

DECLARED = """
[[access]]
who = ["mara@example.org", "kim@example.org"]
projects = ["QUANTCONNECT:Alpha"]
role = "EDITOR"
grant = ["LIVE_CONTROL"]
until = 2027-01-31
"""


def test_whoever_is_missing_or_otherwise_there_is_granted_what_is_declared() -> None:
    kim, mara = needed_changes(WORLD.drift(DECLARED), prune=False)
    for change in (kim, mara):
        assert (change.need, change.project) == (Need.GRANT, ALPHA)
        assert (change.role, change.grant) == (Role.EDITOR, {Action.LIVE_CONTROL})
        assert change.until is not None
    assert (kim.person, kim.member, kim.account, kim.email) == (None, None, None, "kim@example.org")
    assert (mara.person, mara.member) == (MARA, MARA.memberships[0])
    assert mara.email == "mara@example.org"


def test_nobody_is_removed_unless_that_is_asked_for() -> None:
    text = DECLARED.replace("2027", "2025")
    assert needed_changes(WORLD.drift(text), prune=False) == ()
    changes = needed_changes(WORLD.drift(text), prune=True)
    assert [(one.need, one.person) for one in changes] == [(Need.REVOKE, JON), (Need.REVOKE, MARA)]
    assert {(one.role, one.grant, one.until) for one in changes} == {(None, frozenset(), None)}
    assert [one.account for one in changes] == [JON.accounts[0].key, MARA.accounts[0].key]


def test_whoever_comes_in_comes_before_whoever_goes() -> None:
    changes = needed_changes(WORLD.drift(DECLARED), prune=True)
    assert [change.need for change in changes] == [Need.GRANT, Need.GRANT, Need.REVOKE]


def test_what_a_platform_cannot_give_is_needed_all_the_same() -> None:
    """A plan says then why it cannot be done."""
    text = '[[access]]\nwho = ["kim@example.org"]\nprojects = ["*:*"]\nrole = "ADMIN"'
    changes = needed_changes(WORLD.drift(text), prune=False)
    assert [(change.project, change.role) for change in changes] == [
        (ALPHA, Role.ADMIN),
        (HARBOUR, Role.ADMIN),
    ]


def test_somebody_who_is_declared_by_an_account_is_reached_at_the_address_that_platforms_show() -> None:
    text = (
        '[people]\njon = { quantconnect = "u-2" }\n'
        '[[access]]\nwho = ["jon"]\nprojects = ["TESTOMATO:*"]\nrole = "ADMIN"'
    )
    [change] = needed_changes(WORLD.drift(text), prune=False)
    assert (change.email, change.account) == ("jon@example.org", None)


def test_nothing_of_a_person_is_in_a_representation() -> None:
    text = repr(needed_changes(WORLD.drift(DECLARED), prune=True))
    assert "example.org" not in text
    assert "u-1" not in text
