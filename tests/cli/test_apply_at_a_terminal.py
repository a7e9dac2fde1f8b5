"""`accessgraph apply` where somebody sits before a terminal: it asks, and shows how far it is."""

import signal

import pytest

from tests.cli.desk import CAOIMHE, FILE, Desk, entry
from tests.cli.terminal import END_OF_INPUT, Answer

pytestmark = pytest.mark.anyio

QUESTION = r"Make 1 change\? \[y/N\]: "


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("n\n", id="no"),
        pytest.param("\n", id="nothing"),
        pytest.param(END_OF_INPUT, id="end of input"),
        pytest.param(signal.SIGINT, id="Ctrl-C"),
    ],
)
async def test_whoever_does_not_say_yes_changes_nothing(desk: Desk, answer: str | signal.Signals) -> None:
    desk.declare(entry(role="EDITOR"))
    said = await desk.converse("apply", FILE, answers=[(QUESTION, answer)])
    assert (said.exit_code, desk.writes, desk.permission_of(CAOIMHE)) == (1, 0, "read")
    assert said.output.endswith("\nNothing was done.\n")


async def test_whoever_says_yes_has_it_done(desk: Desk) -> None:
    desk.declare(entry(role="EDITOR"))
    said = await desk.converse("apply", FILE, answers=[(QUESTION, "y\n")])
    assert (said.exit_code, desk.permission_of(CAOIMHE)) == (0, "write")


async def test_how_far_it_is_is_shown(desk: Desk) -> None:
    desk.declare(entry(role="EDITOR"))
    answers: list[Answer] = [(QUESTION, "y\n"), (r"Making 1 change .*100%", "")]
    said = await desk.converse("apply", FILE, answers=answers)
    assert said.exit_code == 0


async def test_with_yes_nobody_is_asked(desk: Desk) -> None:
    desk.declare(entry(role="EDITOR"))
    said = await desk.converse("apply", "--yes", FILE)
    assert (said.exit_code, desk.permission_of(CAOIMHE), "[y/N]" in said.output) == (0, "write", False)


async def test_where_nothing_is_to_be_done_nobody_is_asked(desk: Desk) -> None:
    desk.declare(entry())
    said = await desk.converse("apply", FILE)
    assert (said.exit_code, said.output) == (0, "Nothing is to be done.\n")
