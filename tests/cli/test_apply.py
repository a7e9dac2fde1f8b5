"""`accessgraph apply`: access is made as a file declares it."""

import re
import signal

import pytest

from gateway.domain.vocabulary import Role
from gateway.sandbox.faults import Fault, FaultKind
from tests.cli.command import Finished
from tests.cli.conftest import Start
from tests.cli.desk import CAOIMHE, FILE, MATEO, MOMENTUM, TOMASZ, Desk, entry
from tests.cli.ended_access import let_end

pytestmark = pytest.mark.anyio

BLOG = 8  # Testomato's eighth project
KIM = "kim@example.org"
HERE, THERE = f"{MOMENTUM} (QUANTCONNECT)", "Research blog (TESTOMATO)"
KIM_IN = f'\n[people]\nkim = "{KIM}"\n' + entry().replace("caoimhe.doyle@example.com", "kim").replace(
    f"QUANTCONNECT:{MOMENTUM}", "TESTOMATO:Research blog"
)
INVITED = "Nobody here is known by this address: Testomato may send an invitation to it."
ONE_CHANGE = "UPDATE  Momentum Rotation (QUANTCONNECT)  Caoimhe Doyle  VIEWER  EDITOR"
AT_ONCE = {f"GATEWAY_{platform}__RETRY_ATTEMPTS": "1" for platform in ("QUANTCONNECT", "TESTOMATO")}
DOWN = Fault(kind=FaultKind.STATUS, status=503)


def lines(said: Finished) -> list[str]:
    """What was said, each gap between columns two blanks wide."""
    assert "@" not in said.everything
    return [re.sub(r"(?<=\S) {2,}", "  ", line) for line in said.output.splitlines()]


async def test_the_plan_is_shown_and_carried_out_and_each_outcome_told(desk: Desk) -> None:
    desk.declare(entry(TOMASZ), entry(role="EDITOR", more='grant = ["LIVE_CONTROL"]'), KIM_IN)
    said = await desk.run("apply", "--yes", FILE)
    assert (said.exit_code, said.complaints) == (0, "")
    plan, _, results = (part.splitlines() for part in "\n".join(lines(said)).partition("\n\n"))
    assert plan == [
        "CHANGE  PROJECT  PERSON  BEFORE  AFTER",
        f"ADD  {HERE}  Tomasz Wierzbicki  VIEWER",
        f"UPDATE  {HERE}  Caoimhe Doyle  VIEWER  EDITOR with LIVE_CONTROL",
        f"ADD  {THERE}  people.kim  VIEWER",
        f"  ! {THERE}, people.kim: {INVITED}",
    ]
    assert results == [
        "OUTCOME  PROJECT  PERSON  WHY",
        f"ADDED  {HERE}  Tomasz Wierzbicki",
        f"UPDATED  {HERE}  Caoimhe Doyle",
        f"INVITED  {THERE}  people.kim",
    ]
    assert (desk.permission_of(CAOIMHE), desk.permission_of(TOMASZ)) == ("write", "read")
    assert desk.testomato_role_of(KIM, project=BLOG) is Role.VIEWER


async def test_the_second_time_there_is_nothing_to_do(desk: Desk) -> None:
    desk.declare(entry(role="EDITOR"))
    await desk.run("apply", "--yes", FILE)
    written = desk.writes
    again = await desk.run("apply", "--yes", FILE)
    assert (again.exit_code, again.everything) == (0, "Nothing is to be done.\n")
    assert desk.writes == written == 1


async def test_what_is_granted_on_top_is_shown_before_it_is_taken(desk: Desk) -> None:
    desk.declare(entry(MATEO, role="EDITOR"))
    said = await desk.run("apply", "--yes", FILE)
    assert f"UPDATE  {HERE}  Mateo Ferreira  EDITOR with LIVE_CONTROL  EDITOR" in lines(said)


async def test_what_is_done_is_in_the_audit_trail_and_its_end_is_kept(desk: Desk) -> None:
    desk.declare(entry(role="EDITOR", more="until = 2999-01-31"))
    await desk.run("apply", "--yes", FILE)
    [recorded], [end] = desk.rows("audit"), desk.rows("access_end")
    assert (recorded["operation"], recorded["outcome"]) == ("grantAccess", "UPDATED")
    assert (end["member_upstream_id"], str(end["ends_at"])[:10]) == (CAOIMHE, "2999-02-01")


# ---------------------------------------------------------------- who goes


async def test_nobody_is_removed_unless_that_is_asked_for(desk: Desk) -> None:
    await desk.snapshot()
    desk.let_in(TOMASZ, "read")
    said = await desk.run("apply", "--yes", FILE)
    assert (said.exit_code, desk.permission_of(TOMASZ), desk.writes) == (0, "read", 0)
    assert said.output == "Nothing is to be done.\n1 membership would be removed with --prune.\n"


async def test_with_prune_whoever_is_unexpected_goes(desk: Desk) -> None:
    await desk.snapshot()
    desk.let_in(TOMASZ, "read")
    said = await desk.run("apply", "--prune", "--yes", FILE)
    assert (said.exit_code, desk.permission_of(TOMASZ)) == (0, None)
    assert f"REMOVE  {HERE}  Tomasz Wierzbicki  VIEWER" in lines(said)
    assert f"REMOVED  {HERE}  Tomasz Wierzbicki" in lines(said)


async def test_with_prune_whoever_is_expired_goes(desk: Desk) -> None:
    desk.declare(entry(more="until = 2020-01-31"))
    said = await desk.run("apply", "--prune", "--yes", FILE)
    assert (said.exit_code, desk.permission_of(CAOIMHE)) == (0, None)


async def test_nobody_is_removed_while_not_everything_can_be_read(desk: Desk) -> None:
    """Whose account it is may be told by what is missing."""
    await desk.snapshot()
    desk.let_in(TOMASZ, "read")
    desk.stand_ins.testomato.faults.add(DOWN)
    said = await desk.run("apply", "--prune", "--yes", FILE, **AT_ONCE)
    assert (said.exit_code, desk.permission_of(TOMASZ), desk.writes) == (1, "read", 0)
    assert said.complaints.endswith("So nobody is removed.\n")


# ---------------------------------------------------------------- what cannot be done


async def test_what_a_platform_cannot_do_is_told_and_the_rest_is_done(desk: Desk) -> None:
    """Testomato has no call for another role, and QuantConnect has no such role."""
    desk.declare(
        entry("chloe.beaumont@example.org", project="TESTOMATO:Research blog"),
        entry(role="ADMIN", project=f"*:{MOMENTUM}"),
        entry(TOMASZ),
    )
    said = await desk.run("apply", "--yes", FILE)
    assert (said.exit_code, desk.permission_of(TOMASZ), desk.writes) == (1, "read", 1)
    assert f"IMPOSSIBLE  {HERE}  Caoimhe Doyle  VIEWER  ADMIN" in lines(said)
    assert f"  ! {THERE}, Chloé Beaumont: Testomato has no call for this change." in said.output
    assert f"  ! {HERE}, Caoimhe Doyle: QuantConnect gives nobody the role ADMIN" in said.output


async def test_where_nothing_can_be_done_that_is_told(desk: Desk) -> None:
    desk.declare(entry("chloe.beaumont@example.org", project="TESTOMATO:Research blog"))
    said = await desk.run("apply", FILE)
    assert (said.exit_code, lines(said)[-1]) == (1, "Nothing can be done.")


async def test_a_change_that_fails_is_told_beside_what_was_done(desk: Desk) -> None:
    desk.declare(entry(role="EDITOR"), entry(TOMASZ))
    path = "/api/v2/projects/collaboration/update"
    desk.stand_ins.quantconnect.faults.add(Fault(kind=FaultKind.STATUS, status=403, path=path))
    said = await desk.run("apply", "--yes", FILE)
    assert (said.exit_code, desk.permission_of(CAOIMHE)) == (1, "read")
    assert f"ADDED  {HERE}  Tomasz Wierzbicki" in lines(said)
    [failed] = [line for line in lines(said) if line.startswith("REFUSED")]
    assert failed.startswith(f"REFUSED  {HERE}  Caoimhe Doyle  QUANTCONNECT: ")


async def test_a_platform_that_cannot_be_read_is_told_and_the_other_is_served(desk: Desk) -> None:
    desk.declare(entry(role="EDITOR"), KIM_IN)
    desk.stand_ins.testomato.faults.add(DOWN)
    said = await desk.run("apply", "--yes", FILE, **AT_ONCE)
    assert (said.exit_code, desk.permission_of(CAOIMHE)) == (1, "write")
    assert said.complaints.startswith("Not everything could be read: TESTOMATO: ")


async def test_where_nothing_can_be_written_down_nothing_is_sent(desk: Desk) -> None:
    desk.declare(entry(role="EDITOR"))
    elsewhere = "sqlite:///missing/changes.sqlite3"
    said = await desk.run("apply", "--yes", FILE, GATEWAY_STORE__URL=elsewhere)
    told = "Error: missing/changes.sqlite3 cannot be opened: No such file or directory\n"
    assert (said.exit_code, said.everything, desk.writes) == (1, told, 0)


# ---------------------------------------------------------------- asking


async def test_where_nobody_can_be_asked_it_says_what_to_do(desk: Desk) -> None:
    desk.declare(entry(role="EDITOR"))
    said = await desk.run("apply", FILE)
    assert (said.exit_code, desk.writes) == (1, 0)
    assert lines(said)[1:] == [ONE_CHANGE, "Nothing was done."]
    assert said.complaints == "To make 1 change where nobody can be asked, give --yes.\n"


async def test_it_takes_no_access_away_that_has_ended(desk: Desk) -> None:
    """That is a gateway's, and nobody was asked."""
    desk.declare(entry(TOMASZ))
    await let_end(desk, CAOIMHE)
    await desk.run("apply", "--yes", FILE)
    assert (desk.permission_of(CAOIMHE), desk.permission_of(TOMASZ)) == ("read", "read")


async def test_ctrl_c_lets_what_is_under_way_come_to_its_end_and_tells_it(desk: Desk, start: Start) -> None:
    desk.declare(entry(role="EDITOR"))
    path = "/api/v2/projects/collaboration/update"
    desk.stand_ins.quantconnect.faults.add(Fault(kind=FaultKind.DELAY, seconds=2, path=path))
    command = start("apply", "--yes", FILE, **desk.stand_ins.variables)
    await desk.first_call(writing=True)
    command.send(signal.SIGINT)
    said = await desk.end_of(command)
    assert (said.exit_code, desk.permission_of(CAOIMHE)) == (1, "write")
    assert f"UNKNOWN  {HERE}  Caoimhe Doyle  This was cut off. " in "\n".join(lines(said))
    assert [row["outcome"] for row in desk.rows("audit")] == ["UPDATED"]
