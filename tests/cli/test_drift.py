"""`accessgraph drift`: how access differs from what a file declares, told to people."""

import signal

import pytest

from gateway.access.declarations.drift_wording import NO_PROJECT, NOBODY
from gateway.sandbox.faults import Fault, FaultKind
from tests.cli.command import Finished
from tests.cli.conftest import Start
from tests.cli.desk import CAOIMHE, FILE, MATEO, TOMASZ, Desk, entry
from tests.cli.ended_access import let_end

pytestmark = pytest.mark.anyio

NO_CREDENTIALS = {
    "GATEWAY_QUANTCONNECT__USER_ID": "",
    "GATEWAY_QUANTCONNECT__API_TOKEN": "",
    "GATEWAY_TESTOMATO__EMAIL": "",
    "GATEWAY_TESTOMATO__PASSWORD": "",
}
WITHOUT_TESTOMATO = {name: "" for name in NO_CREDENTIALS if "TESTOMATO" in name}
DOWN = Fault(kind=FaultKind.STATUS, status=503)
AT_ONCE = {"GATEWAY_TESTOMATO__RETRY_ATTEMPTS": "1"}


def told(said: Finished) -> tuple[int, list[str]]:
    assert "@" not in said.everything
    return said.exit_code, said.output.splitlines()


async def test_a_snapshot_drifts_in_nothing(desk: Desk) -> None:
    await desk.snapshot()
    said = await desk.run("drift", FILE)
    assert (told(said), said.complaints) == ((0, ["No drift."]), "")


async def test_whoever_was_let_in_past_the_file_is_unexpected(desk: Desk) -> None:
    await desk.snapshot()
    desk.let_in(TOMASZ, "read")
    assert told(await desk.run("drift", FILE)) == (
        1,
        [
            "QUANTCONNECT: Momentum Rotation",
            "  UNEXPECTED  Tomasz Wierzbicki has VIEWER in “Momentum Rotation”, which nothing declares.",
            "1 difference.",
        ],
    )


async def test_whoever_was_put_out_past_the_file_is_missing(desk: Desk) -> None:
    desk.declare(entry())
    desk.put_out(CAOIMHE)
    assert told(await desk.run("drift", FILE)) == (
        1,
        [
            "QUANTCONNECT: Momentum Rotation",
            "  MISSING     Caoimhe Doyle is not in “Momentum Rotation”, where access[1] declares VIEWER.",
            "1 difference.",
        ],
    )


async def test_another_role_and_another_grant_are_changes(desk: Desk) -> None:
    desk.declare(entry(role="EDITOR"), entry(MATEO, role="EDITOR"))
    assert told(await desk.run("drift", FILE)) == (
        1,
        [
            "QUANTCONNECT: Momentum Rotation",
            "  CHANGED     Caoimhe Doyle has VIEWER in “Momentum Rotation”, where access[1] declares EDITOR.",
            (
                "  CHANGED     Mateo Ferreira has EDITOR with LIVE_CONTROL in “Momentum Rotation”, "
                "where access[2] declares EDITOR."
            ),
            "2 differences.",
        ],
    )


async def test_whoever_is_still_there_after_the_end_is_expired(desk: Desk) -> None:
    desk.declare(entry(more="until = 2020-02-29"))
    assert told(await desk.run("drift", FILE)) == (
        1,
        [
            "QUANTCONNECT: Momentum Rotation",
            (
                "  EXPIRED     Caoimhe Doyle still has VIEWER in “Momentum Rotation”, "
                "which access[1] declares until the end of 2020-02-29."
            ),
            "1 difference.",
        ],
    )


async def test_access_that_has_not_ended_yet_is_as_declared(desk: Desk) -> None:
    desk.declare(entry(more="until = 2999-01-31"))
    assert told(await desk.run("drift", FILE)) == (0, ["No drift."])


async def test_what_means_nothing_is_told_and_is_no_drift(desk: Desk) -> None:
    desk.declare(entry(project="QUANTCONNECT:Gone"), entry("nobody@example.org", project="*:Gone"))
    assert told(await desk.run("drift", FILE)) == (
        0,
        [
            f"Note: access[1].projects[1]: {NO_PROJECT}",
            f"Note: access[2].projects[1]: {NO_PROJECT}",
            f"Note: access[2].who[1]: {NOBODY}",
            "No drift.",
        ],
    )


async def test_a_projects_name_moves_no_cursor_and_begins_no_line(desk: Desk) -> None:
    desk.declare(entry(project="QUANTCONNECT:*Momentum*", role="EDITOR"))
    desk.rename("::error::\x1b[2J\nMomentum")
    _, lines = told(await desk.run("drift", FILE))
    assert lines[0] == "QUANTCONNECT: ::error:: [2J Momentum"
    assert all(line.isprintable() for line in lines)


# ---------------------------------------------------------------- what could not be read


async def test_a_platform_that_fails_is_told_and_nothing_is_called_clean(desk: Desk) -> None:
    await desk.snapshot()
    desk.stand_ins.testomato.faults.add(DOWN)
    said = await desk.run("drift", FILE, **AT_ONCE)
    assert told(said) == (1, ["No drift in what could be read."])
    assert said.complaints.startswith("Not everything could be read: TESTOMATO: ")


async def test_a_project_whose_members_cannot_be_read_is_told(desk: Desk) -> None:
    await desk.snapshot()
    [first, *_] = desk.stand_ins.testomato.state.projects
    desk.stand_ins.testomato.faults.add(
        Fault(kind=FaultKind.STATUS, status=503, path=f"/api/project/{first}/users")
    )
    desk.let_in(TOMASZ, "read")
    said = await desk.run("drift", FILE, **AT_ONCE)
    assert (said.exit_code, said.output.splitlines()[-1]) == (1, "1 difference in what could be read.")
    assert "The members of 1 project could not be read." in said.complaints


async def test_without_any_credential_nothing_is_called_clean(desk: Desk) -> None:
    """As where the secrets are not given to a pull request from outside."""
    desk.declare(entry())
    said = await desk.run("drift", FILE, **NO_CREDENTIALS)
    assert told(said) == (1, ["No drift in what could be read."])
    assert said.complaints == "Not everything could be read: No platform is configured.\n"


async def test_access_on_a_platform_without_a_credential_is_told(desk: Desk) -> None:
    desk.declare(entry(), entry(project="TESTOMATO:Research blog"))
    said = await desk.run("drift", FILE, **WITHOUT_TESTOMATO)
    assert told(said) == (1, ["No drift in what could be read."])
    why = "access is declared there, and the platform is not configured."
    assert said.complaints == f"Not everything could be read: TESTOMATO: {why}\n"


async def test_a_platform_that_the_file_does_not_name_may_be_absent(desk: Desk) -> None:
    desk.declare(entry())
    assert told(await desk.run("drift", FILE, **WITHOUT_TESTOMATO)) == (0, ["No drift."])


# ---------------------------------------------------------------- it only looks


async def test_looking_leaves_no_file_behind(desk: Desk) -> None:
    desk.declare(entry())
    await desk.run("drift", FILE)
    assert [path.name for path in desk.folder.iterdir()] == [FILE]


async def test_looking_takes_no_access_away_that_has_ended(desk: Desk) -> None:
    desk.declare(entry(more="until = 2020-02-29"))
    await let_end(desk, CAOIMHE)
    await desk.run("drift", FILE)
    assert (desk.permission_of(CAOIMHE), len(desk.rows("access_end"))) == ("read", 1)


async def test_ctrl_c_while_it_reads_is_told_in_one_word(desk: Desk, start: Start) -> None:
    desk.declare(entry())
    desk.stand_ins.quantconnect.faults.add(Fault(kind=FaultKind.DELAY, seconds=60))
    command = start("drift", FILE, **desk.stand_ins.variables)
    await desk.first_call()
    command.send(signal.SIGINT)
    said = await desk.end_of(command)
    assert (said.exit_code, said.everything.strip()) == (1, "Aborted!")
