"""The stand-in behaves as Testomato is documented to, oddities included."""

import httpx
import pytest

from gateway.platforms.testomato.sandbox import TestomatoSandbox, create_sandbox
from gateway.sandbox.large import large_organisation
from tests.plain_http import NO_TLS
from tests.platforms.testomato.calling import IDS, USER_IDS, Json, project, users, with_token

pytestmark = pytest.mark.anyio

EMIL = "emil.kowalczyk@example.com"  # has an account, takes part in nothing
PRIYA = "priya.raghunathan@example.com"
INVITED = "new.writer@example.org"


async def projects(api: httpx.AsyncClient) -> list[Json]:
    return [await project(api, title) for title in IDS]


def four_keys(status: int, message: str) -> Json:
    return {"message": message, "code": status, "ok": False, "error": True}


# ---------------------------------------------------------------- reading


async def test_a_project_comes_with_the_callers_permissions(api: httpx.AsyncClient) -> None:
    assert (await project(api, "Partner extranet"))["permissions"] == {
        "read": True,
        "run": False,
        "editTest": False,
        "edit": False,
        "manageUsers": False,
        "apiKey": False,
        "leave": True,
    }


async def test_permissions_can_be_asked_for_alone(api: httpx.AsyncClient) -> None:
    alone = (await api.get(f"project/{IDS['Client portal']}/permissions")).json()
    assert alone == (await project(api, "Client portal"))["permissions"]


@pytest.mark.parametrize("path", ["", "/users", "/roles", "/permissions"])
async def test_an_unknown_project_is_not_found(api: httpx.AsyncClient, path: str) -> None:
    reply = await api.get(f"project/{'0' * 24}{path}")
    assert (reply.status_code, reply.json()) == (404, four_keys(404, "Object not found"))


@pytest.mark.parametrize("path", ["", "/users", "/roles", "/permissions"])
async def test_a_stranger_is_forbidden_to_read_a_project(
    api: httpx.AsyncClient, sandbox: TestomatoSandbox, path: str
) -> None:
    reply = await with_token(api, sandbox.token_of(EMIL)).get(f"project/{IDS['Careers']}{path}")
    assert (reply.status_code, reply.json()["code"]) == (403, 403)


async def test_users_come_as_a_bare_list(api: httpx.AsyncClient) -> None:
    reply = await api.get(f"project/{IDS['Careers']}/users")
    assert [user["name"] for user in reply.json()] == ["Ingrid Solheim", "Greta Hoffmann", "Rosa Castellanos"]


async def test_the_payer_cannot_be_removed(api: httpx.AsyncClient) -> None:
    team = (await users(api, "Careers")).values()
    flags = [(user["isPayer"], user["canBeRemoved"]) for user in team]
    assert flags == [(True, False), (False, True), (False, True)]


async def test_an_invited_person_has_no_name_and_is_not_confirmed(api: httpx.AsyncClient) -> None:
    invited = (await users(api, "Documentation"))[INVITED]
    assert (invited["name"], invited["confirmed"]) == (None, False)


async def test_the_system_has_three_roles(api: httpx.AsyncClient) -> None:
    roles = (await api.get(f"project/{IDS['Careers']}/roles")).json()
    assert [(int(role["id"]), role["name"], role["systemRole"]) for role in roles] == [
        (4, "project admin", True),
        (5, "project developer", True),
        (6, "project guest", True),
    ]


async def test_one_project_has_a_custom_role_without_switches(api: httpx.AsyncClient) -> None:
    roles = (await api.get(f"project/{IDS['Investor relations']}/roles")).json()
    assert roles[3] == {
        "id": 17,
        "users_id": "4200",
        "name": "auditor",
        "permissions": ["read", "run"],
        "systemRole": False,
    }


async def test_the_callers_projects_are_listed_by_the_retired_call(
    api: httpx.AsyncClient, sandbox: TestomatoSandbox
) -> None:
    reply = await with_token(api, sandbox.token_of(PRIYA)).get(f"user/{USER_IDS[PRIYA]}/projects")
    assert [project["title"] for project in reply.json()] == ["Investor relations", "Partner extranet"]


async def test_the_retired_list_holds_no_permissions(api: httpx.AsyncClient) -> None:
    reply = await api.get("user/4200/projects")
    assert all("permissions" not in project for project in reply.json())


async def test_nobody_lists_the_projects_of_another(api: httpx.AsyncClient) -> None:
    assert (await api.get(f"user/{USER_IDS[PRIYA]}/projects")).status_code == 403


async def test_the_retired_list_may_be_gone() -> None:
    newer = create_sandbox(lists_projects=False)
    async with newer.running() as base_url, httpx.AsyncClient(verify=NO_TLS, base_url=base_url) as client:
        reply = await client.get("user/4200/projects", headers={"Authorization": f"Bearer {newer.token}"})
    assert (reply.status_code, reply.json()) == (404, four_keys(404, "API endpoint not found"))


async def test_a_method_that_an_endpoint_does_not_know_is_not_found(api: httpx.AsyncClient) -> None:
    reply = await api.patch(f"project/{IDS['Careers']}/users", json={})
    assert reply.json() == four_keys(404, "API endpoint not found")


# ---------------------------------------------------------------- the seeded oddities


async def test_user_ids_come_as_text_and_as_numbers(api: httpx.AsyncClient) -> None:
    kinds = {
        type(user["id"])
        for title in ("Careers", "Documentation")
        for user in (await users(api, title)).values()
    }
    assert kinds == {int, str}


async def test_role_ids_come_as_text_and_as_numbers(api: httpx.AsyncClient) -> None:
    roles = [
        user["role"]
        for title in ("Careers", "Investor relations")
        for user in (await users(api, title)).values()
    ]
    assert {type(role["id"]) for role in roles if isinstance(role, dict)} == {int, str}


@pytest.mark.parametrize("key", ["payerId", "uptimeEnabled", "period", "userAgent", "status"])
async def test_keys_of_a_project_come_in_two_types(api: httpx.AsyncClient, key: str) -> None:
    assert len({type(project[key]) for project in await projects(api)}) == 2


async def test_automatic_checks_that_are_off_have_the_period_false(api: httpx.AsyncClient) -> None:
    assert (await project(api, "Careers"))["period"] is False


async def test_uptime_is_false_or_a_number_of_seconds(api: httpx.AsyncClient) -> None:
    assert {project["uptimeEnabled"] for project in await projects(api)} == {False, 15}


async def test_editing_has_two_spellings(api: httpx.AsyncClient) -> None:
    permissions = [project["permissions"] for project in await projects(api)]
    spellings = {
        key for granted in permissions if isinstance(granted, dict) for key in granted if "Test" in key
    }
    assert spellings == {"editTests", "editTest"}


@pytest.mark.parametrize("key", ["sslStatus", "sslDaysLeft"])
async def test_some_projects_say_nothing_of_their_certificate(api: httpx.AsyncClient, key: str) -> None:
    assert {key in project for project in await projects(api)} == {True, False}


async def test_the_end_of_a_confirmation_is_a_php_date(api: httpx.AsyncClient) -> None:
    shown = (await users(api, "Documentation"))[INVITED]["confirmTokenExpiration"]
    assert shown == {"date": "2026-12-24 13:10:35.000000", "timezone_type": 3, "timezone": "Europe/Prague"}


async def test_secrets_stand_in_the_answers(api: httpx.AsyncClient, sandbox: TestomatoSandbox) -> None:
    text = (await api.get(f"project/{IDS['Corporate site']}/users")).text
    assert {secret[:4] for secret in sandbox.secrets if secret in text} == {"key-", "+1 2"}


# ---------------------------------------------------------------- size


async def test_a_large_organisation_has_its_users_project_by_project() -> None:
    large = create_sandbox(organisation=large_organisation(projects_per_platform=50, members_per_project=50))
    headers = {"Authorization": f"Bearer {large.token}"}
    async with large.running() as base_url, httpx.AsyncClient(verify=NO_TLS, base_url=base_url) as client:
        replies = [await client.get(f"project/{one}/users", headers=headers) for one in large.state.projects]
    assert [len(reply.json()) for reply in replies] == [50] * 50
