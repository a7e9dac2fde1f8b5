"""The gateway itself."""

from collections.abc import Mapping
from pathlib import Path

from harness.http import Json
from harness.ours import gateway_command, gateway_environment
from harness.peers.peer import Start
from harness.places import SetUpError
from harness.upstream import Upstream
from harness.workloads import Question, unified_questions


class Gateway:
    """See `harness.peers.peer.Peer`."""

    key = "ours"
    title = "**Accessgraph**"
    path = "/graphql"
    just_in_time = False

    def prepare(self) -> None:
        """`make setup` did it."""
        if not Path(gateway_command()[0]).is_file():
            raise SetUpError("the gateway is not installed: run make setup")

    def start(self, upstream: Upstream, *, port: int, warm: bool) -> Start:
        """As its user does."""
        environment = gateway_environment(upstream, port=port, warm=warm)
        return Start(command=gateway_command(), environment=environment)

    def questions(self, upstream: Upstream) -> Mapping[str, Question]:
        """In the words of schema.graphql."""
        return unified_questions(upstream.quantconnect_ids[3])

    def unified(self, workload: str, data: Json) -> Json:  # noqa: ARG002 - its shape is the measure
        """As it comes."""
        return data
