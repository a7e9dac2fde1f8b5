"""Failed calls to platforms in the log: counted in the line of the request that they were made for.

A request may make a hundred calls to a platform that is down; a line for each would bury the rest. What is
called for no request (what an earlier process left open is settled in the background) gets a line of its own.
"""

from collections.abc import Mapping
from contextvars import ContextVar

import structlog

from gateway.domain.vocabulary import PlatformKey

log = structlog.get_logger("gateway.upstream")

# Whoever calls a platform does not know for which request: the context does, and tasks inherit it.
_failures: ContextVar[dict[str, int] | None] = ContextVar("upstream_failures", default=None)


def count_upstream_failures() -> Mapping[str, int]:
    """What fails from now on in this context, and in tasks begun in it, by platform, endpoint and code."""
    failures: dict[str, int] = {}
    _failures.set(failures)
    return failures


def note_upstream_failure(*, platform: PlatformKey, operation: str, code: str, seconds: float) -> None:
    """A call to a platform failed; `operation` is the gateway's own name for the endpoint."""
    failures = _failures.get()
    if failures is not None:
        what = f"{platform.value} {operation} {code}"
        failures[what] = failures.get(what, 0) + 1
        return
    log.warning(
        "upstream call failed",
        platform=platform.value,
        operation=operation,
        code=code,
        seconds=round(seconds, 3),
    )
