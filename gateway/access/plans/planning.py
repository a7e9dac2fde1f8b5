"""What carrying out changes would do, target by target: pure, over what is known of everybody.

It goes by the same rules as the changes themselves (`gateway.access.changing.rules`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from gateway.access.batches.batch import Part
from gateway.access.changing import rules
from gateway.access.changing.change import (
    AddMember,
    Change,
    GrantAccess,
    NamesPerson,
    RemoveMember,
    SentChange,
    UpdateMember,
)
from gateway.access.people.everybody import Everybody
from gateway.domain.member import Member
from gateway.domain.membership import UserError
from gateway.domain.person import AccountKey, Person
from gateway.domain.platform import PersonAddress, PlatformProfile
from gateway.domain.project import Project
from gateway.domain.vocabulary import Action, PlannedChange, PlatformKey, Role, SourceState

_KINDS: Mapping[type[SentChange], PlannedChange] = {
    AddMember: PlannedChange.ADD,
    UpdateMember: PlannedChange.UPDATE,
    RemoveMember: PlannedChange.REMOVE,
}
Profiles = Mapping[PlatformKey, PlatformProfile]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one change would do.

    Attributes:
        project: None where it cannot be seen.
        person: None where nobody is known by what names them.
        before: what they are there now; None where they are not there.
        after: what they would be.
        upstream_call: method and path, ids in braces; None where nothing is sent.
        warnings: what is not quite as it was asked for, in sentences.
        error: why it is IMPOSSIBLE.
        standing: the same as long as the person stands in the project as now.
    """

    part: Part
    kind: PlannedChange
    project: Project | None = None
    person: Person | None = None
    before: Role | None = None
    after: Role | None = None
    gained: tuple[Action, ...] = ()
    lost: tuple[Action, ...] = ()
    upstream_call: str | None = None
    warnings: tuple[str, ...] = ()
    error: UserError | None = None
    standing: str = ""


def plan(parts: Sequence[Part], *, everybody: Everybody, profiles: Profiles) -> tuple[Step, ...]:
    """One step for each part."""
    return tuple(_step(part, everybody, profiles) for part in parts)


def _step(part: Part, everybody: Everybody, profiles: Profiles) -> Step:
    change = part.change
    if change is None:
        return Step(part=part, kind=PlannedChange.IMPOSSIBLE, error=part.refusal)
    profile, key = profiles[change.platform], (change.platform, change.project_upstream_id)
    members = everybody.members.get(key)
    target = rules.target_of(change, members or ())
    sent = rules.as_sent(change, target)
    if sent is not None and target is not None and rules.fulfils(profile, sent, target):
        sent = None
    step = Step(
        part=part,
        kind=PlannedChange.NONE,
        project=everybody.projects.get(key),
        person=_person(change, target, everybody),
        before=None if target is None else target.role,
        after=None if target is None else target.role,
        standing=_standing(target),
    )
    error = (
        part.refusal
        or _unseen(change, profile, everybody)
        or rules.offered(profile, change)
        or _unnameable(profile, change, target)
        or (None if sent is None else rules.permitted(profile, sent, target))
    )
    if error is not None:
        return replace(step, kind=PlannedChange.IMPOSSIBLE, error=error)
    return step if sent is None else _changing(step, sent, target, profiles)


def _changing(step: Step, sent: SentChange, target: Member | None, profiles: Profiles) -> Step:
    """The step of a change that is sent."""
    profile = profiles[sent.platform]
    now = frozenset() if target is None else {one.action for one in target.permissions if one.granted}
    role = None if isinstance(sent, RemoveMember) else sent.role
    mapping = None if role is None else profile.mapping_of(role)
    then: frozenset[Action] = frozenset() if mapping is None else frozenset(mapping.actions)
    if not isinstance(sent, RemoveMember):
        then |= sent.grant
    return replace(
        step,
        kind=_KINDS[type(sent)],
        after=role,
        gained=_in_order(then - now),
        lost=_in_order(now - then),
        upstream_call=profile.calls.get(rules.CAPABILITIES[type(sent)]),
        warnings=tuple(_warnings(step, sent, target, profiles)),
    )


def _warnings(step: Step, sent: SentChange, target: Member | None, profiles: Profiles) -> Iterator[str]:
    profile = profiles[sent.platform]
    if isinstance(sent, AddMember) and profile.adds_people_by is PersonAddress.EMAIL and step.person is None:
        yield f"Nobody here is known by this address: {profile.name} may send an invitation to it."
    if target is not None and target.role is Role.CUSTOM:
        yield "The custom role that the person has now cannot be given back through the gateway."
    if isinstance(sent, RemoveMember):
        return
    own = profile.mapping_of(sent.role)
    others = [other.mapping_of(sent.role) for other in profiles.values() if other is not profile]
    if own is None:
        return
    elsewhere = frozenset(own.actions).intersection(*(other.actions for other in others if other is not None))
    if beyond := _in_order(frozenset(own.actions) - elsewhere):
        allowed = ", ".join(beyond)
        yield f"{sent.role} is {profile.name}'s {own.native_name}, which also allows {allowed}."


def _unseen(change: Change, profile: PlatformProfile, everybody: Everybody) -> UserError | None:
    """Why the members of the project are not known; None where they are."""
    key = (change.platform, change.project_upstream_id)
    failure = everybody.unread.get(key)
    if failure is None and key not in everybody.projects:
        failure = next((one for one in everybody.failures if one.platform is change.platform), None)
    if failure is not None:
        return rules.failed(failure, change)
    if key in everybody.projects:
        return None
    configured = any(
        source.platform is change.platform and source.state is not SourceState.UNCONFIGURED
        for source in everybody.sources
    )
    return rules.no_such_project(profile, change, configured=configured)


def _unnameable(profile: PlatformProfile, change: Change, target: Member | None) -> UserError | None:
    """Why a newcomer cannot be named to the platform."""
    if target is not None or not isinstance(change, AddMember | GrantAccess):
        return None
    by_id = profile.adds_people_by is PersonAddress.UPSTREAM_USER_ID
    if by_id and change.person.email is not None:
        return rules.person_unknown(profile)
    return rules.nameable(profile, change.person)


def _person(change: Change, target: Member | None, everybody: Everybody) -> Person | None:
    if target is not None:
        return everybody.by_account.get(AccountKey(target.platform, target.upstream_id))
    if not isinstance(change, NamesPerson):
        return None
    if change.person.email is not None:
        return everybody.with_address(change.person.email)
    return everybody.by_account.get(AccountKey(change.platform, change.person.upstream_user_id or ""))


def _in_order(actions: Iterable[Action]) -> tuple[Action, ...]:
    return tuple(sorted(actions, key=list(Action).index))


def _standing(member: Member | None) -> str:
    if member is None:
        return ""
    granted = [one.action for one in member.permissions if one.granted]
    return msgspec.json.encode((member.upstream_id, member.role, granted)).decode()
