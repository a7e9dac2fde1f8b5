"""One method an endpoint; each says whether the call may be repeated."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from typing import TypeVar
from urllib.parse import quote

import msgspec

from gateway.platforms.familiar_replies import FamiliarReplies
from gateway.platforms.testomato import wire
from gateway.platforms.testomato.protocol import (
    TokenNotAccepted,
    read_acknowledgement,
    read_reply,
    read_switches,
    read_token,
    read_user,
    read_users,
)
from gateway.platforms.testomato.session import PasswordSession, ReadyToken
from gateway.upstream.channel import Call, UpstreamChannel
from gateway.upstream.transport import HttpReply, HttpRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Who calls: a ready token, or an address with its password."""

    token: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


class TestomatoClient:
    """Calls the API with one credential. Every method may raise `UpstreamError`.

    Args:
        token_lifetime: asked for when signing in, in PHP's relative date format.
        now: the current moment in UTC.
    """

    def __init__(
        self,
        *,
        base_url: str,
        credential: Credential,
        token_lifetime: str,
        channel: UpstreamChannel,
        now: Callable[[], datetime],
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credential = credential
        self._token_lifetime = token_lifetime
        self._channel = channel
        self._familiar = FamiliarReplies()
        self._session: ReadyToken | PasswordSession = (
            PasswordSession(sign_in=self._sign_in, now=now)
            if credential.token is None
            else ReadyToken(credential.token)
        )

    async def verify_token(self) -> wire.Account:
        """Whose token it is."""
        return await self._get("authenticate", "authenticate", wire.Account)

    async def get_project(self, project_id: str, make: Callable[[wire.Project], T]) -> T:
        """What `make` makes of one project, with the caller's permissions in it; see `FamiliarReplies`."""
        return await self._get_familiar(
            "project",
            f"project/{_quoted(project_id)}",
            lambda reply: make(read_reply(reply, wire.Project)),
        )

    async def list_user_projects(self, user_id: str) -> list[msgspec.Raw]:
        """The projects of a user: a retired call that may still be served."""
        return await self._get("user/projects", f"user/{_quoted(user_id)}/projects", list[msgspec.Raw])

    async def list_users(self, project_id: str, make: Callable[[list[wire.User]], T]) -> T:
        """What `make` makes of everybody in a project; see `FamiliarReplies`."""
        return await self._get_familiar(
            "project/users", _users(project_id), lambda reply: make(read_users(reply))
        )

    async def list_roles(self, project_id: str) -> list[wire.Role]:
        """The roles that a project offers."""
        return await self._get("project/roles", f"project/{_quoted(project_id)}/roles", list[wire.Role])

    async def get_permissions(self, project_id: str) -> dict[str, object]:
        """What the caller may do in a project."""
        return await self._send(
            "project/permissions",
            "GET",
            f"project/{_quoted(project_id)}/permissions",
            body=None,
            read=read_switches,
        )

    async def add_user(self, project_id: str, *, email: str, role: int | str) -> wire.User:
        """Add someone, or invite an address that has no account. Not known to be idempotent."""
        return await self._send(
            "project/users add",
            "POST",
            _users(project_id),
            body={"email": email, "role": role},
            read=read_user,
        )

    async def remove_users(self, project_id: str, *, user_ids: list[int]) -> None:
        """Remove people; the call is a DELETE with a body."""
        await self._send(
            "project/users remove",
            "DELETE",
            _users(project_id),
            body={"users": user_ids},
            read=read_acknowledgement,
        )

    async def _sign_in(self) -> str:
        body = {
            "email": self._credential.email,
            "password": self._credential.password,
            "exp": self._token_lifetime,
        }
        request = HttpRequest(
            method="POST",
            url=f"{self._base_url}/authenticate",
            headers={"Content-Type": "application/json", "Accept": "text/plain, application/json"},
            body=msgspec.json.encode(body),
        )
        return await self._channel.call(
            Call(operation="authenticate", repeatable=True, prepare=lambda: request, read=read_token)
        )

    async def _get_familiar(self, operation: str, path: str, read: Callable[[HttpReply], T]) -> T:
        return await self._send(
            operation, "GET", path, body=None, read=lambda reply: self._familiar.read(path, reply, read)
        )

    async def _get(self, operation: str, path: str, shape: type[T]) -> T:
        return await self._send(
            operation, "GET", path, body=None, read=lambda reply: read_reply(reply, shape)
        )

    async def _send(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        body: dict[str, object] | None,
        read: Callable[[HttpReply], T],
    ) -> T:
        token = self._session.good_token() or await self._session.token()

        def call_with(token: str) -> "Call[T]":
            headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
            if body is not None:
                headers["Content-Type"] = "application/json"
            request = HttpRequest(
                method=method,
                url=f"{self._base_url}/{path}",
                headers=headers,
                body=b"" if body is None else msgspec.json.encode(body),
                repeatable=body is None,
            )
            return Call(operation=operation, repeatable=body is None, prepare=lambda: request, read=read)

        try:
            return await self._channel.call(call_with(token))
        except TokenNotAccepted:
            # Nothing was done, so even a write may be sent again, once, with a new token.
            replacement = await self._session.replacement_for(token)
            if replacement is None:
                raise
            return await self._channel.call(call_with(replacement))


_quoted = lru_cache(1_000)(partial(quote, safe=""))


def _users(project_id: str) -> str:
    return f"project/{_quoted(project_id)}/users"
