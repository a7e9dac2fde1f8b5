"""`accessgraph snapshot`: today's access as a file that declares it."""

import pytest

from gateway.access.declarations.reader import read_declaration
from gateway.platforms.registry import REGISTRY
from gateway.sandbox.faults import Fault, FaultKind
from tests.cli.desk import CAOIMHE, FILE, Desk
from tests.cli.ended_access import let_end

pytestmark = pytest.mark.anyio

PROFILES = {entry.profile.key: entry.profile for entry in REGISTRY}
WITHOUT_TESTOMATO = {"GATEWAY_TESTOMATO__EMAIL": "", "GATEWAY_TESTOMATO__PASSWORD": ""}
WITHOUT_QUANTCONNECT = {"GATEWAY_QUANTCONNECT__USER_ID": "", "GATEWAY_QUANTCONNECT__API_TOKEN": ""}
AT_ONCE = {"GATEWAY_TESTOMATO__RETRY_ATTEMPTS": "1"}
DOWN = Fault(kind=FaultKind.STATUS, status=503)


async def test_it_goes_to_standard_output_and_nothing_else_does(desk: Desk) -> None:
    said = await desk.run("snapshot")
    assert (said.exit_code, said.complaints) == (0, "")
    declared = read_declaration(said.output, profiles=PROFILES)
    assert {pattern.platform for entry in declared.access for pattern in entry.projects} == set(PROFILES)
    assert list(desk.folder.iterdir()) == []


async def test_it_goes_into_a_file_that_is_named(desk: Desk) -> None:
    said = await desk.run("snapshot", "--output", FILE)
    assert (said.exit_code, said.output, said.complaints) == (0, "", "Written to access.toml.\n")
    assert [path.name for path in desk.folder.iterdir()] == [FILE]
    assert desk.file.read_text(encoding="utf-8") == (await desk.run("snapshot")).output


async def test_a_file_that_is_there_is_not_written_over(desk: Desk) -> None:
    desk.declare()
    before = desk.file.read_text(encoding="utf-8")
    said = await desk.run("snapshot", "-o", FILE)
    assert (said.exit_code, said.output) == (2, "")
    assert said.complaints == "Error: access.toml is there already: --force writes over it\n"
    assert desk.file.read_text(encoding="utf-8") == before
    assert desk.stand_ins.quantconnect.calls.total_count == 0


async def test_with_force_it_is_written_over(desk: Desk) -> None:
    desk.declare()
    said = await desk.run("snapshot", "--force", "-o", FILE)
    assert said.exit_code == 0
    assert read_declaration(desk.file.read_text(encoding="utf-8"), profiles=PROFILES).access


async def test_where_not_everything_can_be_read_nothing_is_written(desk: Desk) -> None:
    desk.declare()
    before = desk.file.read_text(encoding="utf-8")
    desk.stand_ins.testomato.faults.add(DOWN)
    said = await desk.run("snapshot", "--force", "-o", FILE, **AT_ONCE)
    assert (said.exit_code, said.output) == (1, "")
    assert said.complaints.startswith(
        "Error: not everything could be read, so nothing is written: TESTOMATO: "
    )
    assert desk.file.read_text(encoding="utf-8") == before


async def test_without_any_credential_nothing_is_written(desk: Desk) -> None:
    said = await desk.run("snapshot", **WITHOUT_QUANTCONNECT, **WITHOUT_TESTOMATO)
    assert (said.exit_code, said.output) == (1, "")
    assert said.complaints.endswith("nothing is written: No platform is configured.\n")


async def test_a_platform_of_which_nothing_is_in_the_file_is_told(desk: Desk) -> None:
    said = await desk.run("snapshot", **WITHOUT_TESTOMATO)
    assert (said.exit_code, "TESTOMATO" in said.output) == (0, False)
    assert said.complaints == "Testomato is not configured: nothing of it is in the file.\n"


async def test_a_file_that_cannot_be_written_is_told_in_one_line(desk: Desk) -> None:
    said = await desk.run("snapshot", "-o", "missing/access.toml")
    told = "Error: missing/access.toml cannot be written: No such file or directory\n"
    assert (said.exit_code, said.everything) == (1, told)


async def test_looking_takes_no_access_away_that_has_ended(desk: Desk) -> None:
    await let_end(desk, CAOIMHE)
    await desk.run("snapshot")
    assert (desk.permission_of(CAOIMHE), len(desk.rows("access_end"))) == ("read", 1)
