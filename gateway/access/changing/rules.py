"""What may be changed, and whether it is so already: every decision about a change, without I/O.

A rule answers with the error that stands against the change, or with None.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from gateway.access.changing.change import (
    AddMember,
    Change,
    NamesPerson,
    RemoveMember,
    RevokeAccess,
    SentChange,
    UpdateMember,
)
from gateway.access.people.selection import has_address
from gateway.domain.errors import (
    UpstreamDenied,
    UpstreamError,
    UpstreamRejected,
    UpstreamThrottled,
)
from gateway.domain.member import Member
from gateway.domain.membership import Person, UserError
from gateway.domain.platform import PersonAddress, PlatformProfile
from gateway.domain.vocabulary import Capability, UserErrorCode

CAPABILITIES: Final[Mapping[type[SentChange], Capability]] = {
    AddMember: Capability.ADD_MEMBER,
    UpdateMember: Capability.UPDATE_MEMBER,
    RemoveMember: Capability.REMOVE_MEMBER,
}
"""What a platform must offer for each change."""


def offered(profile: PlatformProfile, change: Change) -> UserError | None:
    """The platform has the role, and can grant the actions on top of it."""
    if isinstance(change, RemoveMember | RevokeAccess):
        return None
    if profile.mapping_of(change.role) is None:
        roles = ", ".join(mapping.role.value for mapping in profile.roles)
        return UserError(
            code=UserErrorCode.ROLE_NOT_AVAILABLE,
            message=f"{profile.name} gives nobody the role {change.role.value}; it has {roles}.",
            field=("input", "role"),
        )
    foreign = sorted(change.grant.difference(profile.grantable_actions))
    if foreign:
        actions = ", ".join(profile.grantable_actions) or "nothing"
        return UserError(
            code=UserErrorCode.ACTION_NOT_GRANTABLE,
            message=f"{profile.name} cannot grant {', '.join(foreign)} on top of a role; "
            f"it can grant {actions}.",
            field=("input", "grant"),
        )
    return None


def nameable(profile: PlatformProfile, person: Person) -> UserError | None:
    """A newcomer is named in a way that the platform, or a look-up, can work with."""
    field = ("input", "person", "upstreamUserId")
    if person.email is not None:
        return None
    if not (person.upstream_user_id or "").strip():
        return UserError(
            code=UserErrorCode.INVALID_PERSON, message="person.upstreamUserId is blank.", field=field
        )
    if profile.adds_people_by is PersonAddress.EMAIL:
        return UserError(
            code=UserErrorCode.INVALID_PERSON,
            message=f"{profile.name} adds people by e-mail address: give person.email.",
            field=field,
        )
    return None


def as_sent(change: Change, target: Member | None) -> SentChange | None:
    """What the change comes to, where `target` is whom it is about; None where there is nothing to do."""
    if isinstance(change, SentChange):
        return change
    if isinstance(change, RevokeAccess):
        return None if target is None else removal_of(target)
    if target is None:
        return AddMember(
            platform=change.platform,
            project_upstream_id=change.project_upstream_id,
            person=change.person,
            role=change.role,
            grant=change.grant,
        )
    return UpdateMember(
        platform=target.platform,
        project_upstream_id=target.project_upstream_id,
        member_upstream_id=target.upstream_id,
        role=change.role,
        grant=change.grant,
    )


def removal_of(member: Member) -> RemoveMember:
    """The change that takes a member out."""
    return RemoveMember(
        platform=member.platform,
        project_upstream_id=member.project_upstream_id,
        member_upstream_id=member.upstream_id,
    )


def target_of(change: Change, members: Iterable[Member]) -> Member | None:
    """The member that the change is about; for one that names a person, them where they are in already."""
    for member in members:
        if isinstance(change, NamesPerson):
            person = change.person
            if person.email is not None and has_address(member, person.email):
                return member
            if person.upstream_user_id is not None and member.upstream_id == person.upstream_user_id:
                return member
        elif member.upstream_id == change.member_upstream_id:
            return member
    return None


def permitted(profile: PlatformProfile, change: SentChange, target: Member | None) -> UserError | None:
    """The change can be made to `target`; for an addition there is none yet."""
    if target is None:
        return _has_a_call(profile, change) if isinstance(change, AddMember) else _no_such_member()
    if isinstance(change, AddMember):
        return _owner_stays(profile, change, target) or _is_in_otherwise(profile, target)
    return (
        _owner_stays(profile, change, target)
        or _has_a_call(profile, change)
        or _can_be_touched(profile, change, target)
    )


def fulfils(profile: PlatformProfile, change: SentChange, target: Member | None) -> bool:
    """Whether things are as the change wants them; `target` is what `target_of` finds."""
    if isinstance(change, RemoveMember):
        return target is None
    if target is None:
        return False
    granted = {action for action in profile.grantable_actions if target.can(action)}
    return target.role is change.role and granted == change.grant


def failed(failure: UpstreamError, change: Change) -> UserError:
    """A platform's failure, with nothing changed, as the change's error."""
    if isinstance(failure, UpstreamDenied):
        code = UserErrorCode.UPSTREAM_DENIED
    elif isinstance(failure, UpstreamThrottled):
        code = UserErrorCode.UPSTREAM_THROTTLED
    elif isinstance(failure, UpstreamRejected):
        code = UserErrorCode.UPSTREAM_REFUSED
    else:
        code = UserErrorCode.UPSTREAM_UNAVAILABLE
    return UserError(
        code=code, message=failure.message, field=_target_field(change), retryable=failure.retryable
    )


def no_such_project(profile: PlatformProfile, change: Change, *, configured: bool) -> UserError:
    """The project cannot be seen."""
    reason = "shows no such project to this gateway" if configured else "is not configured in this gateway"
    return UserError(
        code=UserErrorCode.PROJECT_NOT_FOUND,
        message=f"{profile.name} {reason}.",
        field=_target_field(change),
    )


def person_unknown(profile: PlatformProfile) -> UserError:
    """No account with the address can be seen."""
    return UserError(
        code=UserErrorCode.PERSON_UNKNOWN_ON_PLATFORM,
        message=f"Nobody whom the gateway's {profile.name} account can see has this address. "
        f"Give person.upstreamUserId, the person's {profile.name} user id.",
        field=("input", "person", "email"),
    )


def outcome_unknown(profile: PlatformProfile, change: Change) -> UserError:
    """Sent, and no way to learn what became of it."""
    return UserError(
        code=UserErrorCode.OUTCOME_UNKNOWN,
        message=f"The change was sent to {profile.name}, but what became of it could not be learned. "
        "Look at the project's members before trying again.",
        field=_target_field(change),
    )


def key_reused() -> UserError:
    """The idempotency key stands for something else."""
    return UserError(
        code=UserErrorCode.IDEMPOTENCY_KEY_REUSED,
        message="This idempotency key was used for another change. Use a new key for a new change.",
        field=("input", "idempotencyKey"),
    )


def still_under_way() -> UserError:
    """Another process makes the change, and takes long."""
    return unknown_yet("The same change is under way already and has not come to an end.")


def unknown_yet(what: str) -> UserError:
    """What became of a change is not known, and may be when the same is asked for again."""
    return UserError(
        code=UserErrorCode.OUTCOME_UNKNOWN,
        message=f"{what} Ask again with the same idempotency key.",
        field=("input", "idempotencyKey"),
        retryable=True,
    )


def project_busy(change: Change) -> UserError:
    """Another process makes other changes to the project, and takes long."""
    return UserError(
        code=UserErrorCode.UPSTREAM_UNAVAILABLE,
        message="Another process of the gateway is changing this project, and its changes are made "
        "one by one. Nothing was sent; try again.",
        field=_target_field(change),
        retryable=True,
    )


def not_written_down(change: Change) -> UserError:
    """The ledger cannot be used, and without it nothing is sent."""
    return UserError(
        code=UserErrorCode.UPSTREAM_UNAVAILABLE,
        message="The gateway could not write down what it was about to do. Nothing was sent; try again.",
        field=_target_field(change),
        retryable=True,
    )


def _target_field(change: Change) -> tuple[str, ...]:
    return ("input", "projectId") if isinstance(change, NamesPerson) else ("input", "memberId")


def _no_such_member() -> UserError:
    return UserError(
        code=UserErrorCode.MEMBER_NOT_FOUND,
        message="The project has no such member (any more).",
        field=("input", "memberId"),
    )


def _has_a_call(profile: PlatformProfile, change: SentChange) -> UserError | None:
    if CAPABILITIES[type(change)] in profile.capabilities:
        return None
    return UserError(
        code=UserErrorCode.UNSUPPORTED_BY_PLATFORM,
        message=f"{profile.name} has no call for this change. "
        "To give somebody another role there, remove the member and add the person again.",
        field=_target_field(change),
    )


def _owner_stays(profile: PlatformProfile, change: SentChange, target: Member) -> UserError | None:
    if not target.is_owner:
        return None
    return UserError(
        code=UserErrorCode.OWNER_IMMUTABLE,
        message=f"The owner of a {profile.name} project can be neither changed nor removed.",
        field=("input", "person") if isinstance(change, AddMember) else ("input", "memberId"),
    )


def _can_be_touched(profile: PlatformProfile, change: SentChange, target: Member) -> UserError | None:
    kept = isinstance(change, RemoveMember) and not target.is_removable
    if target.is_addressable and not kept:
        return None
    verb = "removed" if isinstance(change, RemoveMember) else "changed"
    return UserError(
        code=UserErrorCode.UNSUPPORTED_BY_PLATFORM,
        message=f"{profile.name} does not let this member be {verb}.",
        field=("input", "memberId"),
    )


def _is_in_otherwise(profile: PlatformProfile, target: Member) -> UserError:
    granted = [action.value for action in profile.grantable_actions if target.can(action)]
    extra = f" with {', '.join(granted)}" if granted else ""
    return UserError(
        code=UserErrorCode.MEMBER_EXISTS_WITH_OTHER_ROLE,
        message=f"This person is a member already, as {target.role.value}{extra}. "
        "To change that, use updateMember.",
        field=("input", "person"),
    )
