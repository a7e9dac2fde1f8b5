"""What the README shows is true: its examples, its commands, its tables."""

import asyncio
import json
import os
import re
import shlex
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.access.declarations.differences import DriftKind
from gateway.access.declarations.reader import read_declaration
from gateway.access.people.links import Links
from gateway.domain.caller import Scope
from gateway.domain.vocabulary import Action, Outcome, PlatformKey, Role
from gateway.http.authentication.api_keys import new_key
from gateway.platforms.registry import REGISTRY
from gateway.settings.loading import load_settings, setting_names
from gateway.store.sqlite import open_ledger
from tests.conftest import MakeStand, Stand

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```graphql\n(.*?)```\n(?:```json\n(.*?)```)?", README, re.DOTALL)
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.splitlines() if line
]
# The gate runs the one; a test of the command line runs what the other starts.
RUN_ELSEWHERE = {"make test", "make demo", "accessgraph serve"}
FETCHES = [command for command in COMMANDS if command.startswith("curl ")]
DONE = {Outcome.ADDED, Outcome.INVITED, Outcome.UPDATED, Outcome.REMOVED}


def test_there_are_ten_examples_one_of_people_and_four_of_off_boarding() -> None:
    assert len(EXAMPLES) == 15


@pytest.mark.parametrize(("document", "variables"), EXAMPLES, ids=range(1, len(EXAMPLES) + 1))
async def test_every_example_runs_as_it_stands(stand: Stand, document: str, variables: str) -> None:
    data = await stand.data(document, **json.loads(variables or "{}"))
    assert all(data.values())
    payloads = [value for value in data.values() if isinstance(value, dict)]
    told = [one for value in payloads for one in (value, *value.get("results", ())) if "outcome" in one]
    assert {one["outcome"] for one in told} <= DONE
    assert all(value.get("complete", True) for value in payloads)


@pytest.mark.parametrize("command", FETCHES)
async def test_every_fetch_succeeds(make_stand: MakeStand, command: str, tmp_path: Path) -> None:
    """As curl would do it, of which not every machine has one."""
    curl, flag, header, output, file, address = shlex.split(command)
    assert (curl, flag, output, Path(file).suffix) == ("curl", "-H", "-o", ".csv")
    keys = tmp_path / "keys.toml"
    key = new_key(keys, name="dashboard", scopes=[Scope.MEMBERS_READ])
    stand = await make_stand(settings={"GATEWAY_AUTH__MODE": "api_key", "GATEWAY_AUTH__KEYS_FILE": str(keys)})
    name, value = header.replace("$ACCESSGRAPH_KEY", key).split(": ")
    defaults = load_settings(environment={}, dotenv_file=None)
    path = address.removeprefix(f"http://{defaults.host}:{defaults.port}")
    response = await stand.client.get(path, headers={name: value})
    assert (response.status_code, response.headers["content-type"]) == (200, "text/csv; charset=utf-8")


async def run(stand: Stand, arguments: list[str], *, folder: Path, exit_code: int = 0) -> str:
    """What `accessgraph` says against the stand's platforms."""
    variables = {
        f"GATEWAY_{sandbox.platform.value}__{name.upper()}": value
        for sandbox in (stand.quantconnect, stand.testomato)
        for name, value in sandbox.gateway_settings(stand.settings.section(sandbox.platform).base_url).items()
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", *arguments),
        cwd=folder,
        env={**os.environ, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == exit_code, output.decode()
    return output.decode()


@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if command not in {*RUN_ELSEWHERE, *FETCHES}]
)
async def test_every_command_succeeds(stand: Stand, command: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "schema.graphql", tmp_path)
    async with open_ledger(str(tmp_path / "accessgraph.sqlite3")):
        pass  # as a gateway leaves it
    program, *arguments = command.split()
    assert program == "accessgraph"
    if "access.toml" in arguments and arguments[0] != "snapshot":
        await run(stand, ["snapshot", "--output", "access.toml"], folder=tmp_path)
    await run(stand, arguments, folder=tmp_path)


def files_shown() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", README, re.DOTALL)


def test_the_links_file_can_be_read(tmp_path: Path) -> None:
    [text] = [text for text in files_shown() if "version" not in text]
    (tmp_path / "links.toml").write_text(text, encoding="utf-8")
    assert len(Links.read(tmp_path / "links.toml").names) == 3


def test_the_declaration_can_be_read() -> None:
    [text] = [text for text in files_shown() if "version" in text]
    profiles = {entry.profile.key: entry.profile for entry in REGISTRY}
    declared = read_declaration(text, profiles=profiles)
    [access], [ignored] = declared.access, declared.ignored_access
    # As the comments beside it say.
    assert access.until == datetime(2027, 2, 1, tzinfo=UTC)
    assert [person.place for person in access.people] == ["people.mara", "people.jon", "access[1].who[2]"]
    assert [person.place for person in ignored.people] == ["people.jon"]


def commands_of(chapter: str) -> list[list[str]]:
    """What is typed in a chapter, in order, without the program's name."""
    text = README.partition(f"\n## {chapter}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line.split()[1:] for block in blocks for line in block.splitlines()]


async def test_the_story_of_declared_access_goes_as_it_is_told(stand: Stand, tmp_path: Path) -> None:
    """Take what is there, find out in three forms that somebody has been put out, make it so again."""
    snapshot, *drifts, apply = commands_of("Declared access")
    assert [command[0] for command in (snapshot, *drifts, apply)] == ["snapshot", *["drift"] * 3, "apply"]
    await run(stand, snapshot, folder=tmp_path)
    state = stand.quantconnect.state
    [momentum, *_] = state.projects.values()
    state.drop_collaboration(momentum, "caoimhe-doyle")
    for drift in drifts:
        assert "MISSING" in await run(stand, drift, folder=tmp_path, exit_code=1)
    assert "ADDED" in await run(stand, apply, folder=tmp_path)
    for drift in drifts:
        assert "MISSING" not in await run(stand, drift, folder=tmp_path)


def test_the_workflow_runs_what_is_shown_with_settings_that_there_are() -> None:
    [workflow] = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    [command] = re.findall(r"run: (accessgraph .*)", workflow)
    assert command in COMMANDS
    assert set(re.findall(r"GATEWAY_\w+", workflow)) <= set(setting_names())


def test_the_table_of_drift_names_every_kind_and_no_other() -> None:
    [table] = re.findall(r"^\| Drift \|.*?\n\n", README, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(DriftKind)


def test_the_settings_table_names_every_setting_and_no_other() -> None:
    named = re.findall(r"^\| `(GATEWAY_[\w<>]+)`", README, re.MULTILINE)
    assert {name.replace("<PLATFORM>", platform) for name in named for platform in PlatformKey} == set(
        setting_names()
    )


@pytest.mark.parametrize("word", [*Role, *Action, *Outcome])
def test_the_vocabulary_tables_name_every_word(word: str) -> None:
    assert re.search(rf"^\|.*`{word}`.*\|", README, re.MULTILINE)


def test_the_table_of_scopes_names_every_scope_and_no_other() -> None:
    [table] = re.findall(r"^\| Scope \|.*?\n\n", README, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"^\| `([\w:]+)` \|", table, re.MULTILINE)) == set(Scope)
