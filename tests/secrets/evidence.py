"""What was planted and what came to light while gateways ran."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.secrets.marks import Place, is_in, new_mark


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Of one run.

    Attributes:
        marks: the texts of what was planted, by its name in the table.
        planted: everything that settings, requests and platforms have said.
        seen: everything that came out, by place.
    """

    marks: dict[str, str] = field(default_factory=dict, repr=False)
    planted: bytearray = field(default_factory=bytearray, repr=False)
    seen: dict[Place, bytearray] = field(
        default_factory=lambda: {place: bytearray() for place in Place}, repr=False
    )

    def mark(self, name: str, *, before: str = "", after: str = "") -> str:
        """A new mark of this name, with what makes of it an address or a key; the same one each time."""
        return f"{before}{self.marks.setdefault(name, new_mark())}{after}"

    def add(self, place: Place, text: str | bytes) -> None:
        self.seen[place] += (text.encode() if isinstance(text, str) else text) + b"\n"

    def places_of(self, text: str) -> set[Place]:
        """Where it has come to light."""
        return {place for place, seen in self.seen.items() if is_in(text, bytes(seen))}

    def plant(self, *said: str | bytes) -> None:
        for one in said:
            self.planted.extend((one.encode() if isinstance(one, str) else one) + b"\n")

    def look_into(self, folder: Path, *, planted: frozenset[str]) -> None:
        """Take everything that lies in the gateway's folder but the files that were put there.

        The write-ahead log holds what SQLite has not yet moved into the file itself.
        """
        for path in sorted(folder.iterdir()):
            if path.name in planted:
                continue
            is_database = ".sqlite3" in path.name
            self.add(Place.DATABASE if is_database else Place.OTHER_FILES, path.name)
            self.add(Place.DATABASE if is_database else Place.OTHER_FILES, path.read_bytes())
        database = folder / "accessgraph.sqlite3"
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            self.add(Place.AUDIT, repr(connection.execute("SELECT * FROM audit").fetchall()))


class Overheard:
    """Before a stand-in: notes what comes in and what goes out, the credentials that a gateway makes too."""

    def __init__(self, app: ASGIApp, evidence: Evidence) -> None:
        self._app = app
        self._evidence = evidence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        authorization = dict(scope["headers"]).get(b"authorization", b"").decode()
        self._evidence.plant(repr(scope["headers"]), body, authorization)
        scheme, _, credential = authorization.partition(" ")
        if scheme == "Basic":
            self._evidence.marks.setdefault("a signature for QuantConnect", credential)
        answer = bytearray()

        async def give_body() -> Message:
            return {"type": "http.request", "body": body}

        async def note(message: Message) -> None:
            self._evidence.plant(repr(message.get("headers", "")))
            answer.extend(message.get("body", b""))
            await send(message)

        given = iter([give_body])

        async def receive_again() -> Message:
            give = next(given, None)
            return await (receive() if give is None else give())

        await self._app(scope, receive_again, note)
        self._evidence.plant(bytes(answer))
        if scope["path"] == "/api/authenticate" and scope["method"] == "POST" and answer.startswith(b"eyJ"):
            signature = answer.decode().rpartition(".")[2]
            self._evidence.marks.setdefault("a token that Testomato gave", signature)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Sends requests to one gateway, and notes everything that goes there and comes back.

    Attributes:
        headers: of every request.
    """

    client: httpx.AsyncClient
    evidence: Evidence
    headers: Mapping[str, str]

    async def send(
        self, body: object, *, method: str = "POST", path: str = "/graphql", **headers: str
    ) -> httpx.Response:
        """One request; a `body` that is no text is sent as JSON. Underscores in header names are hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        merged = {**self.headers, **named}
        content = body if isinstance(body, str) else json.dumps(body)
        kind = {} if "Content-Type" in merged else {"Content-Type": "application/json"}
        request = self.client.build_request(
            method, path, headers={**kind, **merged}, content=content if method == "POST" else None
        )
        self.evidence.plant(repr(merged), content, str(request.url), path)
        response = await self.client.send(request)
        self.evidence.add(Place.ANSWERS, f"{response.headers!r}\n{response.text}")
        for text in _messages(response):
            self.evidence.add(Place.MESSAGES, text)
        return response


def _messages(response: httpx.Response) -> Iterator[str]:
    """All that is told in words: whole errors, and messages wherever they stand in the data."""
    if response.headers.get("content-type", "").startswith("text/csv"):
        return
    try:
        answer = response.json()
    except ValueError:
        yield response.text
        return
    yield json.dumps(answer.get("errors"), ensure_ascii=False)
    yield from _messages_in(answer)


def _messages_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("message"), str):
            yield value["message"]
        for inner in value.values():
            yield from _messages_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _messages_in(inner)
