"""The switches of a stand-in over HTTP.

    GET    /_sandbox/faults   the faults in force, with how many more calls each strikes
    POST   /_sandbox/faults   add one, or a list
    PUT    /_sandbox/faults   put one or a list in force in place of all others
    DELETE /_sandbox/faults   clear all
    GET    /_sandbox/calls    the latest calls, how many for each path, the most at once
    DELETE /_sandbox/calls    forget them

A fault is written as `faults.Fault` in camelCase: `{"kind": "status", "status": 503, "times": 2}`.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from gateway.sandbox.calls import Call, CallLog
from gateway.sandbox.faults import ArmedFault, Fault, FaultSwitches

CONTROL_PREFIX = "/_sandbox/"


class FaultListing(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to every call on faults: those in force after it."""

    faults: list[ArmedFault]


class CallListing(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer to every call on calls."""

    calls: list[Call]
    counts: dict[str, int]
    most_at_once: int


class Control:
    """The ASGI application behind `/_sandbox`."""

    def __init__(self, *, faults: FaultSwitches, calls: CallLog) -> None:
        self._faults = faults
        self._calls = calls
        self._routes = Router(
            [
                Route(f"{CONTROL_PREFIX}faults", self._on_faults, methods=["GET", "POST", "PUT", "DELETE"]),
                Route(f"{CONTROL_PREFIX}calls", self._on_calls, methods=["GET", "DELETE"]),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a control call."""
        await self._routes(scope, receive, send)

    async def _on_faults(self, request: Request) -> Response:
        faults: list[Fault] = []
        if request.method in {"POST", "PUT"}:
            try:
                given = msgspec.json.decode(await request.body(), type=Fault | list[Fault])
            except msgspec.MsgspecError as error:
                return _json({"error": str(error)}, status=400)
            faults = given if isinstance(given, list) else [given]
        if request.method in {"PUT", "DELETE"}:
            self._faults.clear()
        self._faults.add(*faults)
        return _json(FaultListing(faults=list(self._faults.armed)))

    async def _on_calls(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._calls.clear()
        calls = self._calls
        return _json(CallListing(calls=list(calls), counts=calls.counts, most_at_once=calls.most_at_once))


def _json(content: object, *, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status_code=status, media_type="application/json")
