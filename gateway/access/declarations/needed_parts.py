"""From what a declaration needs to be done to changes that can be made: pure."""

from collections.abc import Mapping, Sequence

from gateway.access.batches.batch import Part
from gateway.access.changing.change import Change, GrantAccess, RevokeAccess
from gateway.access.declarations.needed_changes import NeededChange
from gateway.domain.membership import Person
from gateway.domain.platform import PersonAddress, PlatformProfile
from gateway.domain.vocabulary import PlatformKey


def parts_of(
    needed: Sequence[NeededChange], *, profiles: Mapping[PlatformKey, PlatformProfile]
) -> tuple[Part, ...]:
    """One part for each change, in order."""
    return tuple(Part(change=_change(one, profiles[one.project.platform])) for one in needed)


def _change(needed: NeededChange, profile: PlatformProfile) -> Change:
    platform, upstream_id = needed.project.platform, needed.project.upstream_id
    if needed.role is None:
        return RevokeAccess(
            platform=platform, project_upstream_id=upstream_id, person=_person(needed, profile)
        )
    return GrantAccess(
        platform=platform,
        project_upstream_id=upstream_id,
        person=_person(needed, profile),
        role=needed.role,
        grant=needed.grant,
        until=needed.until,
    )


def _person(needed: NeededChange, profile: PlatformProfile) -> Person:
    """A member by the account; a newcomer as the platform wants newcomers to be named."""
    if needed.member is not None:
        return Person(upstream_user_id=needed.member.upstream_id)
    if profile.adds_people_by is PersonAddress.EMAIL and needed.email is not None:
        return Person(email=needed.email)
    if needed.account is not None:
        return Person(upstream_user_id=needed.account.upstream_id)
    return Person(email=needed.email)
