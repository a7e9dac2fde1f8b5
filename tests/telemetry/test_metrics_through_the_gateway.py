"""What `/metrics` tells of a gateway that is really asked, in front of both stand-ins."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.domain.vocabulary import PlatformKey
from gateway.graph import ids
from gateway.sandbox.faults import Fault, FaultKind
from gateway.sandbox.tidewater import TIDEWATER
from tests.conftest import MakeStand, Stand
from tests.mutations.line import is_write

pytestmark = pytest.mark.anyio

LONGEST_SECONDS = 30.0
READ = "{ projects { totalCount nodes { name members { nodes { name email } } } } }"
WHOLE = "{ projects(requireComplete: true) { totalCount } }"
ADD = "mutation Add($input: AddMemberInput!) { addMember(input: $input) { outcome } }"
NEWCOMER = "tomasz.wierzbicki@example.com"
# Attempts that follow each other at once, and a circuit that opens at the first outage.
RETRIES = {"GATEWAY_QUANTCONNECT__RETRY_ATTEMPTS": "3", "GATEWAY_QUANTCONNECT__RETRY_WAIT_SECONDS": "0.001"}
BREAKER = {
    "GATEWAY_QUANTCONNECT__BREAKER_LEAST_CALLS": "1",
    "GATEWAY_QUANTCONNECT__BREAKER_OPEN_SECONDS": "60",
}
UNAVAILABLE = Fault(kind=FaultKind.STATUS, status=503)


@dataclass(frozen=True)
class Figures:
    """What a scraper has read; what is not there is nought."""

    by_series: Mapping[tuple[str, frozenset[tuple[str, str]]], float]

    def __call__(self, name: str, **labels: str) -> float:
        """One figure, by its name without our prefix and its labels."""
        return self.by_series.get((f"accessgraph_{name}", frozenset(labels.items())), 0.0)

    def all(self, name: str) -> dict[tuple[str, ...], float]:
        """Every series of a name that is not nought, by the values of its labels in alphabetical order."""
        return {
            tuple(value for _, value in sorted(labels)): figure
            for (found, labels), figure in self.by_series.items()
            if found == f"accessgraph_{name}" and figure
        }


async def scrape(client: httpx.AsyncClient) -> Figures:
    response = await client.get("/metrics", headers={"Accept": "text/plain"})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(response.text)
    return Figures(
        {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }
    )


async def scrape_until(client: httpx.AsyncClient, holds: Callable[[Figures], bool]) -> Figures:
    """The first figures of which `holds` is true."""
    async with asyncio.timeout(LONGEST_SECONDS):
        while not holds(figures := await scrape(client)):  # noqa: ASYNC110 - that is what scraping is
            await asyncio.sleep(0.005)
    return figures


def addition(stand: Stand, *, key: str | None = None) -> dict[str, object]:
    project = ids.project_id(PlatformKey.TESTOMATO, next(iter(stand.testomato.state.projects)))
    return {
        "projectId": project,
        "person": {"email": NEWCOMER},
        "role": "VIEWER",
        "idempotencyKey": key,
    }


# ---------------------------------------------------------------- what comes in


async def test_requests_are_counted_by_method_and_status(stand: Stand) -> None:
    await stand.data(READ)
    await stand.data("{ __typename }")
    await stand.client.post("/graphql", json={"query": "{ nothing }"})
    await stand.client.get("/graphql", params={"query": "{ __typename }"})
    await stand.client.request("PROPFIND", "/graphql")
    await stand.client.head("/livez")
    figures = await scrape(stand.client)
    assert figures.all("requests_total") == {
        ("POST", "200"): 2,
        ("POST", "400"): 1,
        ("GET", "200"): 1,
        ("other", "405"): 1,
        ("HEAD", "200"): 1,
    }


async def test_a_request_whose_client_has_gone_is_counted_and_its_calls_are_given_up(stand: Stand) -> None:
    stand.quantconnect.faults.add(Fault(kind=FaultKind.DELAY, seconds=LONGEST_SECONDS))
    asking = asyncio.create_task(stand.execute(READ))
    async with asyncio.timeout(LONGEST_SECONDS):
        while not stand.quantconnect.calls:  # noqa: ASYNC110 - a stand-in sets no event
            await asyncio.sleep(0.005)
    asking.cancel()
    gone = {"method": "POST", "status": "499"}
    await scrape_until(stand.client, lambda seen: seen("requests_total", **gone) == 1)
    given_up = {"platform": "QUANTCONNECT", "operation": "projects/read", "outcome": "CANCELLED"}
    await scrape_until(stand.client, lambda seen: seen("upstream_calls_total", **given_up) == 1)


ERRORS = {
    "GRAPHQL_PARSE_FAILED": ("{", {}),
    "GRAPHQL_VALIDATION_FAILED": ("{ nothing }", {}),
    "QUERY_TOO_COMPLEX": ("{ a: __typename b: __typename c: __typename }", {}),
    "BAD_USER_INPUT": ("{ projects(first: -1) { totalCount } }", {}),
    "UPSTREAM_UNAVAILABLE": (WHOLE, {"kind": FaultKind.STATUS, "status": 503}),
    "UPSTREAM_UNREACHABLE": (WHOLE, {"kind": FaultKind.RESET}),
    "UPSTREAM_THROTTLED": (WHOLE, {"kind": FaultKind.THROTTLE, "seconds": 60}),
    "UPSTREAM_BROKEN": (WHOLE, {"kind": FaultKind.HTML}),
    "UPSTREAM_TIMEOUT": (WHOLE, {"kind": FaultKind.DELAY, "seconds": LONGEST_SECONDS}),
}


@pytest.mark.parametrize(
    ("code", "document", "fault"), [(code, *rest) for code, rest in ERRORS.items()], ids=ERRORS
)
async def test_errors_that_clients_are_told_are_counted_by_code(
    make_stand: MakeStand, code: str, document: str, fault: Mapping[str, object]
) -> None:
    impatient = {"GATEWAY_QUANTCONNECT__CALL_TIMEOUT_SECONDS": "0.5", "GATEWAY_LIMITS__ALIASES": "2"}
    stand = await make_stand(settings=impatient)
    if fault:
        stand.quantconnect.faults.add(Fault(**fault))  # type: ignore[arg-type]
    told = [error["extensions"]["code"] for error in (await stand.execute(document))["errors"]]
    figures = await scrape(stand.client)
    assert (told, figures.all("operation_errors_total")) == ([code], {(code,): 1})


async def test_an_operation_that_takes_too_long_is_counted_among_the_errors(make_stand: MakeStand) -> None:
    stand = await make_stand(settings={"GATEWAY_LIMITS__DEADLINE_SECONDS": "2"})
    stand.testomato.faults.add(Fault(kind=FaultKind.LATE_ANSWER, seconds=2.5, path="/api/project/*/users"))
    answer = await stand.client.post("/graphql", json={"query": ADD, "variables": {"input": addition(stand)}})
    figures = await scrape(stand.client)
    assert (answer.status_code, figures.all("operation_errors_total")) == (504, {("DEADLINE_EXCEEDED",): 1})


async def test_only_a_change_that_is_given_again_is_counted_as_a_replay(stand: Stand) -> None:
    replays = []
    for key in ("first", "second", "first", "first"):
        await stand.data(ADD, input=addition(stand, key=key))
        replays.append((await scrape(stand.client))("idempotency_replays_total"))
    assert replays == [0, 0, 1, 2]


# ---------------------------------------------------------------- what goes out


async def test_calls_are_counted_as_the_platforms_count_them(stand: Stand) -> None:
    await stand.data(READ)
    await stand.data(ADD, input=addition(stand))
    figures = await scrape(stand.client)
    calls: Counter[str] = Counter()
    for (_, outcome, platform), count in figures.all("upstream_calls_total").items():
        assert outcome == "OK"
        calls[platform] += int(count)
    assert calls == {
        "QUANTCONNECT": stand.quantconnect.calls.total_count,
        "TESTOMATO": stand.testomato.calls.total_count,
    }
    writes = sum(is_write(call.method, call.path) for call in stand.testomato.calls)
    added = {"platform": "TESTOMATO", "operation": "project/users add"}
    assert (figures("upstream_calls_total", **added, outcome="OK"), writes) == (1, 1)
    assert figures("upstream_seconds_count", **added) == 1


async def test_calls_that_fail_are_counted_by_code_and_measured_too(stand: Stand) -> None:
    stand.quantconnect.faults.add(UNAVAILABLE)
    await stand.data(READ)
    figures = await scrape(stand.client)
    read = {"platform": "QUANTCONNECT", "operation": "projects/read"}
    outcomes = {key: count for key, count in figures.all("upstream_calls_total").items() if key[1] != "OK"}
    assert outcomes == {("projects/read", "UPSTREAM_UNAVAILABLE", "QUANTCONNECT"): 1}
    assert figures("upstream_seconds_count", **read) == 1


async def test_calls_that_are_made_again_are_counted_for_their_endpoint(make_stand: MakeStand) -> None:
    stand = await make_stand(settings=RETRIES)
    stand.quantconnect.faults.add(Fault(kind=FaultKind.STATUS, status=503, times=2))
    await stand.data(READ)
    figures = await scrape(stand.client)
    assert figures.all("upstream_retries_total") == {("projects/read", "QUANTCONNECT"): 2}
    read = {"platform": "QUANTCONNECT", "operation": "projects/read"}
    outcomes = [
        figures("upstream_calls_total", **read, outcome=outcome) for outcome in ("UPSTREAM_UNAVAILABLE", "OK")
    ]
    assert outcomes == [2, 1]


async def test_a_circuit_is_closed_to_begin_with_and_open_after_failures(make_stand: MakeStand) -> None:
    stand = await make_stand(settings=BREAKER)
    before = await scrape(stand.client)
    stand.quantconnect.faults.add(UNAVAILABLE)
    await stand.data(READ)
    after = await scrape(stand.client)
    assert (before.all("breaker_state"), after.all("breaker_state")) == ({}, {("QUANTCONNECT",): 2})


async def test_a_circuit_is_half_open_until_a_call_has_found_out(make_stand: MakeStand) -> None:
    stand = await make_stand(settings={**BREAKER, "GATEWAY_QUANTCONNECT__BREAKER_OPEN_SECONDS": "0.01"})
    stand.quantconnect.faults.add(Fault(kind=FaultKind.STATUS, status=503, times=1))
    await stand.data(READ)
    await scrape_until(stand.client, lambda seen: seen("breaker_state", platform="QUANTCONNECT") == 1)
    await stand.data(READ)
    assert (await scrape(stand.client)).all("breaker_state") == {}


# ---------------------------------------------------------------- what it takes


@pytest.mark.parametrize("type_", ["query", "mutation"])
async def test_the_wait_for_a_platform_is_part_of_an_operation_and_not_of_the_overhead(
    stand: Stand, type_: str
) -> None:
    held_up = Fault(kind=FaultKind.DELAY, seconds=0.3)
    for sandbox in (stand.quantconnect, stand.testomato):
        sandbox.faults.add(held_up)
    if type_ == "query":
        await stand.data(READ)
    else:
        await stand.data(ADD, input=addition(stand))
    figures = await scrape(stand.client)
    duration, overhead = (figures(f"{name}_seconds_sum", type=type_) for name in ("operation", "overhead"))
    assert duration >= 0.3
    assert 0 < overhead < duration / 3
    assert (
        figures("overhead_seconds_count", type=type_) == figures("operation_seconds_count", type=type_) == 1
    )


# ---------------------------------------------------------------- what it is made of


async def test_figures_can_be_switched_off(make_stand: MakeStand) -> None:
    stand = await make_stand(settings={"GATEWAY_METRICS": "false"})
    assert (await stand.client.get("/metrics")).status_code == 404


async def test_no_label_holds_anything_of_the_company_or_of_a_request(stand: Stand) -> None:
    stand.testomato.faults.add(Fault(kind=FaultKind.STATUS, status=404, path="/api/project/", times=3))
    await stand.data(READ)
    await stand.data(f'query Careers {{ projects(filter: {{search: "{NEWCOMER}"}}) {{ totalCount }} }}')
    await stand.data(ADD, input=addition(stand, key="onboarding-2026-117"))
    await stand.execute("query($email: EmailAddress!) { nothing }", email=NEWCOMER)
    await stand.client.get(f"/{NEWCOMER}/412000")
    await stand.client.request("INGRID", "/graphql")
    figures = await scrape(stand.client)
    labels = " ".join(value.casefold() for _, found in figures.by_series for _, value in found)
    people = {word for person in TIDEWATER.people for word in (person.email, person.name, person.key)}
    projects = {str(one) for one in (*stand.quantconnect.state.projects, *stand.testomato.state.projects)}
    titles = {one.name for one in TIDEWATER.trading_projects} | {one.title for one in TIDEWATER.sites}
    told = {*people, *projects, *titles, *map(str, stand.testomato.state.users), "412000", "onboarding", "@"}
    assert [word for word in told if word.casefold() in labels] == []
    assert "projects/read" in labels


async def test_operations_are_counted_by_the_way_they_went(stand: Stand) -> None:
    # Introspection is for the reference, and so is an answer with an error.
    for query in (
        READ,
        READ,
        WHOLE,
        "{ __schema { queryType { name } } }",
        '{ projects(after: "no cursor") { totalCount } }',
    ):
        await stand.client.post("/graphql", json={"query": query})
    assert (await scrape(stand.client)).all("executions_total") == {("plan",): 3.0, ("reference",): 2.0}
