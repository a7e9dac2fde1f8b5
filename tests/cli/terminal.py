"""The command at a terminal, where somebody answers what it asks."""

import os
import pty
import re
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, LONGEST_SECONDS, Finished

Answer = tuple[str, str | signal.Signals]
"""What to wait for, and what is typed then, or sent as Ctrl-C sends it."""

END_OF_INPUT = "\x04"


def converse(
    folder: Path, *arguments: str, environment: dict[str, str], answers: Sequence[Answer] = ()
) -> Finished:
    """Run a command to its end; everything that the terminal shows is its output."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    screen = _Screen(ours)
    try:
        for pattern, answer in answers:
            screen.wait_for(pattern)
            if isinstance(answer, str):
                os.write(ours, answer.encode())
            else:
                os.killpg(process.pid, answer)
        screen.wait_for(None)
        exit_code = process.wait(LONGEST_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(ours)
    return Finished(exit_code=exit_code, output=screen.text.replace("\r\n", "\n"), complaints="")


class _Screen:
    """What has been shown so far, by the end of the terminal that is ours."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._shown = b""

    @property
    def text(self) -> str:
        return self._shown.decode(errors="replace")

    def wait_for(self, pattern: str | None) -> None:
        """Until `pattern` is shown; until the command has closed its end, where there is none."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while pattern is None or re.search(pattern, self.text) is None:
            is_there, _, _ = select.select([self._descriptor], [], [], deadline - time.monotonic())
            more = self._read() if is_there else b""
            if not more:
                if pattern is None and is_there:
                    return
                pytest.fail(f"never showed {pattern!r}, but: {self.text}")
            self._shown += more

    def _read(self) -> bytes:
        try:
            return os.read(self._descriptor, 65_536)
        except OSError:  # nobody is at the other end any more
            return b""
