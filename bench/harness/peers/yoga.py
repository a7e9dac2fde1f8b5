"""GraphQL Yoga with graphql-jit: what one would write in Node.js."""

from collections.abc import Mapping

from harness.http import Json
from harness.peers.node import installed, node
from harness.peers.peer import Start
from harness.upstream import Upstream
from harness.workloads import Question, unified_questions


class Yoga:
    """See `harness.peers.peer.Peer`."""

    key = "yoga"
    title = "GraphQL Yoga + graphql-jit (Node)"
    path = "/graphql"
    just_in_time = True

    def prepare(self) -> None:
        """Install what package-lock.json names."""
        self._folder = installed(self.key)

    def start(self, upstream: Upstream, *, port: int, warm: bool) -> Start:
        """As in production."""
        environment = {
            "NODE_ENV": "production",
            "PORT": str(port),
            "UPSTREAM_URL": upstream.url,
            "TESTOMATO_IDS": ",".join(upstream.testomato_ids),
            "KEEP": "1" if warm else "",
        }
        return Start(command=[node(), "server.js"], environment=environment, folder=self._folder)

    def questions(self, upstream: Upstream) -> Mapping[str, Question]:
        """Its graph has our fields."""
        return unified_questions(upstream.quantconnect_ids[3])

    def unified(self, workload: str, data: Json) -> Json:  # noqa: ARG002 - its shape is ours
        """As it comes."""
        return data


YOGA = Yoga()
