"""The command as a user runs it: a process of its own, in a folder of its own, with nothing else set."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

COMMAND = (sys.executable, "-m", "gateway")
# Far beyond what anything here takes, so that only a command that hangs comes near.
LONGEST_SECONDS = 45.0
_LOOK_AGAIN_SECONDS = 0.02

# What a shell starts in the background ignores Ctrl-C, and so would whatever it starts in turn.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A command that has ended.

    Attributes:
        output: what went to standard output.
        complaints: what went to standard error.
    """

    exit_code: int
    output: str
    complaints: str

    @property
    def everything(self) -> str:
        return self.output + self.complaints


def run_to_the_end(folder: Path, *arguments: str, environment: dict[str, str]) -> Finished:
    process = subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=LONGEST_SECONDS,
        check=False,
    )
    return Finished(exit_code=process.returncode, output=process.stdout, complaints=process.stderr)


class Running:
    """A command that goes on until it is told to end."""

    def __init__(self, process: subprocess.Popen[bytes], *, output: Path, complaints: Path) -> None:
        self._process = process
        self._output = output
        self._complaints = complaints

    @property
    def pid(self) -> int:
        return self._process.pid

    def everything(self) -> str:
        return self._output.read_text(encoding="utf-8") + self._complaints.read_text(encoding="utf-8")

    def wait_for(self, pattern: str) -> re.Match[str]:
        """What it has said or will say, as soon as `pattern` is in it."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while True:
            # Asked before the text is read, so that its last words count.
            over = self._process.poll() is not None or time.monotonic() > deadline
            found = re.search(pattern, self.everything())
            if found is not None:
                return found
            if over:
                pytest.fail(f"never said {pattern!r}, but: {self.everything()}")
            time.sleep(_LOOK_AGAIN_SECONDS)

    def address(self) -> str:
        """Where it serves the graph, by its own account."""
        return self.wait_for(r'http://[^\s"]+/graphql')[0]

    def send(self, number: signal.Signals) -> None:
        """As a terminal does: to the command and whatever it has started."""
        os.killpg(self._process.pid, number)

    def wait(self) -> Finished:
        exit_code = self._process.wait(LONGEST_SECONDS)
        return Finished(
            exit_code=exit_code,
            output=self._output.read_text(encoding="utf-8"),
            complaints=self._complaints.read_text(encoding="utf-8"),
        )

    def end(self, number: signal.Signals) -> Finished:
        self.send(number)
        return self.wait()

    @property
    def has_left_processes(self) -> bool:
        """Whether anything of its process group is still there."""
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True


@contextmanager
def running(folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> Iterator[Running]:
    """Run a command until the block is left, at the latest."""
    output, complaints = folder / "output.txt", folder / "complaints.txt"
    with output.open("wb") as output_file, complaints.open("wb") as complaints_file:
        process = subprocess.Popen(  # noqa: S603 - likewise
            [*COMMAND, *arguments],
            cwd=folder,
            env=environment or {},
            stdin=subprocess.DEVNULL,
            stdout=output_file,
            stderr=complaints_file,
            start_new_session=True,
        )
    try:
        yield Running(process, output=output, complaints=complaints)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
