"""What the stand-ins are asked to change, overheard on the way to them."""

from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.types import Message, Receive, Scope

from gateway.domain.vocabulary import PlatformKey
from tests.mutations.ground import Change
from tests.mutations.line import is_write

_NAMES = {"create": Change.ADD, "update": Change.UPDATE, "delete": Change.REMOVE}
_METHODS = {"POST": Change.ADD, "DELETE": Change.REMOVE}


@dataclass(frozen=True, kw_only=True)
class Write:
    """A call that changes who is in a project, whatever becomes of it.

    Attributes:
        person: as the call names them: Testomato's by address when they are let in, by number when they go.
    """

    platform: PlatformKey
    project: str
    person: str
    change: Change


async def write_in(scope: Scope, receive: Receive) -> tuple[Write, Receive] | None:
    """The write that a call is, and what gives the call to whoever carries it out; None of another call."""
    if scope["type"] != "http" or not is_write(scope["method"], scope["path"]):
        return None
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    body = msgspec.json.decode(b"".join(message.get("body", b"") for message in messages))

    async def receive_again() -> Message:
        return messages.pop(0) if messages else await receive()

    return _write(scope["method"], scope["path"].split("/"), body), receive_again


def _write(method: str, path: list[str], body: dict[str, Any]) -> Write:
    if path[2] == "v2":
        return Write(
            platform=PlatformKey.QUANTCONNECT,
            project=str(body["projectId"]),
            person=body.get("collaboratorUserId") or body["collaboratorId"],
            change=_NAMES[path[-1]],
        )
    return Write(
        platform=PlatformKey.TESTOMATO,
        project=path[3],
        person=body.get("email") or str(body["users"][0]),
        change=_METHODS[method],
    )
