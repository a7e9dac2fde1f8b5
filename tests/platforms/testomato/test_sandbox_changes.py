"""The stand-in adds and removes users as Testomato is documented to."""

import httpx
import pytest

from gateway.platforms.testomato.sandbox import TestomatoSandbox, create_sandbox
from gateway.sandbox.faults import Fault, FaultKind
from tests.plain_http import NO_TLS
from tests.platforms.testomato.calling import IDS, USER_IDS, Json, project, users, with_token

pytestmark = pytest.mark.anyio

EMIL = "emil.kowalczyk@example.com"  # has an account, takes part in nothing
PRIYA = "priya.raghunathan@example.com"


async def add(api: httpx.AsyncClient, title: str, **body: object) -> httpx.Response:
    return await api.post(f"project/{IDS[title]}/users", json=body)


async def remove(api: httpx.AsyncClient, title: str, *user_ids: object) -> httpx.Response:
    return await api.request("DELETE", f"project/{IDS[title]}/users", json={"users": user_ids})


def four_keys(status: int, message: str) -> Json:
    return {"message": message, "code": status, "ok": False, "error": True}


async def test_an_addition_answers_with_the_user(api: httpx.AsyncClient) -> None:
    reply = await add(api, "Careers", email=EMIL, role=5)
    shown = reply.json()
    assert (reply.status_code, shown["email"], int(shown["role"]["id"])) == (200, EMIL, 5)


async def test_an_added_user_is_in_the_next_list(api: httpx.AsyncClient) -> None:
    await users(api, "Careers")
    await add(api, "Careers", email=EMIL, role=6)
    assert EMIL in await users(api, "Careers")


async def test_an_added_user_is_in_the_projects_own_list_of_ids(api: httpx.AsyncClient) -> None:
    await project(api, "Careers")
    await add(api, "Careers", email=EMIL, role=6)
    assert USER_IDS[EMIL] in (await project(api, "Careers"))["userIds"]  # type: ignore[operator]


async def test_an_address_is_found_in_any_case(api: httpx.AsyncClient) -> None:
    reply = await add(api, "Careers", email=EMIL.upper(), role=6)
    assert (reply.json()["name"], reply.json()["confirmed"]) == ("Emil Kowalczyk", True)


async def test_an_unknown_address_is_invited(api: httpx.AsyncClient) -> None:
    reply = await add(api, "Careers", email="stranger@example.net", role=4)
    assert (reply.json()["name"], reply.json()["confirmed"]) == (None, False)


async def test_an_invited_address_keeps_its_id_in_another_project(api: httpx.AsyncClient) -> None:
    first = (await add(api, "Careers", email="stranger@example.net", role=4)).json()
    second = (await add(api, "Staging portal", email="stranger@example.net", role=6)).json()
    assert int(first["id"]) == int(second["id"])


@pytest.mark.parametrize(
    "body",
    [
        {"email": PRIYA, "role": "5"},
        {"email": PRIYA, "role": 7},
        {"email": PRIYA},
        {"role": 5},
        {"email": "no address", "role": 5},
        {"email": "ingrid.solheim@example.com", "role": 5},
    ],
)
async def test_an_addition_that_cannot_be_is_answered_with_a_message_alone(
    api: httpx.AsyncClient, body: Json
) -> None:
    reply = await add(api, "Careers", **body)
    assert (reply.status_code, list(reply.json())) == (400, ["message"])


async def test_roles_may_be_taken_as_text_only() -> None:
    textual = create_sandbox(roles_as_text=True)
    async with textual.running() as base_url, httpx.AsyncClient(verify=NO_TLS, base_url=base_url) as client:
        api = with_token(client, textual.token)
        replies = [await add(api, "Careers", email=EMIL, role=role) for role in (5, "5")]
    assert [reply.status_code for reply in replies] == [400, 200]


@pytest.mark.parametrize("title", ["Market data API", "Partner extranet"])
async def test_who_may_not_manage_users_is_forbidden_to_add(api: httpx.AsyncClient, title: str) -> None:
    assert (await add(api, title, email=EMIL, role=6)).status_code == 403


async def test_an_admin_who_is_not_the_payer_may_add(api: httpx.AsyncClient) -> None:
    assert (await add(api, "Client portal", email=EMIL, role=6)).status_code == 200


async def test_a_removed_user_is_gone(api: httpx.AsyncClient) -> None:
    rosa = "rosa.castellanos@example.com"
    await remove(api, "Careers", USER_IDS[rosa])
    assert rosa not in await users(api, "Careers")


async def test_a_removal_answers_with_a_message_of_success(api: httpx.AsyncClient) -> None:
    reply = await remove(api, "Careers", USER_IDS["rosa.castellanos@example.com"])
    assert {key: reply.json()[key] for key in ("code", "ok", "error")} == {
        "code": 200,
        "ok": True,
        "error": False,
    }


async def test_the_owner_stays(api: httpx.AsyncClient) -> None:
    assert (await remove(api, "Careers", 4_200)).status_code == 400


@pytest.mark.parametrize("user", [1, 4_207])
async def test_who_is_not_in_the_project_is_not_found(api: httpx.AsyncClient, user: int) -> None:
    assert (await remove(api, "Careers", user)).json() == four_keys(404, "Object not found")


async def test_a_removal_is_done_for_all_or_none(api: httpx.AsyncClient) -> None:
    rosa = "rosa.castellanos@example.com"
    await remove(api, "Careers", USER_IDS[rosa], 1)
    assert rosa in await users(api, "Careers")


async def test_ids_in_a_removal_are_numbers(api: httpx.AsyncClient) -> None:
    user_id = USER_IDS["rosa.castellanos@example.com"]
    assert (await remove(api, "Careers", str(user_id))).status_code == 400


async def test_who_may_not_manage_users_is_forbidden_to_remove(api: httpx.AsyncClient) -> None:
    user_id = USER_IDS["samir.aziz@example.com"]
    assert (await remove(api, "Partner extranet", user_id)).status_code == 403


async def test_a_lost_answer_leaves_the_user_added(api: httpx.AsyncClient, sandbox: TestomatoSandbox) -> None:
    sandbox.faults.add(Fault(kind=FaultKind.DROP_AFTER, method="POST", times=1))
    with pytest.raises(httpx.ReadError):
        await add(api, "Careers", email=EMIL, role=6)
    assert EMIL in await users(api, "Careers")
