"""`accessgraph demo`: the gateway against stand-ins of every platform, over real sockets, in one process."""

import asyncio
import errno
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from gateway.app import create_app
from gateway.http import paths
from gateway.platforms.registry import REGISTRY
from gateway.serving import ServerStartError, serving
from gateway.settings.loading import load_settings
from gateway.settings.model import PREFIX, GatewaySettings

QUERIES = (
    (
        "Every project of both platforms, and who may write in it",
        "{ projects { nodes { name platform members { nodes { name role can(action: WRITE) } } } } }",
    ),
    (
        "Where one person has access",
        '{ projects(filter: {memberEmail: "priya.raghunathan@example.com"}) { nodes { name platform } } }',
    ),
    (
        "What can be granted where",
        "{ platforms { name status account { name } roles { role nativeName actions } grantableActions } }",
    ),
)


async def run(*, port: int, say: Callable[[str], object]) -> None:
    """Run until SIGINT or SIGTERM.

    Raises:
        ServerStartError: nothing could be served, for another reason than a taken port.
    """
    # The way to the stand-ins is on this machine: no proxy that it is told to use may come between.
    os.environ["no_proxy"] = "*"
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        settings = await stack.enter_async_context(sandboxed_settings())
        app = create_app(settings)
        try:
            base_url = await stack.enter_async_context(serving(app, port=port))
        except ServerStartError as error:
            if not isinstance(error.__cause__, OSError) or error.__cause__.errno != errno.EADDRINUSE:
                raise
            say(f"Port {port} is taken; using a free one.")
            base_url = await stack.enter_async_context(serving(create_app(settings)))
        say(_greeting(base_url, settings))
        await stop.wait()
        say("\nStopping.")


@asynccontextmanager
async def sandboxed_settings() -> AsyncIterator[GatewaySettings]:
    """Settings that point at stand-ins which run until the block is left; the environment does not count."""
    async with AsyncExitStack() as stack:
        variables = {f"{PREFIX}STORE__URL": "sqlite:///:memory:"}
        for entry in REGISTRY:
            sandbox = entry.create_sandbox()
            base_url = await stack.enter_async_context(sandbox.running())
            section = f"{PREFIX}{entry.profile.key.value}__"
            given = sandbox.gateway_settings(base_url)
            variables |= {section + name.upper(): value for name, value in given.items()}
        yield load_settings(environment=variables, dotenv_file=None)


def _greeting(base_url: str, settings: GatewaySettings) -> str:
    lines = [
        "",
        f"  {'Explorer':<14}{base_url}{paths.GRAPHQL}",
        f"  {'Dashboard':<14}{base_url}{paths.DASHBOARD}",
        *(
            f"  {entry.profile.name:<14}{settings.section(entry.profile.key).base_url} (stand-in)"
            for entry in REGISTRY
        ),
        "",
        "  Worth trying:",
    ]
    for title, query in QUERIES:
        lines += ["", f"  # {title}", f"  {query}"]
    return "\n".join([*lines, "", "  Ctrl-C ends everything."])
