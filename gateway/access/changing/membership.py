"""Writing: let a person into a project, change what a member may do, take a member out.

Every change runs the same way:

    look     read the project and its members, fresh
    check    the rules of `gateway.access.changing.rules`; what is already so is not sent
    send     once, after its intent has been written down
    settle   an answer that was lost is settled by reading the members back, never by sending again

Changes to one project run one after the other: each looks at what the one before it left. A change that
was begun is carried through even when its caller goes away.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from weakref import WeakValueDictionary

import msgspec
from msgspec.structs import replace

from gateway.access.changing import rules
from gateway.access.changing.change import (
    AddMember,
    Change,
    ChangeResult,
    NamesPerson,
    RemoveMember,
    RevokeAccess,
    SentChange,
    UpdateMember,
)
from gateway.access.people.selection import has_address
from gateway.domain.errors import UpstreamError, UpstreamUnavailable
from gateway.domain.member import Member
from gateway.domain.membership import Addition, Person, Removal, RoleChange, UserError
from gateway.domain.platform import MembershipReply, PersonAddress, Platform, Platforms
from gateway.domain.project import Project
from gateway.domain.vocabulary import Outcome, PlatformKey

# Before each further try to read back what became of a change.
SETTLING_PAUSES_SECONDS = (0.2, 1.0)

OnSend = Callable[[SentChange, Member | None], Awaitable[object]]
"""Awaited right before a change is sent, with the change as it is sent and the member as found before."""


class _Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What a change finds."""

    platform: Platform
    project: Project
    members: tuple[Member, ...]


class _Refused(Exception):
    """The change ends here; nothing was changed."""

    def __init__(self, error: UserError) -> None:
        super().__init__()
        self.error = error


class Membership:
    """Carries out changes; lives as long as the gateway.

    Args:
        settling_pauses_seconds: before each further try to read back a lost answer.
    """

    def __init__(self, *, settling_pauses_seconds: Sequence[float] = SETTLING_PAUSES_SECONDS) -> None:
        self._settling_pauses_seconds = settling_pauses_seconds
        self._locks: WeakValueDictionary[tuple[PlatformKey, str], asyncio.Lock] = WeakValueDictionary()

    async def carry_out(self, change: Change, *, platforms: Platforms, on_send: OnSend) -> ChangeResult:
        """Make the change; every failure of the platform is told in the result.

        What `on_send` raises is passed on, and nothing is sent.
        """
        async with self._lock_of(change):
            try:
                situation = await _look(platforms, change)
            except _Refused as refused:
                return ChangeResult(outcome=Outcome.REFUSED, user_errors=(refused.error,))
            try:
                return await self._check_and_send(situation, change, on_send)
            except _Refused as refused:
                return ChangeResult(
                    outcome=Outcome.REFUSED,
                    member=rules.target_of(change, situation.members),
                    project=situation.project,
                    members=situation.members,
                    user_errors=(refused.error,),
                )

    async def settle(self, sent: SentChange, *, platforms: Platforms, before: Member | None) -> ChangeResult:
        """What became of a change that was sent earlier, as the members show it; nothing is sent.

        Args:
            sent: the change as it was sent.
            before: the member concerned as found before it.

        Raises:
            UpstreamError: the members cannot be read now, but perhaps later.
        """
        platform = platforms.connected.get(sent.platform)
        if platform is None:
            return unknown(sent, platforms)
        async with self._lock_of(sent):
            try:
                members = await _read_members(platform, sent.project_upstream_id)
            except UpstreamError as failure:
                if failure.retryable:
                    raise
                return unknown(sent, platforms)
        target = None if members is None else rules.target_of(sent, members)
        if members is None or not rules.fulfils(platform.profile, sent, target):
            return unknown(sent, platforms)
        return _success(sent, target=target, before=before)

    def _lock_of(self, change: Change) -> asyncio.Lock:
        return self._locks.setdefault((change.platform, change.project_upstream_id), asyncio.Lock())

    async def _check_and_send(self, situation: _Situation, change: Change, on_send: OnSend) -> ChangeResult:
        profile = situation.platform.profile
        if isinstance(change, NamesPerson):
            change = await self._addressed(situation, change)
        target = rules.target_of(change, situation.members)
        sent = rules.as_sent(change, target)
        if sent is None or (target is not None and rules.fulfils(profile, sent, target)):
            return ChangeResult(
                outcome=Outcome.UNCHANGED,
                member=target,
                project=situation.project,
                members=situation.members,
            )
        _demand(rules.permitted(profile, sent, target))
        await on_send(sent, target)
        try:
            reply = await _send(situation.platform, sent, target)
        except UpstreamError as failure:
            if not failure.may_have_acted:
                raise _Refused(rules.failed(failure, change)) from None
            return await self._settle(situation, sent, lost_to=failure)
        return _shown(situation, sent, reply) or await self._settle(situation, sent)

    async def _addressed(self, situation: _Situation, change: NamesPerson) -> NamesPerson:
        """The change with a newcomer named as the platform wants it."""
        profile = situation.platform.profile
        if isinstance(change, RevokeAccess) or rules.target_of(change, situation.members) is not None:
            return change
        _demand(rules.nameable(profile, change.person))
        email = change.person.email
        if email is None or profile.adds_people_by is PersonAddress.EMAIL:
            return change
        try:
            person_id = await _find_person_id(situation.platform, email)
        except UpstreamError as failure:
            raise _Refused(rules.failed(failure, change)) from None
        if person_id is None:
            raise _Refused(rules.person_unknown(profile))
        return replace(change, person=Person(upstream_user_id=person_id))

    async def _settle(
        self, situation: _Situation, change: SentChange, *, lost_to: UpstreamError | None = None
    ) -> ChangeResult:
        """Learn from the members what became of a change whose answer was lost or did not show it."""
        members = await self._read_back(situation.platform, change.project_upstream_id)
        if members is None and lost_to is None and isinstance(change, RemoveMember):
            # The platform said that it is done, and nothing speaks against it.
            before = rules.target_of(change, situation.members)
            return replace(_success(change, target=None, before=before), project=situation.project)
        if members is not None:
            result = _shown(situation, change, MembershipReply(members=members))
            if result is not None:
                return result
            if isinstance(lost_to, UpstreamUnavailable):
                # The platform did answer, with a failure, and indeed nothing has changed.
                raise _Refused(rules.failed(lost_to, change))
        error = rules.outcome_unknown(situation.platform.profile, change)
        return ChangeResult(
            outcome=Outcome.UNKNOWN, project=situation.project, members=members, user_errors=(error,)
        )

    async def _read_back(self, platform: Platform, project_upstream_id: str) -> tuple[Member, ...] | None:
        for pause_seconds in (*self._settling_pauses_seconds, None):
            try:
                return await _read_members(platform, project_upstream_id)
            except UpstreamError:
                if pause_seconds is not None:
                    await asyncio.sleep(pause_seconds)
        return None


def unknown(sent: SentChange, platforms: Platforms) -> ChangeResult:
    """The result of a change of which nothing could be learned."""
    profile = platforms.profiles[sent.platform]
    return ChangeResult(outcome=Outcome.UNKNOWN, user_errors=(rules.outcome_unknown(profile, sent),))


async def _look(platforms: Platforms, change: Change) -> _Situation:
    profile = platforms.profiles[change.platform]
    platform = platforms.connected.get(change.platform)
    if platform is None:
        raise _Refused(rules.no_such_project(profile, change, configured=False))
    _demand(rules.offered(profile, change))
    try:
        [project] = await platform.get_projects([change.project_upstream_id])
        if isinstance(project, UpstreamError):
            raise project
        members = None if project is None else project.members
        if project is not None and members is None:
            members = await _read_members(platform, change.project_upstream_id)
    except UpstreamError as failure:
        raise _Refused(rules.failed(failure, change)) from None
    if project is None or members is None:
        raise _Refused(rules.no_such_project(profile, change, configured=True))
    return _Situation(platform=platform, project=project, members=members)


def _demand(error: UserError | None) -> None:
    if error is not None:
        raise _Refused(error)


def _shown(situation: _Situation, change: SentChange, reply: MembershipReply) -> ChangeResult | None:
    """The change's success, if `reply` shows it; that somebody is gone only a list of all can show."""
    if reply.members is None and isinstance(change, RemoveMember):
        return None
    target = rules.target_of(change, reply.members) if reply.members is not None else reply.member
    if not rules.fulfils(situation.platform.profile, change, target):
        return None
    success = _success(change, target=target, before=rules.target_of(change, situation.members))
    return replace(success, project=situation.project, members=reply.members)


def _success(change: SentChange, *, target: Member | None, before: Member | None) -> ChangeResult:
    if isinstance(change, AddMember):
        invited = target is not None and target.confirmed is False
        outcome = Outcome.INVITED if invited else Outcome.ADDED
    elif isinstance(change, UpdateMember):
        outcome = Outcome.UPDATED
    else:
        outcome, target = Outcome.REMOVED, before
    return ChangeResult(outcome=outcome, member=target, before=before)


async def _send(platform: Platform, change: SentChange, target: Member | None) -> MembershipReply:
    if isinstance(change, AddMember):
        person = change.person
        addition = Addition(
            project_upstream_id=change.project_upstream_id,
            person_id=person.upstream_user_id or person.email or "",
            role=change.role,
            grant=change.grant,
        )
        return await platform.add_member(addition)
    if target is None:
        raise AssertionError("rules.permitted lets nothing but an addition pass without a member")
    if isinstance(change, UpdateMember):
        return await platform.update_member(
            RoleChange(
                project_upstream_id=change.project_upstream_id,
                member=target,
                role=change.role,
                grant=change.grant,
            )
        )
    return await platform.remove_member(
        Removal(project_upstream_id=change.project_upstream_id, member=target)
    )


async def _read_members(platform: Platform, project_upstream_id: str) -> tuple[Member, ...] | None:
    [members] = await platform.list_members([project_upstream_id])
    if isinstance(members, UpstreamError):
        raise members
    return members


async def _find_person_id(platform: Platform, email: str) -> str | None:
    """The id of the account with this address, among the people that the credential can see."""
    listing = await platform.list_projects()
    apart = [project.upstream_id for project in listing.projects if project.members is None]
    listed = await platform.list_members(apart) if apart else []
    groups = [project.members or () for project in listing.projects]
    groups += [members for members in listed if isinstance(members, tuple)]
    for member in (one for group in groups for one in group):
        if member.is_addressable and has_address(member, email):
            return member.upstream_id
    return None
