"""GraphQL Yoga with graphql-jit: what one would write in Node.js."""

from harness.peers.node import installed, node
from harness.peers.peer import OurGraph, Start
from harness.upstream import Upstream


class Yoga(OurGraph):
    """See `harness.peers.peer.Peer`."""

    key = "yoga"
    title = "GraphQL Yoga + graphql-jit (Node)"
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


YOGA = Yoga()
