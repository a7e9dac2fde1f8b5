"""`accessgraph serve`: one process, or several that serve one address together."""

import asyncio
import gc
import mmap
import random
import secrets
import signal
import socket
from collections.abc import Callable
from typing import Final

import click
import structlog
import uvloop

from gateway.access.people.links import LinksFileError
from gateway.access.plans.token import KEY_BYTES
from gateway.access.reading.generations import MEMORY_BYTES, Generations
from gateway.app import create_app
from gateway.http import paths
from gateway.http.authentication.api_keys import KeyFileError
from gateway.http.trusted_documents import DocumentsFileError
from gateway.runtime import CHANGES_SHARE_OF_GRACE
from gateway.serving import ServerStartError, base_url_of, listening, serving
from gateway.settings.model import GatewaySettings, LogFormat
from gateway.store.database import StoreError, open_database
from gateway.workers import Workers, WorkersFailed, hold_signals

# Python's own make it look for cycles several times in the course of one large answer.
_GARBAGE_THRESHOLDS: Final = (50_000, 20, 100)
# Beside the grace, for what a worker does after it.
_STOP_MARGIN_SECONDS: Final = 5.0

# What serving raises for reasons that its operator can do something about; the message says what.
CANNOT_SERVE: Final = (
    DocumentsFileError,
    KeyFileError,
    LinksFileError,
    ServerStartError,
    StoreError,
    WorkersFailed,
)

log = structlog.get_logger("gateway.server")


def run_server(settings: GatewaySettings, *, ready: Callable[[str], object]) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        ready: told where, as soon as requests are taken.

    Raises:
        CANNOT_SERVE: it cannot.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, ready=ready))


def run_workers(settings: GatewaySettings, *, count: int) -> None:
    """Serve with several processes until SIGINT or SIGTERM.

    Raises:
        CANNOT_SERVE: they cannot, or do not stay alive.
    """
    hold_signals()
    # What is wrong with the settings is told once, and not by every worker.
    create_app(settings)
    asyncio.run(_check_store(settings))
    memory, plan_key = memoryview(mmap.mmap(-1, MEMORY_BYTES)), secrets.token_bytes(KEY_BYTES)
    with listening(host=settings.host, port=settings.port) as listener:

        def work(life_end: int) -> int:
            random.seed()  # what is forked would wait as long as its siblings, each time
            serve = _serve(
                settings,
                listener=listener,
                generations=Generations(memory),
                plan_key=plan_key,
                life_end=life_end,
            )
            try:
                with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                    runner.run(serve)
            except CANNOT_SERVE as error:
                log.error("a worker cannot serve", reason=str(error))
                return 1
            except Exception:
                log.exception("a worker failed")
                return 1
            return 0

        workers = Workers(
            count=count,
            work=work,
            stop_seconds=settings.shutdown_grace_seconds + _STOP_MARGIN_SECONDS,
            restarted=lambda status: log.error("a worker has ended and is started again", status=status),
        )
        # Before they are there: connections wait in the socket until they are.
        announce(settings, "serving", url=f"{base_url_of(listener)}{paths.GRAPHQL}", workers=str(count))
        gc.collect()
        gc.freeze()
        workers.run()


def announce(settings: GatewaySettings, event: str, **details: str) -> None:
    """To people in one plain line; where machines read the log, every line is one of the log's."""
    if settings.log_format is LogFormat.JSON:
        structlog.get_logger("gateway.cli").info(event, **details)
    else:
        click.echo(f"accessgraph: {details.get('url', event)}", err=True)


async def _serve(  # noqa: PLR0913 - what workers are told
    settings: GatewaySettings,
    *,
    ready: Callable[[str], object] = lambda _: None,
    listener: socket.socket | None = None,
    generations: Generations | None = None,
    plan_key: bytes | None = None,
    life_end: int | None = None,
) -> None:
    app = create_app(settings, generations=generations, plan_key=plan_key)
    # The application opens it again: what is wrong with it would be lost in the server's own complaint.
    await _check_store(settings)
    stop = _told_to_stop()
    if life_end is not None:
        asyncio.get_running_loop().add_reader(life_end, stop.set)
    async with serving(
        app,
        host=settings.host,
        port=settings.port,
        trusted_proxies=settings.trusted_proxies,
        # What is left of the grace is for changes that go on after their callers have gone.
        grace_seconds=(1 - CHANGES_SHARE_OF_GRACE) * settings.shutdown_grace_seconds,
        listener=listener,
    ) as base_url:
        ready(f"{base_url}{paths.GRAPHQL}")
        # What is there now stays; there is no use in looking through it for garbage again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_GARBAGE_THRESHOLDS)
        await stop.wait()
        if life_end is not None:
            asyncio.get_running_loop().remove_reader(life_end)


async def _check_store(settings: GatewaySettings) -> None:
    async with open_database(settings.store.database):
        pass


def _told_to_stop() -> asyncio.Event:
    """Set by SIGINT and SIGTERM, however often they come and until the very end of the process."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def tell(*_: object) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, tell)
    return stop
