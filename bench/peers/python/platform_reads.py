"""Reading both platforms with httpx, and sharing reads within a request with aiodataloader."""

import asyncio
import base64
import hashlib
import os
import time

import graph_values as values
import httpx
import msgspec
from aiodataloader import DataLoader

URL = os.environ["UPSTREAM_URL"]
TESTOMATO_IDS = [one for one in os.environ["TESTOMATO_IDS"].split(",") if one]
EVERYTHING = "*"
# Whether what the platforms said is kept for all later requests.
KEEP = bool(os.environ.get("KEEP"))


class Platforms:
    """Both platforms' clients; lives as long as the server."""

    def __init__(self) -> None:
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
        self._client = httpx.AsyncClient(limits=limits, timeout=60)
        self._token: asyncio.Task[str] | None = None
        self.kept: Reads | None = None

    async def trading_projects(self, project_id: str | None = None) -> list[values.Project]:
        """QuantConnect's projects, or one of them."""
        body = {} if project_id is None else {"projectId": int(project_id)}
        response = await self._client.post(f"{URL}/api/v2/projects/read", json=body, headers=_signature())
        reply = msgspec.json.decode(response.content, type=values.ProjectsReply)
        return [values.trading_project(one) for one in reply.projects]

    async def site(self, project_id: str) -> values.Project:
        """Testomato's project."""
        content = await self._get(f"{URL}/api/project/{project_id}")
        return values.site(msgspec.json.decode(content, type=values.TestomatoProject))

    async def users(self, project_id: str) -> values.Members:
        """Everybody in Testomato's project."""
        content = await self._get(f"{URL}/api/project/{project_id}/users")
        users = msgspec.json.decode(content, type=list[values.User])
        return values.sorted_members([values.user_as_member(one) for one in users])

    async def _get(self, url: str) -> bytes:
        if self._token is None:
            self._token = asyncio.create_task(self._sign_in())
        headers = {"Authorization": f"Bearer {await self._token}", "Accept": "application/json"}
        return (await self._client.get(url, headers=headers)).content

    async def _sign_in(self) -> str:
        body = {"email": "ada.abbott.0@example.com", "password": "made-up"}
        return (await self._client.post(f"{URL}/api/authenticate", json=body)).text


class Reads:
    """What one request reads, each thing once; with KEEP what all requests read."""

    def __init__(self, platforms: Platforms) -> None:
        async def trading(keys: list[str]) -> list[list[values.Project]]:
            wanted = [None if key == EVERYTHING else key for key in keys]
            return await asyncio.gather(*(platforms.trading_projects(key) for key in wanted))

        async def sites(keys: list[str]) -> list[values.Project]:
            return await asyncio.gather(*(platforms.site(key) for key in keys))

        async def users(keys: list[str]) -> list[values.Members]:
            return await asyncio.gather(*(platforms.users(key) for key in keys))

        self._trading: DataLoader[str, list[values.Project]] = DataLoader(trading)
        self._sites: DataLoader[str, values.Project] = DataLoader(sites)
        self._users: DataLoader[str, values.Members] = DataLoader(users)

    async def projects(self) -> values.Projects:
        """Every project of both platforms."""
        trading, sites = await asyncio.gather(
            self._trading.load(EVERYTHING), self._sites.load_many(TESTOMATO_IDS)
        )
        return values.Projects(sorted([*trading, *sites], key=lambda project: project.rank))

    async def project(self, platform: str, upstream_id: str) -> values.Project | None:
        """One project."""
        if platform == "TESTOMATO":
            return await self._sites.load(upstream_id)
        return next(iter(await self._trading.load(upstream_id)), None)

    async def members(self, project: values.Project) -> values.Members:
        """Everybody in a project."""
        return project.people or await self._users.load(project.upstream_id)


PLATFORMS = Platforms()


def reads() -> Reads:
    """For one request; with KEEP the same for all."""
    if not KEEP:
        return Reads(PLATFORMS)
    if PLATFORMS.kept is None:
        PLATFORMS.kept = Reads(PLATFORMS)
    return PLATFORMS.kept


def _signature() -> dict[str, str]:
    timestamp = str(int(time.time()))
    digest = hashlib.sha256(f"0123456789abcdef0123456789abcdef:{timestamp}".encode()).hexdigest()
    pair = base64.b64encode(f"412000:{digest}".encode()).decode()
    return {"Authorization": f"Basic {pair}", "Timestamp": timestamp, "Accept": "application/json"}
