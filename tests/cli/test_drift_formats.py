"""`accessgraph drift` for programs and for a pull request's checks."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.declarations.differences import Drift, Unmatched
from gateway.access.declarations.fields import DeclarationInvalid, Mistake
from gateway.access.declarations.observed_drift import ObservedDrift
from gateway.declared_access_output import drift_for_github, mistakes_for_github
from gateway.graph import ids
from gateway.sandbox.faults import Fault, FaultKind
from tests.cli.desk import CAOIMHE, FILE, MATEO, MOMENTUM, TOMASZ, Desk, entry

pytestmark = pytest.mark.anyio

NO_PLATFORM = {
    "GATEWAY_QUANTCONNECT__USER_ID": "",
    "GATEWAY_QUANTCONNECT__API_TOKEN": "",
    "GATEWAY_TESTOMATO__EMAIL": "",
    "GATEWAY_TESTOMATO__PASSWORD": "",
}
DOWN = Fault(kind=FaultKind.STATUS, status=503)
AT_ONCE = {"GATEWAY_TESTOMATO__RETRY_ATTEMPTS": "1"}


# ---------------------------------------------------------------- JSON


async def test_a_program_reads_that_nothing_differs(desk: Desk) -> None:
    await desk.snapshot()
    said = await desk.run("drift", "--format", "json", FILE)
    assert (said.exit_code, said.complaints) == (0, "")
    assert json.loads(said.output) == {"clean": True, "items": [], "notes": [], "unread": []}


async def test_a_program_reads_all_of_a_difference(desk: Desk) -> None:
    desk.declare(entry(MATEO, more="until = 2999-01-31"))
    said = await desk.run("drift", "--format", "json", FILE)
    found = json.loads(said.output)
    [project_id, *_] = desk.stand_ins.quantconnect.state.projects
    assert (said.exit_code, found["clean"], found["notes"], found["unread"]) == (1, False, [], [])
    assert found["items"] == [
        {
            "kind": "CHANGED",
            "platform": "QUANTCONNECT",
            "project": MOMENTUM,
            "projectId": ids.project_id(desk.stand_ins.quantconnect.platform, str(project_id)),
            "person": "Mateo Ferreira",
            "place": "access[1]",
            "line": 6,
            "declaredRole": "VIEWER",
            "declaredGrant": [],
            "declaredUntil": "2999-02-01T00:00:00Z",
            "actualRole": "EDITOR",
            "actualGrant": ["LIVE_CONTROL"],
            "detail": "Mateo Ferreira has EDITOR with LIVE_CONTROL in “Momentum Rotation”, "
            "where access[1] declares VIEWER.",
        }
    ]


async def test_a_program_reads_nothing_of_what_is_not_there(desk: Desk) -> None:
    await desk.snapshot()
    desk.let_in(TOMASZ, "read")
    said = await desk.run("drift", "--format", "json", FILE)
    [item] = json.loads(said.output)["items"]
    assert item["kind"] == "UNEXPECTED"
    declared = ("place", "line", "declaredRole", "declaredUntil")
    assert [item[key] for key in declared] == [None] * 4


async def test_a_program_reads_what_could_not_be_read(desk: Desk) -> None:
    await desk.snapshot()
    desk.stand_ins.testomato.faults.add(DOWN)
    said = await desk.run("drift", "--format", "json", FILE, **AT_ONCE)
    found = json.loads(said.output)
    assert (said.exit_code, said.complaints, found["clean"], found["items"]) == (1, "", False, [])
    [problem] = found["unread"]
    assert problem.startswith("TESTOMATO: ")


async def test_a_program_is_told_nothing_of_a_file_with_mistakes(desk: Desk) -> None:
    desk.declare(entry(role="EDITR"))
    said = await desk.run("drift", "--format", "json", FILE)
    assert (said.exit_code, said.output) == (2, "")


# ---------------------------------------------------------------- GitHub


async def test_a_check_shows_each_difference_at_its_entry(desk: Desk) -> None:
    desk.declare(
        entry(),
        entry(MATEO),
        entry("hanna-virtanen", role="EDITOR", more="until = 2020-01-31"),
        entry(project="QUANTCONNECT:Gone"),
    )
    desk.put_out(CAOIMHE)
    said = await desk.run("drift", "--format", "github", FILE)
    place = f"in “{MOMENTUM}”"
    assert (said.exit_code, said.complaints) == (1, "")
    assert said.output.splitlines() == [
        (
            f"::error file=access.toml,line=6,title=MISSING%3A {MOMENTUM}::"
            f"Caoimhe Doyle is not {place}, where access[1] declares VIEWER."
        ),
        (
            f"::error file=access.toml,line=12,title=CHANGED%3A {MOMENTUM}::"
            f"Mateo Ferreira has EDITOR with LIVE_CONTROL {place}, where access[2] declares VIEWER."
        ),
        (
            f"::warning file=access.toml,line=18,title=EXPIRED%3A {MOMENTUM}::"
            f"Hanna Virtanen still has EDITOR {place}, which access[3] declares until the end of 2020-01-31."
        ),
        (
            "::notice file=access.toml,line=24,title=Declared::access[4].projects[1]: "
            "No project is meant by this pattern; a name never means one that is archived."
        ),
        "3 differences.",
    ]


async def test_a_check_shows_at_the_file_what_nothing_declares(desk: Desk) -> None:
    await desk.snapshot()
    desk.let_in(TOMASZ, "read")
    said = await desk.run("drift", "--format", "github", FILE)
    assert said.output.splitlines() == [
        (
            f"::warning file=access.toml,title=UNEXPECTED%3A {MOMENTUM}::"
            f"Tomasz Wierzbicki has VIEWER in “{MOMENTUM}”, which nothing declares."
        ),
        "1 difference.",
    ]


async def test_a_check_escapes_what_would_end_a_property_or_the_line(desk: Desk) -> None:
    desk.declare(entry(project="QUANTCONNECT:*100%*", role="EDITOR"))
    desk.rename("a,b: 100%\r\n::error::x")
    named = desk.file.rename(desk.folder / "a,b 5%.toml")
    said = await desk.run("drift", "--format", "github", named.name)
    assert said.output.splitlines()[0] == (
        "::error file=a%2Cb 5%25.toml,line=6,title=CHANGED%3A a%2Cb%3A 100%25 %3A%3Aerror%3A%3Ax::"
        "Caoimhe Doyle has VIEWER in “a,b: 100%25 ::error::x”, where access[1] declares EDITOR."
    )


async def test_a_check_shows_what_could_not_be_read(desk: Desk) -> None:
    desk.declare(entry())
    said = await desk.run("drift", "--format", "github", FILE, **NO_PLATFORM)
    assert (said.exit_code, said.output.splitlines()) == (
        1,
        [
            "::error title=Not everything could be read::No platform is configured.",
            "No drift in what could be read.",
        ],
    )


async def test_a_check_shows_the_mistakes_in_a_file(desk: Desk) -> None:
    desk.declare(entry(), entry(role="EDITR"))
    said = await desk.run("drift", "--format", "github", FILE)
    assert (said.exit_code, said.output) == (
        2,
        (
            "::error file=access.toml,line=12,title=The file cannot be used::"
            "access[2].role: there is no such role; did you mean EDITOR?\n"
        ),
    )


async def test_a_check_shows_where_a_file_is_no_toml(desk: Desk) -> None:
    desk.declare("\nx = = 1\n", before="version = 1")
    said = await desk.run("drift", "--format", "github", FILE)
    assert said.output.startswith("::error file=access.toml,line=2,title=The file cannot be used::line 2, ")


# ---------------------------------------------------------------- laws of annotations


def as_github_reads_it(line: str) -> tuple[str, dict[str, str], str]:
    """Level, properties and message, after the toolkit's own way to read a workflow command."""
    found = re.fullmatch(r"::(\w+) ([^\n\r]*?)::([^\n\r]*)", line)
    assert found is not None
    level, properties, message = found.groups()
    read = dict(one.split("=", 1) for one in properties.split(","))
    return level, {key: unescaped(value) for key, value in read.items()}, unescaped(message, property=False)


def unescaped(text: str, *, property: bool = True) -> str:  # noqa: A002 - GitHub's word
    text = text.replace("%0D", "\r").replace("%0A", "\n")
    if property:
        text = text.replace("%3A", ":").replace("%2C", ",")
    return text.replace("%25", "%")


texts = st.text(st.characters(codec="utf-8") | st.sampled_from("%:,\r\n=0ADC235"))


@given(file=texts.filter(bool), detail=texts, gap=texts)
def test_whatever_is_in_them_annotations_say_it_and_nothing_else(file: str, detail: str, gap: str) -> None:
    found = ObservedDrift(
        drift=Drift(items=(), unmatched=(Unmatched(place="access[1]", detail=detail, line=7),)),
        failures=(gap,),
        unconfigured=(),
    )
    notice, error, _ = drift_for_github(found, file=file)
    assert as_github_reads_it(notice) == (
        "notice",
        {"file": file, "line": "7", "title": "Declared"},
        f"access[1]: {detail}",
    )
    assert as_github_reads_it(error) == ("error", {"title": "Not everything could be read"}, gap)


def test_a_mistake_of_the_whole_file_has_no_line() -> None:
    invalid = DeclarationInvalid([Mistake(place="", message="It is too large.")])
    [line] = mistakes_for_github(invalid, file=FILE)
    assert line == "::error file=access.toml,title=The file cannot be used::It is too large."
