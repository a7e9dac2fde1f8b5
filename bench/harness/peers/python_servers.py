"""Plain Strawberry and Ariadne, over the same resolvers."""

import hashlib
import shutil
import sys

from harness.peers.peer import OurGraph, Start
from harness.places import BENCH, CACHE, run_step
from harness.upstream import Upstream

SOURCES = BENCH / "peers/python"


class PythonServer(OurGraph):
    """See `harness.peers.peer.Peer`."""

    just_in_time = False

    def __init__(self, *, key: str, title: str) -> None:
        self.key = key
        self.title = title
        self._packages = CACHE / key

    def prepare(self) -> None:
        """Install what its list pins, apart from the gateway's own packages."""
        requirements = SOURCES / f"{self.key}.txt"
        stamp = self._packages / ".installed"
        wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        shutil.rmtree(self._packages, ignore_errors=True)
        options = ["--quiet", "--disable-pip-version-check", "--target", str(self._packages)]
        run_step([sys.executable, "-m", "pip", "install", *options, "--requirement", str(requirements)])
        stamp.write_text(wanted)

    def start(self, upstream: Upstream, *, port: int, warm: bool) -> Start:
        """Under uvicorn, as the gateway itself."""
        serve = ["uvicorn", f"{self.key}_server:app", "--host", "127.0.0.1", "--port", str(port)]
        speed = ["--loop", "uvloop", "--http", "httptools", "--log-level", "warning", "--no-access-log"]
        environment = {
            "PYTHONPATH": f"{self._packages}:{SOURCES}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "UPSTREAM_URL": upstream.url,
            "TESTOMATO_IDS": ",".join(upstream.testomato_ids),
            "KEEP": "1" if warm else "",
        }
        return Start(command=[sys.executable, "-m", *serve, *speed], environment=environment)


STRAWBERRY = PythonServer(key="strawberry", title="plain Strawberry")
ARIADNE = PythonServer(key="ariadne", title="Ariadne")
