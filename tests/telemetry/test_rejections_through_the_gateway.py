"""Every reason for which a request is turned away is caused by a real request, and counted once as itself."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from gateway.domain.caller import Scope
from gateway.http.authentication.api_keys import new_key
from gateway.telemetry.metrics import Rejection
from tests.conftest import MakeStand
from tests.telemetry.test_metrics_through_the_gateway import scrape

pytestmark = pytest.mark.anyio

ASK = {"query": "{ __typename }"}
TRUSTED = "query Names { platforms { name } }"
BROWSER = {"Accept": "text/html"}
BY_KEY = {"GATEWAY_AUTH__MODE": "api_key", "GATEWAY_AUTH__KEYS_FILE": "{folder}/keys.toml"}
BY_DOCUMENT = {"GATEWAY_DOCUMENTS__FILE": "{folder}/documents.json"}


@dataclass(frozen=True, kw_only=True)
class Cause:
    """A request that is turned away, and the settings by which it is.

    Attributes:
        again: whether the first such request is still taken.
    """

    status: int
    code: str
    settings: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    json: object = None
    again: bool = False

    async def send(self, client: httpx.AsyncClient) -> httpx.Response:
        return await client.request(
            self.method, "/graphql", headers=self.headers, params=self.params, json=self.json
        )


CAUSES = {
    Rejection.MALFORMED: Cause(status=400, code="BAD_USER_INPUT", json=["no", "operation"]),
    Rejection.NOT_ACCEPTABLE: Cause(
        status=406, code="BAD_USER_INPUT", headers={"Accept": "image/png"}, json=ASK
    ),
    Rejection.TOO_LARGE: Cause(
        status=413, code="", settings={"GATEWAY_LIMITS__BODY_BYTES": "10"}, json={"query": "{" + " " * 99}
    ),
    Rejection.CROSS_SITE: Cause(status=403, code="FORBIDDEN", method="GET", headers=BROWSER, params=ASK),
    Rejection.UNAUTHENTICATED: Cause(status=401, code="UNAUTHENTICATED", settings=BY_KEY, json=ASK),
    Rejection.FORBIDDEN: Cause(
        status=403,
        code="FORBIDDEN",
        settings={"GATEWAY_PROFILE": "production"},
        method="GET",
        headers=BROWSER,
    ),
    Rejection.RATE_LIMITED: Cause(
        status=429,
        code="RATE_LIMITED",
        settings={"GATEWAY_LIMITS__POINTS_PER_MINUTE": "1"},
        json={"query": "{ nothing }"},
        again=True,
    ),
    Rejection.UNTRUSTED_DOCUMENT: Cause(
        status=403, code="DOCUMENT_NOT_TRUSTED", settings=BY_DOCUMENT, json=ASK
    ),
    Rejection.UNKNOWN_DOCUMENT: Cause(status=404, code="DOCUMENT_NOT_FOUND", json={"documentId": "abc"}),
    Rejection.INVALID_DOCUMENT: Cause(
        status=400, code="GRAPHQL_VALIDATION_FAILED", json={"query": "{ nothing }"}
    ),
    Rejection.TOO_COMPLEX: Cause(
        status=400, code="QUERY_TOO_COMPLEX", settings={"GATEWAY_LIMITS__COST": "1"}, json={"query": TRUSTED}
    ),
    Rejection.METHOD_NOT_ALLOWED: Cause(status=405, code="BAD_USER_INPUT", method="PUT", json=ASK),
}
# The same reasons in other guises.
OTHERS = {
    "a text that is no JSON type": (
        Rejection.MALFORMED,
        Cause(status=415, code="BAD_USER_INPUT", headers={"Content-Type": "text/plain"}, json=ASK),
    ),
    "a change by GET": (
        Rejection.METHOD_NOT_ALLOWED,
        Cause(
            status=405,
            code="BAD_USER_INPUT",
            method="GET",
            params={"query": 'mutation { removeMember(input: {memberId: "x"}) { outcome } }'},
        ),
    ),
    "a document that is none": (
        Rejection.INVALID_DOCUMENT,
        Cause(status=400, code="GRAPHQL_PARSE_FAILED", json={"query": "{"}),
    ),
    "a hash that nobody has sent": (
        Rejection.UNKNOWN_DOCUMENT,
        Cause(
            status=404,
            code="PERSISTED_QUERY_NOT_FOUND",
            json={"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
        ),
    ),
    "an unknown key": (
        Rejection.UNAUTHENTICATED,
        Cause(
            status=401,
            code="UNAUTHENTICATED",
            settings=BY_KEY,
            headers={"Authorization": f"Bearer ag_dashboard_{'x' * 43}"},
            json=ASK,
        ),
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the files lie that the settings name."""
    new_key(tmp_path / "keys.toml", name="dashboard", scopes=[Scope.MEMBERS_READ])
    trusted = {f"sha256:{hashlib.sha256(TRUSTED.encode()).hexdigest()}": TRUSTED}
    (tmp_path / "documents.json").write_text(json.dumps(trusted), encoding="utf-8")
    return tmp_path


async def assert_counted(make_stand: MakeStand, folder: Path, cause: Cause, reason: Rejection) -> None:
    settings = {name: value.format(folder=folder) for name, value in cause.settings.items()}
    stand = await make_stand(settings=settings)
    if cause.again:
        await cause.send(stand.client)
    before = (await scrape(stand.client)).all("rejections_total")
    response = await cause.send(stand.client)
    assert response.status_code == cause.status, response.text
    if cause.code:
        assert response.json()["errors"][0]["extensions"]["code"] == cause.code
    after = (await scrape(stand.client)).all("rejections_total")
    assert after == {**before, (reason.value,): 1}
    assert (reason.value,) not in before


@pytest.mark.parametrize("reason", Rejection)
async def test_a_rejection_is_counted_by_its_reason(
    make_stand: MakeStand, folder: Path, reason: Rejection
) -> None:
    await assert_counted(make_stand, folder, CAUSES[reason], reason)


@pytest.mark.parametrize(("reason", "cause"), OTHERS.values(), ids=OTHERS)
async def test_a_reason_is_the_same_in_every_guise(
    make_stand: MakeStand, folder: Path, reason: Rejection, cause: Cause
) -> None:
    await assert_counted(make_stand, folder, cause, reason)


async def test_a_request_that_is_taken_is_no_rejection(make_stand: MakeStand) -> None:
    stand = await make_stand()
    await stand.data(TRUSTED)
    await stand.client.get("/graphql", params=ASK)
    await stand.client.get("/graphql", headers=BROWSER)
    assert (await scrape(stand.client)).all("rejections_total") == {}
