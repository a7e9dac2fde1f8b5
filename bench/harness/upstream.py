"""The stand-in of both platforms while it runs."""

from types import TracebackType
from typing import Self

from harness.http import Client
from harness.places import SetUpError, build_upstream
from harness.processes import LOAD_CORE, Program


class Upstream:
    """A stand-in with as many projects on each platform, each with as many members.

    Args:
        apart: how many people further the team of the next project begins.
        delay_ms: of every call.
        repeats: whether what it says of a project comes in the same bytes each time.

    Attributes:
        url: where it listens; QuantConnect's API is below /api/v2, Testomato's below /api.
        quantconnect_ids: every project of that platform.
        testomato_ids: likewise.
    """

    def __init__(
        self,
        *,
        projects: int = 25,
        members: int = 10,
        apart: int = 7,
        delay_ms: int = 0,
        repeats: bool = True,
    ) -> None:
        options = {
            "projects": projects,
            "members": members,
            "apart": apart,
            "delay-ms": delay_ms,
            "stamped": int(not repeats),
        }
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        self._program = Program("upstream", [str(build_upstream()), *words], core=LOAD_CORE, prints=True)
        try:
            port = self._port()
            self.url = f"http://127.0.0.1:{port}"
            self._control = Client(port)
            ids = self._control.get_json("/bench/ids")
        except BaseException:
            self._program.stop()
            raise
        self.quantconnect_ids: list[str] = ids["quantconnect"]
        self.testomato_ids: list[str] = ids["testomato"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._control.close()
        self._program.stop()

    def _port(self) -> int:
        line = self._program.stdout.readline()
        if not line:
            raise SetUpError(f"the upstream did not start: {self._program.last_words()}")
        return int(line)

    def calls(self) -> int:
        """How many calls it has answered."""
        return int(self._control.get_json("/bench/calls"))

    def cpu_seconds(self) -> float:
        """What it has used so far."""
        return self._program.cpu_seconds()
