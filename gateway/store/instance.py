"""Which gateway processes live: each holds a lock on a file of its own beside the database.

The system takes the lock away when the process ends, however it ends, so that nobody has to guess from a
clock whether a silent process is dead or only slow. Files that a killed process left are removed by the
next one that looks. Processes must share a machine, as for SQLite's WAL (https://www.sqlite.org/wal.html).
"""

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Instance:
    """This process, as long as `alive` is open.

    Args:
        database: None for one in memory, which no other process can see.
    """

    def __init__(self, database: Path | None) -> None:
        self.id = uuid.uuid4().hex
        self._database = database

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Be known to live until the block is left.

        Raises:
            OSError: the file could not be made or locked.
        """
        if self._database is None:
            yield
            return
        self._sweep(self._database)
        path = _lock_file(self._database, self.id)
        descriptor = _lock_new(path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(descriptor)

    def is_alive(self, instance_id: str) -> bool:
        """Whether the process with this id lives; this one does."""
        if instance_id == self.id or self._database is None:
            return instance_id == self.id
        return not _remove_if_unlocked(_lock_file(self._database, instance_id))

    def _sweep(self, database: Path) -> None:
        for path in database.parent.glob(f"{database.name}-*.lock"):
            _remove_if_unlocked(path)


def _lock_file(database: Path, instance_id: str) -> Path:
    return database.with_name(f"{database.name}-{instance_id}.lock")


def _lock_new(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Somebody who was sweeping may have removed it between the two calls.
            with suppress(FileNotFoundError):
                if os.path.samestat(path.stat(), os.fstat(descriptor)):
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _remove_if_unlocked(path: Path) -> bool:
    """Whether the file is gone, or nobody held a lock on it and now it is."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
