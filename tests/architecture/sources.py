"""The repository's own files, as the tests of the architecture read them."""

import ast
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Made by tools or fetched by them; Git ignores them, as it does every folder whose name begins with a dot
# but for `.ci`.
MADE = {"node_modules", "build", "dist", "mutants", "__pycache__"}
BUILT = ROOT / "gateway/http/explorer/static"


@cache
def files() -> tuple[Path, ...]:
    """Every file of the repository."""
    return tuple(sorted(_walk(ROOT)))


@cache
def modules(folder: str = "gateway") -> tuple[Path, ...]:
    """Every module in a folder of the repository."""
    return tuple(file for file in files() if file.suffix == ".py" and file.is_relative_to(ROOT / folder))


@cache
def tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def imported_by(module: Path) -> set[str]:
    """The full names of the modules, and of the things in them, that a module imports anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(module)} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def is_in(name: str, package: str) -> bool:
    return f"{name}.".startswith(f"{package}.")


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if name not in MADE
            and Path(folder, name) != BUILT
            and not name.endswith(".egg-info")
            and (name == ".ci" or not name.startswith("."))
        ]
        yield from (Path(folder, name) for name in names if name not in {".env", ".git"})
