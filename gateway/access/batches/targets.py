"""From what is asked about a person and projects to one change for each: pure, over what is known.

A person is asked for by an address or by an account. On each platform the change is for the account that they
have there, whichever way it is known that it is theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.access.batches.batch import Part
from gateway.access.changing.change import GrantAccess, RevokeAccess
from gateway.access.people.everybody import Everybody
from gateway.domain import membership
from gateway.domain.person import Person
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
    upstream_user_id: str | None = field(default=None, repr=False)


def grants(
    person: membership.Person,
    targets: Sequence[GrantTarget],
    *,
    everybody: Everybody,
    profiles: Mapping[PlatformKey, PlatformProfile],
) -> tuple[Part, ...]:
    """One part for each target, in order."""
    human = _human_named(person, everybody)
    seen: set[ProjectKey] = set()
    parts: list[Part] = []
    for place, target in enumerate(targets):
        if target.project is None or target.project in seen:
            parts.append(Part(target=place, refusal=_unusable(target.project, ("targets", str(place)))))
            continue
        seen.add(target.project)
        platform, upstream_id = target.project
        named = _named_in(
            target.project, person, human, profile=profiles[platform], told=target.upstream_user_id
        )
        change = GrantAccess(
            platform=platform,
            project_upstream_id=upstream_id,
            person=named,
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
    human = _human_named(person, everybody)
    seen: set[ProjectKey] = set()
    parts: list[Part] = []
    for place, project in enumerate(projects):
        if project is None or project in seen:
            parts.append(Part(target=place, refusal=_unusable(project, ("projectIds", str(place)))))
            continue
        seen.add(project)
        platform, upstream_id = project
        inside = [membership.Person(upstream_user_id=one) for one in _ids_in(project, human)]
        for named in inside or [_named_in(project, person, human, profile=profiles[platform])]:
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


def humans_named(person: membership.Person, everybody: Everybody) -> tuple[Person, ...]:
    """Who may be meant, of those who are in any project.

    One at most where an address is given; an account's id may be that of several people's, one on each
    platform.
    """
    if person.email is not None:
        human = everybody.with_address(person.email)
        return () if human is None else (human,)
    found = {
        id(human): human
        for key, human in everybody.by_account.items()
        if key.upstream_id == person.upstream_user_id
    }
    return tuple(found.values())


def _human_named(person: membership.Person, everybody: Everybody) -> Person | None:
    """Who is meant; nobody where it could be several."""
    humans = humans_named(person, everybody)
    return humans[0] if len(humans) == 1 else None


def _named_in(
    project: ProjectKey,
    person: membership.Person,
    human: Person | None,
    *,
    profile: PlatformProfile,
    told: str | None = None,
) -> membership.Person:
    """The person as the platform knows them: by the account that is in the project, where one is."""
    if told:
        return membership.Person(upstream_user_id=told)
    accounts = [] if human is None else [one for one in human.accounts if one.platform is profile.key]
    if not accounts:
        return person
    inside = set(_ids_in(project, human))
    account = next((one for one in accounts if one.upstream_id in inside), accounts[0])
    if profile.adds_people_by is PersonAddress.EMAIL and account.email:
        return membership.Person(email=account.email)
    return membership.Person(upstream_user_id=account.upstream_id)


def _ids_in(project: ProjectKey, human: Person | None) -> list[str]:
    """The accounts that are in the project, by what the platform calls them."""
    return [
        member.upstream_id
        for member in (() if human is None else human.memberships)
        if (member.platform, member.project_upstream_id) == project
    ]


def _unusable(project: ProjectKey | None, place: tuple[str, ...]) -> membership.UserError:
    """Why a target cannot even be tried."""
    words = (
        "This is not the id of a project; use ids just as the graph gives them."
        if project is None
        else "This project was named already."
    )
    return membership.UserError(code=UserErrorCode.INVALID_ID, message=words, field=("input", *place))
