"""`bench/latency`: W3 in front of upstreams that take their time."""

import argparse
import math
import statistics
import time

from harness.goals import MOST_WARM_MS
from harness.machine import load_average, machine
from harness.places import say
from harness.reporting import print_report
from harness.solo import Solo, gateway
from harness.tables import table
from harness.upstream import Upstream
from harness.workloads import Question, unified_questions

TIMES = 3
# As the gateway's settings are by default; QuantConnect's one call runs beside.
TESTOMATO_AT_ONCE = 10


def main() -> int:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(prog="bench/latency", description=__doc__)
    parser.add_argument("--delay-ms", type=int, default=100, help="of every upstream call (100)")
    delay_ms: int = parser.parse_args().delay_ms
    return print_report(lambda: [_measure(delay_ms)])


def _measure(delay_ms: int) -> str:
    busy = load_average()
    with Upstream(delay_ms=delay_ms) as upstream:
        question = unified_questions(upstream.quantconnect_ids[0])["W3"]
        calls = 2 * len(upstream.testomato_ids)
        first: list[float] = []
        again: list[float] = []
        for number in range(TIMES):
            say(f"cold, {number + 1} of {TIMES}")
            with gateway(upstream) as solo:
                first.append(_wall_ms(solo, question))
                again += [_wall_ms(solo, question) for _ in range(TIMES)]
        say("warm")
        with gateway(upstream, warm=True) as solo:
            _wall_ms(solo, question)
            before = upstream.calls()
            warm = [_wall_ms(solo, question) for _ in range(TIMES)]
            calls_warm = (upstream.calls() - before) / TIMES
    most = (math.ceil(calls / TESTOMATO_AT_ONCE) + 2) * delay_ms
    rows = [
        _row("cold, the very first (signs in)", first, most + delay_ms),
        _row("cold", again, most),
        _row(f"warm ({calls_warm:.0f} calls)", warm, MOST_WARM_MS),
    ]
    header = [f"W3 at {delay_ms} ms a call", "wall ms", "at most"]
    return f"{machine()}; load average at the start {busy}\n\n{table(header, rows)}\n"


def _wall_ms(solo: Solo, question: Question) -> float:
    began = time.perf_counter()
    solo.ask(question)
    return (time.perf_counter() - began) * 1000


def _row(name: str, walls: list[float], most: float) -> list[str]:
    wall = statistics.median(walls)
    return [name, f"{wall:.0f}{' ✗' if wall > most else ''}", f"{most:.0f}"]
