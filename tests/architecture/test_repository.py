"""No file of the repository tells on which machine, or from where, it was made."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, files, name_of

TRACES = {
    "a folder of somebody's machine": re.compile(
        r"(?<![\w.~-])/(?:home|root|Users|work|workspace|mnt)/[\w.]|[A-Z]:\\Users"
    ),
    "the address of a package registry": re.compile(
        r"://[^\s\"')]*(?:pypi|pythonhosted|npmjs|yarnpkg|artifactory|jfrog|nexus|verdaccio|devpi)",
        re.IGNORECASE,
    ),
    "where a package was fetched": re.compile(
        r'"resolve[d]":|^\s*(?:-i|-f|--(?:extra-)?index-url|--find-links)\s', re.MULTILINE
    ),
}


def text_of(file: Path) -> str:
    """What a file says; nothing where it is no text."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@pytest.mark.parametrize("trace", TRACES)
def test_no_file_tells_on_which_machine_it_was_made(trace: str) -> None:
    found = {
        f"{name_of(file)}: {match[0]}" for file in files() if (match := TRACES[trace].search(text_of(file)))
    }
    assert found == set()


# In two parts each: whole, they would be found right here.
@pytest.mark.parametrize(
    ("trace", "parts"),
    [
        ("a folder of somebody's machine", ("see /", "home/ada/notes")),
        ("a folder of somebody's machine", ('path = "/', 'root/.cache"')),
        ("the address of a package registry", ("https:", "//pypi.org/simple")),
        ("the address of a package registry", ("https:", "//registry.npmjs.org/react")),
        ("the address of a package registry", ("http:", "//mirror.example/artifactory/api")),
        ("where a package was fetched", ('  "resolved"', ': "somewhere"')),
        ("where a package was fetched", ("--index-", "url somewhere")),
    ],
)
def test_a_trace_would_be_found(trace: str, parts: tuple[str, str]) -> None:
    assert TRACES[trace].search("".join(parts))


def test_the_lock_files_are_among_the_files() -> None:
    names = {name_of(file) for file in files()}
    assert {
        "requirements.lock",
        "requirements-dev.lock",
        "gateway/http/explorer/web/package-lock.json",
        ".ci/run",
        "README.md",
    } <= names
    assert (ROOT / "LICENSE") in files()
