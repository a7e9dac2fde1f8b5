"""Every server, the gateway first."""

from harness.peers.gateway import Gateway
from harness.peers.hive import HIVE, HIVE_JIT
from harness.peers.peer import Peer
from harness.peers.python_servers import ARIADNE, STRAWBERRY
from harness.peers.tailcall import TAILCALL
from harness.peers.yoga import YOGA

OURS = Gateway()
PEERS: dict[str, Peer] = {
    peer.key: peer for peer in (OURS, STRAWBERRY, ARIADNE, YOGA, HIVE, HIVE_JIT, TAILCALL)
}
