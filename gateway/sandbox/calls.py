"""The calls that a stand-in has received."""

from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import overload

_KEPT_CALLS = 10_000  # a benchmark sends millions; their number is counted, the calls themselves are not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call received. Neither headers nor body: a test that fails must not print credentials.

    Attributes:
        at: seconds since the epoch by the stand-in's clock.
    """

    method: str
    path: str
    at: float


class CallLog(Sequence[Call]):
    """The latest calls, oldest first, and how many there were for each path.

    Attributes:
        most_at_once: the highest number of calls that were in progress at the same time.
    """

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: deque[Call] = deque(maxlen=_KEPT_CALLS)
        self._counts: Counter[str] = Counter()
        self._running_count = 0
        self.most_at_once = 0

    @contextmanager
    def in_progress(self) -> Generator[None]:
        """Around everything that is done for one call."""
        self._running_count += 1
        self.most_at_once = max(self.most_at_once, self._running_count)
        try:
            yield
        finally:
            self._running_count -= 1

    def record(self, *, method: str, path: str) -> None:
        """Note a call that has just come in."""
        self._kept.append(Call(method=method, path=path, at=self._clock()))
        self._counts[path] += 1

    @property
    def counts(self) -> dict[str, int]:
        """How many calls each path has received, also those no longer kept."""
        return dict(self._counts)

    @property
    def total_count(self) -> int:
        """How many calls there were, also those no longer kept."""
        return self._counts.total()

    def clear(self) -> None:
        """Forget all calls."""
        self._kept.clear()
        self._counts.clear()
        self.most_at_once = self._running_count

    def __len__(self) -> int:
        return len(self._kept)

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Call]: ...
    def __getitem__(self, index: int | slice) -> Call | Sequence[Call]:
        return list(self._kept)[index] if isinstance(index, slice) else self._kept[index]

    def __repr__(self) -> str:
        return f"CallLog({[f'{call.method} {call.path}' for call in self._kept]})"
