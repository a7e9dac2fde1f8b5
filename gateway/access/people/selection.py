"""Which projects and members are meant by a filter."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import replace

import msgspec

from gateway.access.people.everybody import sources_without
from gateway.access.reading.catalogue import Catalogue
from gateway.access.reading.directory import Directory
from gateway.access.reading.soon import Soon, arrival, then
from gateway.domain.caller import Scope
from gateway.domain.errors import UpstreamError
from gateway.domain.member import Member
from gateway.domain.person import address_of
from gateway.domain.project import Project
from gateway.domain.vocabulary import PlatformKey, Role


class ProjectSelection(msgspec.Struct, frozen=True, kw_only=True):
    """Which projects are asked for.

    Attributes:
        platforms: None for all.
        search: a part of the name, the address or the upstream id, in any case.
        member_email: only projects that the person with this address is in.
    """

    platforms: frozenset[PlatformKey] | None = None
    search: str | None = None
    member_email: str | None = None
    include_archived: bool = True

    def __repr__(self) -> str:
        """Addresses stay out of logs."""
        return "ProjectSelection(…)"


def select_projects(directory: Directory, selection: ProjectSelection) -> Soon[Catalogue]:
    """The projects that `selection` means, with their sources.

    Raises:
        Forbidden: the caller may not look for people by their addresses.
    """
    if selection.member_email is not None:
        directory.caller.demand(Scope.PII_READ)
        directory.caller.demand(Scope.MEMBERS_READ)
    known = directory.platforms.profiles
    wanted = known if selection.platforms is None else [key for key in known if key in selection.platforms]
    selected = then(directory.catalogue(wanted), lambda catalogue: _matching(catalogue, selection))
    if selection.member_email is None:
        return selected
    return asyncio.ensure_future(_with_member(directory, selected, email=selection.member_email))


def select_members(
    members: Iterable[Member], *, roles: Collection[Role] | None, search: str | None
) -> tuple[Member, ...]:
    """The members with one of `roles` (None: any) whose name or e-mail address contains `search`."""
    needle = (search or "").strip().casefold()
    if roles is None and not needle:
        return tuple(members)
    return tuple(
        member
        for member in members
        if (roles is None or member.role in roles)
        and (not needle or any(needle in (text or "").casefold() for text in (member.name, member.email)))
    )


def has_address(member: Member, email: str) -> bool:
    """Whether this is the member's e-mail address; case does not count."""
    return member.email is not None and address_of(member.email) == address_of(email)


def _matching(catalogue: Catalogue, selection: ProjectSelection) -> Catalogue:
    """Once for each selection, as long as the catalogue is the same."""
    key = ("matching", selection)
    found: Catalogue | None = catalogue.derived.get(key)
    if found is None:
        projects = tuple(project for project in catalogue.projects if _matches(project, selection))
        found = replace(catalogue, projects=projects, derived={})
        catalogue.keep_derived(key, found)
    return found


def _matches(project: Project, selection: ProjectSelection) -> bool:
    if project.archived and not selection.include_archived:
        return False
    needle = (selection.search or "").strip().casefold()
    texts = (project.name, project.url or "", project.upstream_id)
    return not needle or any(needle in text.casefold() for text in texts)


async def _with_member(directory: Directory, selected: Soon[Catalogue], *, email: str) -> Catalogue:
    """Keep the projects with this person; one whose members cannot be read is missing, and said to be."""
    catalogue = await arrival(selected)
    answers = await asyncio.gather(*(_settled_members(directory, project) for project in catalogue.projects))
    found = tuple(
        project
        for project, members in zip(catalogue.projects, answers, strict=True)
        if not isinstance(members, UpstreamError) and any(has_address(member, email) for member in members)
    )
    failures = [members for members in answers if isinstance(members, UpstreamError)]
    sources = sources_without(directory, catalogue.sources, failures)
    return Catalogue(projects=found, sources=sources, failures=(*catalogue.failures, *failures))


async def _settled_members(directory: Directory, project: Project) -> tuple[Member, ...] | UpstreamError:
    try:
        return (await arrival(directory.members(project))).members
    except UpstreamError as failure:
        return failure
