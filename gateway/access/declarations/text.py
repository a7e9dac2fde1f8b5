"""Write today's access as a declaration. Pure.

The text is made to be compared with what was written before: every person has one line and every project its
own entries, in an order that new people and projects do not change. Projects are written by their ids, so
that the file means the same ones when they get other names.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from gateway.access.declarations.accounts import account_of, memberships_of
from gateway.access.declarations.differences import ProjectKey, key_of
from gateway.access.declarations.drift_wording import shown, shown_project
from gateway.access.declarations.names import PersonLine, person_lines, quoted
from gateway.access.declarations.project_patterns import ProjectPattern
from gateway.access.declarations.reader import VERSION
from gateway.domain.member import Member
from gateway.domain.person import AccountKey, Person
from gateway.domain.platform import PlatformProfile
from gateway.domain.project import Project
from gateway.domain.vocabulary import Action, PlatformKey, Role

_HEADING: Final = f"""\
# Who has which access, as the platforms showed it. Owners are left out: they are never drift.
version = {VERSION}
"""
_PEOPLE_HEADING: Final = """
# By an address that is theirs alone, or by their accounts.
[people]
"""
_OWN_ROLES_HEADING: Final = """
# Roles of a platform's own cannot be declared, since no call gives them. Whoever has one is left alone.
"""
_POWER: Final = {role: position for position, role in enumerate(Role)}


def declaration_of(
    projects: Iterable[Project],
    people: Iterable[Person],
    *,
    profiles: Mapping[PlatformKey, PlatformProfile],
    unread: Collection[ProjectKey] = (),
) -> str:
    """The file that declares today's access: held against the same world it gives no drift.

    Args:
        people: with their memberships; `Project.members` is not looked at.
        profiles: of every platform that a project is on.
        unread: projects whose members could not be read; the file only mentions them.
    """
    everybody = tuple(people)
    members: dict[ProjectKey, list[tuple[Person, Member]]] = defaultdict(list)
    for person in everybody:
        for member in memberships_of(person):
            members[member.platform, member.project_upstream_id].append((person, member))
    sections = [
        _Section(
            project,
            profile=profiles[project.platform],
            members=None if key_of(project) in unread else members[key_of(project)],
        )
        for project in sorted({key_of(one): one for one in projects}.values(), key=_order)
    ]
    needed = frozenset(account_of(member) for section in sections for member in section.declared)
    lines = person_lines(everybody, needed=needed)
    people_lines = [f"{line}\n" for line in sorted(set(lines.values()))]
    own_roles = [text for section in sections for text in section.own_roles(lines)]
    return "".join(
        (
            _HEADING,
            *((_PEOPLE_HEADING, *people_lines) if people_lines else ()),
            *(text for section in sections for text in section.entries(lines)),
            *((_OWN_ROLES_HEADING, *own_roles) if own_roles else ()),
        )
    )


class _Section:
    """What is written of one project.

    Args:
        members: each account once; None where they could not be read.

    Attributes:
        declared: those whose access is written.
    """

    def __init__(
        self,
        project: Project,
        *,
        profile: PlatformProfile,
        members: Iterable[tuple[Person, Member]] | None,
    ) -> None:
        self._project = project
        self._profile = profile
        self._is_read = members is not None
        everybody = tuple(members or ())
        self._owners = sorted(
            shown(person.display_name or "") or "somebody without a name"
            for person, member in everybody
            if member.is_owner
        )
        self.declared = [member for _, member in everybody if not member.is_owner]

    def entries(self, lines: Mapping[AccountKey, PersonLine]) -> Iterator[str]:
        """One for all who may do the same; nothing where there is nobody but owners."""
        groups: dict[tuple[Role, tuple[Action, ...]], list[Member]] = defaultdict(list)
        for member in self.declared:
            if self._profile.mapping_of(member.role) is not None:
                grant = tuple(sorted(one for one in self._profile.grantable_actions if member.can(one)))
                groups[member.role, grant].append(member)
        if groups or not self._is_read:
            yield self._heading()
        for number, (role, grant) in enumerate(sorted(groups, key=lambda one: (_POWER[one[0]], one[1]))):
            yield "\n" if number else ""
            granted = f"grant = {_list_of(grant)}\n" if grant else ""
            yield f'[[access]]\nprojects = {self._pattern()}\nrole = "{role}"\n{granted}'
            yield _who(groups[role, grant], lines)

    def own_roles(self, lines: Mapping[AccountKey, PersonLine]) -> Iterator[str]:
        """What is ignored, since no file can declare it."""
        groups: dict[tuple[Role, str], list[Member]] = defaultdict(list)
        for member in self.declared:
            if self._profile.mapping_of(member.role) is None:
                groups[member.role, shown(member.native_role)].append(member)
        for (role, native_role), members in sorted(groups.items()):
            yield (
                f"\n# {self._named()}: {native_role}\n[[ignore.access]]\n"
                f'projects = {self._pattern()}\nroles = ["{role}"]\n{_who(members, lines)}'
            )

    def _named(self) -> str:
        archived = ", archived" if self._project.archived else ""
        return f"{shown_project(self._project)} ({self._profile.name}{archived})"

    def _heading(self) -> str:
        if not self._is_read:
            return f"\n# {self._named()}: its members could not be read.\n"
        owner = f"; owner: {', '.join(self._owners)}" if self._owners else ""
        return f"\n# {self._named()}{owner}\n"

    def _pattern(self) -> str:
        return _list_of([str(ProjectPattern.only(self._project))])


def _who(members: Iterable[Member], lines: Mapping[AccountKey, PersonLine]) -> str:
    """One name a line, so that a change shows who it concerns."""
    names = sorted({lines[account_of(member)].name for member in members})
    return "who = [\n" + "".join(f"  {quoted(name)},\n" for name in names) + "]\n"


def _list_of(texts: Iterable[str]) -> str:
    return f"[{', '.join(map(quoted, texts))}]"


def _order(project: Project) -> tuple[str, str, str, str]:
    return (project.platform, project.name.casefold(), project.name, project.upstream_id)
