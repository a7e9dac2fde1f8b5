"""How everybody's access differs from a declaration, and what of it cannot be known. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec

from gateway.access.declarations.declared import Declaration
from gateway.access.declarations.differences import Drift
from gateway.access.declarations.drift import drift
from gateway.access.people.everybody import Everybody
from gateway.domain.platform import PlatformProfile
from gateway.domain.vocabulary import PlatformKey, SourceState

NO_PLATFORM: Final = "No platform is configured."


class ObservedDrift(msgspec.Struct, frozen=True, kw_only=True):
    """What can be said of a declaration.

    Attributes:
        failures: what could not be read, a sentence each.
        unconfigured: what is declared and cannot be looked at here, a sentence each.
    """

    drift: Drift
    failures: tuple[str, ...]
    unconfigured: tuple[str, ...]

    @property
    def gaps(self) -> tuple[str, ...]:
        """Why the drift may not be all there is, a sentence each; empty where it is."""
        return (*self.failures, *self.unconfigured)

    @property
    def is_clean(self) -> bool:
        """Whether everything is as declared, and everything that matters could be read."""
        return self.drift.is_clean and not self.gaps


def observed_drift(
    declaration: Declaration,
    everybody: Everybody,
    *,
    profiles: Mapping[PlatformKey, PlatformProfile],
    now: datetime,
) -> ObservedDrift:
    """How what was read differs from `declaration`."""
    absent = unconfigured(everybody)
    return ObservedDrift(
        drift=drift(
            declaration,
            projects=everybody.projects.values(),
            people=everybody.people,
            profiles=profiles,
            now=now,
            unread=everybody.unread.keys(),
            unlisted={failure.platform for failure in everybody.failures} | absent,
        ),
        failures=tuple(failures_of(everybody)),
        unconfigured=tuple(_declared_in_vain(declaration, absent, len(everybody.sources))),
    )


def unconfigured(everybody: Everybody) -> set[PlatformKey]:
    """The platforms for which there is no credential."""
    return {one.platform for one in everybody.sources if one.state is SourceState.UNCONFIGURED}


def failures_of(everybody: Everybody) -> Iterator[str]:
    """What could not be read, a sentence each."""
    for source in everybody.sources:
        if source.state is SourceState.FAILED and source.error is not None:
            yield source.error.message


def _declared_in_vain(
    declaration: Declaration, absent: set[PlatformKey], platform_count: int
) -> Iterator[str]:
    named = {pattern.platform for entry in declaration.access for pattern in entry.projects}
    if len(absent) == platform_count:
        yield NO_PLATFORM
        return
    for platform in sorted(absent & named):
        yield f"{platform}: access is declared there, and the platform is not configured."
