"""Several processes that serve one address together, and the one that watches over them.

The parent opens the socket and forks; the kernel gives each connection to one of the workers. A worker that
ends by itself is started again, unless they end one after the other. Told to stop, the parent tells all, and
ends those that do not within the time. Workers whose parent is gone stop too: nothing stays behind.
"""

import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import Final

_MOST_ENDS: Final = 5
_ENDS_WITHIN_SECONDS: Final = 10.0


class WorkersFailed(Exception):
    """The workers end as soon as they are started."""


class Workers:
    """The processes.

    Args:
        count: how many.
        work: what each does until it is told to stop by SIGTERM or SIGINT, or the file descriptor that it is
            given is at its end; what it returns is the process's exit status.
        stop_seconds: how long they may take to stop.
        restarted: told of a worker that ended by itself, with its exit status.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        *,
        count: int,
        work: Callable[[int], int],
        stop_seconds: float,
        restarted: Callable[[int], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._count = count
        self._work = work
        self._stop_seconds = stop_seconds
        self._restarted = restarted
        self._clock = clock
        self._workers: set[int] = set()
        self._ends: deque[float] = deque(maxlen=_MOST_ENDS)
        self._stopping = False
        # Nobody writes into it: it ends when the parent does, however that comes about.
        self._life_end, self._life = os.pipe()

    def run(self) -> None:
        """Until told to stop; in the main thread, before there is any other.

        Raises:
            WorkersFailed: they cannot be kept alive.
        """
        for number, handler in (
            (signal.SIGTERM, self._stop),
            (signal.SIGINT, self._stop),
            (signal.SIGALRM, self._insist),
        ):
            signal.signal(number, handler)
        while len(self._workers) < self._count and not self._stopping:
            self._start()
        failed = False
        while self._workers:
            worker, status = os.waitpid(-1, 0)
            self._workers.discard(worker)
            if self._stopping:
                continue
            self._restarted(os.waitstatus_to_exitcode(status))
            self._ends.append(self._clock())
            if len(self._ends) == _MOST_ENDS and self._ends[-1] - self._ends[0] < _ENDS_WITHIN_SECONDS:
                failed = True
                self._stop()
            else:
                self._start()
        signal.alarm(0)
        if failed:
            raise WorkersFailed("the workers end as soon as they are started")

    def _start(self) -> None:
        worker = os.fork()
        if worker:
            self._workers.add(worker)
            if self._stopping:  # while it was forked
                self._tell(signal.SIGTERM)
            return
        status = 1
        try:
            os.close(self._life)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            status = self._work(self._life_end)
        except KeyboardInterrupt:
            status = 0
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)  # what the parent opened and planned for its end is the parent's

    def _stop(self, *_: object) -> None:
        if not self._stopping:
            self._stopping = True
            signal.setitimer(signal.ITIMER_REAL, self._stop_seconds)
            self._tell(signal.SIGTERM)

    def _insist(self, *_: object) -> None:
        self._tell(signal.SIGKILL)

    def _tell(self, number: int) -> None:
        for worker in tuple(self._workers):
            os.kill(worker, number)
