"""Two customers of both platforms, who must never hear of each other.

A stand-in knows one organisation. So each customer has stand-ins of its own, and behind the one address that
the gateway knows of a platform stands a switchboard, which carries every call to the stand-in of the customer
whose credential it brings. Projects and people have the same ids at both, as far as the stand-ins allow:
whatever is kept by its id alone will be mixed up. Everything else that can be read holds its owner's mark.
"""

import base64
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.domain.vocabulary import PlatformKey, Role
from gateway.graph import ids
from gateway.platforms.quantconnect.sandbox import QuantConnectSandbox
from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import TestomatoSandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.sandbox.connection import BreakableConnection
from gateway.sandbox.handle import Sandbox
from gateway.sandbox.organisation import Membership, MonitoredSite, Organisation, Person, TradingProject
from gateway.serving import serving
from tests.mutations.line import is_write

# In no other test: all that the process keeps is looked through for them.
AMBER, COBALT = "ambertown", "cobaltville"
PROJECT_NAMES = ("Alpha", "Beta", "Gamma")
_ROLES = (Role.EDITOR, Role.VIEWER)
_WORD = re.compile(r"[A-Za-z0-9_-]{12,}")


@dataclass(frozen=True, kw_only=True)
class Account:
    """One customer.

    Attributes:
        mark: stands in every name, text and address of theirs, and of nobody else.
    """

    mark: str
    organisation: Organisation
    quantconnect: QuantConnectSandbox
    testomato: TestomatoSandbox

    @property
    def sandboxes(self) -> tuple[Sandbox, ...]:
        return self.quantconnect, self.testomato

    @property
    def quantconnect_headers(self) -> dict[str, str]:
        own = self.quantconnect.credentials
        return {"X-QuantConnect-User-Id": own.user_id, "X-QuantConnect-Token": own.api_token}

    @property
    def testomato_headers(self) -> dict[str, str]:
        return {"X-Testomato-Token": self.testomato.token}

    @property
    def headers(self) -> dict[str, str]:
        return self.quantconnect_headers | self.testomato_headers

    @property
    def write_count(self) -> int:
        """How many calls to change something the stand-ins have received."""
        calls = [call for sandbox in self.sandboxes for call in sandbox.calls]
        return sum(is_write(call.method, call.path) for call in calls)

    @property
    def settings(self) -> dict[str, str]:
        """By which a gateway calls both platforms with this account, whoever calls it."""
        own = self.quantconnect.credentials
        return {
            "GATEWAY_QUANTCONNECT__CREDENTIALS": "configured",
            "GATEWAY_QUANTCONNECT__USER_ID": own.user_id,
            "GATEWAY_QUANTCONNECT__API_TOKEN": own.api_token,
            "GATEWAY_TESTOMATO__CREDENTIALS": "configured",
            "GATEWAY_TESTOMATO__TOKEN": self.testomato.token,
        }

    @property
    def credentials(self) -> tuple[str, ...]:
        """What must never be seen of the headers."""
        return self.quantconnect.credentials.api_token, self.testomato.token

    def email_of(self, person: str) -> str:
        return self.organisation.person(person).email

    def addition(self, key: PlatformKey, person: str, **more: object) -> dict[str, object]:
        """The input that lets a person into the first project as an editor."""
        by_email = key is PlatformKey.TESTOMATO
        reference = {"email": self.email_of(person)} if by_email else {"upstreamUserId": person}
        return {"projectId": self.project_id(key), "person": reference, "role": "EDITOR", **more}

    def project_upstream_id(self, key: PlatformKey, number: int) -> str:
        projects = {
            PlatformKey.QUANTCONNECT: self.quantconnect.state.projects,
            PlatformKey.TESTOMATO: self.testomato.state.projects,
        }
        return str(list(projects[key])[number - 1])

    def project_id(self, key: PlatformKey, number: int = 1) -> str:
        return ids.project_id(key, self.project_upstream_id(key, number))

    def member_id(self, key: PlatformKey, person: str, number: int = 1) -> str:
        upstream_id = person
        if key is PlatformKey.TESTOMATO:
            user = self.testomato.state.user_by_email(self.email_of(person))
            assert user is not None
            upstream_id = str(user.user_id)
        return ids.member_id(key, self.project_upstream_id(key, number), upstream_id)


def create_account(mark: str) -> Account:
    """A customer with stand-ins in their seeded state."""
    organisation = _organisation(mark)
    return Account(
        mark=mark,
        organisation=organisation,
        quantconnect=create_quantconnect_sandbox(organisation=organisation),
        testomato=create_testomato_sandbox(organisation=organisation),
    )


def revealed(text: str) -> str:
    """An answer with whatever its ids and cursors hold, in lower case."""
    return "\n".join([text, *(_decoded(word) for word in set(_WORD.findall(text)))]).lower()


@asynccontextmanager
async def switchboards(accounts: Mapping[str, Account]) -> AsyncIterator[dict[str, str]]:
    """Serves both platforms to all of `accounts`; gives the gateway's settings for callers' credentials."""
    quantconnect = Switchboard(
        apps={one.quantconnect.credentials.user_id: one.quantconnect.app for one in accounts.values()},
        whose=_signer,
    )
    testomato = Switchboard(
        apps={one.testomato.token: one.testomato.app for one in accounts.values()}, whose=_bearer
    )
    serve = partial(serving, http=BreakableConnection, grace_seconds=0.2)
    async with serve(quantconnect) as quantconnect_url, serve(testomato) as testomato_url:
        yield {
            "GATEWAY_QUANTCONNECT__CREDENTIALS": "caller",
            "GATEWAY_QUANTCONNECT__BASE_URL": f"{quantconnect_url}/api/v2",
            "GATEWAY_TESTOMATO__CREDENTIALS": "caller",
            "GATEWAY_TESTOMATO__BASE_URL": f"{testomato_url}/api",
            # Which projects there are is then asked of the platform: it differs between the customers.
            "GATEWAY_TESTOMATO__PROJECT_DISCOVERY": "legacy",
        }


class Switchboard:
    """Carries each call to the stand-in of the customer whose credential it brings, a stranger's to any.

    Args:
        apps: the stand-ins by what `whose` finds in a call's headers.
    """

    def __init__(self, *, apps: Mapping[str, ASGIApp], whose: Callable[[Headers], str]) -> None:
        self._apps = dict(apps)
        self._whose = whose
        self._any = next(iter(apps.values()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        whose = self._whose(Headers(scope=scope)) if scope["type"] == "http" else ""
        await self._apps.get(whose, self._any)(scope, receive, send)


def _signer(headers: Headers) -> str:
    encoded = headers.get("authorization", "").partition(" ")[2]
    return base64.b64decode(encoded).decode().partition(":")[0]


def _bearer(headers: Headers) -> str:
    return headers.get("authorization", "").partition(" ")[2]


def _decoded(word: str) -> str:
    try:
        return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode(errors="replace")
    except ValueError:
        return ""


def _organisation(mark: str) -> Organisation:
    operator = _person(mark, f"{mark}-operator")
    crew = [_person(mark, f"crew-{number}") for number in range(1, 7)]
    # On QuantConnect an account's number is its place among all: the operators' must not be the same.
    place = (AMBER, COBALT).index(mark)
    team = (
        Membership(person=operator.key, role=Role.OWNER, live_control=True),
        *(
            Membership(person=one.key, role=_ROLES[number % 2])
            for number, one in enumerate(crew[:4], start=1)
        ),
    )
    return Organisation(
        name=f"{mark.title()} Company",
        operator=operator.key,
        people=(*crew[:place], operator, *crew[place:]),
        trading_projects=tuple(
            TradingProject(name=f"{mark.title()} {name}", description=f"Of {mark}.", memberships=team)
            for name in PROJECT_NAMES
        ),
        sites=tuple(
            MonitoredSite(title=f"{mark.title()} {name} site", url=_url(mark, name), memberships=team)
            for name in PROJECT_NAMES
        ),
    )


def _person(mark: str, key: str) -> Person:
    return Person(
        key=key,
        name=f"{mark.title()} {key.removeprefix(f'{mark}-').title()}",
        email=f"{key.removeprefix(f'{mark}-')}@{mark}.example.com",
        timezone="Europe/Prague",
        platforms=frozenset(PlatformKey),
        bio=f"With {mark} for years.",
    )


def _url(mark: str, name: str) -> str:
    """On Testomato the ids of projects are made of their addresses: the last one's differs."""
    return f"https://{mark if name == PROJECT_NAMES[-1] else 'www'}.example.com/{name.lower()}"
