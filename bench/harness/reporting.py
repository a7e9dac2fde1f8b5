"""How each program of the benchmark gives what it has measured, or says why it could not."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from harness.places import BIN, SetUpError, say
from harness.processes import end_on_sigterm


def print_report(measure: Callable[[], Iterable[str]]) -> int:
    """Print each part as soon as it has been measured; the exit code of the program."""
    end_on_sigterm()
    try:
        _demand_our_python()
        for part in measure():
            sys.stdout.write(part)
            sys.stdout.flush()
    except SetUpError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return 130
    return 0


def _demand_our_python() -> None:
    """The peers in Python run with the one that runs this, and Node.js is among its packages."""
    if Path(sys.prefix) != BIN.parent:
        raise SetUpError(f"start it with {BIN / 'python'}, after make setup")
