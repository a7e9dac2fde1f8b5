"""The servers under measurement while they run."""

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from harness.http import Client, Json
from harness.peers.peer import Peer
from harness.places import SetUpError, say
from harness.processes import SERVER_CORE, Program, free_port, until_listening
from harness.upstream import Upstream
from harness.workloads import Question, Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One that runs.

    Attributes:
        warm: it keeps what the upstreams say.
    """

    peer: Peer
    warm: bool
    program: Program
    port: int
    questions: Mapping[str, Question]

    @property
    def url(self) -> str:
        """Where it takes GraphQL."""
        return f"http://127.0.0.1:{self.port}{self.peer.path}"

    def ask(self, workload: str) -> Json:
        """The `data` of one answer.

        Raises:
            SetUpError: there are errors in it, or it is none.
        """
        client = Client(self.port)
        try:
            status, content = client.post(self.peer.path, self.questions[workload].body())
        except OSError as error:
            raise SetUpError(f"{workload}: {error}; {self.program.last_words()}") from error
        finally:
            client.close()
        try:
            answer = json.loads(content)
        except ValueError:
            answer = {}
        if status != 200 or answer.get("errors") or not answer.get("data"):
            raise SetUpError(f"{workload}: {status} {content[:300]!r}")
        return answer["data"]


class Servers:
    """Starts servers, and ends them all.

    Attributes:
        refused: why a peer cannot be measured, by its key.
    """

    def __init__(self, upstream: Upstream, stack: ExitStack) -> None:
        self._upstream = upstream
        self._stack = stack
        self._running: dict[tuple[str, bool], Server] = {}
        self.refused: dict[str, str] = {}

    def prepare(self, peers: Iterable[Peer]) -> None:
        """Fetch and build what they need."""
        for peer in peers:
            say(f"setting up {peer.key}")
            try:
                peer.prepare()
            except SetUpError as error:
                self.leave_out(peer, str(error))

    def start(self, peers: Iterable[Peer], workloads: Iterable[Workload]) -> None:
        """Start every peer once for each kind of memory that the workloads need, and check its answers."""
        workloads = tuple(workloads)
        expected: dict[str, Json] = {}
        for peer in peers:
            if peer.key in self.refused:
                continue
            say(f"starting {peer.key}")
            try:
                for warm in sorted({workload.warm for workload in workloads}):
                    self._running[peer.key, warm] = self._start(peer, warm=warm)
                self._check(peer, workloads, expected)
            except SetUpError as error:
                if not expected:
                    raise
                self.leave_out(peer, str(error))

    def of(self, workload: Workload) -> list[Server]:
        """Those to measure, the gateway first."""
        return [server for (_, warm), server in self._running.items() if warm is workload.warm]

    def leave_out(self, peer: Peer, reason: str) -> None:
        """End a peer that cannot be measured, and remember why."""
        self.refused[peer.key] = reason
        say(f"{peer.key} is left out: {reason}")
        for key in [key for key in self._running if key[0] == peer.key]:
            self._running.pop(key).program.stop()

    def _start(self, peer: Peer, *, warm: bool) -> Server:
        port = free_port()
        start = peer.start(self._upstream, port=port, warm=warm)
        program = self._stack.enter_context(
            Program(
                f"{peer.key} {'warm' if warm else 'cold'}",
                start.command,
                core=SERVER_CORE,
                environment=start.environment,
                folder=start.folder,
            )
        )
        until_listening(program, port)
        questions = peer.questions(self._upstream)
        return Server(peer=peer, warm=warm, program=program, port=port, questions=questions)

    def _check(self, peer: Peer, workloads: tuple[Workload, ...], expected: dict[str, Json]) -> None:
        """Every server must say the same as the first one, value by value.

        Raises:
            SetUpError: it does not.
        """
        for workload in workloads:
            server = self._running[peer.key, workload.warm]
            said = in_one_order(peer.unified(workload.name, server.ask(workload.name)))
            if workload.name not in expected:
                check_size(workload.name, said)
                expected[workload.name] = said
            elif said != expected[workload.name]:
                raise SetUpError(f"{workload.name}: {difference(said, expected[workload.name])}")


def in_one_order(data: Json) -> Json:
    """Lists sorted and keys in order, so that only values can differ."""
    if isinstance(data, dict):
        return {key: in_one_order(data[key]) for key in sorted(data)}
    if isinstance(data, list):
        return sorted((in_one_order(one) for one in data), key=lambda one: json.dumps(one, sort_keys=True))
    return data


def check_size(workload: str, data: Json) -> None:
    """The first server's own answer is at least of the size that it should have.

    Raises:
        SetUpError: it is not.
    """
    leaves = {"W1": 1, "W2": 3 + 10 * 8}.get(workload, 50 * (3 + 10 * 8))
    found = _count_leaves(data)
    if found != leaves:
        raise SetUpError(f"{workload}: {found} values in the answer in place of {leaves}")


def _count_leaves(data: Json) -> int:
    if isinstance(data, dict):
        return sum(_count_leaves(one) for one in data.values())
    if isinstance(data, list):
        return sum(_count_leaves(one) for one in data)
    return 1


def difference(said: Json, expected: Json, place: str = "data") -> str:
    """The first place where two answers differ, in words."""
    if isinstance(said, dict) and isinstance(expected, dict) and said.keys() == expected.keys():
        pairs = [(said[key], expected[key], f"{place}.{key}") for key in said]
    elif isinstance(said, list) and isinstance(expected, list) and len(said) == len(expected):
        pairs = [
            (one, other, f"{place}[{i}]") for i, (one, other) in enumerate(zip(said, expected, strict=True))
        ]
    else:
        return f"{place} is {str(said)[:120]} in place of {str(expected)[:120]}"
    return next(difference(one, other, where) for one, other, where in pairs if one != other)
