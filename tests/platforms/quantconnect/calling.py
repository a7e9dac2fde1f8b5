"""Calls to the stand-in, as its tests make them."""

import httpx

from gateway.platforms.quantconnect.sandbox import QuantConnectSandbox

NOW = 1_800_000_000

Json = dict[str, object]


def signed_by(api: httpx.AsyncClient, sandbox: QuantConnectSandbox, public_id: str) -> httpx.AsyncClient:
    """Sign with somebody else's credentials from now on."""
    api.headers.update(sandbox.credentials_of(public_id).headers(at=NOW))
    return api


async def ask(api: httpx.AsyncClient, path: str, **body: object) -> Json:
    reply = await api.post(path, json=body)
    assert reply.status_code == 200
    answer: Json = reply.json()
    return answer


async def refused(api: httpx.AsyncClient, path: str, **body: object) -> bool:
    answer = await ask(api, path, **body)
    return answer["success"] is False and isinstance(answer["errors"], list)


async def projects(api: httpx.AsyncClient, **body: object) -> list[Json]:
    return listed(await ask(api, "projects/read", **body))


def listed(answer: Json, key: str = "projects") -> list[Json]:
    items = answer[key]
    assert isinstance(items, list)
    return items
