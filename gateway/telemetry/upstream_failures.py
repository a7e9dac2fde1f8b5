"""Failed calls to platforms in the log: counted in the line of the request that they were made for.

A request may make a hundred calls to a platform that is down; a line for each would bury the rest. What is
called for no request (what an earlier process left open is settled in the background) gets a line of its own.
"""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog

from gateway.domain.vocabulary import PlatformKey

log = structlog.get_logger("gateway.upstream")

# Whoever calls a platform does not know for which request: the context does, and tasks inherit it.
_failures: ContextVar[Counter[str] | None] = ContextVar("upstream_failures", default=None)


@contextmanager
def counting_upstream_failures() -> Generator[Counter[str]]:
    """What fails in the block, and in the tasks begun in it, by platform, endpoint and code."""
    failures: Counter[str] = Counter()
    token = _failures.set(failures)
    try:
        yield failures
    finally:
        _failures.reset(token)


def note_upstream_failure(*, platform: PlatformKey, operation: str, code: str, seconds: float) -> None:
    """A call to a platform failed; `operation` is the gateway's own name for the endpoint."""
    failures = _failures.get()
    if failures is not None:
        failures[f"{platform.value} {operation} {code}"] += 1
        return
    log.warning(
        "upstream call failed",
        platform=platform.value,
        operation=operation,
        code=code,
        seconds=round(seconds, 3),
    )
