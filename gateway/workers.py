"""Several processes that serve one address together, and the one that watches over them.

The parent opens the socket and forks; the kernel gives each connection to one of the workers. A worker that
ends by itself is started again, unless they end one after the other. Told to stop, the parent tells all, and
ends those that do not within the time. Workers whose parent is gone stop too: nothing stays behind.

The parent has no signal handlers: what it is told waits until it asks, one after the other. So nothing comes
between the end of a worker and the parent's knowing of it, nor between a fork and what the child makes of it;
and no KeyboardInterrupt is lost in a finalizer or in a hook of fork, where Python ignores what is raised.
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
_TOLD_TO_STOP: Final = frozenset({signal.SIGTERM, signal.SIGINT})
_HEARD: Final = _TOLD_TO_STOP | {signal.SIGALRM, signal.SIGCHLD}


class WorkersFailed(Exception):
    """The workers end as soon as they are started."""


def hold_signals() -> None:
    """From now on what this process is told waits until `Workers.run` asks for it.

    For its main thread, before there is any other. SIGTERM and SIGINT are held to the end of the process:
    what they say when `run` has returned comes too late.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)


class Workers:
    """The processes.

    Args:
        count: how many.
        work: what each does until it is told to stop by SIGTERM or SIGINT, or the file descriptor that it is
            given is at its end; what it returns is the process's exit status. It raises nothing: nobody
            would hear of it.
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
        """Until told to stop, since `hold_signals` was called.

        Raises:
            WorkersFailed: they cannot be kept alive.
        """
        for _ in range(self._count):
            self._start()
        failed = False
        while self._workers:
            heard = signal.sigwait(_HEARD)
            if heard in _TOLD_TO_STOP:
                self._stop()
            elif heard == signal.SIGALRM:
                self._tell(signal.SIGKILL)
            for status in self._ended():
                if not self._stopping:
                    failed = not self._replace(status)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if failed:
            raise WorkersFailed("the workers end as soon as they are started")

    def _start(self) -> None:
        worker = os.fork()
        if worker:
            self._workers.add(worker)
            return
        status = 1
        try:
            os.close(self._life)
            for number in _TOLD_TO_STOP:
                # The end of the process, until its work hears them itself: nothing is begun yet.
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HEARD)
            status = self._work(self._life_end)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)  # what the parent opened and planned for its end is the parent's

    def _ended(self) -> list[int]:
        """The exit statuses of the workers that have ended: one signal may stand for several."""
        statuses = []
        for worker in tuple(self._workers):
            ended, status = os.waitpid(worker, os.WNOHANG)
            if ended:
                self._workers.discard(worker)
                statuses.append(os.waitstatus_to_exitcode(status))
        return statuses

    def _replace(self, status: int) -> bool:
        """Start another one for one that has ended by itself; False if they do so all the time."""
        self._restarted(status)
        self._ends.append(self._clock())
        if len(self._ends) == _MOST_ENDS and self._ends[-1] - self._ends[0] < _ENDS_WITHIN_SECONDS:
            self._stop()
            return False
        self._start()
        return True

    def _stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            signal.setitimer(signal.ITIMER_REAL, self._stop_seconds)
            self._tell(signal.SIGTERM)

    def _tell(self, number: int) -> None:
        for worker in self._workers:  # those that have ended meanwhile are there until they are waited for
            os.kill(worker, number)
