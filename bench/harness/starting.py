"""`bench/start`: how long it takes until the command is loaded, and until a gateway answers."""

import statistics
import subprocess
import time
from contextlib import suppress

from harness.goals import MOST_IMPORT_MS, MOST_START_MS
from harness.http import Client
from harness.machine import load_average, machine
from harness.ours import COMMON, gateway_command
from harness.places import BIN, CACHE, SetUpError, run_step, say
from harness.processes import SERVER_CORE, Program, free_port, pinned
from harness.reporting import print_report
from harness.solo import PATH
from harness.tables import table

TIMES = 15
LONGEST_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.001

IMPORT = "import gateway.cli"
ANSWER = "accessgraph serve, to its first answer"
MOST = {IMPORT: MOST_IMPORT_MS, ANSWER: MOST_START_MS}

# Timed is what a process does until it has loaded, not how it clears up: hence it ends there and then.
PYTHON = "import os; os._exit(0)"
# The development packages bring rich, which structlog loads where it is: no user's gateway has it.
WITHOUT_RICH = "import sys; sys.modules['rich'] = None\n"
LOADED = f"{WITHOUT_RICH}import gateway.cli, os; os._exit(0)"
LIBRARIES = "import importlib, os\nfor name in {names}: importlib.import_module(name)\nos._exit(0)"
NAMES = f"""{WITHOUT_RICH}
import gateway.cli
print([name for name, module in sys.modules.items()
       if getattr(getattr(module, "__spec__", None), "name", None) == name
       and name.partition(".")[0] not in ("__main__", "gateway")])
"""


def main() -> int:
    """Measure, and print one table."""
    return print_report(lambda: [_measure()])


def _measure() -> str:
    busy = load_average()
    python = str(BIN / "python")
    libraries = WITHOUT_RICH + LIBRARIES.format(names=run_step([python, "-c", NAMES]).strip())
    commands = {
        "Python alone": [python, "-c", PYTHON],
        "the libraries alone": [python, "-c", libraries],
        IMPORT: [python, "-c", LOADED],
        "accessgraph --version, to its end": [str(BIN / "accessgraph"), "--version"],
    }
    walls: dict[str, list[float]] = {name: [] for name in (*commands, ANSWER)}
    for number in range(TIMES):
        say(f"round {number + 1} of {TIMES}")
        for name, command in commands.items():
            walls[name].append(_until_the_end_ms(command))
        walls[ANSWER].append(_until_the_first_answer_ms())
    header = [f"median of {TIMES} processes", "wall ms", "shortest", "at most"]
    rows = [_row(name, found) for name, found in walls.items()]
    return f"{machine()}; load average at the start {busy}\n\n{table(header, rows)}\n"


def _until_the_end_ms(command: list[str]) -> float:
    command = pinned(command, core=SERVER_CORE)
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - ours
        command, capture_output=True, timeout=LONGEST_SECONDS, check=False
    )
    wall_ms = (time.perf_counter() - began) * 1000
    if done.returncode != 0:
        raise SetUpError(f"{command[-1][:60]!r} ended with {done.returncode}: {done.stderr[-300:]!r}")
    return wall_ms


def _until_the_first_answer_ms() -> float:
    port = free_port()
    environment = {**COMMON, "GATEWAY_PORT": str(port)}
    CACHE.mkdir(exist_ok=True)
    began = time.perf_counter()
    with Program("start", gateway_command(), core=SERVER_CORE, environment=environment) as program:
        while time.perf_counter() - began < LONGEST_SECONDS and not program.has_ended:
            client = Client(port)
            with suppress(OSError):
                status, content = client.post(PATH, b'{"query":"{ __typename }"}')
                wall_ms = (time.perf_counter() - began) * 1000
                if (status, content) != (200, b'{"data":{"__typename":"Query"}}'):
                    raise SetUpError(f"{status} {content[:300]!r}")
                client.close()
                return wall_ms
            time.sleep(LOOK_AGAIN_SECONDS)
        raise SetUpError(f"no answer: {program.last_words()}")


def _row(name: str, walls: list[float]) -> list[str]:
    wall, most = statistics.median(walls), MOST.get(name)
    missed = " ✗" if most is not None and wall > most else ""
    return [name, f"{wall:.0f}{missed}", f"{min(walls):.0f}", "" if most is None else f"{most:.0f}"]
