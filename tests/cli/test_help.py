"""What the command says of itself."""

import re
from importlib.metadata import version

import click
import pytest

from gateway.cli import main
from tests.cli.conftest import Run

COMMANDS = {
    (): "One GraphQL endpoint over QuantConnect and Testomato.",
    ("serve",): "Serve the graph until interrupted.",
    ("demo",): "Run the gateway against two stand-in platforms with a made-up company in them.",
    ("schema",): "The graph in the schema definition language.",
    ("schema", "print"): "Print the schema.",
    ("schema", "check"): "List what clients of the schema in FILE would miss in this version",
    ("keys",): "The keys by which callers are known, with GATEWAY_AUTH__MODE=api_key.",
    ("keys", "new"): "Make a key for the caller NAME, add its digest to a file, and print the key",
    ("audit",): "The trail of every change, in the database that GATEWAY_STORE__URL names.",
    ("audit", "verify"): "Walk the audit trail, say how many entries are in order, and print the last digest",
    ("drift",): "Tell how access differs from what FILE (an access.toml) declares.",
    ("apply",): "Show what is to be done to make access as FILE",
    ("snapshot",): "Write today's access as a file (an access.toml) that declares just that.",
    ("doctor",): "Check the settings, reach every platform, say whose credential it is",
}


def entries(help_text: str) -> list[str]:
    """The lines that begin an option or a command."""
    # A name too long for its column, as one that lists its choices, has its explanation in the next line.
    joined = re.sub(r"\]\n {6,}", "]  ", help_text.partition("Options:")[2])
    return re.findall(r"^  \S.*$", joined, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(("accessgraph", *command)))
def test_every_command_says_what_it_does_and_explains_each_of_its_options(
    run: Run, command: tuple[str, ...]
) -> None:
    said = run(*command, "--help")
    assert (said.exit_code, said.complaints) == (0, "")
    assert COMMANDS[command] in " ".join(said.output.split())
    # The name, at least two blanks, the explanation.
    unexplained = [entry for entry in entries(said.output) if not re.fullmatch(r"  \S.*?  +\S.*", entry)]
    cut_short = [entry for entry in entries(said.output) if entry.endswith("...")]
    assert (unexplained, cut_short) == ([], [])


def test_no_command_is_left_out_here() -> None:
    groups: dict[tuple[str, ...], click.Group] = {(): main}
    groups |= {
        (name,): command for name, command in main.commands.items() if isinstance(command, click.Group)
    }
    below = {(*path, name) for path, group in groups.items() for name in group.commands}
    assert below == set(COMMANDS) - {()}


def test_it_tells_its_version(run: Run) -> None:
    assert run("--version").output == f"accessgraph, version {version('accessgraph')}\n"


def test_a_misspelled_command_is_a_wrong_usage_with_a_suggestion(run: Run) -> None:
    refused = run("serv")
    assert refused.exit_code == 2
    assert "Did you mean 'serve'?" in refused.complaints
