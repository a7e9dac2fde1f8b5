"""A declaration from the side of the projects: which entries mean one, and who is ignored in it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from gateway.access.declarations.claims import Seat, Seated, Seating
from gateway.access.declarations.declared import Declaration, DeclaredAccess, IgnoredAccess
from gateway.access.declarations.differences import ProjectKey, key_of
from gateway.access.declarations.project_patterns import ProjectIndex, ProjectPattern
from gateway.domain.member import Member
from gateway.domain.project import Project


class EntriesByProject:
    """Which parts of a declaration mean a project.

    Args:
        projects: all there are.
    """

    def __init__(self, declaration: Declaration, *, projects: Iterable[Project], seating: Seating) -> None:
        self._seating = seating
        self._index = ProjectIndex(projects)
        self._found: dict[tuple[ProjectPattern, bool], list[ProjectKey]] = {}
        self._ignored_people = declaration.ignored_people
        self._ignored_projects = self._keys(declaration.ignored_projects, archived_by_name=True)
        self._ignored: dict[ProjectKey, list[IgnoredAccess]] = defaultdict(list)
        for ignored in declaration.ignored_access:
            for key in self._keys(ignored.projects, archived_by_name=True):
                self._ignored[key].append(ignored)
        self._entries: dict[ProjectKey, list[DeclaredAccess]] = defaultdict(list)
        for entry in declaration.access:
            for key in self._keys(entry.projects):
                self._entries[key].append(entry)

    def means_any(self, pattern: ProjectPattern) -> bool:
        """Whether there is a project that an entry means by `pattern`."""
        return bool(self._keys([pattern]))

    def of(self, project: Project) -> list[tuple[DeclaredAccess, Seated]]:
        """The entries that mean `project`, in the order of the file, with the seats of their people."""
        return [
            (entry, self._seating.seated(entry.people, project.platform))
            for entry in self._entries[key_of(project)]
        ]

    def ignores(self, project: Project, member: Member, seat: Seat) -> bool:
        """Whether it is no news that the member is in `project`."""
        key = key_of(project)
        return (
            key in self._ignored_projects
            or seat in self._seating.seated(self._ignored_people, project.platform).all
            or any(
                (ignored.roles is None or member.role in ignored.roles)
                and seat in self._seating.seated(ignored.people, project.platform).all
                for ignored in self._ignored[key]
            )
        )

    def _keys(
        self, patterns: Sequence[ProjectPattern], *, archived_by_name: bool = False
    ) -> dict[ProjectKey, None]:
        """The projects meant, each once."""
        keys: dict[ProjectKey, None] = {}
        for pattern in patterns:
            found = self._found.get((pattern, archived_by_name))
            if found is None:
                matching = self._index.matching(pattern, archived_by_name=archived_by_name)
                found = self._found[pattern, archived_by_name] = list(map(key_of, matching))
            keys.update(dict.fromkeys(found))
        return keys
