"""The traces of a gateway that is really asked: request → operation → calls, and no word of anybody's."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.domain.vocabulary import PlatformKey
from gateway.graph import ids
from gateway.platforms.quantconnect.sandbox import create_sandbox
from gateway.sandbox.faults import Fault, FaultKind
from tests.conftest import MakeStand, Stand
from tests.telemetry.collected import Collected, CollectedSpan, collecting, of_kind

pytestmark = pytest.mark.anyio

READ = "query Everything { projects { totalCount nodes { name members { nodes { name email } } } } }"
WHOLE = "query Whole { projects(requireComplete: true) { totalCount } }"
ADD = "mutation Add($input: AddMemberInput!) { addMember(input: $input) { outcome } }"
NEWCOMER = "tomasz.wierzbicki@example.com"
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
KEYS = {
    "SERVER": {"http.request.method", "http.response.status_code"},
    "INTERNAL": {"graphql.operation.type", "graphql.operation.name"},
    "CLIENT": {"accessgraph.platform", "accessgraph.endpoint"},
}


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collected]:
    """Where every gateway of the test sends its traces; the SDK reads the process's own variables."""
    with collecting() as collected:
        for name, value in collected.variables.items():
            monkeypatch.setenv(name, value)
        yield collected


@pytest.fixture
async def stand(collected: Collected, make_stand: MakeStand) -> Stand:  # noqa: ARG001 - listens first
    return await make_stand()


def addition(stand: Stand, **more: object) -> dict[str, object]:
    project = ids.project_id(PlatformKey.TESTOMATO, next(iter(stand.testomato.state.projects)))
    return {"projectId": project, "person": {"email": NEWCOMER}, "role": "VIEWER", **more}


def endpoints_of(spans: list[CollectedSpan]) -> Counter[tuple[object, object]]:
    calls = of_kind(spans, "CLIENT")
    return Counter(
        (call.attributes["accessgraph.platform"], call.attributes["accessgraph.endpoint"]) for call in calls
    )


def within(spans: list[CollectedSpan], kind: str, parent: CollectedSpan) -> list[CollectedSpan]:
    return [span for span in of_kind(spans, kind) if (span.trace, span.parent) == (parent.trace, parent.id)]


# ---------------------------------------------------------------- what is within what


@pytest.mark.parametrize("type_", ["query", "mutation"])
async def test_one_request_is_one_trace_of_request_operation_and_calls(
    stand: Stand, collected: Collected, type_: str
) -> None:
    await (stand.data(READ) if type_ == "query" else stand.data(ADD, input=addition(stand)))
    spans = await collected.requests(1)
    [request] = of_kind(spans, "SERVER")
    [operation] = of_kind(spans, "INTERNAL")
    calls = of_kind(spans, "CLIENT")
    assert {span.trace for span in spans} == {request.trace}
    assert (request.parent, operation.parent) == (b"", request.id)
    assert {call.parent for call in calls} == {operation.id}
    assert len(calls) == stand.quantconnect.calls.total_count + stand.testomato.calls.total_count
    assert len(calls) > 2


async def test_each_step_says_what_it_is(stand: Stand, collected: Collected) -> None:
    await stand.data(READ)
    spans = await collected.requests(1)
    [request], [operation] = of_kind(spans, "SERVER"), of_kind(spans, "INTERNAL")
    assert request.attributes == {"http.request.method": "POST", "http.response.status_code": 200}
    assert operation.attributes == {"graphql.operation.type": "query", "graphql.operation.name": "Everything"}
    assert endpoints_of(spans) == {
        ("QUANTCONNECT", "projects/read"): 1,
        ("TESTOMATO", "authenticate"): 1,
        ("TESTOMATO", "project"): 10,
        ("TESTOMATO", "project/users"): 10,
    }


async def test_requests_at_once_are_traces_of_their_own(stand: Stand, collected: Collected) -> None:
    await stand.data(WHOLE)
    (await collected.requests(1)).clear()
    await asyncio.gather(*(stand.data(WHOLE) for _ in range(3)))
    spans = await collected.requests(3)
    requests = of_kind(spans, "SERVER")
    assert len({request.trace for request in requests}) == 3
    for request in requests:
        [operation] = within(spans, "INTERNAL", request)
        assert endpoints_of(within(spans, "CLIENT", operation)) == {
            ("QUANTCONNECT", "projects/read"): 1,
            ("TESTOMATO", "project"): 10,
        }


async def test_a_request_that_is_turned_away_has_no_operation(stand: Stand, collected: Collected) -> None:
    await stand.client.post("/graphql", json={"query": "{ nothing }"})
    [span] = await collected.requests(1)
    assert (span.kind, span.attributes["http.response.status_code"], span.code) == ("SERVER", 400, None)


async def test_a_callers_trace_is_not_taken_over_nor_given_to_platforms(
    collected: Collected, make_stand: MakeStand
) -> None:
    sandbox = create_sandbox()
    headers: list[tuple[bytes, bytes]] = []

    def noting(app: ASGIApp) -> ASGIApp:
        async def note(scope: Scope, receive: Receive, send: Send) -> None:
            headers.extend(scope.get("headers", ()))
            await app(scope, receive, send)

        return note

    stand = await make_stand(quantconnect=replace(sandbox, app=noting(sandbox.app)))
    given = {"traceparent": TRACEPARENT, "tracestate": "s3cret=1", "baggage": "s3cret=1"}
    await stand.client.post("/graphql", json={"query": READ}, headers=given)
    [request] = of_kind(await collected.requests(1), "SERVER")
    assert (request.trace.hex() in TRACEPARENT, request.parent) == (False, b"")
    names = {name.decode() for name, _ in headers}
    assert ("authorization" in names, names & given.keys()) == (True, set())


# ---------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(kind=FaultKind.STATUS, status=503), "UPSTREAM_UNAVAILABLE"),
        (Fault(kind=FaultKind.RESET), "UPSTREAM_UNREACHABLE"),
        (Fault(kind=FaultKind.HTML), "UPSTREAM_BROKEN"),
        (Fault(kind=FaultKind.THROTTLE), "UPSTREAM_THROTTLED"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_call_that_fails_carries_the_code_and_the_others_do_not(
    stand: Stand, collected: Collected, fault: Fault, code: str
) -> None:
    stand.quantconnect.faults.add(fault)
    await stand.data(READ)
    calls = of_kind(await collected.requests(1), "CLIENT")
    codes = {(call.attributes["accessgraph.platform"], call.code) for call in calls}
    assert codes == {("QUANTCONNECT", code), ("TESTOMATO", None)}


async def test_an_attempt_that_is_made_again_is_a_step_of_its_own(
    collected: Collected, make_stand: MakeStand
) -> None:
    stand = await make_stand(settings={"GATEWAY_QUANTCONNECT__RETRY_ATTEMPTS": "3"})
    stand.quantconnect.faults.add(Fault(kind=FaultKind.STATUS, status=503, times=1))
    await stand.data(READ)
    calls = of_kind(await collected.requests(1), "CLIENT")
    attempts = [call.code for call in calls if call.attributes["accessgraph.platform"] == "QUANTCONNECT"]
    assert attempts == ["UPSTREAM_UNAVAILABLE", None]


async def test_an_operation_that_is_answered_with_an_error_carries_its_code(
    stand: Stand, collected: Collected
) -> None:
    stand.quantconnect.faults.add(Fault(kind=FaultKind.STATUS, status=503))
    [error] = (await stand.execute(WHOLE))["errors"]
    [operation] = of_kind(await collected.requests(1), "INTERNAL")
    assert (error["extensions"]["code"], operation.code) == ("UPSTREAM_UNAVAILABLE", "UPSTREAM_UNAVAILABLE")


async def test_an_operation_that_takes_too_long_carries_the_code_and_its_request_the_status(
    collected: Collected, make_stand: MakeStand
) -> None:
    stand = await make_stand(settings={"GATEWAY_LIMITS__DEADLINE_SECONDS": "2"})
    stand.testomato.faults.add(Fault(kind=FaultKind.LATE_ANSWER, seconds=2.5, path="/api/project/*/users"))
    await stand.client.post("/graphql", json={"query": ADD, "variables": {"input": addition(stand)}})
    spans = await collected.requests(1)
    [request], [operation] = of_kind(spans, "SERVER"), of_kind(spans, "INTERNAL")
    assert (operation.code, request.code) == ("DEADLINE_EXCEEDED", "504")


async def test_an_operation_whose_client_has_gone_says_so(stand: Stand, collected: Collected) -> None:
    stand.quantconnect.faults.add(Fault(kind=FaultKind.DELAY, seconds=30))
    asking = asyncio.create_task(stand.execute(READ))
    async with asyncio.timeout(30):
        while not stand.quantconnect.calls:  # noqa: ASYNC110 - a stand-in sets no event
            await asyncio.sleep(0.005)
    asking.cancel()
    [operation] = of_kind(await collected.requests(1), "INTERNAL")
    assert operation.code == "CLIENT_GONE"


# ---------------------------------------------------------------- what is not told


async def test_no_step_holds_anything_that_a_caller_or_a_platform_has_sent(
    stand: Stand, collected: Collected
) -> None:
    planted = [f"pl4nted{number}" for number in range(6)]
    headers = {"Authorization": f"Bearer {planted[0]}", "X-Request-ID": planted[1], "User-Agent": planted[2]}
    given = addition(stand, idempotencyKey=planted[3])
    body = {"query": ADD, "variables": {"input": given}, "extensions": {"planted": planted[4]}}
    await stand.client.post(f"/graphql?{planted[5]}", json=body, headers=headers)
    search = f'{{ projects(filter: {{search: "{planted[4]}"}}) {{ nodes {{ name }} }} }}'
    await stand.client.get("/graphql", params={"query": search, "x": planted[5]}, headers=headers)
    await stand.client.get(f"/{planted[5]}", headers=headers)
    stand.quantconnect.faults.add(Fault(kind=FaultKind.STATUS, status=500, body=f'{{"a": "{planted[4]}"}}'))
    await stand.execute(WHOLE)
    spans = await collected.requests(4)
    sent = b"".join(collected.sent)
    project = next(iter(stand.testomato.state.projects))
    held = [*planted, NEWCOMER, project, str(given["projectId"]), "Careers", "127.0.0.1"]
    held += [*stand.quantconnect.secrets, *stand.testomato.secrets]
    assert [one for one in held if one.encode() in sent] == []
    for span in spans:
        assert span.attributes.keys() <= KEYS[span.kind] | {"error.type"}


async def test_the_name_of_an_operation_is_told_in_part_only_where_it_is_long(
    stand: Stand, collected: Collected
) -> None:
    await stand.data(f"query {'N' * 200} {{ __typename }}")
    [operation] = of_kind(await collected.requests(1), "INTERNAL")
    assert operation.attributes["graphql.operation.name"] == "N" * 64
