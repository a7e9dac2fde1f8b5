"""A faithful stand-in for QuantConnect's API, in memory, for the demo and the tests.

    sandbox = create_sandbox()
    async with sandbox.running() as base_url:
        ...

It behaves as the documentation, the official clients and their live tests say; see `sandbox_requests.py` for
the endpoints, `sandbox_seed.py` for the oddities and `sandbox_auth.py` for the signature.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from gateway.domain.vocabulary import PlatformKey
from gateway.platforms.quantconnect.sandbox_auth import Credentials, DeniedError, Doorkeeper
from gateway.platforms.quantconnect.sandbox_requests import ENDPOINTS, Request
from gateway.platforms.quantconnect.sandbox_seed import brokerage_password, seeded_state, sharing_token
from gateway.platforms.quantconnect.sandbox_state import RefusedError, SandboxState
from gateway.sandbox.calls import CallLog
from gateway.sandbox.faults import FaultSwitches
from gateway.sandbox.handle import Clock, Sandbox
from gateway.sandbox.injection import FaultInjection
from gateway.sandbox.organisation import Organisation
from gateway.sandbox.tidewater import TIDEWATER

BASE_PATH = "/api/v2"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantConnectSandbox(Sandbox):
    """The stand-in.

    Attributes:
        state: its accounts and projects as they are now.
        credentials: the operator's.
    """

    state: SandboxState
    credentials: Credentials

    def credentials_of(self, public_id: str) -> Credentials:
        """Anybody's credentials: those of a person who is no owner, for one."""
        return _credentials_of(self.state, public_id)


def create_sandbox(
    *,
    organisation: Organisation = TIDEWATER,
    clock: Clock = time.time,
    signature_lifetime_seconds: float = 7_200,
    denial_status: int = 200,
) -> QuantConnectSandbox:
    """A new stand-in in the seeded state.

    Args:
        organisation: whom and what it knows.
        clock: the present, in seconds since the epoch.
        signature_lifetime_seconds: how old a timestamp may be.
        denial_status: of the answer to a bad signature. The specification says 401, what was seen in practice
            is 200 with `success: false`.
    """
    state = seeded_state(organisation, clock=clock)
    doorkeeper = Doorkeeper(state, clock=clock, lifetime_seconds=signature_lifetime_seconds)
    desk = _Desk(state=state, doorkeeper=doorkeeper, denial_status=denial_status)
    faults, calls = FaultSwitches(), CallLog(clock=clock)
    app = FaultInjection(Starlette(routes=desk.routes()), faults=faults, calls=calls, clock=clock)
    credentials = _credentials_of(state, organisation.operator)
    project_numbers = range(1, len(organisation.trading_projects) + 1)
    return QuantConnectSandbox(
        platform=PlatformKey.QUANTCONNECT,
        app=app,
        faults=faults,
        calls=calls,
        base_path=BASE_PATH,
        secrets=frozenset(
            {credentials.api_token}
            | {sharing_token(number) for number in project_numbers}
            | {brokerage_password(number) for number in project_numbers}
        ),
        access={"user_id": credentials.user_id, "api_token": credentials.api_token},
        state=state,
        credentials=credentials,
    )


def _credentials_of(state: SandboxState, public_id: str) -> Credentials:
    account = state.accounts[public_id]
    return Credentials(user_id=str(account.uid), api_token=account.api_token)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """Takes every call: whose is it, what is asked, what is the answer."""

    state: SandboxState
    doorkeeper: Doorkeeper
    denial_status: int

    def routes(self) -> list[Route]:
        """One route for each endpoint. All take POST as documented, `authenticate` also GET."""
        return [
            Route(
                f"{BASE_PATH}/{path}",
                self._endpoint(request_type),
                methods=["POST", "GET"] if path == "authenticate" else ["POST"],
            )
            for path, request_type in ENDPOINTS.items()
        ]

    def _endpoint(self, request_type: type[Request]) -> Callable[[HttpRequest], Awaitable[Response]]:
        decoder = msgspec.json.Decoder(request_type)

        async def serve(http_request: HttpRequest) -> Response:
            try:
                caller = self.doorkeeper.caller(http_request.headers)
                request = decoder.decode(await http_request.body() or b"{}")
                reply = request.answer(self.state, caller)
            except DeniedError as denied:
                return _failure(str(denied), status=self.denial_status)
            except msgspec.MsgspecError:
                return _failure("Invalid argument")
            except RefusedError as refused:
                return _failure(str(refused))
            return _json({**reply, "success": True})

        return serve


def _failure(complaint: str, *, status: int = 200) -> Response:
    """Application failures come with HTTP 200 (lean-cli#464)."""
    response = _json({"errors": [complaint], "success": False}, status=status)
    if status == 401:
        response.headers["www-authenticate"] = "Basic"
    return response


def _json(content: dict[str, object], *, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status_code=status, media_type="application/json")
