"""Where things are."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
CACHE = BENCH / ".peers"
"""What the set-up of the peers fetches and builds; Git ignores it."""

BIN = ROOT / ".venv/bin"


class SetUpError(Exception):
    """Why something cannot be measured here, in words for whoever started the benchmark."""


def say(text: str) -> None:
    """Print one line of progress."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()


def run_step(command: list[str], *, folder: Path = ROOT, environment: dict[str, str] | None = None) -> str:
    """Run one step of a set-up and give what it prints.

    Raises:
        SetUpError: it failed, or took longer than ten minutes.
    """
    try:
        step = subprocess.run(  # noqa: S603 - ours
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetUpError(f"{Path(command[0]).name}: {error.__class__.__name__}") from error
    if step.returncode != 0:
        last = step.stdout.strip().splitlines()[-3:]
        raise SetUpError(f"{Path(command[0]).name} ended with {step.returncode}: {' / '.join(last)}")
    return step.stdout


def tool(name: str, *, package: str) -> str:
    """Find a program of the system.

    Raises:
        SetUpError: it is missing; `package` is Debian's name for what to install.
    """
    found = shutil.which(name)
    if found is None:
        raise SetUpError(f"{name} is missing: apt-get install {package}")
    return found


def build_upstream() -> Path:
    """Compile the stand-in of both platforms where its sources are newer than the last build."""
    sources = sorted((BENCH / "upstream").glob("*.[ch]"))
    program = CACHE / "upstream"
    if program.exists() and program.stat().st_mtime > max(file.stat().st_mtime for file in sources):
        return program
    CACHE.mkdir(exist_ok=True)
    compiler = tool("cc", package="gcc libc6-dev")
    files = [str(file) for file in sources if file.suffix == ".c"]
    run_step([compiler, "-std=gnu11", "-O2", "-Wall", "-Wextra", "-o", str(program), *files])
    return program
