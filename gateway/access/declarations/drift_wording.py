"""What drift is called in a sentence: no personal data beyond names that the platforms display."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Final

from gateway.access.declarations.declared import DeclaredAccess, DeclaredPerson
from gateway.domain.member import Member
from gateway.domain.person import Person
from gateway.domain.platform import PlatformProfile
from gateway.domain.project import Project
from gateway.domain.vocabulary import Action, Role

NO_PROJECT: Final = "No project is meant by this pattern; a name never means one that is archived."
NOBODY: Final = "No platform shows this person in a project whose members could be read."

_LONGEST_NAME: Final = 80
_CUT: Final = "…"


def shown(name: str) -> str:
    """A name from a platform as part of one line: nothing in it moves a cursor or turns the line around."""
    if not name.isprintable():
        name = "".join(one if one.isprintable() else " " for one in name)
    line = " ".join(name.split())
    return line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - len(_CUT)] + _CUT


def shown_project(project: Project) -> str:
    """A project's name likewise; its id where it has none."""
    return shown(project.name) or shown(project.upstream_id)


def unexpected(person: Person, member: Member, project: Project, grant: Iterable[Action]) -> str:
    """Somebody has access that nothing declares."""
    has = f"{_named(person)} has {level(member.role, grant)}"
    return f"{has} in “{shown_project(project)}”, which nothing declares."


def missing(person: Person | None, named: DeclaredPerson, project: Project, declares: str) -> str:
    """Somebody is declared and not there; `declares` is what `declared` made."""
    who = f"Whoever {named.place} means" if person is None else _named(person)
    return f"{who} is not in “{shown_project(project)}”, where {declares}."


def changed(person: Person, member: Member, project: Project, grant: Iterable[Action], declares: str) -> str:
    """Somebody is there otherwise than declared; `declares` is what `declared` made."""
    return (
        f"{_named(person)} has {level(member.role, grant)} in “{shown_project(project)}”, where {declares}."
    )


def declared(entry: DeclaredAccess, grant: Iterable[Action], obstacle: str | None) -> str:
    """What an entry declares, and what stands against it."""
    however = "" if obstacle is None else f", but {obstacle}"
    return f"{entry.place} declares {level(entry.role, grant)}{however}"


def expired(
    person: Person, member: Member, project: Project, entry: DeclaredAccess, grant: Iterable[Action]
) -> str:
    """Somebody is still there."""
    return (
        f"{_named(person)} still has {level(member.role, grant)} in “{shown_project(project)}”, "
        f"which {entry.place} declares until {_end(entry.until)}."
    )


def no_such_role(profile: PlatformProfile, role: Role) -> str | None:
    """Why nobody can be given the role there; None where somebody can."""
    if profile.mapping_of(role) is not None:
        return None
    offered = ", ".join(mapping.role for mapping in profile.roles)
    return f"{profile.name} gives nobody the role {role}, only {offered}"


def level(role: Role, grant: Iterable[Action]) -> str:
    """A role with what is granted on top of it."""
    granted = ", ".join(sorted(grant))
    return f"{role} with {granted}" if granted else str(role)


def _named(person: Person) -> str:
    return shown(person.display_name or "") or "Somebody without a name"


def _end(until: datetime | None) -> str:
    if until is None:
        return "further notice"
    if until.time() == time():
        return f"the end of {(until - timedelta(days=1)).date().isoformat()}"
    return f"{until:%Y-%m-%d %H:%M} UTC"
