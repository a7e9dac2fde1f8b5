"""Rounds of load, one server after the other, and what each cost."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.load import LoadResult, post_all_the_time, post_so_often
from harness.places import SetUpError, say
from harness.servers import Server, Servers
from harness.upstream import Upstream
from harness.workloads import Workload

# From this rate on wrk sends, below it requests are counted one by one; see harness.load.
FAST_A_SECOND = 100
LEAST_REQUESTS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What one window of load cost."""

    cpu_ms: float
    per_second: float
    p50_ms: float
    p99_ms: float
    calls: float
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One server under one workload: the medians of its windows.

    Attributes:
        cpu_ms: CPU time of the server's whole process tree for one request, which is CPU-seconds for 1000.
        spread: the largest of the windows' CPU times to the smallest.
        calls: upstream calls for one request.
    """

    windows: int
    cpu_ms: float
    spread: float
    per_second: float
    p50_ms: float
    p99_ms: float
    calls: float
    failed: int
    resident_mb: float


Cells = dict[tuple[str, str], Cell]
"""By the peer's key and the workload's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured.

    Attributes:
        window_seconds: of fast servers; slow ones take up to the longest.
        warm_up_seconds: a just-in-time compiler needs longer.
        give_up_seconds: after which no window of a further round begins.
        stop_seconds: after which nothing begins any more.
    """

    rounds: int
    window_seconds: int
    longest_window_seconds: int
    warm_up_seconds: int
    just_in_time_warm_up_seconds: int
    give_up_seconds: float
    stop_seconds: float


class Measurement:
    """Rounds of load on servers that run."""

    def __init__(
        self, servers: Servers, workloads: Sequence[Workload], *, plan: Plan, upstream: Upstream
    ) -> None:
        self._servers = servers
        self._workloads = workloads
        self._plan = plan
        self._upstream = upstream
        self._rates: dict[tuple[str, str], float] = {}
        self._windows: dict[tuple[str, str], list[Window]] = defaultdict(list)
        self._memory: dict[tuple[str, str], float] = {}

    def run(self) -> Cells:
        """A B C … A B C …, so that a noisy moment hits no server alone.

        Raises:
            SetUpError: the gateway itself could not be measured.
        """
        began = time.monotonic()
        self._each(self._warm_up, until=began + self._plan.stop_seconds)
        for number in range(1, self._plan.rounds + 1):
            say(f"round {number} of {self._plan.rounds}")
            limit = self._plan.stop_seconds if number == 1 else self._plan.give_up_seconds
            self._each(self._window, until=began + limit)
        return {place: _medians(found, self._memory[place]) for place, found in self._windows.items()}

    def _each(self, step: Callable[[Server, Workload], None], *, until: float) -> None:
        for workload in self._workloads:
            for server in self._servers.of(workload):
                if time.monotonic() > until:
                    say("the time is over; what is left of this round is not measured")
                    return
                self._guarded(step, server, workload)

    def _guarded(self, step: Callable[[Server, Workload], None], server: Server, workload: Workload) -> None:
        """A peer that fails under load is left out, and the rest runs."""
        try:
            step(server, workload)
        except SetUpError as error:
            if server.peer.key == "ours":
                raise
            self._servers.leave_out(server.peer, f"{workload.name}: {error}; {server.program.last_words()}")

    def _warm_up(self, server: Server, workload: Workload) -> None:
        """Load until the speed no longer changes, and learn how many requests a second there are."""
        plan, connections = self._plan, workload.connections
        seconds = plan.just_in_time_warm_up_seconds if server.peer.just_in_time else plan.warm_up_seconds
        body = server.questions[workload.name].body()
        result = post_so_often(
            server.port, server.peer.path, body, connections=connections, requests=connections
        )
        rate = result.requests / result.seconds
        if result.seconds < seconds:
            result = post_all_the_time(server.url, body, connections=connections, seconds=seconds)
            rate = max(rate, result.requests / result.seconds)
        self._rates[server.peer.key, workload.name] = rate
        say(f"warmed up: {server.peer.key} {workload.name}, {rate:.0f}/s")

    def _window(self, server: Server, workload: Workload) -> None:
        place = (server.peer.key, workload.name)
        if place not in self._rates:
            return  # the time was over before it was warm
        calls, cpu = self._upstream.calls(), server.program.cpu_seconds()
        result = _load(server, workload, self._rates[place], plan=self._plan)
        requests = max(result.requests, 1)
        window = Window(
            cpu_ms=(server.program.cpu_seconds() - cpu) * 1000 / requests,
            per_second=result.requests / result.seconds,
            p50_ms=result.p50_ms,
            p99_ms=result.p99_ms,
            calls=(self._upstream.calls() - calls) / requests,
            failed=result.failed,
        )
        self._windows[place].append(window)
        self._memory[place] = server.program.resident_megabytes()


def _load(server: Server, workload: Workload, rate: float, *, plan: Plan) -> LoadResult:
    body, connections = server.questions[workload.name].body(), workload.connections
    if rate >= FAST_A_SECOND:
        return post_all_the_time(server.url, body, connections=connections, seconds=plan.window_seconds)
    # As many as the window takes, but enough to mean something, unless that took far too long.
    enough = min(LEAST_REQUESTS, plan.longest_window_seconds * rate)
    requests = max(round(max(rate * plan.window_seconds, enough)), connections)
    return post_so_often(server.port, server.peer.path, body, connections=connections, requests=requests)


def _medians(windows: Sequence[Window], resident_mb: float) -> Cell:
    cpu = [window.cpu_ms for window in windows]
    return Cell(
        windows=len(windows),
        cpu_ms=statistics.median(cpu),
        spread=max(cpu) / max(min(cpu), 1e-9),
        per_second=statistics.median(window.per_second for window in windows),
        p50_ms=statistics.median(window.p50_ms for window in windows),
        p99_ms=statistics.median(window.p99_ms for window in windows),
        calls=statistics.median(window.calls for window in windows),
        failed=sum(window.failed for window in windows),
        resident_mb=resident_mb,
    )
