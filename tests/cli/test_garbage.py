"""Nobody looks for garbage while the command is loaded, and afterwards everybody does as ever."""

import subprocess
import sys

import pytest

AFTER_MAIN = """
import gc, sys
from gateway.__main__ import main
{before}
sys.argv = ["accessgraph", "--version"]
try:
    main()
except {error}:
    print(gc.isenabled(), gc.get_freeze_count() > 100_000)
"""


@pytest.mark.parametrize(
    ("before", "error", "many_stay"),
    [("", "SystemExit", True), ("sys.modules['gateway.cli'] = None", "ImportError", False)],
    ids=["loaded", "it cannot be loaded"],
)
def test_garbage_is_looked_for_again_once_the_command_is_loaded(
    before: str, error: str, *, many_stay: bool
) -> None:
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", AFTER_MAIN.format(before=before, error=error)],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.splitlines()[-1] == f"True {many_stay}"
