"""The same gateway twice, with the way around ASGI and without it, for what must be the same on both."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from starlette.types import Receive, Scope, Send

from gateway.app import create_app
from gateway.http.application import Application
from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.runtime import current_moment
from gateway.sandbox.faults import Fault
from gateway.sandbox.handle import Sandbox
from gateway.serving import serving
from gateway.settings.loading import load_settings
from tests.conftest import ONE_ATTEMPT_A_CALL
from tests.wire import Answer, Connection, connected, request

# What is never twice the same.
_OF_THE_MOMENT = (b"date", b"x-request-id")
_MEASURED = ("_seconds_sum", "_seconds_bucket")


class ThroughAsgi:
    """A gateway's ASGI application, and nothing else of it.

    Attributes:
        operations: requests to `/graphql` that came this way.
    """

    def __init__(self, app: Application) -> None:
        self._app = app
        self.operations = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.operations += scope["type"] == "http" and scope["path"] == "/graphql"
        await self._app(scope, receive, send)


class Direct(ThroughAsgi):
    """All of a gateway's application."""

    def __init__(self, app: Application) -> None:
        super().__init__(app)
        self.direct = app.direct


@dataclass(frozen=True, kw_only=True)
class Way:
    """One of the gateways, and a connection to it."""

    app: ThroughAsgi
    connection: Connection
    base_url: str

    async def ask(self, sent: bytes) -> Answer:
        """The answer without what is of the moment only, its fields in an order of no meaning."""
        answer = await self.connection.ask(sent)
        fields = ((name, b"" if name in _OF_THE_MOMENT else value) for name, value in answer.fields)
        return replace(answer, fields=tuple(sorted(fields)))

    async def figures(self) -> list[str]:
        """What is counted, without durations."""
        answer = await self.connection.ask(request(method="GET", target="/metrics"))
        lines = answer.body.decode().splitlines()
        return [
            line
            for line in lines
            if line.startswith("accessgraph_") and not any(name in line for name in _MEASURED)
        ]


@asynccontextmanager
async def two_ways(
    variables: Mapping[str, str] | None = None,
    *,
    platforms: bool = False,
    fault: Fault | None = None,
    now: Callable[[], datetime] = current_moment,
) -> AsyncIterator[tuple[Way, Way]]:
    """The direct way, and that through ASGI, each to a gateway of its own with these settings.

    Args:
        platforms: whether there are any.
        fault: of theirs.
    """
    async with AsyncExitStack() as stack:
        ways = []
        for kind in (Direct, ThroughAsgi):
            environment = {"GATEWAY_STORE__URL": "sqlite:///:memory:", **ONE_ATTEMPT_A_CALL}
            if platforms:
                environment |= await stack.enter_async_context(_stand_ins(fault))
            settings = load_settings(environment={**environment, **(variables or {})}, dotenv_file=None)
            app = kind(create_app(settings, now=now))
            base_url = await stack.enter_async_context(serving(app, trusted_proxies=settings.trusted_proxies))
            connection = await stack.enter_async_context(connected(base_url))
            ways.append(Way(app=app, connection=connection, base_url=base_url))
        yield ways[0], ways[1]


@asynccontextmanager
async def _stand_ins(fault: Fault | None) -> AsyncIterator[dict[str, str]]:
    stand_ins: dict[str, Sandbox] = {
        "QUANTCONNECT": create_quantconnect_sandbox(),
        "TESTOMATO": create_testomato_sandbox(lists_projects=False),
    }
    async with AsyncExitStack() as stack:
        variables: dict[str, str] = {}
        for platform, sandbox in stand_ins.items():
            if fault is not None:
                sandbox.faults.add(fault)
            given = sandbox.gateway_settings(await stack.enter_async_context(sandbox.running()))
            variables |= {f"GATEWAY_{platform}__{name.upper()}": value for name, value in given.items()}
        yield variables
