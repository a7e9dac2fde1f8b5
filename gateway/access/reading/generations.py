"""When each project was last changed through the gateway, for all processes that serve together.

What was read before a change is no longer true after it. Whoever changes a project writes the moment down in
memory that all processes share; whoever has something of it in memory looks there before giving it away. Many
projects share one place: a change of one then makes others be read anew, and nothing worse.
"""

import time
import zlib
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from gateway.domain.vocabulary import PlatformKey

_PLACES: Final = 4_096
_BYTES_A_PLACE: Final = 8
MEMORY_BYTES: Final = (_PLACES + 1) * _BYTES_A_PLACE
_LAST: Final = _PLACES
_FAMILIAR: Final = 1_024


class Generations:
    """Moments of change.

    Args:
        memory: `MEMORY_BYTES` long; what several processes map is common to them.
        clock: nanoseconds that never run back, the same for all processes.
    """

    def __init__(
        self, memory: "bytearray | memoryview | None" = None, *, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._places = memoryview(bytearray(MEMORY_BYTES) if memory is None else memory).cast("Q")
        self._clock = clock

    @property
    def latest(self) -> int:
        """Another number after every change of whatever project."""
        return self._places[_LAST]

    def of(self, platform: PlatformKey, upstream_id: str) -> int:
        """Another number after every change of this project; without an id, of any of the platform's."""
        return self._places[_place(platform, upstream_id)]

    def changed(self, platform: PlatformKey, upstream_id: str) -> None:
        """A project was changed, or may have been."""
        moment = self._clock()
        for place in (_place(platform, upstream_id), _place(platform, ""), _LAST):
            # Two changes within one tick of the clock are two changes.
            self._places[place] = max(moment, self._places[place] + 1)


@lru_cache(_FAMILIAR)
def _place(platform: PlatformKey, upstream_id: str) -> int:
    return zlib.crc32(f"{platform}:{upstream_id}".encode()) % _PLACES
