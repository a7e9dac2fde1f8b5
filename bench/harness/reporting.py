"""How each program of the benchmark gives what it has measured, or says why it could not."""

import sys
from collections.abc import Callable, Iterable

from harness.places import SetUpError, say
from harness.processes import end_on_sigterm


def print_report(measure: Callable[[], Iterable[str]]) -> int:
    """Print each part as soon as it has been measured; the exit code of the program."""
    end_on_sigterm()
    try:
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
