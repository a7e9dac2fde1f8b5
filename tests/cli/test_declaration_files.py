"""`accessgraph drift` and `apply` of a file that cannot be used."""

from pathlib import Path

import pytest

from tests.cli.desk import FILE, Desk

pytestmark = pytest.mark.anyio

WRONG = {
    b"version = 1\nx = = 1\n": (
        "one thing is wrong:\n  line 2, column 5: this is no TOML; look here or just before for a missing "
        "quote, comma, bracket or equals sign"
    ),
    b"version = 2\n[[access]]\nwho = ['x']\nprojects = ['*:*']\nrole = 'EDITR'\n": (
        "3 things are wrong:\n  version: the file begins with version = 1\n"
        "  access[1].who[1]: there is no such person in [people] (the entry begins in line 2)\n"
        "  access[1].role: there is no such role; did you mean EDITOR? (the entry begins in line 2)"
    ),
}


@pytest.mark.parametrize("command", ["drift", "apply"])
@pytest.mark.parametrize("content", WRONG)
async def test_mistakes_are_told_with_their_places_before_anything_is_read(
    desk: Desk, command: str, content: bytes
) -> None:
    desk.file.write_bytes(content)
    said = await desk.run(command, FILE)
    assert (said.exit_code, said.output) == (2, "")
    assert said.complaints == f"Error: access.toml: {WRONG[content]}\n"
    assert desk.stand_ins.quantconnect.calls.total_count == 0


def nothing(file: Path) -> None:
    """There is no such file."""


def not_utf8(file: Path) -> None:
    file.write_bytes(b'version = 1 # \xff"')


@pytest.mark.parametrize("command", ["drift", "apply"])
@pytest.mark.parametrize(
    ("make", "why"),
    [
        (nothing, "access.toml cannot be read: No such file or directory"),
        (not_utf8, "access.toml is not UTF-8"),
    ],
)
async def test_a_file_that_cannot_be_read_is_told_in_one_line(
    desk: Desk, command: str, make: object, why: str
) -> None:
    make(desk.file)
    said = await desk.run(command, FILE)
    assert (said.exit_code, said.output, said.complaints) == (2, "", f"Error: {why}\n")
