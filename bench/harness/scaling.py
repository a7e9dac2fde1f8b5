"""`bench/scale`: answers of any size, and requests in any number."""

import argparse
import threading
import time
from collections.abc import Iterator

from harness.goals import MOST_GROWTH, MOST_RESIDENT_MB, MOST_SPREAD_A_MEMBER, MOST_STALL_MS
from harness.http import Client
from harness.load import post_all_the_time, post_so_often
from harness.machine import load_average, machine
from harness.places import SetUpError, say, tool
from harness.reporting import print_report
from harness.solo import PATH, Solo, gateway
from harness.tables import table
from harness.upstream import Upstream
from harness.workloads import MEMBER, TYPENAME, Question, unified_questions

MEMBERS = 125
# Projects on each platform, and how often everything is asked for.
SIZES = ((2, 60), (20, 12), (200, 3))
PROBE_EVERY_SECONDS = 0.01
STALL_SECONDS = 10
LEAST_CPU_SECONDS = 0.3
AT_ONCE = 4
W3_REQUESTS = 400
MOST_MINUTES_OF_REQUESTS = 30

# An answer of 50,000 members is above what the gateway lets through by default.
LARGE = {
    "GATEWAY_LIMITS__COST": "10000000",
    "GATEWAY_LIMITS__DEADLINE_SECONDS": "120",
    "GATEWAY_READ_BUDGET_SECONDS": "120",
    "GATEWAY_QUANTCONNECT__CALL_TIMEOUT_SECONDS": "60",
    "GATEWAY_TESTOMATO__CALL_TIMEOUT_SECONDS": "60",
    "GATEWAY_TESTOMATO__POOL_TIMEOUT_SECONDS": "60",
}


def everything() -> Question:
    """Every member of every project; a page has 200 projects at most, so each platform has its own."""
    pages = " ".join(
        f"{name}: projects(first: 200, filter: {{ platforms: [{name.upper()}] }}) "
        f"{{ nodes {{ upstreamId name platform members(first: 200) {{ nodes {{ {MEMBER} }} }} }} }}"
        for name in ("quantconnect", "testomato")
    )
    return Question(query=f"{{ {pages} }}")


def main() -> int:
    """Measure all four, and print a table of each."""
    parser = argparse.ArgumentParser(prog="bench/scale", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000, help="for the memory (100000)")
    parser.add_argument("--million", action="store_true", help="a million of them")
    arguments = parser.parse_args()
    requests = 1_000_000 if arguments.million else arguments.requests
    return print_report(lambda: _measure(requests))


def _measure(requests: int) -> Iterator[str]:
    tool("wrk", package="wrk")
    yield f"{machine()}; load average at the start {load_average()}\n\n"
    yield f"{cost_of_a_member()}\n\n"
    yield f"{stall()}\n\n"
    yield f"{replies_of_last_time()}\n\n"
    yield f"{memory(requests)}\n"


def cost_of_a_member() -> str:
    """CPU time for one member, in answers of 500 to 50,000 of them."""
    rows: list[list[str]] = []
    for warm in (False, True):
        costs: dict[int, float] = {}
        for projects, times in SIZES:
            with (
                Upstream(projects=projects, members=MEMBERS, repeats=warm) as upstream,
                gateway(upstream, warm=warm, settings=LARGE) as solo,
            ):
                members = 2 * projects * MEMBERS
                say(f"{members} members, {'warm' if warm else 'cold'}")
                costs[members] = _microseconds_a_member(solo, members=members, times=times)
        shown = [f"{cost:.2f}" for cost in costs.values()]
        spread = max(costs.values()) / min(costs.values())
        missed = " ✗" if spread > MOST_SPREAD_A_MEMBER else ""
        # From memory a member costs so little that the request itself is what a small answer costs.
        judged = "not to hold" if warm else f"{spread:.2f} of {MOST_SPREAD_A_MEMBER}{missed}"
        rows.append(["warm" if warm else "cold", *shown, judged])
    sizes = [f"{2 * projects * MEMBERS} members" for projects, _ in SIZES]
    return table(["CPU µs for a member", *sizes, "largest to smallest"], rows)


def _microseconds_a_member(solo: Solo, *, members: int, times: int) -> float:
    found = solo.ask(everything()).count(b'"isOwner"')
    if found != members:
        raise SetUpError(f"{found} members in the answer in place of {members}")
    for _ in range(2):
        solo.ask(everything())  # what is in memory becomes JSON, and then is JSON
    body = everything().body()
    before, asked, used = solo.program.cpu_seconds(), 0, 0.0
    # The kernel counts CPU time in hundredths of a second. Several are under way at once, since a process
    # that sleeps between its calls spends most of a small answer's time on waking up.
    while used < LEAST_CPU_SECONDS:
        asked += post_so_often(solo.port, PATH, body, connections=AT_ONCE, requests=times).requests
        used = solo.program.cpu_seconds() - before
    return used * 1e6 / asked / members


def stall() -> str:
    """How long W1 waits while an answer with 50,000 members is being made."""
    projects, _ = SIZES[-1]
    rows: list[list[str]] = []
    for warm in (False, True):
        with (
            Upstream(projects=projects, members=MEMBERS, repeats=warm) as upstream,
            gateway(upstream, warm=warm, settings=LARGE) as solo,
        ):
            solo.ask(everything())
            alone = _probe(solo, until=time.monotonic() + STALL_SECONDS / 3)
            say(f"stall, {'warm' if warm else 'cold'}")
            beside, answers = _probe_beside(solo)
        p99 = _percentile(beside, 0.99)
        missed = " ✗" if p99 > MOST_STALL_MS else ""
        figures = [f"{_percentile(alone, 0.99):.1f}", f"{p99:.1f} of {MOST_STALL_MS}{missed}"]
        rows.append(["warm" if warm else "cold", *figures, f"{max(beside):.0f}", str(answers)])
    header = ["W1, ms", "p99 alone", "p99 beside", "longest beside", "large answers meanwhile"]
    return table(header, rows)


def _probe_beside(solo: Solo) -> tuple[list[float], int]:
    """Delays of W1 while large answers are made, one after the other; and how many there were."""
    ends_at = time.monotonic() + STALL_SECONDS
    answers = 0

    def ask_for_everything() -> None:
        nonlocal answers
        while time.monotonic() < ends_at:
            solo.ask(everything())
            answers += 1

    asker = threading.Thread(target=ask_for_everything, daemon=True)
    asker.start()
    delays = _probe(solo, until=ends_at)
    asker.join()
    return delays, answers


def _probe(solo: Solo, *, until: float) -> list[float]:
    """One W1 is due at every beat; its delay counts from then, also where the one before came late."""
    client = Client(solo.port)
    delays: list[float] = []
    due = time.monotonic()
    try:
        while due < until:
            time.sleep(max(0.0, due - time.monotonic()))
            client.post(PATH, TYPENAME.body())
            delays.append((time.monotonic() - due) * 1000)
            due += PROBE_EVERY_SECONDS
    finally:
        client.close()
    return delays


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def replies_of_last_time() -> str:
    """What W3 costs where every reply is the last one once more, and where none is."""
    figures: list[str] = []
    for repeats in (True, False):
        with Upstream(repeats=repeats) as upstream, gateway(upstream) as solo:
            say(f"W3, replies {'that repeat' if repeats else 'that are new'}")
            body = unified_questions(upstream.quantconnect_ids[0])["W3"].body()
            post_so_often(solo.port, PATH, body, connections=AT_ONCE, requests=W3_REQUESTS // 4)
            before = solo.program.cpu_seconds()
            post_so_often(solo.port, PATH, body, connections=AT_ONCE, requests=W3_REQUESTS)
            figures.append(f"{(solo.program.cpu_seconds() - before) * 1000 / W3_REQUESTS:.2f}")
    return table(["CPU ms", "replies of last time", "new replies"], [["W3", *figures]])


def memory(requests: int) -> str:
    """What is resident after some and after all requests, documents never seen before among them."""
    marks = {share: round(requests * share) for share in (0.1, 0.5, 1.0)}
    found: dict[float, float] = {}
    with Upstream() as upstream, gateway(upstream) as solo:
        one = unified_questions(upstream.quantconnect_ids[3])["W2"]
        new = Question(query="{ nNUMBER: __typename }")
        gives_up_at = time.monotonic() + MOST_MINUTES_OF_REQUESTS * 60
        sent = 0
        for share, mark in marks.items():
            while sent < mark and time.monotonic() < gives_up_at:
                # By turns, each for about as many requests: W1 is the fastest.
                for question, seconds in ((TYPENAME, 1), (one, 2), (new, 1)):
                    sent += post_all_the_time(
                        solo.url, question.body(), connections=16, seconds=seconds, number_from=sent
                    ).requests
            say(f"{sent} requests")
            found[share] = solo.program.resident_megabytes()
    last, growth = found[1.0], found[1.0] / found[0.1]
    missed = " ✗" if last > MOST_RESIDENT_MB or growth > MOST_GROWTH else ""
    header = [
        "RSS MB",
        *(f"after {share:.0%}" for share in marks),
        "growth",
        f"requests, at most {MOST_RESIDENT_MB} MB",
    ]
    figures = [f"{one_found:.1f}" for one_found in found.values()]
    return table(header, [["one process", *figures, f"{growth:.2f}", f"{sent}{missed}"]])
