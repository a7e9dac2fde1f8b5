"""Tailcall: a configured gateway in Rust."""

from collections.abc import Mapping

from harness.http import Json
from harness.peers import native
from harness.peers.node import installed
from harness.peers.peer import Start
from harness.places import CACHE
from harness.upstream import Upstream
from harness.workloads import TYPENAME, Question

PROJECT = f"upstreamId: projectId name collaborators {{ {native.COLLABORATOR} }}"
ONE = f"query One($id: String!) {{ quantconnectProject(id: $id) {{ projects {{ {PROJECT} }} }} }}"
EVERY = (
    f"{{ quantconnect {{ projects {{ {PROJECT} }} }} "
    f"testomato {{ project {{ upstreamId: id name: title }} users {{ {native.USER} }} }} }}"
)


class Tailcall:
    """See `harness.peers.peer.Peer`."""

    key = "tailcall"
    title = "Tailcall 1.0.0 (Rust)"
    path = "/graphql"
    just_in_time = False

    def prepare(self) -> None:
        """Its program comes in a package of npm."""
        self._folder = installed(self.key)
        self._program = self._folder / "node_modules/@tailcallhq/core-linux-x64-gnu/bin/tailcall"
        self._program.chmod(0o755)

    def start(self, upstream: Upstream, *, port: int, warm: bool) -> Start:
        """With a configuration of its own for this upstream; its own cache is per field."""
        sites = ", ".join(f'{{ id: "{one}" }}' for one in upstream.testomato_ids)
        template = (self._folder / "gateway.graphql").read_text()
        configuration = (
            template.replace("UPSTREAM/", f"{upstream.url}/")
            .replace("PORT,", f"{port},")
            .replace("body: SITES", f"body: [{sites}]")
            .replace("@KEPT", "@cache(maxAge: 86400000)" if warm else "")
        )
        file = CACHE / f"tailcall-{'warm' if warm else 'cold'}.graphql"
        file.write_text(configuration)
        environment = {"TAILCALL_TRACKER": "false", "TAILCALL_LOG_LEVEL": "error"}
        return Start(command=[str(self._program), "start", str(file)], environment=environment)

    def questions(self, upstream: Upstream) -> Mapping[str, Question]:
        """In the platforms' words, renamed with aliases where that suffices."""
        every = Question(query=EVERY)
        one = Question(query=ONE, variables={"id": upstream.quantconnect_ids[3]})
        return {"W1": TYPENAME, "W2": one, "W3": every, "W4": every}

    def unified(self, workload: str, data: Json) -> Json:
        """Its two lists as one."""
        if workload == "W1":
            return data
        if workload == "W2":
            [project] = data["quantconnectProject"]["projects"]
            return {"projectByUpstreamId": native.trading_project(project)}
        trading = [native.trading_project(one) for one in data["quantconnect"]["projects"]]
        sites = [native.site(one["project"], one["users"]) for one in data["testomato"]]
        return {"projects": {"nodes": [*trading, *sites]}}


TAILCALL = Tailcall()
