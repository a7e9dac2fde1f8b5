"""Requests that came before, byte for byte."""

from typing import Generic

from gateway.direct_http.port import AskedT

# What is kept of requests takes a few megabytes at most.
MAX_FAMILIAR_BYTES = 8 * 1024
MAX_FAMILIAR = 256


class Familiar(Generic[AskedT]):
    """What requests of certain bytes ask for; what was kept first is forgotten first."""

    def __init__(self) -> None:
        self._asked: dict[bytes, AskedT] = {}

    def find(self, data: bytes) -> AskedT | None:
        """What a request of these bytes asks for, if it is known."""
        return self._asked.get(data) if len(data) <= MAX_FAMILIAR_BYTES else None

    def keep(self, data: bytes, asked: AskedT) -> None:
        """Remember it, unless it is long."""
        if len(data) > MAX_FAMILIAR_BYTES:
            return
        if len(self._asked) >= MAX_FAMILIAR:
            del self._asked[next(iter(self._asked))]
        self._asked[data] = asked
