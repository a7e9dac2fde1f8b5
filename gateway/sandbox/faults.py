"""What can be made to go wrong at a stand-in, and for which calls.

    sandbox.faults.add(Fault(kind=FaultKind.STATUS, status=503, path="/api/v2/projects/*", times=2))

Faults that hold a call up (`DELAY`) add up; of the others, the one that was added first is applied. Those in
the first group below stand in for the handler: nothing is done. Those in the second let the handler do its
work and spoil the answer: a write has happened.
"""

from collections.abc import Sequence
from enum import StrEnum
from fnmatch import fnmatchcase

import msgspec


class FaultKind(StrEnum):
    """What goes wrong."""

    # The call is held up, then goes on its way.
    DELAY = "delay"

    # In place of the handler.
    STATUS = "status"
    EMPTY = "empty"
    HTML = "html"
    THROTTLE = "throttle"
    REDIRECT = "redirect"
    INVALID_JSON = "invalid_json"
    OVERSIZED = "oversized"
    RESET = "reset"

    # After the handler.
    LATE_ANSWER = "late_answer"
    TRUNCATED = "truncated"
    DRIP = "drip"
    DROP_AFTER = "drop_after"


_DEFAULT_STATUS = {
    FaultKind.EMPTY: 200,
    FaultKind.HTML: 200,
    FaultKind.THROTTLE: 429,
    FaultKind.REDIRECT: 302,
    FaultKind.INVALID_JSON: 200,
    FaultKind.OVERSIZED: 200,
}
_NEEDS_SECONDS = frozenset({FaultKind.DELAY, FaultKind.LATE_ANSWER, FaultKind.DRIP})


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """One thing that goes wrong, and for which calls.

    Attributes:
        path: the calls' path: a glob where it holds one of `*?[`, else how it begins; empty for all.
        method: the calls' HTTP method; None for all.
        times: how many matching calls it strikes; None until cleared.
        seconds: delay, late_answer: for how long. drip: between two bytes. throttle: `Retry-After`, which is
            left out where this is None.
        status: of the answer, in the kinds that stand in for the handler; each has its own default.
        body: status, invalid_json: of the answer.
        location: redirect: where to.
        size_bytes: truncated: how much of the body is sent, half of it by default. oversized: how large.
        as_date: throttle: write `Retry-After` as an HTTP date (RFC 9110, 10.2.3).
        orderly: reset, drop_after: close the connection (FIN) in place of resetting it (RST).
    """

    kind: FaultKind
    path: str = ""
    method: str | None = None
    times: int | None = None
    seconds: float | None = None
    status: int | None = None
    body: str | None = None
    location: str = "https://elsewhere.example.net/"
    size_bytes: int | None = None
    as_date: bool = False
    orderly: bool = False

    def __post_init__(self) -> None:
        if self.kind == FaultKind.STATUS and self.status is None:
            raise ValueError("a status fault needs `status`")
        if self.kind in _NEEDS_SECONDS and self.seconds is None:
            raise ValueError(f"a {self.kind} fault needs `seconds`")
        if self.status is not None and not 200 <= self.status <= 599:
            raise ValueError("`status` lies between 200 and 599")
        if self.times is not None and self.times < 1:
            raise ValueError("`times` is at least 1")
        if self.seconds is not None and self.seconds < 0:
            raise ValueError("`seconds` is not negative")

    @property
    def answer_status(self) -> int:
        """The status of the answer that stands in for the handler's."""
        return self.status if self.status is not None else _DEFAULT_STATUS[self.kind]

    def strikes(self, *, method: str, path: str) -> bool:
        """Whether this fault is meant for such a call."""
        if self.method is not None and self.method.upper() != method:
            return False
        if any(mark in self.path for mark in "*?["):
            return fnmatchcase(path, self.path)
        return path.startswith(self.path)


class ArmedFault(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A fault in force, and how many more calls it strikes (None: until cleared)."""

    fault: Fault
    remaining: int | None


class FaultSwitches:
    """The faults in force at one stand-in, in the order in which they were added."""

    def __init__(self) -> None:
        self._armed: list[ArmedFault] = []

    @property
    def armed(self) -> Sequence[ArmedFault]:
        """The faults in force."""
        return tuple(self._armed)

    def add(self, *faults: Fault) -> None:
        """Put faults in force, after those that are."""
        self._armed.extend(ArmedFault(fault=fault, remaining=fault.times) for fault in faults)

    def clear(self) -> None:
        """All is well again."""
        self._armed.clear()

    def take(self, *, method: str, path: str) -> list[Fault]:
        """The faults for a call that has come in, used up by it: all delays and at most one other."""
        taken: list[Fault] = []
        spoiled = False
        for armed in tuple(self._armed):
            is_delay = armed.fault.kind == FaultKind.DELAY
            if (spoiled and not is_delay) or not armed.fault.strikes(method=method, path=path):
                continue
            spoiled = spoiled or not is_delay
            taken.append(armed.fault)
            self._use_up(armed)
        return taken

    def _use_up(self, armed: ArmedFault) -> None:
        if armed.remaining is None:
            return
        place = next(index for index, other in enumerate(self._armed) if other is armed)
        if armed.remaining == 1:
            del self._armed[place]
        else:
            self._armed[place] = ArmedFault(fault=armed.fault, remaining=armed.remaining - 1)
