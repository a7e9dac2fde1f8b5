"""What is asked."""

import json
from dataclasses import dataclass, field

MEMBER = "upstreamId name email avatarUrl bio role nativeRole isOwner"
PROJECT = f"upstreamId name platform members {{ nodes {{ {MEMBER} }} }}"

PROJECT_BY_ID = (
    "query One($id: String!) "
    f"{{ projectByUpstreamId(platform: QUANTCONNECT, upstreamId: $id) {{ {PROJECT} }} }}"
)
EVERY_PROJECT = f"{{ projects(first: 50) {{ nodes {{ {PROJECT} }} }} }}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What one server is asked, in its own words."""

    query: str
    variables: dict[str, str | int] = field(default_factory=dict)

    def body(self) -> bytes:
        """As it is sent."""
        content: dict[str, object] = {"query": self.query}
        if self.variables:
            content["variables"] = self.variables
        return json.dumps(content, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One kind of load.

    Attributes:
        connections: how many requests are under way at once.
        warm: what the upstreams said already may be kept in memory.
        calls: how many calls upstream the question takes where nothing is kept.
    """

    name: str
    meaning: str
    connections: int
    calls: int
    warm: bool = False


W1 = Workload(name="W1", meaning="`{ __typename }`", connections=32, calls=0)
W2 = Workload(
    name="W2",
    meaning="one project with its 10 members, a variable, one upstream call",
    connections=16,
    calls=1,
)
W3 = Workload(
    name="W3",
    meaning="50 projects of both platforms with 10 members each, 8 leaf fields a member",
    connections=4,
    calls=51,
)
W4 = Workload(
    name="W4",
    meaning="W3 with what the upstreams said already in memory",
    connections=4,
    calls=51,
    warm=True,
)
WORKLOADS = {workload.name: workload for workload in (W1, W2, W3, W4)}

TYPENAME = Question(query="{ __typename }")


def unified_questions(project_id: str) -> dict[str, Question]:
    """The questions to a server whose graph has our fields."""
    every = Question(query=EVERY_PROJECT)
    one = Question(query=PROJECT_BY_ID, variables={"id": project_id})
    return {"W1": TYPENAME, "W2": one, "W3": every, "W4": every}
