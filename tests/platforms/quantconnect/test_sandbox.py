"""The stand-in behaves as QuantConnect is documented to, oddities included."""

import base64
import re

import httpx
import pytest

from gateway.platforms.quantconnect.sandbox import QuantConnectSandbox, create_sandbox
from gateway.platforms.quantconnect.sandbox_auth import Credentials
from gateway.sandbox.large import large_organisation
from tests.plain_http import NO_TLS
from tests.platforms.quantconnect.calling import NOW, Json, ask, listed, projects, refused, signed_by

pytestmark = pytest.mark.anyio

MOMENTUM = 23_456_137  # the operator owns it
WHEEL = MOMENTUM + 8 * 137  # the operator writes in it
CARRY = MOMENTUM + 9 * 137  # the operator reads it
MATEO, ZANELE = "mateo-ferreira", "zanele-mthembu"


# ---------------------------------------------------------------- who is calling


def test_signatures_are_made_as_published() -> None:
    credentials = Credentials(user_id="123456", api_token="0123456789abcdef0123456789abcdef")
    digest = "450d27e42585c1ad669258cf477727331297d8359b287750542681b11e8f621a"  # by coreutils' sha256sum
    assert credentials.headers(at=1_700_000_000.9) == {
        "Authorization": f"Basic {base64.b64encode(f'123456:{digest}'.encode()).decode()}",
        "Timestamp": "1700000000",
    }


async def test_a_good_signature_is_accepted(api: httpx.AsyncClient) -> None:
    assert await ask(api, "authenticate") == {"success": True}


async def test_authenticate_also_takes_get(api: httpx.AsyncClient) -> None:
    assert (await api.get("authenticate")).json() == {"success": True}


async def test_reads_take_post_only(api: httpx.AsyncClient) -> None:
    assert (await api.get("projects/read")).status_code == 405


async def test_a_bad_token_is_answered_with_200_and_its_own_hash(api: httpx.AsyncClient) -> None:
    headers = Credentials(user_id="412000", api_token="guessed").headers(at=NOW)
    reply = await api.post("authenticate", json={}, headers=headers)
    digest = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode().partition(":")[2]
    assert (reply.status_code, reply.json()) == (
        200,
        {
            "success": False,
            "errors": [f"Hash doesn't match. UID: 412000 Hash: {digest} Timestamp: '{NOW}'"],
        },
    )


async def test_an_unknown_user_is_told_so(api: httpx.AsyncClient) -> None:
    headers = Credentials(user_id="1", api_token="any").headers(at=NOW)
    errors = (await api.post("authenticate", json={}, headers=headers)).json()["errors"]
    assert errors[0].startswith("UserID not valid")


@pytest.mark.parametrize(
    ("age_seconds", "accepted"), [(0, True), (7_200, True), (7_201, False), (-7_201, False)]
)
async def test_a_timestamp_is_good_for_two_hours(
    api: httpx.AsyncClient, sandbox: QuantConnectSandbox, age_seconds: int, *, accepted: bool
) -> None:
    headers = sandbox.credentials.headers(at=NOW - age_seconds)
    assert (await api.post("authenticate", json={}, headers=headers)).json()["success"] is accepted


@pytest.mark.parametrize(
    "spoiled",
    [
        {"Timestamp": "soon"},
        {"Timestamp": str(NOW + 1)},
        {"Authorization": "Basic ???"},
        {"Authorization": "Basic /w=="},
        {"Authorization": "Basic é"},
        {"Timestamp": "9" * 5_000},
        {"Authorization": "Bearer x"},
    ],
)
async def test_headers_that_do_not_fit_are_refused(
    api: httpx.AsyncClient, sandbox: QuantConnectSandbox, spoiled: dict[str, str]
) -> None:
    headers = httpx.Headers({**sandbox.credentials.headers(at=NOW), **spoiled}, encoding="latin-1")
    assert (await api.post("authenticate", json={}, headers=headers)).json()["success"] is False


async def test_a_bad_signature_may_be_a_real_401() -> None:
    strict = create_sandbox(denial_status=401)
    async with strict.running() as base_url, httpx.AsyncClient(verify=NO_TLS, base_url=base_url) as client:
        reply = await client.post("authenticate", json={})
    assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Basic")


async def test_user_read_names_the_caller(api: httpx.AsyncClient, sandbox: QuantConnectSandbox) -> None:
    user = (await ask(signed_by(api, sandbox, MATEO), "user/read"))["user"]
    assert user == {"name": "Mateo Ferreira", "profile": MATEO, "badge": None}


async def test_account_read_names_the_organisation(api: httpx.AsyncClient) -> None:
    account = await ask(api, "account/read")
    assert account["organizationId"] == (await projects(api))[0]["organizationId"]


# ---------------------------------------------------------------- reading projects


async def test_without_arguments_all_projects_come(api: httpx.AsyncClient) -> None:
    assert len(await projects(api)) == 12


async def test_only_projects_of_the_caller_come(api: httpx.AsyncClient, sandbox: QuantConnectSandbox) -> None:
    names = [project["name"] for project in await projects(signed_by(api, sandbox, "oliver-thackeray"))]
    assert names == ["Momentum Rotation"]


async def test_one_project_comes_as_a_list_of_one(api: httpx.AsyncClient) -> None:
    assert [project["projectId"] for project in await projects(api, projectId=CARRY)] == [CARRY]


async def test_a_window_ends_before_its_end(api: httpx.AsyncClient) -> None:
    every = await projects(api)
    assert await projects(api, start=1, end=3) == every[1:3]


async def test_a_window_without_an_end_goes_to_the_end(api: httpx.AsyncClient) -> None:
    assert len(await projects(api, start=10)) == 2


@pytest.mark.parametrize(
    "body",
    [
        {"start": 1, "end": 1},
        {"start": 1, "end": 0},
        {"start": -1},
        {"projectId": -1},
        {"projectId": MOMENTUM, "start": 0},
        {"projectId": str(MOMENTUM)},
        {"projectID": MOMENTUM},
    ],
)
async def test_reads_that_fail(api: httpx.AsyncClient, body: Json) -> None:
    assert await refused(api, "projects/read", **body)


async def test_a_stranger_cannot_read_a_project(api: httpx.AsyncClient, sandbox: QuantConnectSandbox) -> None:
    assert await refused(signed_by(api, sandbox, ZANELE), "projects/read", projectId=MOMENTUM)


async def test_a_body_that_is_no_json_is_an_invalid_argument(api: httpx.AsyncClient) -> None:
    reply = await api.post("projects/read", content="{")
    assert reply.json() == {"errors": ["Invalid argument"], "success": False}


async def test_lean_versions_come_with_the_projects(api: httpx.AsyncClient) -> None:
    versions = (await ask(api, "projects/read", projectId=MOMENTUM))["versions"]
    assert isinstance(versions, list)
    assert len(versions) > 20


async def test_the_operator_owns_some_projects_only(api: httpx.AsyncClient) -> None:
    owned = {project["projectId"]: project["owner"] for project in await projects(api)}
    assert (owned[MOMENTUM], owned[WHEEL], owned[CARRY]) == (True, False, False)


# ---------------------------------------------------------------- the seeded oddities


async def test_some_names_begin_with_a_slash(api: httpx.AsyncClient) -> None:
    names = [str(project["name"]) for project in await projects(api)]
    assert sum(name.startswith("/") for name in names) == 3


async def test_one_project_lies_in_the_recycle_bin(api: httpx.AsyncClient) -> None:
    names = [str(project["name"]) for project in await projects(api)]
    assert [name for name in names if name.startswith("Recycle Bin/")] == [
        "Recycle Bin/Legacy Mean Reversion"
    ]


async def test_parameters_come_in_three_shapes(api: httpx.AsyncClient) -> None:
    shapes = {re.sub(r"\d+", "n", str(project["parameters"])) for project in await projects(api)}
    assert shapes == {"[]", "{'lookback': 'n'}", "[{'name': 'lookback', 'value': 'n'}]"}


async def test_one_date_has_a_blank_in_place_of_the_t(api: httpx.AsyncClient) -> None:
    dates = [str(project["created"]) for project in await projects(api)]
    assert [date for date in dates if " " in date] == ["2024-11-02 08:15:30"]


async def test_one_language_is_in_no_specification(api: httpx.AsyncClient) -> None:
    assert {project["language"] for project in await projects(api)} == {"Py", "C#", "Ja"}


async def test_optional_keys_are_missing_in_some_projects(api: httpx.AsyncClient) -> None:
    assert {"description" in project for project in await projects(api)} == {True, False}


@pytest.mark.parametrize("key", ["owner", "publicId", "email", "profileImage"])
async def test_keys_are_missing_for_some_collaborators(api: httpx.AsyncClient, key: str) -> None:
    text = [person for project in await projects(api) for person in listed(project, "collaborators")]
    assert {key in person for person in text} == {True, False}


async def test_some_uids_are_null(api: httpx.AsyncClient) -> None:
    people = [person for project in await projects(api) for person in listed(project, "collaborators")]
    assert {person["uid"] is None for person in people} == {True, False}


async def test_one_permission_is_in_no_specification(api: httpx.AsyncClient) -> None:
    permissions = {
        person["permission"] for project in await projects(api) for person in listed(project, "collaborators")
    }
    assert permissions == {"read", "write", "backtest"}


async def test_secrets_stand_in_the_answers(api: httpx.AsyncClient, sandbox: QuantConnectSandbox) -> None:
    text = (await api.post("projects/read", json={})).text
    found = {secret for secret in sandbox.secrets if secret in text}
    assert {secret.partition("-")[0] for secret in found} == {"share", "broker"}


def people_of(project: Json) -> list[Json]:
    people = project["collaborators"]
    assert isinstance(people, list)
    return people


# ---------------------------------------------------------------- size


async def test_a_large_organisation_comes_in_one_call() -> None:
    large = create_sandbox(
        organisation=large_organisation(projects_per_platform=50, members_per_project=50), clock=lambda: NOW
    )
    async with large.running() as base_url, httpx.AsyncClient(verify=NO_TLS, base_url=base_url) as client:
        reply = await client.post("projects/read", json={}, headers=large.credentials.headers(at=NOW))
    assert [len(listed(project, "collaborators")) for project in reply.json()["projects"]] == [50] * 50
