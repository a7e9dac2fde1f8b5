"""Programs that run for the benchmark: pinned to a core, watched, and never left behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from harness.places import CACHE, SetUpError

SERVER_CORE = 0
LOAD_CORE = 1

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def pinned(command: list[str], *, core: int) -> list[str]:
    """The command on one core, and killed by the kernel if the benchmark should be."""
    if core in os.sched_getaffinity(0):
        command = ["taskset", "-c", str(core), *command]
    if shutil.which("setpriv"):
        command = ["setpriv", "--pdeathsig", "KILL", *command]
    return command


class Program:
    """One program with its children.

    Args:
        name: for messages, and for the file that its output goes to.
        prints: whether its standard output is read (`stdout`) instead.
    """

    def __init__(  # noqa: PLR0913 - a program has that many sides
        self,
        name: str,
        command: list[str],
        *,
        core: int,
        environment: dict[str, str] | None = None,
        folder: Path = CACHE,
        prints: bool = False,
    ) -> None:
        self.name = name
        CACHE.mkdir(exist_ok=True)
        self.log = CACHE / f"{name.replace(' ', '-')}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - ours
                pinned(command, core=core),
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if prints else log,
                stderr=log,
                # Ctrl-C is for the benchmark, which then ends everybody in good order.
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def stdout(self) -> IO[bytes]:
        """What it prints."""
        if self._process.stdout is None:
            raise ValueError(f"{self.name} does not print")
        return self._process.stdout

    @property
    def has_ended(self) -> bool:
        """Whether it has."""
        return self._process.poll() is not None

    def last_words(self) -> str:
        """The end of what it said, on one line."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return " / ".join(line.strip()[:200] for line in lines[-3:]) or "it said nothing"

    def stop(self) -> None:
        """End it with all its children; twice is as good as once."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=3)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def cpu_seconds(self) -> float:
        """What it and its children have used so far, in user and system mode."""
        # Of proc(5) stat: utime, stime, and of children that have ended cutime and cstime.
        used = sum(int(field) for stat in self._stats() for field in stat[11:15])
        return used / _TICKS_A_SECOND

    def resident_megabytes(self) -> float:
        """How much memory it and its children have resident; what they share counts for each."""
        return sum(int(stat[21]) for stat in self._stats()) * _PAGE_BYTES / 1e6

    def _stats(self) -> list[list[str]]:
        """The fields behind the name in /proc/<pid>/stat, of every process of its session."""
        found: list[list[str]] = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                with suppress(OSError):
                    stat = (entry / "stat").read_text().rpartition(")")[2].split()
                    if int(stat[3]) == self._process.pid:
                        found.append(stat)
        return found


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def until_listening(program: Program, port: int, *, seconds: float = 60.0) -> None:
    """Wait for a program to listen.

    Raises:
        SetUpError: it ended, or took too long.
    """
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        if program.has_ended:
            raise SetUpError(f"{program.name} ended at its start: {program.last_words()}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise SetUpError(f"{program.name} does not listen after {seconds:.0f} s: {program.last_words()}")


def end_on_sigterm() -> None:
    """Make SIGTERM leave every `with` in good order, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
