"""Which request a log line belongs to: the context knows, and tasks inherit it."""

from contextvars import ContextVar

from structlog.typing import EventDict, WrappedLogger

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def log_with_request_id(request_id: str) -> None:
    """Every line that is logged from now on in this context, and in tasks begun in it, is of this request."""
    _request_id.set(request_id)


def add_request_id(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A processor: https://www.structlog.org/en/stable/processors.html."""
    request_id = _request_id.get()
    return event if request_id is None else {"request_id": request_id, **event}
