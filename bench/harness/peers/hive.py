"""Hive Gateway: the gateway to buy, over a supergraph that Mesh composes of both REST APIs."""

import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from harness.http import Json
from harness.peers import native
from harness.peers.node import installed, node
from harness.peers.peer import Start
from harness.places import run_step
from harness.upstream import Upstream
from harness.workloads import TYPENAME, Question

PROJECT = f"upstreamId: projectId name collaborators {{ {native.COLLABORATOR} }}"
ONE = (
    "query One($id: Int!) "
    f"{{ quantconnectProject(input: {{ projectId: $id }}) {{ projects {{ {PROJECT} }} }} }}"
)


class Hive:
    """See `harness.peers.peer.Peer`."""

    path = "/graphql"
    just_in_time = True

    def __init__(self, *, key: str, title: str, options: list[str]) -> None:
        self.key = key
        self.title = title
        self._options = options

    def prepare(self) -> None:
        """Install what package-lock.json names."""
        self._folder = installed("hive")

    def start(self, upstream: Upstream, *, port: int, warm: bool) -> Start:
        """With a supergraph that is composed for this upstream."""
        # One file each: a running one watches its own, and stumbles when it is written anew.
        supergraph = f"{self.key}-{'warm' if warm else 'cold'}.graphql"
        shutil.copy(_composed(self._folder, upstream.url), self._folder / supergraph)
        serve = ["node_modules/.bin/hive-gateway", "supergraph", supergraph]
        listen = ["-c", "gateway.config.js", "-h", "127.0.0.1", "-p", str(port)]
        environment = {"NODE_ENV": "production", "FORK": "1", "KEEP": "1" if warm else ""}
        return Start(
            command=[node(), *serve, *listen, *self._options], environment=environment, folder=self._folder
        )

    def questions(self, upstream: Upstream) -> Mapping[str, Question]:
        """In the platforms' words; it cannot make one call a list's element, so each has an alias."""
        sites = " ".join(
            f'p{place}: project(project: "{one}") {{ upstreamId: id name: title }} '
            f'u{place}: users(project: "{one}") {{ {native.USER} }}'
            for place, one in enumerate(upstream.testomato_ids)
        )
        every = Question(query=f"{{ quantconnect {{ projects {{ {PROJECT} }} }} {sites} }}")
        one = Question(query=ONE, variables={"id": int(upstream.quantconnect_ids[3])})
        return {"W1": TYPENAME, "W2": one, "W3": every, "W4": every}

    def unified(self, workload: str, data: Json) -> Json:
        """Its lists as one."""
        if workload == "W1":
            return data
        if workload == "W2":
            [project] = data["quantconnectProject"]["projects"]
            return {"projectByUpstreamId": native.trading_project(project)}
        trading = [native.trading_project(one) for one in data["quantconnect"]["projects"]]
        places = range(sum(key.startswith("p") for key in data))
        sites = [native.site(data[f"p{place}"], data[f"u{place}"]) for place in places]
        return {"projects": {"nodes": [*trading, *sites]}}


@cache
def _composed(folder: Path, upstream_url: str) -> Path:
    command = [node(), "node_modules/.bin/mesh-compose", "-c", "mesh.config.js", "-o", "supergraph.graphql"]
    run_step(command, folder=folder, environment={"UPSTREAM_URL": upstream_url})
    return folder / "supergraph.graphql"


HIVE = Hive(key="hive", title="Hive Gateway 2.15.1 (Node)", options=[])
HIVE_JIT = Hive(key="hive-jit", title="Hive Gateway 2.15.1 --jit (Node)", options=["--jit"])
