"""What the benchmark needs to know of a server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.http import Json
from harness.places import CACHE
from harness.upstream import Upstream
from harness.workloads import Question, unified_questions


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How to start it."""

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path = CACHE


class Peer(Protocol):
    """A server to measure.

    Attributes:
        key: its name on the command line.
        title: its name in the tables.
        path: where it takes GraphQL.
        just_in_time: its speed grows for some seconds, while a compiler learns what is hot.
    """

    key: str
    title: str
    path: str
    just_in_time: bool

    def prepare(self) -> None:
        """Fetch and build what it needs; quick when nothing changed.

        Raises:
            SetUpError: it cannot be had here.
        """

    def start(self, upstream: Upstream, *, port: int, warm: bool) -> Start:
        """How to start it in front of `upstream`; warm: it keeps what the upstreams say."""

    def questions(self, upstream: Upstream) -> Mapping[str, Question]:
        """What to ask it for each workload."""

    def unified(self, workload: str, data: Json, /) -> Json:
        """The `data` of an answer in the shape of our own graph."""


class OurGraph:
    """What is the same for every `Peer` whose graph has our own's fields."""

    path = "/graphql"

    def questions(self, upstream: Upstream) -> Mapping[str, Question]:
        """In the words of schema.graphql."""
        return unified_questions(upstream.quantconnect_ids[3])

    def unified(self, _: str, data: Json, /) -> Json:
        """As it comes."""
        return data
