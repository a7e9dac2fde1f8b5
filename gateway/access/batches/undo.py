"""How a change that was made is taken back: pure."""

from gateway.access.changing.change import AddMember, Change, ChangeResult, RevokeAccess, UpdateMember
from gateway.domain.member import Member
from gateway.domain.membership import Person, UserError
from gateway.domain.platform import PersonAddress, PlatformProfile
from gateway.domain.vocabulary import Action, Outcome, Role, UserErrorCode


def undo_of(result: ChangeResult, profile: PlatformProfile) -> Change | UserError:
    """The change after which things are as they were, or why there is none.

    Args:
        result: of a change that has changed something.
    """
    before = result.before
    if before is None:
        return _not_to_be_undone(profile) if result.member is None else _revocation_of(result.member)
    if before.role in {Role.OWNER, Role.CUSTOM}:
        return _not_to_be_undone(profile)
    if result.outcome is Outcome.REMOVED:
        person = _newcomer(before, profile)
        if person is None:
            return _not_to_be_undone(profile)
        return AddMember(
            platform=before.platform,
            project_upstream_id=before.project_upstream_id,
            person=person,
            role=before.role,
            grant=_granted(before, profile),
        )
    return UpdateMember(
        platform=before.platform,
        project_upstream_id=before.project_upstream_id,
        member_upstream_id=before.upstream_id,
        role=before.role,
        grant=_granted(before, profile),
    )


def _revocation_of(member: Member) -> RevokeAccess:
    """Whoever has gone by themselves meanwhile need not be removed."""
    return RevokeAccess(
        platform=member.platform,
        project_upstream_id=member.project_upstream_id,
        person=Person(upstream_user_id=member.upstream_id),
    )


def _granted(member: Member, profile: PlatformProfile) -> frozenset[Action]:
    """What is granted on top of the role."""
    return frozenset(action for action in profile.grantable_actions if member.can(action))


def _newcomer(member: Member, profile: PlatformProfile) -> Person | None:
    """The person as the platform wants newcomers to be named."""
    if profile.adds_people_by is PersonAddress.EMAIL:
        return Person(email=member.email) if member.email else None
    return Person(upstream_user_id=member.upstream_id) if member.is_addressable else None


def _not_to_be_undone(profile: PlatformProfile) -> UserError:
    return UserError(
        code=UserErrorCode.UNSUPPORTED_BY_PLATFORM,
        message=f"What was done cannot be undone: {profile.name} offers no way back to how it was.",
        field=("input", "atomic"),
    )
