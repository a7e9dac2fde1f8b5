"""`bench/run`: the gateway and its peers under the same load."""

import argparse
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack

from harness.machine import load_average, machine
from harness.measuring import Measurement, Plan
from harness.peers.peer import Peer
from harness.peers.registry import OURS, PEERS
from harness.places import BENCH, say, tool
from harness.reporting import print_report
from harness.servers import Servers
from harness.tables import cost_table, detail_table, goal_table, ratio_table
from harness.upstream import Upstream
from harness.workloads import WORKLOADS, Workload

FULL = Plan(
    rounds=3,
    window_seconds=3,
    longest_window_seconds=8,
    warm_up_seconds=1,
    just_in_time_warm_up_seconds=5,
    give_up_seconds=480,
    stop_seconds=540,
)
QUICK = Plan(
    rounds=2,
    window_seconds=1,
    longest_window_seconds=3,
    warm_up_seconds=1,
    just_in_time_warm_up_seconds=2,
    give_up_seconds=75,
    stop_seconds=95,
)


def main() -> int:
    """Measure what the command line asks for, and print the tables."""
    arguments = _arguments()
    return print_report(lambda: _measure(arguments))


def _measure(arguments: argparse.Namespace) -> Iterator[str]:
    began = time.monotonic()
    report = _compare(
        [OURS, *(PEERS[key] for key in arguments.peers if key != OURS.key)],
        [WORKLOADS[name] for name in arguments.only],
        plan=QUICK if arguments.quick else FULL,
    )
    yield report
    if arguments.save:
        (BENCH / "RESULTS.md").write_text(report)
    say(f"took {time.monotonic() - began:.0f} s")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two short rounds, at most two minutes")
    parser.add_argument("--only", type=_several(WORKLOADS), default=list(WORKLOADS), metavar="W1,W2,…")
    parser.add_argument("--peers", type=_several(PEERS), default=list(PEERS), metavar="strawberry,yoga,…")
    parser.add_argument("--save", action="store_true", help="write bench/RESULTS.md")
    return parser.parse_args()


def _several(known: Collection[str]) -> Callable[[str], list[str]]:
    def read(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",") if name.strip()]
        if strange := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(strange)}: known are {', '.join(known)}")
        return names

    return read


def _compare(peers: Sequence[Peer], workloads: Sequence[Workload], *, plan: Plan) -> str:
    tool("wrk", package="wrk")
    busy = load_average()
    with ExitStack() as stack:
        upstream = stack.enter_context(Upstream())
        servers = Servers(upstream, stack)
        servers.prepare(peers)
        servers.start(peers, workloads)
        cells = Measurement(servers, workloads, plan=plan, upstream=upstream).run()
    conditions = (
        f"{machine()}; load average at the start {busy}. Medians of {plan.rounds} interleaved rounds of at "
        f"least {plan.window_seconds} s; see [README.md](README.md)."
    )
    parts = [
        f"# Measured\n\n{conditions}\n",
        *(f"- **{workload.name}**: {workload.meaning}" for workload in workloads),
        f"\n{cost_table(peers, workloads, cells, refused=servers.refused)}\n",
        f"{ratio_table(peers, workloads, cells)}\n",
        f"## To hold\n\n{goal_table(peers, workloads, cells)}\n",
        f"## In full\n\n{detail_table(peers, workloads, cells)}\n",
        (BENCH / "explanations.md").read_text(),
    ]
    return "\n".join(parts)
