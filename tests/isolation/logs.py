"""The log, for as long as a block lasts."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from gateway.telemetry.logs import configure_logs


@contextmanager
def logging_to_memory(*, level: str) -> Iterator[io.StringIO]:
    """Every line from `level` on, as machines read it."""
    root = logging.getLogger()
    libraries = [logging.getLogger(name) for name in ("httpx", "httpcore", "uvicorn.error", "aiosqlite")]
    before = structlog.get_config(), root.handlers[:], [one.level for one in (root, *libraries)]
    stream = io.StringIO()
    configure_logs(level=level, json=True, stream=stream)
    yield stream
    configuration, root.handlers[:], levels = before
    structlog.configure(**configuration)
    for logger, former in zip((root, *libraries), levels, strict=True):
        logger.setLevel(former)
