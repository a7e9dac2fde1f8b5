"""`bench/people`: the access matrix of 300 projects and 2,000 people."""

import http.client
import statistics
import time
from collections.abc import Callable

from harness.goals import MOST_EXPORT_MS, MOST_PEOPLE_MS
from harness.http import TIMEOUT_SECONDS
from harness.machine import load_average, machine
from harness.places import SetUpError, say
from harness.reporting import print_report
from harness.solo import Solo, gateway
from harness.tables import table
from harness.upstream import Upstream
from harness.workloads import Question

PROJECTS_A_PLATFORM = 150
MEMBERS = 63
# Teams overlap so that there are 2,000 people.
APART = 13
PEOPLE = 2_000
TIMES = 9

ONE_PAGE = Question(
    query="{ people(first: 50) { totalCount "
    "nodes { displayName emails accounts { platform upstreamId linkedBy } "
    "memberships(first: 50) { totalCount nodes { role project { id name platform } } } } } }"
)


def main() -> int:
    """Measure, and print one table."""
    return print_report(lambda: [_measure()])


def _measure() -> str:
    busy = load_average()
    with (
        Upstream(projects=PROJECTS_A_PLATFORM, members=MEMBERS, apart=APART) as upstream,
        gateway(upstream, warm=True) as solo,
    ):
        say("everything is read")
        cold = _walls_ms(lambda: _page(solo), times=1)
        say("people, from memory")
        warm = _walls_ms(lambda: _page(solo), times=TIMES)
        say("the export")
        export = _walls_ms(lambda: _table(solo), times=TIMES)
        memory = solo.program.resident_megabytes()
    rows = [
        ["50 people with memberships, everything read for it", *_shown(cold, most=None)],
        ["50 people with memberships, from memory", *_shown(warm, most=MOST_PEOPLE_MS)],
        ["the export, from memory", *_shown(export, most=MOST_EXPORT_MS)],
    ]
    header = [f"{PROJECTS_A_PLATFORM * 2} projects, {PEOPLE} people", "wall ms", "longest", "at most"]
    return f"{machine()}; load average at the start {busy}\n\n{table(header, rows)}\n\nRSS {memory:.0f} MB\n"


def _walls_ms(ask: Callable[[], None], *, times: int) -> list[float]:
    walls: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        walls.append((time.perf_counter() - began) * 1000)
    return walls


def _shown(walls: list[float], *, most: float | None) -> tuple[str, str, str]:
    wall = statistics.median(walls)
    missed = " ✗" if most is not None and wall > most else ""
    return f"{wall:.1f}{missed}", f"{max(walls):.1f}", "" if most is None else f"{most:.0f}"


def _page(solo: Solo) -> None:
    answer = solo.ask(ONE_PAGE)
    if f'"totalCount":{PEOPLE},'.encode() not in answer:
        raise SetUpError(f"these are not {PEOPLE} people: {answer[:80]!r}")


def _table(solo: Solo) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", solo.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/export/access.csv")
        response = connection.getresponse()
        lines = response.read().count(b"\n")
    finally:
        connection.close()
    expected = 1 + 2 * PROJECTS_A_PLATFORM * MEMBERS
    if (response.status, lines) != (200, expected):
        raise SetUpError(f"{response.status}, {lines} lines in place of {expected}")
