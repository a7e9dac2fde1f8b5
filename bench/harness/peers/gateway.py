"""The gateway itself."""

from pathlib import Path

from harness.ours import gateway_command, gateway_environment
from harness.peers.peer import OurGraph, Start
from harness.places import SetUpError
from harness.upstream import Upstream


class Gateway(OurGraph):
    """See `harness.peers.peer.Peer`."""

    key = "ours"
    title = "**Accessgraph**"
    just_in_time = False

    def prepare(self) -> None:
        """`make setup` did it."""
        if not Path(gateway_command()[0]).is_file():
            raise SetUpError("the gateway is not installed: run make setup")

    def start(self, upstream: Upstream, *, port: int, warm: bool) -> Start:
        """As its user does."""
        environment = gateway_environment(upstream, port=port, warm=warm)
        return Start(command=gateway_command(), environment=environment)
