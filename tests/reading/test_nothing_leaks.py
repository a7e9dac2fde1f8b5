"""Neither an answer nor a log line holds a secret, a platform's own words or a trace of the code."""

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
import structlog

from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.sandbox.faults import Fault, FaultKind
from gateway.telemetry.logs import configure_logs
from tests.conftest import MakeStand, Stand
from tests.reading.questions import ask_project, projects_document

pytestmark = pytest.mark.anyio

MEMBER = """id platform upstreamId personName: name email avatarUrl bio timezone role nativeRole isOwner
  isRemovable confirmed can(action: VIEW_API_KEY) permissions { action granted nativeName }"""
PROJECT = """id platform upstreamId name description url createdAt updatedAt archived
  viewer { role permissions { action granted nativeName } } roles { role nativeName actions }
  details { ... on QuantConnectProject { organizationId language leanVersionId leanPinnedToMaster
      lastLiveDeployment codeRunning encrypted }
    ... on TestomatoProject { checkInterval uptimeIntervalSeconds location timeoutSeconds
      delayMilliseconds checkDefaultErrors sslStatus sslExpiresAt sslDaysLeft } }"""
SOURCES = "sources { platform state asOf error { code message retryable retryAt failingSince } }"
PLATFORM = """id key name status capabilities roles { role nativeName actions } grantableActions
  account { upstreamId name email } retryAt"""
VARIABLES = "$project: ID!, $member: ID!, $platform: PlatformKey!, $upstreamId: String!"
BY_UPSTREAM_ID = "projectByUpstreamId(platform: $platform, upstreamId: $upstreamId) { name }"
OF_HERS = '(filter: {includeArchived: true, memberEmail: "ingrid.solheim@example.com"})'
# The ten broadest that there are; they share their variables.
QUESTIONS = [
    "{ projects { totalCount %(sources)s nodes { %(project)s } } }",
    "{ projects { nodes { members { %(sources)s nodes { %(member)s } } } } }",
    "{ projects { edges { cursor node { name owner { %(member)s } } } } }",
    "{ projects%(of_hers)s { totalCount %(sources)s nodes { %(project)s } } }",
    "{ projects(requireComplete: true) { %(sources)s nodes { %(project)s } } }",
    "{ platforms { %(platform)s } }",
    """query (%(variables)s) { project(id: $project) { %(project)s members { nodes { %(member)s } } }
         node(id: $member) { id } %(by_upstream_id)s }""",
    """query (%(variables)s) { nodes(ids: [$project, $member]) { ... on Project { %(project)s }
         ... on Member { %(member)s project { %(project)s } } } %(by_upstream_id)s }""",
    "{ __schema { types { name description fields { name description } } } }",
    """{ platforms { %(platform)s }
         projects { %(sources)s nodes { %(project)s members { nodes { %(member)s } } } } }""",
]
PARTS = {
    "sources": SOURCES,
    "project": PROJECT,
    "member": MEMBER,
    "platform": PLATFORM,
    "variables": VARIABLES,
    "by_upstream_id": BY_UPSTREAM_ID,
    "of_hers": OF_HERS,
}
# What platforms say, what credentials look like on the wire, and what a program shows when it breaks.
FOREIGN = re.compile(
    r"hash doesn't match|userid not valid|timestamp: '|invalid argument|project not found|access denied!"
    r"|please log in|required permission|object not found|temporarily unavailable|<html|<!doctype"
    r"|no spare nodes|bearer |basic [a-z0-9+/]{20}|authorization|\beyj[\w-]{10,}\.|\b[0-9a-f]{64}\b"
    r"|traceback|file \"/|\.py\", line|0x[0-9a-f]{8,}|httpx|msgspec|starlette",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"[\w.]+@[\w.]+")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged from here on, however fine."""
    root = logging.getLogger()
    libraries = [logging.getLogger(name) for name in ("httpx", "httpcore", "uvicorn.error")]
    before = structlog.get_config(), root.handlers[:], [one.level for one in (root, *libraries)]
    stream = io.StringIO()
    configure_logs(level="debug", json=True, stream=stream)
    yield stream
    configuration, root.handlers[:], levels = before
    structlog.configure(**configuration)
    for logger, level in zip((root, *libraries), levels, strict=True):
        logger.setLevel(level)


async def ask_everything(stand: Stand, variables: dict[str, str]) -> str:
    """The whole text of the answers to all questions, headers included."""
    texts: list[str] = []
    for question in QUESTIONS:
        given = variables if question.startswith("query") else {}
        body = {"query": question % PARTS, "variables": given}
        response = await stand.client.post("/graphql", json=body)
        assert response.status_code == 200, response.text
        texts += [str(response.headers), response.text]
    return "\n".join(texts)


async def subjects(stand: Stand) -> dict[str, str]:
    found = await ask_project(stand, "Careers", "id platform upstreamId members(first: 1) { nodes { id } }")
    return {
        "project": found["id"],
        "member": found["members"]["nodes"][0]["id"],
        "platform": found["platform"],
        "upstreamId": found["upstreamId"],
    }


def secrets_of(stand: Stand) -> list[str]:
    return sorted(stand.quantconnect.secrets | stand.testomato.secrets)


def assert_clean(stand: Stand, answers: str, log: str) -> None:
    everything = f"{answers}\n{log}"
    assert [secret for secret in secrets_of(stand) if secret in everything] == []
    assert FOREIGN.findall(everything) == []
    assert ADDRESS.findall(log) == []
    for line in log.splitlines():
        assert json.loads(line)


async def test_no_secret_of_a_platform_gets_out_when_all_is_well(stand: Stand, log: io.StringIO) -> None:
    answers = await ask_everything(stand, await subjects(stand))
    assert answers.count("ingrid.solheim@example.com") > 20
    assert len(secrets_of(stand)) > 50
    assert_clean(stand, answers, log.getvalue())


def echo(status: int, *, field: str) -> Fault:
    """An answer that repeats credentials, as platforms do."""
    secrets = [*sorted(create_quantconnect_sandbox().secrets), *sorted(create_testomato_sandbox().secrets)]
    words = f"Hash doesn't match. UID: 412000 Hash: {'ab' * 32} Timestamp: '1' {' '.join(secrets)}"
    body = json.dumps({field: [words] if field == "errors" else words, "success": False, "error": True})
    return Fault(kind=FaultKind.STATUS, status=status, body=body)


@pytest.mark.parametrize(
    "fault",
    [
        echo(200, field="errors"),
        echo(200, field="message"),
        echo(401, field="message"),
        echo(403, field="message"),
        echo(500, field="errors"),
        Fault(kind=FaultKind.HTML),
        Fault(kind=FaultKind.TRUNCATED),
        Fault(kind=FaultKind.RESET),
        Fault(
            kind=FaultKind.REDIRECT, location="https://ingrid.solheim@example.com:pass@elsewhere.example.net/"
        ),
        Fault(
            kind=FaultKind.INVALID_JSON,
            body='{"projects": [{"apiKey": "Authorization: Bearer eyJhbGciOi.x.y"',
        ),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status or ''}",
)
@pytest.mark.parametrize("path", ["", "*/project*"], ids=["everywhere", "after signing in"])
async def test_nothing_of_what_a_failing_platform_says_gets_out(
    stand: Stand, log: io.StringIO, fault: Fault, path: str
) -> None:
    asked_for = await subjects(stand)
    struck = Fault(path=path, kind=fault.kind, status=fault.status, body=fault.body, location=fault.location)
    for sandbox in (stand.quantconnect, stand.testomato):
        sandbox.faults.add(struck)
    answers = await ask_everything(stand, asked_for)
    assert '"FAILED"' in answers
    assert_clean(stand, answers, log.getvalue())


@pytest.fixture
async def denied(make_stand: MakeStand) -> Stand:
    """With a wrong credential for both platforms."""
    return await make_stand(
        settings={
            "GATEWAY_QUANTCONNECT__API_TOKEN": "wrong-token-of-quantconnect",
            "GATEWAY_TESTOMATO__PASSWORD": "wrong-password-of-testomato",
        }
    )


async def test_a_wrong_credential_is_denied_without_a_word_of_it(
    stand: Stand, denied: Stand, log: io.StringIO
) -> None:
    answers = await ask_everything(denied, await subjects(stand))
    assert answers.count('"UPSTREAM_DENIED"') > 8
    assert_clean(denied, answers, log.getvalue())
    assert "wrong-" not in answers + log.getvalue()


async def test_a_search_leaves_no_address_in_the_log(stand: Stand, log: io.StringIO) -> None:
    for wanted in ({"memberEmail": "ingrid.solheim@example.com"}, {"search": "ingrid.solheim@example.com"}):
        await stand.data(projects_document("totalCount"), filter=wanted)
    await stand.execute('{ projects(after: "ingrid.solheim@example.com") { totalCount } }')
    await stand.client.get(
        "/graphql",
        params={"query": '{ projects(filter: {memberEmail: "ingrid.solheim@example.com"}) { totalCount } }'},
    )
    assert log.getvalue().count('"request"') >= 4
    assert "ingrid" not in log.getvalue()


async def test_a_number_that_graphql_cannot_write_blanks_its_field_and_stays_inside(
    stand: Stand, log: io.StringIO
) -> None:
    odd = '{"success": true, "projects": [{"projectId": 7, "name": "Odd", "leanVersionId": 98765432109}]}'
    stand.quantconnect.faults.add(Fault(kind=FaultKind.INVALID_JSON, body=odd))
    answer = await stand.execute(
        projects_document("nodes { name details { ... on QuantConnectProject { leanVersionId } } }")
    )
    named = [node for node in answer["data"]["projects"]["nodes"] if node["name"] == "Odd"]
    assert named == [{"name": "Odd", "details": {"leanVersionId": None}}]
    assert "98765432109" not in json.dumps(answer) + log.getvalue()
