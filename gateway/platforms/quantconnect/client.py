"""One method an endpoint; each says whether the call may be repeated (reads are POSTs here too)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec

from gateway.platforms.familiar_replies import FamiliarReplies
from gateway.platforms.quantconnect import wire
from gateway.platforms.quantconnect.protocol import read_reply, signed_headers
from gateway.upstream.channel import Call, UpstreamChannel
from gateway.upstream.transport import HttpReply, HttpRequest

T = TypeVar("T")
Reply = TypeVar("Reply", bound=wire.Envelope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Who calls: the numeric account id and the API token."""

    user_id: str
    api_token: str

    def __repr__(self) -> str:
        """The token is a secret, and the account id is its half."""
        return "Credential(…)"


class QuantConnectClient:
    """Calls the API with one credential. Every method may raise `UpstreamError`.

    Args:
        now: the current moment in UTC, for signatures.
    """

    def __init__(
        self,
        *,
        base_url: str,
        credential: Credential,
        channel: UpstreamChannel,
        now: Callable[[], datetime],
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credential = credential
        self._channel = channel
        self._now = now
        self._familiar = FamiliarReplies()

    async def authenticate(self) -> None:
        """Prove that the credential is accepted."""
        await self._post("authenticate", {}, wire.Acknowledgement)

    async def read_user(self) -> wire.User:
        """The account that signs."""
        return (await self._post("user/read", {}, wire.UserReply)).user

    async def read_projects(
        self,
        make: Callable[[wire.ProjectsReply], T],
        *,
        project_id: int | None = None,
        start: int | None = None,
        end: int | None = None,
    ) -> T:
        """All projects, one of them, or the window from `start` up to but not including `end`.

        Args:
            make: makes something of the reply; see `FamiliarReplies`.
        """
        parameters = {"projectId": project_id, "start": start, "end": end}
        given: dict[str, object] = {name: value for name, value in parameters.items() if value is not None}
        call = f"projects/read {given}"

        def read(reply: HttpReply) -> T:
            return make(read_reply(reply, wire.ProjectsReply))

        return await self._send(
            "projects/read", given, read=lambda reply: self._familiar.read(call, reply, read)
        )

    async def read_collaborators(self, *, project_id: int) -> wire.CollaboratorsReply:
        """Everybody in a project, and the caller's own rights."""
        return await self._post(
            "projects/collaboration/read", {"projectId": project_id}, wire.CollaboratorsReply
        )

    async def create_collaborator(
        self, *, project_id: int, public_id: str, write: bool, live_control: bool
    ) -> wire.CollaboratorsReply:
        """Add someone; answers with everybody. Not known to be idempotent."""
        body = {
            "projectId": project_id,
            "collaboratorUserId": public_id,
            "collaborationLiveControl": live_control,
            "collaborationWrite": write,
        }
        return await self._post(
            "projects/collaboration/create", body, wire.CollaboratorsReply, repeatable=False
        )

    async def update_collaborator(
        self, *, project_id: int, public_id: str, write: bool, live_control: bool
    ) -> wire.CollaboratorsReply:
        """Set both flags: whether one alone keeps the other is not documented."""
        body = {
            "projectId": project_id,
            "collaboratorUserId": public_id,
            "liveControl": live_control,
            "write": write,
        }
        return await self._post(
            "projects/collaboration/update", body, wire.CollaboratorsReply, repeatable=False
        )

    async def delete_collaborator(self, *, project_id: int, public_id: str) -> wire.CollaboratorsReply:
        """Remove someone; the id's key differs from that of the other two."""
        body = {"projectId": project_id, "collaboratorId": public_id}
        return await self._post(
            "projects/collaboration/delete", body, wire.CollaboratorsReply, repeatable=False
        )

    async def _post(
        self, path: str, body: dict[str, object], shape: type[Reply], *, repeatable: bool = True
    ) -> Reply:
        return await self._send(
            path, body, read=lambda reply: read_reply(reply, shape), repeatable=repeatable
        )

    async def _send(
        self,
        path: str,
        body: dict[str, object],
        *,
        read: Callable[[HttpReply], T],
        repeatable: bool = True,
    ) -> T:
        content = msgspec.json.encode(body)

        def prepare() -> HttpRequest:
            headers = signed_headers(
                user_id=self._credential.user_id, api_token=self._credential.api_token, now=self._now()
            )
            headers |= {"Content-Type": "application/json", "Accept": "application/json"}
            return HttpRequest(
                method="POST",
                url=f"{self._base_url}/{path}",
                headers=headers,
                body=content,
                repeatable=repeatable,
            )

        return await self._channel.call(
            Call(operation=path, repeatable=repeatable, prepare=prepare, read=read)
        )
