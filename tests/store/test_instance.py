"""gateway/store/instance.py: who lives is known from locks, never guessed."""

import subprocess
import sys
import textwrap
from contextlib import ExitStack
from pathlib import Path

import pytest

from gateway.store.instance import Instance

PROGRAM = """
    import sys
    from pathlib import Path
    from gateway.store.instance import Instance

    instance = Instance(Path(sys.argv[1]))
    with instance.alive():
        print(instance.id, flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "changes.sqlite3"


def test_who_is_alive_is_seen_by_others(database: Path) -> None:
    one, other = Instance(database), Instance(database)
    with one.alive(), other.alive():
        assert (one.is_alive(other.id), other.is_alive(one.id)) == (True, True)


def test_who_has_ended_is_not_alive(database: Path) -> None:
    one, other = Instance(database), Instance(database)
    with one.alive():
        with other.alive():
            pass
        assert not one.is_alive(other.id)


def test_everybody_knows_of_oneself(database: Path) -> None:
    instance = Instance(database)
    with instance.alive():
        assert instance.is_alive(instance.id)


def test_asking_does_not_end_a_life(database: Path) -> None:
    one, other = Instance(database), Instance(database)
    with one.alive(), other.alive():
        assert [one.is_alive(other.id) for _ in range(3)] == [True] * 3


def test_nobody_else_is_seen_from_a_database_in_memory(tmp_path: Path) -> None:
    instance = Instance(None)
    with instance.alive():
        assert (instance.is_alive(instance.id), instance.is_alive("another")) == (True, False)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_behind(database: Path) -> None:
    with Instance(database).alive(), Instance(database).alive():
        assert len(list(database.parent.iterdir())) == 2
    assert list(database.parent.iterdir()) == []


def test_a_process_that_is_killed_is_not_alive_and_its_file_is_removed(database: Path) -> None:
    with ExitStack() as stack:
        program = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(database)]
        process = stack.enter_context(
            subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - as above
        )
        stack.callback(process.kill)
        assert process.stdout is not None
        other_id = process.stdout.readline().strip()
        instance = Instance(database)
        stack.enter_context(instance.alive())
        lived = instance.is_alive(other_id)
        process.kill()
        process.wait()
        left = {file.name for file in database.parent.iterdir()}
        assert (lived, instance.is_alive(other_id)) == (True, False)
        assert left - {file.name for file in database.parent.iterdir()} == {
            f"changes.sqlite3-{other_id}.lock"
        }


def test_files_of_the_killed_are_removed_by_the_next_to_start(database: Path) -> None:
    left = database.with_name(f"{database.name}-0123abc.lock")
    left.touch()
    with Instance(database).alive():
        assert not left.exists()
