"""Many requests of several visitors at once, in an order that chance knows, and an eye on every answer."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gateway.sandbox.faults import Fault, FaultKind
from gateway.sandbox.handle import Sandbox
from tests.isolation.accounts import Account, revealed
from tests.isolation.visitors import QUESTIONS, Change, Question, Visitor
from tests.isolation.wire import Connection, Reply

_FINDINGS_KEPT = 20
_TROUBLES = (
    Fault(kind=FaultKind.STATUS, status=503),
    Fault(kind=FaultKind.STATUS, status=403),
    Fault(kind=FaultKind.THROTTLE),
    Fault(kind=FaultKind.HTML),
    Fault(kind=FaultKind.INVALID_JSON),
    Fault(kind=FaultKind.EMPTY),
    Fault(kind=FaultKind.RESET),
    Fault(kind=FaultKind.RESET, orderly=True),
    Fault(kind=FaultKind.TRUNCATED),
    Fault(kind=FaultKind.DROP_AFTER),
    Fault(kind=FaultKind.LATE_ANSWER, seconds=0.02),
    Fault(kind=FaultKind.DELAY, seconds=0.02),
)


@dataclass(frozen=True, kw_only=True)
class Errand:
    """One request that is to be made.

    Attributes:
        by_hash: whether the document is named by its hash.
        cache_control: what its client thinks of old answers.
        patience: after how many turns of the event loop its client hangs up; None: never.
    """

    visitor: Visitor
    asks: Question | Change
    by_hash: bool
    cache_control: str
    patience: int | None


class Traffic:
    """Makes requests and watches the answers.

    Args:
        connections: so many requests are made at once.

    Attributes:
        findings: what was not as it must be, the first few.
        seen: how often what was seen, so that a test can tell that there was anything to see.
    """

    def __init__(
        self, connections: Sequence[Connection], visitors: Sequence[Visitor], *, chance: random.Random
    ) -> None:
        self._connections = connections
        self._visitors = visitors
        self._chance = chance
        self._changes = 0
        # How often each customer's faults were switched, and the same when each of their errands began.
        self._switched: Counter[str] = Counter()
        self._under_way: dict[str, list[int]] = {one.account.mark: [] for one in visitors}
        self._calm: dict[tuple[str, Question], Any] = {}
        self._outcomes: dict[tuple[str, int], object] = {}
        self.findings: list[str] = []
        self.seen: Counter[str] = Counter()

    async def learn(self) -> None:
        """Ask everything once while all is well: what the answers must be from then on."""
        for visitor in self._visitors:
            for question in QUESTIONS:
                body = question.body(visitor.account, by_hash=False, with_text=True)
                reply = await self._connections[0].post("/graphql", body, headers=visitor.headers)
                self._look_at(visitor, question, reply)
                self._calm[visitor.name, question] = reply.json

    async def run(self, count: int) -> None:
        """Make so many requests, some at once."""
        errands = self._errands(count)

        async def work(connection: Connection) -> None:
            for errand in errands:
                await self._run(errand, connection)

        async with asyncio.TaskGroup() as group:
            for connection in self._connections:
                group.create_task(work(connection))

    def _errands(self, count: int) -> Iterator[Errand]:
        chance = self._chance
        weights = [question.weight for question in QUESTIONS]
        for _ in range(count):
            if chance.random() < 1 / 25:
                self._switch_faults()
            asks: Question | Change
            if chance.random() < 1 / 12:
                asks = self._next_change()
            else:
                [asks] = chance.choices(QUESTIONS, weights)
            yield Errand(
                visitor=chance.choice(self._visitors),
                asks=asks,
                by_hash=chance.random() < 1 / 2,
                cache_control=chance.choice(["no-cache", "no-cache", "max-age=1", "max-age=60"]),
                patience=chance.randrange(80) if chance.random() < 1 / 30 else None,
            )

    def _next_change(self) -> Change:
        """A new one, or one of the last ones again."""
        self._changes += self._chance.random() < 1 / 4
        return Change(max(0, self._changes - self._chance.randrange(6)))

    def _switch_faults(self) -> None:
        account: Account = self._chance.choice(self._visitors).account
        sandbox: Sandbox = self._chance.choice(account.sandboxes)
        if sandbox.faults.armed:
            sandbox.faults.clear()
        elif self._chance.random() < 1 / 4:
            sandbox.faults.add(self._chance.choice(_TROUBLES))
        else:
            return
        self._switched[account.mark] += 1

    async def _run(self, errand: Errand, connection: Connection) -> None:
        visitor, mark = errand.visitor, errand.visitor.account.mark
        was_calm, switched = self._is_calm(visitor.account), self._switched[mark]
        self._under_way[mark].append(switched)
        reply = await self._wait(errand, asyncio.create_task(_ask(errand, connection)))
        self._under_way[mark].remove(switched)
        if reply is None:
            self.seen["hung up"] += 1
            return
        self._look_at(visitor, errand.asks, reply)
        if isinstance(errand.asks, Change):
            self._look_at_change(visitor, errand.asks, reply)
        elif was_calm and switched == self._switched[mark]:
            # Whatever befalls the other customer, nothing is missing here.
            self.seen["in calm"] += 1
            if reply.json != self._calm[visitor.name, errand.asks]:
                self._note(visitor, errand.asks, f"another answer: {reply.body}")

    async def _wait(self, errand: Errand, asking: "asyncio.Task[Reply]") -> Reply | None:
        """The reply; None where the client's patience does not last."""
        for _ in range(errand.patience or 0):
            if asking.done():
                break
            await asyncio.sleep(0)
        if errand.patience is None or asking.done():
            return await asking
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        return None

    def _is_calm(self, account: Account) -> bool:
        """Whether nothing goes wrong, and no read that began in trouble can still be shared."""
        armed = any(sandbox.faults.armed for sandbox in account.sandboxes)
        return not armed and all(one == self._switched[account.mark] for one in self._under_way[account.mark])

    def _look_at(self, visitor: Visitor, asks: Question | Change, reply: Reply) -> None:
        """What must be so of every answer, come what may."""
        self.seen["answers"] += 1
        text = revealed(f"{reply.head} {reply.body}")
        self.seen[f"with {visitor.account.mark}"] += visitor.account.mark in text
        if any(one in text for one in visitor.foreign):
            self._note(visitor, asks, f"somebody else's: {reply.body}")
        if not visitor.sees_personal_data and ("@" in reply.body or f"@{visitor.account.mark}" in text):
            self._note(visitor, asks, f"an address: {reply.body}")
        self.seen["with an address"] += "@" in reply.body
        if reply.status != 200:
            self._note(visitor, asks, f"{reply.status}: {reply.body}")
            return
        codes = {error["extensions"]["code"] for error in reply.json.get("errors", [])}
        self.seen.update(codes)
        if codes - {"FORBIDDEN"} and not all(code.startswith("UPSTREAM_") for code in codes - {"FORBIDDEN"}):
            self._note(visitor, asks, f"{sorted(codes)}")

    def _look_at_change(self, visitor: Visitor, change: Change, reply: Reply) -> None:
        """Once it is final, an outcome is the same for ever, and everybody has one of their own."""
        data = reply.json["data"]
        if data is None:
            return
        payload = data["change"]
        self.seen[payload["outcome"]] += 1
        if payload["outcome"] == "UNKNOWN" or any(error["retryable"] for error in payload["userErrors"]):
            return
        outcome = {name: value for name, value in payload.items() if name != "project"}
        first = self._outcomes.setdefault((visitor.name, change.number), outcome)
        self.seen["given again"] += first is not outcome
        if first != outcome:
            self._note(visitor, change, f"first {json.dumps(first)}, then {reply.body}")

    def _note(self, visitor: Visitor, asks: Question | Change, what: str) -> None:
        if len(self.findings) < _FINDINGS_KEPT:
            self.findings.append(f"{visitor.name}, {asks}: {what}")


async def _ask(errand: Errand, connection: Connection) -> Reply:
    """The answer; where only the hash was sent and is not known yet, the text is sent, too."""
    asks, visitor = errand.asks, errand.visitor
    headers = {**visitor.headers, "Cache-Control": errand.cache_control}
    if isinstance(asks, Change):
        return await connection.post("/graphql", asks.body(visitor.account), headers=headers)
    body = asks.body(visitor.account, by_hash=errand.by_hash, with_text=not errand.by_hash)
    reply = await connection.post("/graphql", body, headers=headers)
    if reply.status != 404:
        return reply
    body = asks.body(visitor.account, by_hash=True, with_text=True)
    return await connection.post("/graphql", body, headers=headers)
