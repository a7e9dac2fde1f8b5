"""What drift there is between what is declared and what the platforms show."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.access.declarations.differences import Drift, DriftKind
from gateway.domain.project import Project
from gateway.domain.vocabulary import Action, Role
from tests.access.scene import NOON, QUANTCONNECT, TESTOMATO, Scene, member, project, scene, somebody

ALPHA, BETA = project("1", "Alpha"), project("2", "Beta")
HARBOUR = project("5f", "Harbour", platform=TESTOMATO)
DELETED = project("9", "Alpha, deleted", archived=True)

MARA = '[[access]]\nwho = ["mara@example.org"]\nprojects = ["QUANTCONNECT:Alpha"]\nrole = "EDITOR"\n'


def with_mara(role: Role | None, *, live: bool = False) -> Scene:
    """Mara in Alpha with a role, or only elsewhere."""
    elsewhere = member(BETA, "u-1", Role.OWNER)
    in_alpha = () if role is None else (member(ALPHA, "u-1", role, live=live),)
    return scene([ALPHA, BETA], somebody("Mara Lind", *in_alpha, elsewhere, email="mara@example.org"))


def kinds_of(drift: Drift) -> list[str]:
    return [item.kind.value for item in drift.items]


def test_access_as_declared_is_no_drift() -> None:
    found = with_mara(Role.EDITOR).drift(MARA)
    assert found.is_clean
    assert found.unmatched == ()


def test_access_that_nothing_declares_is_unexpected() -> None:
    [item] = with_mara(Role.VIEWER, live=True).drift("").items
    assert item.kind is DriftKind.UNEXPECTED
    assert (item.role, item.actual_role, item.actual_grant) == (None, Role.VIEWER, {Action.LIVE_CONTROL})
    assert item.person is not None
    assert item.member in item.person.memberships
    assert item.detail == "Mara Lind has VIEWER with LIVE_CONTROL in “Alpha”, which nothing declares."


def test_declared_access_that_is_not_there_is_missing() -> None:
    [item] = with_mara(None).drift(MARA).items
    assert item.kind is DriftKind.MISSING
    assert (item.role, item.actual_role, item.member) == (Role.EDITOR, None, None)
    assert item.person is not None
    assert item.detail == "Mara Lind is not in “Alpha”, where access[1] declares EDITOR."


def test_another_role_is_a_change() -> None:
    [item] = with_mara(Role.VIEWER).drift(MARA).items
    assert item.kind is DriftKind.CHANGED
    assert (item.role, item.actual_role) == (Role.EDITOR, Role.VIEWER)
    assert item.detail == "Mara Lind has VIEWER in “Alpha”, where access[1] declares EDITOR."


@pytest.mark.parametrize("live", [True, False])
def test_another_grant_is_a_change(*, live: bool) -> None:
    declared = MARA if live else MARA + 'grant = ["LIVE_CONTROL"]'
    [item] = with_mara(Role.EDITOR, live=live).drift(declared).items
    assert item.kind is DriftKind.CHANGED
    assert (Action.LIVE_CONTROL in item.actual_grant, Action.LIVE_CONTROL in item.grant) == (live, not live)


def test_a_grant_counts_only_where_the_platform_can_grant_it() -> None:
    world = scene([HARBOUR], somebody("Mara", member(HARBOUR, "5390", Role.EDITOR), email="mara@example.org"))
    declared = MARA.replace("QUANTCONNECT:Alpha", "*:*") + 'grant = ["LIVE_CONTROL"]'
    assert world.drift(declared).is_clean


def test_access_whose_time_is_over_is_expired() -> None:
    [item] = with_mara(Role.EDITOR).drift(MARA + "until = 2026-11-20").items
    assert item.kind is DriftKind.EXPIRED
    assert item.until == datetime(2026, 11, 21, tzinfo=UTC)
    assert item.detail == (
        "Mara Lind still has EDITOR in “Alpha”, which access[1] declares until the end of 2026-11-20."
    )


def test_of_two_entries_whose_time_is_over_the_last_is_told() -> None:
    text = MARA + "until = 2026-11-20\n" + MARA.replace("EDITOR", "VIEWER") + "until = 2026-11-19"
    [item] = with_mara(Role.EDITOR).drift(text).items
    assert (item.kind, item.role) == (DriftKind.EXPIRED, Role.VIEWER)


def test_who_is_gone_when_their_time_is_over_is_no_drift() -> None:
    assert with_mara(None).drift(MARA + "until = 2026-11-20").is_clean


@pytest.mark.parametrize(("late", "kinds"), [(timedelta(0), ["EXPIRED"]), (-timedelta.resolution, [])])
def test_access_ends_at_the_very_moment(late: timedelta, kinds: list[str]) -> None:
    text = MARA + f"until = {NOON:%Y-%m-%dT%H:%M:%SZ}"
    assert kinds_of(with_mara(Role.EDITOR).drift(text, now=NOON + late)) == kinds


def test_an_earlier_entry_holds_again_when_the_last_one_has_ended() -> None:
    for_a_while = MARA.replace("EDITOR", "VIEWER") + MARA + "until = 2026-11-20"
    [item] = with_mara(Role.EDITOR).drift(for_a_while).items
    assert (item.kind, item.role, item.until) == (DriftKind.CHANGED, Role.VIEWER, None)


def test_the_last_entry_holds_as_a_whole() -> None:
    text = MARA + 'grant = ["LIVE_CONTROL"]\nuntil = 2026-11-20\n' + MARA.replace("EDITOR", "VIEWER")
    assert with_mara(Role.VIEWER).drift(text).is_clean


def test_an_owner_is_never_drift() -> None:
    world = with_mara(Role.OWNER, live=True)
    for text in ("", MARA, MARA + "until = 2026-11-20"):
        assert world.drift(text).is_clean


def test_a_role_that_a_platform_lacks_is_told_where_the_pattern_names_none() -> None:
    text = MARA.replace("QUANTCONNECT:Alpha", "*:Alpha").replace("EDITOR", "ADMIN")
    [changed] = with_mara(Role.EDITOR).drift(text).items
    [missing] = with_mara(None).drift(text).items
    for item in (changed, missing):
        assert item.detail.endswith("but QuantConnect gives nobody the role ADMIN, only EDITOR, VIEWER.")


def test_an_archived_project_is_given_by_its_id_only() -> None:
    world = scene([DELETED], somebody("Mara", member(DELETED, "u-1"), email="mara@example.org"))
    by_name = MARA.replace("QUANTCONNECT:Alpha", "*:*").replace("EDITOR", "VIEWER")
    assert kinds_of(world.drift(by_name)) == ["UNEXPECTED"]
    assert world.drift(by_name.replace("*:*", "QUANTCONNECT:id:9")).is_clean


@pytest.mark.parametrize(
    "ignored",
    [
        'people = ["mara@example.org"]',
        'projects = ["QUANTCONNECT:alpha*"]',
        '[[ignore.access]]\nwho = ["mara@example.org"]\nprojects = ["*:*"]',
        '[[ignore.access]]\nwho = ["mara@example.org"]\nprojects = ["*:*"]\nroles = ["VIEWER"]',
    ],
)
@pytest.mark.parametrize("where", [ALPHA, DELETED], ids=["current", "archived"])
def test_what_is_ignored_is_never_unexpected(ignored: str, where: Project) -> None:
    world = scene([where], somebody("Mara", member(where, "u-1"), email="mara@example.org"))
    assert world.drift(f"[ignore]\n{ignored}").is_clean


@pytest.mark.parametrize(
    "ignored",
    [
        'who = ["kim@example.org"]\nprojects = ["*:*"]',
        'who = ["mara@example.org"]\nprojects = ["*:Beta"]',
        'who = ["mara@example.org"]\nprojects = ["*:*"]\nroles = ["CUSTOM"]',
    ],
)
def test_others_elsewhere_and_with_other_roles_are_not_ignored(ignored: str) -> None:
    assert kinds_of(with_mara(Role.VIEWER).drift(f"[[ignore.access]]\n{ignored}")) == ["UNEXPECTED"]


def test_whoever_is_ignored_may_be_missing_and_changed_all_the_same() -> None:
    text = MARA + '[ignore]\npeople = ["mara@example.org"]\nprojects = ["*:*"]'
    assert kinds_of(with_mara(None).drift(text)) == ["MISSING"]
    assert kinds_of(with_mara(Role.VIEWER).drift(text)) == ["CHANGED"]


def test_nothing_is_said_of_a_project_whose_members_could_not_be_read() -> None:
    found = with_mara(None).drift(MARA, unread=[(QUANTCONNECT, "1"), (QUANTCONNECT, "gone")])
    assert found.items == ()
    assert found.unread == (ALPHA,)
    assert found.unmatched == ()


def test_memberships_of_other_projects_do_not_count() -> None:
    world = scene([BETA], somebody("Mara", member(ALPHA, "u-1"), email="mara@example.org"))
    assert world.drift("").is_clean


def test_a_pattern_without_a_project_is_told_with_its_place() -> None:
    text = MARA.replace('["QUANTCONNECT:Alpha"]', '["*:Alpha", "QUANTCONNECT:id:77", "TESTOMATO:*"]')
    places = [one.place for one in with_mara(Role.EDITOR).drift(text).unmatched]
    assert places == ["access[1].projects[2]", "access[1].projects[3]"]


@pytest.mark.parametrize("pattern", ["TESTOMATO:Gone", "*:Gone"])
def test_a_pattern_may_mean_what_could_not_be_listed(pattern: str) -> None:
    text = MARA.replace("QUANTCONNECT:Alpha", pattern)
    world = scene([ALPHA], somebody("Mara", member(ALPHA, "u-1", Role.OWNER), email="mara@example.org"))
    assert len(world.drift(text, unlisted=[QUANTCONNECT]).unmatched) == (pattern != "*:Gone")
    assert world.drift(text, unlisted=[TESTOMATO]).unmatched == ()


def test_a_person_whom_no_platform_shows_is_told_once_and_missing_in_each_project() -> None:
    text = MARA.replace("mara@", "kim@").replace("QUANTCONNECT:Alpha", "*:*")
    found = with_mara(Role.OWNER).drift(text + text)
    assert [one.place for one in found.unmatched] == ["access[1].who[1]"]
    assert kinds_of(found) == ["MISSING", "MISSING"]
    assert {item.person for item in found.items} == {None}
    assert found.items[0].detail == (
        "Whoever access[1].who[1] means is not in “Alpha”, where access[2] declares EDITOR."
    )


def test_what_differs_knows_the_entry_that_declares_it_and_its_line() -> None:
    text = f"\n{MARA}\n" + MARA.replace("mara@", "kim@").replace("Alpha", "Gone")
    [item] = with_mara(Role.VIEWER).drift(text).items
    assert (item.place, item.line) == ("access[1]", 3)
    assert [(one.place, one.line) for one in with_mara(Role.EDITOR).drift(text).unmatched] == [
        ("access[2].projects[1]", 8),
        ("access[2].who[1]", 8),
    ]
    [unexpected] = with_mara(Role.VIEWER).drift("").items
    assert (unexpected.place, unexpected.line) == (None, None)


def test_whoever_is_seen_nowhere_may_be_where_nobody_could_look() -> None:
    text = MARA.replace("mara@", "kim@")
    assert len(with_mara(None).drift(text).unmatched) == 1
    assert with_mara(None).drift(text, unread=[(QUANTCONNECT, "2")]).unmatched == ()
    assert with_mara(None).drift(text, unlisted=[TESTOMATO]).unmatched == ()


def test_the_order_is_platform_project_kind_and_person() -> None:
    world = scene(
        [HARBOUR, BETA, ALPHA, project("3", "aside")],
        somebody("Zoe", member(ALPHA, "u-1"), member(HARBOUR, "1"), member(project("3"), "u-1")),
        somebody("amy", member(ALPHA, "u-2"), member(BETA, "u-2", Role.EDITOR)),
        somebody("Mara", member(BETA, "u-3"), email="mara@example.org"),
    )
    found = world.drift(MARA.replace("QUANTCONNECT:Alpha", "QUANTCONNECT:*"))
    assert [
        (item.project.name, item.kind.value, item.person.display_name if item.person else None)
        for item in found.items
    ] == [
        ("Alpha", "UNEXPECTED", "amy"),
        ("Alpha", "UNEXPECTED", "Zoe"),
        ("Alpha", "MISSING", "Mara"),
        ("aside", "UNEXPECTED", "Zoe"),
        ("aside", "MISSING", "Mara"),
        ("Beta", "UNEXPECTED", "amy"),
        ("Beta", "CHANGED", "Mara"),
        ("Harbour", "UNEXPECTED", "Zoe"),
    ]


def test_a_sentence_is_one_line_whatever_somebody_is_called() -> None:
    odd = project("1", "Al\n\x1b[2Jpha\N{RIGHT-TO-LEFT OVERRIDE}")
    world = scene([odd], somebody("Ma\r\nra" + "a" * 200, member(odd, "u-1"), email="mara@example.org"))
    [item] = world.drift("").items
    assert item.detail.isprintable()
    assert len(item.detail) < 200


def test_nothing_of_a_person_is_in_a_representation() -> None:
    text = repr(with_mara(Role.VIEWER).drift(MARA))
    assert "Mara" not in text
    assert "example.org" not in text
    assert "u-1" not in text
