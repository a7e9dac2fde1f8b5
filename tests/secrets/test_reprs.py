"""What Python shows of our objects, in a traceback or in a line that was meant to help, is no secret."""

import asyncio
import gc
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import pytest
import strawberry
from pydantic import BaseModel

from gateway.access.changing.audit import AuditSelection
from gateway.access.changing.change import AddMember, ChangeResult
from gateway.access.changing.ledger import AuditRecord, Intent, Sent
from gateway.access.people.links import Links
from gateway.access.people.person_selection import PersonSelection
from gateway.access.people.selection import ProjectSelection
from gateway.domain.member import Member
from gateway.domain.membership import Addition, Person, Removal, RoleChange
from gateway.domain.person import Account, AccountKey
from gateway.domain.person import Person as PersonOfAccounts
from gateway.domain.platform import MembershipReply, PlatformAccount
from gateway.domain.vocabulary import LinkEvidence, Outcome, PlatformKey, Role
from gateway.engine.fragments import Fragments
from gateway.engine.run import Run
from gateway.graph import ids
from gateway.graph.audit import AuditFilter
from gateway.graph.mutation import AddMemberInput, PersonRef
from gateway.graph.person import PersonFilter
from gateway.graph.query import ProjectFilter
from gateway.graph.scalars import EmailAddress
from gateway.http.client_request import ClientRequest, RequestHead
from gateway.http.documents import Document
from gateway.http.request import GraphQLRequest
from gateway.platforms.quantconnect import client as quantconnect
from gateway.platforms.quantconnect import wire as quantconnect_wire
from gateway.platforms.testomato import client as testomato
from gateway.platforms.testomato import wire as testomato_wire
from gateway.sandbox.faults import Fault, FaultKind
from gateway.settings.loading import load_settings
from gateway.upstream.curl_transport import CurlTransport
from gateway.upstream.httpx_transport import HttpxTransport
from gateway.upstream.transport import HttpReply, HttpRequest, TransportFailure, TransportLimits
from tests.conftest import MakeStand, Stand
from tests.mutations.line import is_write
from tests.secrets.day import ADD, FIND, asking
from tests.secrets.marks import is_in, new_mark

pytestmark = pytest.mark.anyio

MARK = new_mark()
ADDRESS = f"{MARK}@example.org"
TYPED = EmailAddress(ADDRESS)
KEY = PlatformKey.TESTOMATO
NOW = datetime(2026, 11, 25, tzinfo=UTC)
PERSON = Person(email=ADDRESS)
MEMBER = Member(
    platform=KEY,
    project_upstream_id="1",
    upstream_id=MARK,
    name=MARK,
    email=ADDRESS,
    avatar_url=MARK,
    bio=MARK,
    timezone=MARK,
    role=Role.VIEWER,
    native_role="project guest",
    permissions=(),
    is_addressable=True,
    is_removable=True,
    confirmed=True,
)
ACCOUNT = Account(platform=KEY, upstream_id=MARK, name=MARK, email=ADDRESS, linked_by=LinkEvidence.SELF)
CHANGE = AddMember(platform=KEY, project_upstream_id="1", person=PERSON, role=Role.VIEWER)
SETTINGS = load_settings(
    environment={
        "GATEWAY_QUANTCONNECT__USER_ID": "98765432109876",
        "GATEWAY_QUANTCONNECT__API_TOKEN": MARK,
        "GATEWAY_TESTOMATO__EMAIL": ADDRESS,
        "GATEWAY_TESTOMATO__PASSWORD": MARK,
    },
    dotenv_file=None,
)
READY = load_settings(environment={"GATEWAY_TESTOMATO__TOKEN": MARK}, dotenv_file=None)

# Each holds a credential, or what is known of a person.
HOLDERS: list[object] = [
    SETTINGS,
    SETTINGS.section(PlatformKey.QUANTCONNECT),
    SETTINGS.section(KEY),
    READY,
    READY.section(KEY).of_caller((MARK,)),
    quantconnect.Credential(user_id=MARK, api_token=MARK),
    testomato.Credential(token=MARK, email=ADDRESS, password=MARK),
    MEMBER,
    PERSON,
    PlatformAccount(upstream_id=MARK, name=MARK, email=ADDRESS),
    CHANGE,
    Addition(project_upstream_id="1", person_id=ADDRESS, role=Role.VIEWER, grant=frozenset()),
    RoleChange(project_upstream_id="1", member=MEMBER, role=Role.VIEWER, grant=frozenset()),
    Removal(project_upstream_id="1", member=MEMBER),
    ChangeResult(outcome=Outcome.ADDED, member=MEMBER, members=(MEMBER,)),
    MembershipReply(member=MEMBER, members=(MEMBER,)),
    ProjectSelection(member_email=ADDRESS, search=MARK),
    PersonSelection(search=MARK),
    ACCOUNT,
    ACCOUNT.key,
    PersonOfAccounts(origin=ACCOUNT.key, display_name=MARK, accounts=(ACCOUNT,), memberships=(MEMBER,)),
    Links(names={AccountKey(KEY, MARK): MARK}),
    Intent(change=CHANGE, key=None, caller_id="key:a", credential="", request_id="1", at=NOW),
    Sent(change=CHANGE, before=MEMBER),
    AuditRecord(
        at=NOW,
        actor="key:a",
        operation="addMember",
        platform=KEY,
        project_upstream_id="1",
        person=ADDRESS,
        member_upstream_id=None,
        member_email=ADDRESS,
        before=None,
        after=None,
        outcome=Outcome.ADDED,
        reason=None,
        idempotency_key=None,
        plan_token=None,
        request_id="1",
    ),
    AuditSelection(person_email=ADDRESS),
    AuditFilter(person_email=TYPED),
    PersonRef(email=TYPED),
    AddMemberInput(project_id=strawberry.ID("1"), person=PersonRef(email=TYPED), role=Role.VIEWER),
    ProjectFilter(search=MARK, member_email=TYPED),
    PersonFilter(search=MARK),
    Document(text=MARK),
    GraphQLRequest(
        document=Document(text=MARK),
        variables={"email": ADDRESS},
        operation_name=MARK,
        may_write=True,
        wants_cost=False,
    ),
    ClientRequest(
        head=RequestHead([]),
        method="GET",
        query_string=MARK.encode(),
        scheme="https",
        client_host=None,
        request_id="1",
    ),
    Run(Fragments(), MARK, lambda _: None),
    HttpRequest(
        method="POST", url="https://example.org", headers={"Authorization": MARK}, body=MARK.encode()
    ),
    HttpReply(status=200, headers={"set-cookie": MARK}, body=MARK.encode()),
    quantconnect_wire.Collaborator(public_id=MARK, name=MARK, email=ADDRESS, bio=MARK),
    testomato_wire.User(id=MARK, name=MARK, email=ADDRESS),
    testomato_wire.Account(id=MARK, name=MARK, email=ADDRESS),
]


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
def test_nothing_that_an_object_holds_is_shown(holder: object) -> None:
    shown = f"{holder!r} {holder!s} {[holder]!r}".encode()
    assert (is_in(MARK, shown), b"98765432109876" in shown) == (False, False)


@pytest.mark.parametrize("holder", HOLDERS, ids=lambda holder: type(holder).__name__)
def test_the_object_held_it_all_the_same(holder: object) -> None:
    assert MARK in repr(list(held_by(holder)))


def held_by(value: object) -> Iterator[object]:
    """Everything within, in the open."""
    if hasattr(value, "get_secret_value"):
        yield value.get_secret_value()
    elif isinstance(value, Mapping):
        yield from held_by([*value.keys(), *value.values()])
    elif isinstance(value, tuple | list):
        for inner in value:
            yield from held_by(inner)
    elif names := attributes_of(value):
        for name in names:
            yield from held_by(getattr(value, name))
    else:
        yield value


def attributes_of(value: object) -> list[str]:
    if is_dataclass(value):
        return [field.name for field in fields(value)]
    if isinstance(value, BaseModel):
        return list(type(value).model_fields)
    return list(getattr(value, "__struct_fields__", ()))


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.TRUNCATED, FaultKind.OVERSIZED, FaultKind.DELAY])
@pytest.mark.parametrize("transport_type", [HttpxTransport, CurlTransport])
async def test_a_failure_to_send_shows_nothing_of_what_was_sent(
    stand: Stand, kind: FaultKind, transport_type: type[HttpxTransport | CurlTransport]
) -> None:
    stand.quantconnect.faults.add(Fault(kind=kind, seconds=60, size_bytes=5_000))
    section: Any = stand.settings.section(PlatformKey.QUANTCONNECT)
    request = HttpRequest(
        method="POST",
        url=f"{section.base_url}/projects/read?token={MARK}",
        headers={"Authorization": MARK},
        body=MARK.encode(),
    )
    limits = TransportLimits(connect_timeout_seconds=1, total_timeout_seconds=0.5, max_reply_bytes=50)
    async with transport_type(max_connections=1) as transport:
        with pytest.raises(TransportFailure) as caught:
            await transport.send(request, limits)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.args)
    assert not is_in(MARK, shown.encode())


def shown_of_living_objects() -> Iterator[tuple[str, bytes]]:
    """What is shown of every object of our classes that there is, by the name of its class."""
    tracked = gc.get_objects()
    # Values that hold no others are not tracked themselves, but what holds them is.
    held = (thing for holder in tracked for thing in gc.get_referents(holder))
    for thing in chain(tracked, {id(thing): thing for thing in held if not gc.is_tracked(thing)}.values()):
        module = str(type(thing).__module__)
        if module.startswith("gateway.") and "sandbox" not in module:
            yield f"{module}.{type(thing).__qualname__}", repr(thing).encode()


async def until(stand: Stand, *, writes: int = 0, reads: int = 0) -> None:
    """Until Testomato has received so many calls about the users of a project."""
    async with asyncio.timeout(30):
        while True:
            calls = [call for call in stand.testomato.calls if call.path.endswith("/users")]
            written = sum(is_write(call.method, call.path) for call in calls)
            if written >= writes and len(calls) - written >= reads:
                return
            await asyncio.sleep(0.01)


async def test_in_the_middle_of_everything_no_object_shows_a_secret(make_stand: MakeStand) -> None:
    stand = await make_stand()
    address, token = new_mark(), new_mark()
    project = ids.project_id(KEY, next(iter(stand.testomato.state.projects)))
    given = {"projectId": project, "person": {"email": f"{address}@example.org"}, "role": "VIEWER"}
    wanted = {"memberEmail": f"{address}@example.org"}
    headers = {"Authorization": f"Bearer {token}", "X-Testomato-Token": token}

    def ask(body: object) -> asyncio.Task[Any]:
        return asyncio.create_task(stand.client.post("/graphql", json=body, headers=headers))

    stand.testomato.faults.add(Fault(kind=FaultKind.LATE_ANSWER, seconds=3, path="*/users", method="POST"))
    adding = ask(asking(ADD, input=given))
    await until(stand, writes=1)
    stand.testomato.calls.clear()
    stand.testomato.faults.add(Fault(kind=FaultKind.DELAY, seconds=3, path="*/users", method="GET"))
    finding = ask(asking(FIND, filter=wanted))
    await until(stand, reads=5)
    living = list(shown_of_living_objects())
    assert [task.done() for task in (adding, finding)] == [False, False]
    secrets = [address, token, stand.quantconnect.credentials.api_token]
    secrets += [stand.testomato.credentials.password, "ingrid.solheim@example.com"]
    assert {name for name, shown in living if any(is_in(secret, shown) for secret in secrets)} == set()
    assert {"Member", "AddMember", "Credential"} <= {name.rpartition(".")[2] for name, _ in living}
    stand.testomato.faults.clear()
    answers = await asyncio.gather(adding, finding)
    assert [answer.status_code for answer in answers] == [200, 200]
