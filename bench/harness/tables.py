"""The figures as Markdown."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from harness.goals import GOALS, MODES
from harness.measuring import Cell, Cells
from harness.peers.peer import Peer
from harness.workloads import Workload

OURS = "ours"
TIMES = "\N{MULTIPLICATION SIGN}"


def figure(value: float) -> str:
    """Three digits that mean something."""
    if value >= 100:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose columns stand below one another in plain text too; all but the first to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]

    def laid_out(line: Sequence[str]) -> str:
        cells = [
            line[0].ljust(widths[0]),
            *(text.rjust(width) for text, width in zip(line[1:], widths[1:], strict=True)),
        ]
        return f"| {' | '.join(cells)} |"

    return "\n".join(laid_out(line) for line in (lines[0], rule, *lines[1:]))


def cost_table(
    peers: Sequence[Peer], workloads: Sequence[Workload], cells: Cells, *, refused: Mapping[str, str]
) -> str:
    """CPU-seconds for 1000 requests, and memory."""
    rows: list[list[str]] = []
    for peer in peers:
        found = [cells.get((peer.key, workload.name)) for workload in workloads]
        memory = max((cell.resident_mb for cell in found if cell is not None), default=None)
        row = [peer.title, *("" if cell is None else figure(cell.cpu_ms) for cell in found)]
        rows.append([*row, "" if memory is None else f"{memory:.0f}"])
    header = ["CPU-s per 1000", *(workload.name for workload in workloads), "RSS MB"]
    reasons = [f"- {peer.title} is left out: {refused[peer.key]}" for peer in peers if peer.key in refused]
    return "\n".join([table(header, rows), *([""] if reasons else []), *reasons])


def ratio_table(peers: Sequence[Peer], workloads: Sequence[Workload], cells: Cells) -> str:
    """How many times our cost each peer's is."""

    def ratio(peer: Peer, workload: Workload) -> str:
        found = ratio_of(peer.key, workload.name, cells)
        return "" if found is None else f"{figure(found)}{TIMES}"

    rows = [
        [peer.title, *(ratio(peer, workload) for workload in workloads)] for peer in peers if peer.key != OURS
    ]
    return table(["times our cost", *(workload.name for workload in workloads)], rows)


def goal_table(peers: Sequence[Peer], workloads: Sequence[Workload], cells: Cells) -> str:
    """What is to be held, what was measured in the peer's best mode, and a mark where it is missed."""
    titles = {peer.key: peer.title for peer in peers}

    def held(key: str, workload: Workload) -> str:
        goal = GOALS[key].get(workload.name)
        modes = [ratio_of(mode, workload.name, cells) for mode in MODES.get(key, (key,))]
        found = min((ratio for ratio in modes if ratio is not None), default=None)
        if goal is None or found is None:
            return "not measured"
        return f"{figure(found)}{TIMES} of {goal:g}{TIMES}{'' if found >= goal else ' ✗'}"

    rows: list[list[str]] = []
    for key in GOALS:
        found = [titles[mode] for mode in MODES.get(key, (key,)) if mode in titles]
        if found:
            rows.append([found[0], *(held(key, workload) for workload in workloads)])
    return table(["to hold against", *(workload.name for workload in workloads)], rows)


def detail_table(peers: Sequence[Peer], workloads: Sequence[Workload], cells: Cells) -> str:
    """Everything else that was measured."""
    columns: dict[str, Callable[[Cell], str]] = {
        "CPU ms": lambda cell: figure(cell.cpu_ms),
        "windows": lambda cell: str(cell.windows),
        "spread": lambda cell: f"{cell.spread:.2f}",
        "requests/s": lambda cell: figure(cell.per_second),
        "p50 ms": lambda cell: figure(cell.p50_ms),
        "p99 ms": lambda cell: figure(cell.p99_ms),
        "calls": lambda cell: figure(cell.calls) if cell.calls >= 0.005 else "0",
        "RSS MB": lambda cell: f"{cell.resident_mb:.0f}",
        "failed": lambda cell: str(cell.failed),
    }
    rows = [
        [f"{workload.name} {peer.title}", *(show(cell) for show in columns.values())]
        for workload in workloads
        for peer in peers
        if (cell := cells.get((peer.key, workload.name))) is not None
    ]
    return table(["", *columns], rows)


def ratio_of(peer: str, workload: str, cells: Cells) -> float | None:
    """The peer's cost to ours; None where either was not measured."""
    theirs, ours = cells.get((peer, workload)), cells.get((OURS, workload))
    return None if theirs is None or ours is None else theirs.cpu_ms / max(ours.cpu_ms, 1e-9)
