"""Which projects a pattern means."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.access.declarations.project_patterns import PatternInvalid, ProjectIndex, ProjectPattern
from tests.access.scene import QUANTCONNECT, TESTOMATO, project

ALPHA, BETA = project("1", "Alpha [one]"), project("2", "beta")
HARBOUR = project("1", "Alpha", platform=TESTOMATO)
DELETED = project("9", "Alpha, deleted", archived=True)
INDEX = ProjectIndex([ALPHA, BETA, HARBOUR, DELETED])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("QUANTCONNECT:alpha*", [ALPHA]),
        ("QUANTCONNECT:*", [ALPHA, BETA]),
        ("*:ALPHA*", [ALPHA, HARBOUR]),
        ("*:Alpha", [HARBOUR]),
        ("QUANTCONNECT:?eta", [BETA]),
        ("QUANTCONNECT:?beta", []),
        ("QUANTCONNECT:*[one]", [ALPHA]),
        ("QUANTCONNECT:[ab]*", []),
        ("QUANTCONNECT:id:1", [ALPHA]),
        ("TESTOMATO:id:1", [HARBOUR]),
        ("TESTOMATO:id:*", []),
        ("QUANTCONNECT:id:9", [DELETED]),
        ("QUANTCONNECT:Alpha, deleted", []),
    ],
)
def test_a_pattern_means_projects_by_name_in_any_case_or_one_by_id(text: str, meant: list[object]) -> None:
    assert INDEX.matching(ProjectPattern.parse(text)) == meant


def test_a_name_means_an_archived_project_where_that_is_asked_for() -> None:
    found = INDEX.matching(ProjectPattern.parse("QUANTCONNECT:alpha*"), archived_by_name=True)
    assert found == [ALPHA, DELETED]


@given(name=st.text(min_size=1))
@example(name="STRASSE")
def test_every_name_is_meant_by_itself_and_by_stars_around_it(name: str) -> None:
    index = ProjectIndex([project("1", name)])
    for text in (name, f"*{name}", f"{name}*", "*", "?*"):
        assert index.matching(ProjectPattern(platform=QUANTCONNECT, name=text))


def test_many_stars_take_no_exponential_time() -> None:
    index = ProjectIndex([project("1", "a" * 200)])
    assert index.matching(ProjectPattern.parse("QUANTCONNECT:" + "*a" * 60 + "*b")) == []


@given(upstream_id=st.text(min_size=1))
def test_a_project_is_found_by_the_pattern_that_is_written_for_it(upstream_id: str) -> None:
    one = project(upstream_id)
    written = str(ProjectPattern.only(one))
    assert ProjectIndex([one]).matching(ProjectPattern.parse(written)) == [one]


@given(text=st.text() | st.text(st.sampled_from("*:id QUANTCONNECT"), max_size=20))
def test_a_pattern_is_written_as_it_was_read(text: str) -> None:
    try:
        pattern = ProjectPattern.parse(text)
    except PatternInvalid:
        return
    assert str(pattern) == text
