"""Calls to the stand-in, as its tests make them."""

import httpx

from gateway.platforms.testomato.sandbox import create_sandbox

SEEDED = create_sandbox()
IDS = {str(project.shown["title"]): project.project_id for project in SEEDED.state.projects.values()}
USER_IDS = {user.email: user.user_id for user in SEEDED.state.users.values()}

Json = dict[str, object]


def with_token(api: httpx.AsyncClient, token: str) -> httpx.AsyncClient:
    """Call with another token from now on."""
    api.headers["Authorization"] = f"Bearer {token}"
    return api


async def project(api: httpx.AsyncClient, title: str) -> Json:
    found: Json = (await api.get(f"project/{IDS[title]}")).json()
    return found


async def users(api: httpx.AsyncClient, title: str) -> dict[object, Json]:
    reply = await api.get(f"project/{IDS[title]}/users")
    return {user["email"]: user for user in reply.json()}
