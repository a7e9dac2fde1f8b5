"""Documents that Schemathesis makes of the schema, sent while the platforms fail in every way there is.

Its command runs as a process of its own: used in ours, it replaces parts of Hypothesis, and the failing
example of any property would be reported without its values. `hooks.py` is what it is told about the gateway.
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import Action, PlatformKey, Role
from gateway.graph import ids
from gateway.sandbox.control import CONTROL_PREFIX
from gateway.sandbox.faults import FaultKind
from gateway.sandbox.tidewater import TIDEWATER
from tests.conftest import MakeStand, Stand
from tests.fuzzing.answers import ROOT
from tests.mutations.line import is_write

pytestmark = pytest.mark.anyio

# Patience is short, so that the faults that use it up do not use up the tests' time, and whatever the gateway
# has against failing platforms is on: it calls again, and does not call for a while.
SETTINGS = {"GATEWAY_READ_BUDGET_SECONDS": "1"} | {
    f"GATEWAY_{key}__{name}": value
    for key in PlatformKey
    for name, value in {
        "CALL_TIMEOUT_SECONDS": "0.15",
        "MAX_REPLY_BYTES": "200000",
        "RETRY_ATTEMPTS": "2",
        "RETRY_WAIT_SECONDS": "0.001",
        "BREAKER_LEAST_CALLS": "5",
        "BREAKER_WINDOW_SECONDS": "0.2",
        "BREAKER_OPEN_SECONDS": "0.05",
        "BREAKER_LONGEST_OPEN_SECONDS": "0.1",
    }.items()
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of Schemathesis.

    Attributes:
        fields: of which root type.
        mode: `positive`: valid documents; `negative`: each with one mistake in an argument.
        most_per_field: how many cases to make of one field, if there are so many that differ.
        least: how many cases that makes together, at least.
    """

    fields: str
    mode: str
    most_per_field: int
    least: int


RUNS = [
    Run(fields="Query", mode="positive", most_per_field=65, least=290),
    Run(fields="Mutation", mode="positive", most_per_field=75, least=160),
    Run(fields=".*", mode="negative", most_per_field=10, least=60),
]


def test_there_are_500_cases_or_more() -> None:
    assert sum(run.least for run in RUNS) >= 500


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.mode} {run.fields}")
async def test_no_document_makes_the_gateway_fail_whatever_the_platforms_do(
    make_stand: MakeStand, tmp_path: Path, run: Run
) -> None:
    stand = await make_stand(settings=SETTINGS)
    tally = await schemathesis(run, stand, folder=tmp_path)
    assert tally["cases"] >= run.least
    assert {f"fault {kind}" for kind in FaultKind} <= tally.keys()
    # They come through to the platforms, the valid ones, rather than being refused at the door.
    calls = [*stand.quantconnect.calls, *stand.testomato.calls]
    writes = [call for call in calls if is_write(call.method, call.path)]
    assert bool(calls) is (run.mode == "positive")
    assert bool(writes) is (run.mode == "positive" and run.fields == "Mutation")


def likely(stand: Stand) -> dict[str, list[str] | list[int]]:
    """What there is to be named, by the arguments and input fields that can name it."""
    trading = list(map(str, stand.quantconnect.state.projects))
    sites = stand.testomato.state.projects
    projects = [
        *(ids.project_id(PlatformKey.QUANTCONNECT, project) for project in trading),
        *(ids.project_id(PlatformKey.TESTOMATO, project) for project in sites),
    ]
    members = [
        *(
            ids.member_id(PlatformKey.QUANTCONNECT, project, member.person)
            for project, seed in zip(trading, TIDEWATER.trading_projects, strict=True)
            for member in seed.memberships
        ),
        *(
            ids.member_id(PlatformKey.TESTOMATO, project, str(user))
            for project, site in sites.items()
            for user in site.roles
        ),
    ]
    # Whoever is on both platforms is named by the account that comes first.
    persons = [ids.person_id(AccountKey(PlatformKey.QUANTCONNECT, one.key)) for one in TIDEWATER.people]
    nodes = [*map(ids.platform_id, PlatformKey), *projects * 4, *members, *persons]
    return {
        "id": nodes,
        "ids": nodes,
        "projectId": projects,
        "projectIds": projects,
        "search": [person.name for person in TIDEWATER.people],
        "memberId": members,
        "upstreamId": [*trading, *sites],
        "upstreamUserId": [person.key for person in TIDEWATER.people],
        "email": [person.email for person in TIDEWATER.people],
        "actor": ["anybody", "nobody"],
        "personEmail": [person.email for person in TIDEWATER.people],
        "memberEmail": [person.email for person in TIDEWATER.people],
        "role": [Role.ADMIN, Role.EDITOR, Role.EDITOR, Role.VIEWER, Role.VIEWER],
        "grant": [Action.LIVE_CONTROL],
        # Hardly one comes twice; another change with the same one would be refused.
        "idempotencyKey": [f"key {number}" for number in range(1000)],
        "first": list(range(1, 201)),
    }


async def schemathesis(run: Run, stand: Stand, *, folder: Path) -> dict[str, int]:
    """How many cases met what; each has passed."""
    tally = folder / "tally.json"
    switches = [
        str(stand.settings.section(sandbox.platform).base_url).removesuffix(sandbox.base_path)
        + f"{CONTROL_PREFIX}faults"
        for sandbox in (stand.quantconnect, stand.testomato)
    ]
    process = await anyio.run_process(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(ROOT / "schema.graphql")),
            *("--url", f"{stand.base_url}/graphql", "--checks", "well_answered", "--no-color"),
            *("--phases", "fuzzing", "--include-name-regex", f"^{run.fields}", "--mode", run.mode),
            *("--max-examples", str(run.most_per_field), "--generation-unique-inputs"),
            *("--generation-deterministic", "--suppress-health-check", "all"),
        ],
        check=False,
        cwd=folder,  # where it leaves files of its own
        env={
            **os.environ,
            "NO_PROXY": "*",
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": "tests.fuzzing.hooks",
            # Not in place of mistakes.
            "FUZZING_LIKELY": json.dumps(likely(stand) if run.mode == "positive" else {}),
            "FUZZING_FAULT_SWITCHES": " ".join(switches),
            "FUZZING_TALLY": str(tally),
        },
    )
    assert process.returncode == 0, (process.stdout + process.stderr).decode()
    counts: dict[str, int] = json.loads(tally.read_text(encoding="utf-8"))
    return counts
