"""A faithful stand-in for Testomato's API, in memory, for the demo and the tests.

    sandbox = create_sandbox()
    async with sandbox.running() as base_url:
        ...

It behaves as the specification and its samples say; see `sandbox_requests.py` for the endpoints,
`sandbox_seed.py` for the oddities and `sandbox_auth.py` for the tokens.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.domain.vocabulary import PlatformKey
from gateway.platforms.testomato.sandbox_auth import Credentials, TokenMint
from gateway.platforms.testomato.sandbox_requests import ENDPOINTS, RETIRED_LIST, Request
from gateway.platforms.testomato.sandbox_seed import seeded_state
from gateway.platforms.testomato.sandbox_state import RefusedError, SandboxState, User
from gateway.sandbox.calls import CallLog
from gateway.sandbox.faults import FaultSwitches
from gateway.sandbox.handle import Clock, Sandbox
from gateway.sandbox.injection import FaultInjection
from gateway.sandbox.organisation import Organisation
from gateway.sandbox.tidewater import TIDEWATER

BASE_PATH = "/api"
_READY_TOKEN_SECONDS = 30 * 86_400
_NO_API_IN_PLAN = "Sorry! Your current plan does not support access to Testomato API."
_API_KEY_RETIRED = "API key authentication is deprecated. Switch to the JWT token instead."


@dataclass(frozen=True, slots=True, kw_only=True)
class TestomatoSandbox(Sandbox):
    """The stand-in.

    Attributes:
        state: its accounts and projects as they are now.
        credentials: the operator's.
        token: the operator's, good for thirty days from the stand-in's making.
    """

    __test__ = False  # pytest takes every class named Test… for tests

    state: SandboxState
    credentials: Credentials
    token: str = field(repr=False)
    mint: TokenMint = field(repr=False)

    def token_of(self, email: str, *, lifetime_seconds: float = 3_600) -> str:
        """Anybody's token: one of a person who may not manage users, for one."""
        return self.mint.issue(_user(self.state, email), lifetime_seconds=lifetime_seconds)


def create_sandbox(
    *,
    organisation: Organisation = TIDEWATER,
    clock: Clock = time.time,
    lists_projects: bool = True,
    plan_has_api: bool = True,
    roles_as_text: bool = False,
) -> TestomatoSandbox:
    """A new stand-in in the seeded state.

    Args:
        organisation: whom and what it knows.
        clock: the present, in seconds since the epoch.
        lists_projects: serve the retired list of a user's projects.
        plan_has_api: otherwise every call is answered with 403.
        roles_as_text: take the role of a new user as text only; the specification declares that, while every
            example in it sends a number.
    """
    state = seeded_state(organisation)
    mint = TokenMint(state=state, clock=clock)
    desk = _Desk(
        state=state,
        mint=mint,
        lists_projects=lists_projects,
        plan_has_api=plan_has_api,
        roles_as_text=roles_as_text,
    )
    faults, calls = FaultSwitches(), CallLog(clock=clock)
    app = FaultInjection(desk.app(), faults=faults, calls=calls, clock=clock)
    operator = _user(state, organisation.person(organisation.operator).email)
    credentials = Credentials(email=operator.email, password=operator.password or "")
    token = mint.issue(operator, lifetime_seconds=_READY_TOKEN_SECONDS)
    return TestomatoSandbox(
        platform=PlatformKey.TESTOMATO,
        app=app,
        faults=faults,
        calls=calls,
        base_path=BASE_PATH,
        secrets=_secrets(state) | {credentials.password, token},
        access=_access(state, credentials, lists_projects=lists_projects),
        state=state,
        credentials=credentials,
        token=token,
        mint=mint,
    )


def _access(state: SandboxState, credentials: Credentials, *, lists_projects: bool) -> dict[str, str]:
    return {
        "email": credentials.email,
        "password": credentials.password,
        "project_discovery": "legacy" if lists_projects else "configured",
        "project_ids": ",".join(state.projects),
    }


def _user(state: SandboxState, email: str) -> User:
    user = state.user_by_email(email)
    if user is None:
        raise KeyError(email)
    return user


def _secrets(state: SandboxState) -> frozenset[str]:
    held = [user.shown.get(key) for user in state.users.values() for key in ("apiKey", "phone")]
    held += [project.shown.get("apiKey") for project in state.projects.values()]
    return frozenset(secret for secret in held if isinstance(secret, str))


class _SignIn(msgspec.Struct, frozen=True):
    """The body of `POST /authenticate`; the period is in PHP's relative date format."""

    email: str = ""
    password: str = ""
    exp: str = "+1 hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """Takes every call: whose is it, what is asked, what is the answer."""

    state: SandboxState
    mint: TokenMint
    lists_projects: bool
    plan_has_api: bool
    roles_as_text: bool

    def app(self) -> Starlette:
        """The API. Unknown paths and methods are answered as on the platform."""
        endpoints = (*ENDPOINTS, RETIRED_LIST) if self.lists_projects else ENDPOINTS
        routes = [Route(f"{BASE_PATH}/authenticate", self._sign_in, methods=["POST"])]
        routes += [
            Route(f"{BASE_PATH}{path}", self._endpoint(handle), methods=[method])
            for method, path, handle in endpoints
        ]
        return Starlette(
            routes=routes,
            exception_handlers={404: _no_endpoint, 405: _no_endpoint, RefusedError: _refusal},
        )

    def _endpoint(self, handle: Callable[[Request], object]) -> Callable[[HttpRequest], Awaitable[Response]]:
        async def serve(http_request: HttpRequest) -> Response:
            if "apikey" in {name.lower() for name in http_request.query_params}:
                raise RefusedError(401, _API_KEY_RETIRED)
            claims = self.mint.claims(http_request.headers.get("authorization", ""))
            if not self.plan_has_api:
                raise RefusedError(403, _NO_API_IN_PLAN)
            request = Request(
                state=self.state,
                caller=self.state.users[claims.id],
                claims=claims,
                subject=http_request.path_params.get("subject", ""),
                body=await http_request.body(),
                roles_as_text=self.roles_as_text,
            )
            return _json(handle(request))

        return serve

    async def _sign_in(self, http_request: HttpRequest) -> Response:
        """The only answer that is no JSON: the bare token as text."""
        try:
            wanted = msgspec.json.decode(await http_request.body(), type=_SignIn)
        except msgspec.MsgspecError:
            raise RefusedError(400, "Invalid parameters.", bare=True) from None
        credentials = Credentials(email=wanted.email, password=wanted.password)
        return PlainTextResponse(self.mint.sign_in(credentials, period=wanted.exp))


def _refusal(_: HttpRequest, refused: Exception) -> Response:
    if not isinstance(refused, RefusedError):
        raise refused
    body: dict[str, object] = {"message": refused.message}
    if not refused.bare:
        body |= {"code": refused.status, "ok": False, "error": True}
    return _json(body, status=refused.status)


def _no_endpoint(request: HttpRequest, _: Exception) -> Response:
    return _refusal(request, RefusedError(404, "API endpoint not found"))


def _json(content: object, *, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status_code=status, media_type="application/json")
