"""Log lines: structured, one a thing that happened, without secrets or personal data.

What is logged is named by whoever logs it: codes, durations, sizes, the names of operations. As a second
line of defence everything that looks like an e-mail address is cut out, and of an exception only its type and
its places are told.
"""

import logging
import re
import sys
import traceback
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from gateway.telemetry.request_id import add_request_id

_ADDRESS = re.compile(r"[^\s@\"'<>(){}\[\],;:]+@[^\s@\"'<>(){}\[\],;:]+")


def configure_logs(*, level: str, json: bool, stream: TextIO | None = None) -> None:
    """Send every log line, those of libraries too, to `stream` (standard error when left out)."""
    target = stream or sys.stderr
    renderer: Processor = (
        structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=target.isatty())
    )
    shared: list[Processor] = [
        add_request_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_messages_of_exceptions,
        _without_addresses,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # These log the addresses and headers of what they send, and the values of what they store.
    for name in ("httpx", "httpcore", "aiosqlite"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Its own start and stop lines repeat ours.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


def where(error: BaseException) -> list[str]:
    """The innermost places that an error passed through: its message can hold a value, these cannot."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-4:]]


def _without_messages_of_exceptions(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A whole traceback shows the message, and with some renderers every local variable."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event = {**event, "error": type(error).__name__, "at": where(error)}
    return event


def _without_addresses(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {key: _cut(value) for key, value in event.items()}


def _cut(value: object) -> object:
    if isinstance(value, str):
        return _ADDRESS.sub("…", value)
    if isinstance(value, dict):
        return {_cut(key): _cut(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_cut(inner) for inner in value]
    return value
