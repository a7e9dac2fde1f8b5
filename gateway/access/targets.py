"""From what is asked about a person and projects to one change for each: pure, over what is known.

A person is asked for by an address or by an account. On each platform the change is for the account that they
have there, whichever way it is known that it is theirs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.access.batch import Part
from gateway.access.change import GrantAccess, RevokeAccess
from gateway.access.everybody import Everybody
from gateway.domain import membership
from gateway.domain.person import Account, Person
from gateway.domain.platform import PersonAddress, PlatformProfile
from gateway.domain.vocabulary import Action, PlatformKey, Role, UserErrorCode

ProjectKey = tuple[PlatformKey, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantTarget:
    """One project, and what the person is to be in it.

    Attributes:
        project: None where the id that was given is none of a project.
        until: when it ends (UTC); None: never.
        upstream_user_id: the person's account there, where it is told; None leaves it to what is known.
    """

    project: ProjectKey | None
    role: Role
    grant: frozenset[Action] = frozenset()
    until: datetime | None = None
    upstream_user_id: str | None = None


def grants(
    person: membership.Person,
    targets: Sequence[GrantTarget],
    *,
    everybody: Everybody,
    profiles: Mapping[PlatformKey, PlatformProfile],
) -> tuple[Part, ...]:
    """One part for each target, in order."""
    human = human_named(person, everybody)
    seen: set[ProjectKey] = set()
    parts: list[Part] = []
    for place, target in enumerate(targets):
        if target.project is None or target.project in seen:
            parts.append(Part(target=place, refusal=_unusable(target.project, ("targets", str(place)))))
            continue
        seen.add(target.project)
        platform, upstream_id = target.project
        change = GrantAccess(
            platform=platform,
            project_upstream_id=upstream_id,
            person=_named_on(profiles[platform], person, human, told=target.upstream_user_id),
            role=target.role,
            grant=target.grant,
            until=target.until,
        )
        parts.append(Part(target=place, change=change))
    return tuple(parts)


def revocations(
    person: membership.Person,
    projects: Sequence[ProjectKey | None],
    *,
    everybody: Everybody,
    profiles: Mapping[PlatformKey, PlatformProfile],
) -> tuple[Part, ...]:
    """One part for each project, in order; for one that the person is in with several accounts, one for each.

    Args:
        projects: None for an id that is none of a project.
    """
    human = human_named(person, everybody)
    seen: set[ProjectKey] = set()
    parts: list[Part] = []
    for place, project in enumerate(projects):
        if project is None or project in seen:
            parts.append(Part(target=place, refusal=_unusable(project, ("projectIds", str(place)))))
            continue
        seen.add(project)
        platform, upstream_id = project
        persons = [
            membership.Person(upstream_user_id=member.upstream_id)
            for member in (() if human is None else human.memberships)
            if (member.platform, member.project_upstream_id) == project
        ]
        for named in persons or [_named_on(profiles[platform], person, human, told=None)]:
            change = RevokeAccess(platform=platform, project_upstream_id=upstream_id, person=named)
            parts.append(Part(target=place, change=change))
    return tuple(parts)


def every_revocation(human: Person) -> tuple[Part, ...]:
    """One part for each membership of the person's."""
    changes = (
        RevokeAccess(
            platform=member.platform,
            project_upstream_id=member.project_upstream_id,
            person=membership.Person(upstream_user_id=member.upstream_id),
        )
        for member in human.memberships
    )
    return tuple(Part(change=change) for change in changes)


def human_named(person: membership.Person, everybody: Everybody) -> Person | None:
    """Who is meant, if they are in any project; nobody where an account's id could be several people's."""
    if person.email is not None:
        return everybody.with_address(person.email)
    found = {
        id(human): human
        for key, human in everybody.by_account.items()
        if key.upstream_id == person.upstream_user_id
    }
    return next(iter(found.values())) if len(found) == 1 else None


def _named_on(
    profile: PlatformProfile, person: membership.Person, human: Person | None, *, told: str | None
) -> membership.Person:
    """The person as the platform knows them."""
    if told:
        return membership.Person(upstream_user_id=told)
    account = _account_on(profile.key, () if human is None else human.accounts)
    if account is None:
        return person
    if profile.adds_people_by is PersonAddress.EMAIL and account.email:
        return membership.Person(email=account.email)
    return membership.Person(upstream_user_id=account.upstream_id)


def _account_on(platform: PlatformKey, accounts: Iterable[Account]) -> Account | None:
    return next((account for account in accounts if account.platform is platform), None)


def _unusable(project: ProjectKey | None, place: tuple[str, ...]) -> membership.UserError:
    """Why a target cannot even be tried."""
    words = (
        "This is not the id of a project; use ids just as the graph gives them."
        if project is None
        else "This project was named already."
    )
    return membership.UserError(code=UserErrorCode.INVALID_ID, message=words, field=("input", *place))
