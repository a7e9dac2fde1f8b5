"""Which projects a pattern means: `QUANTCONNECT:Alpha*`, `TESTOMATO:id:5f…`, `*:*`."""

import fnmatch
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from gateway.domain.project import Project
from gateway.domain.vocabulary import PlatformKey

ANY: Final = "*"
_BY_ID: Final = "id:"
_WILDCARDS: Final = frozenset("*?")


class PatternInvalid(ValueError):
    """The text is no pattern; the message says why, and does not quote it."""


@dataclass(frozen=True, kw_only=True)
class ProjectPattern:
    """Projects by their names, or one project by its id.

    Attributes:
        platform: None for all.
        name: in any case; `*` stands for any characters, `?` for one.
        upstream_id: means one project, whatever it is called; the name is empty then.
    """

    platform: PlatformKey | None
    name: str = ""
    upstream_id: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """The pattern that is written so.

        Raises:
            PatternInvalid: it is none.
        """
        platform_name, colon, rest = text.partition(":")
        if not colon:
            raise PatternInvalid("a pattern is a platform, a colon and a name: QUANTCONNECT:Alpha* or *:*")
        if platform_name != ANY and platform_name not in PlatformKey.__members__:
            raise PatternInvalid(f"there is no such platform; there are {', '.join(PlatformKey)} and {ANY}")
        platform = None if platform_name == ANY else PlatformKey(platform_name)
        if not rest.strip() or rest == _BY_ID:
            raise PatternInvalid("the pattern is empty after the colon")
        if not rest.startswith(_BY_ID):
            return cls(platform=platform, name=rest)
        if platform is None:
            raise PatternInvalid("an id means a project of one platform: name it before the colon")
        return cls(platform=platform, upstream_id=rest.removeprefix(_BY_ID))

    @classmethod
    def only(cls, project: Project) -> Self:
        """The pattern that means this project, whatever it will be called."""
        return cls(platform=project.platform, upstream_id=project.upstream_id)

    def __str__(self) -> str:
        """As it is written in a file."""
        rest = self.name if self.upstream_id is None else f"{_BY_ID}{self.upstream_id}"
        return f"{self.platform or ANY}:{rest}"

    @cached_property
    def fits(self) -> Callable[[str], object]:
        """True of a name, folded with `str.casefold`, that the pattern means."""
        folded = self.name.casefold()
        if not _WILDCARDS.intersection(folded):
            return folded.__eq__
        # What `fnmatch` makes of many stars takes no exponential time; its classes in brackets are not ours.
        return re.compile(fnmatch.translate(folded.replace("[", "[[]"))).match


class ProjectIndex:
    """Finds the projects that a pattern means.

    Args:
        projects: each once.
    """

    def __init__(self, projects: Iterable[Project]) -> None:
        self._by_id: dict[PlatformKey, dict[str, Project]] = defaultdict(dict)
        self._names: dict[PlatformKey, list[tuple[str, Project]]] = defaultdict(list)
        for project in projects:
            self._by_id[project.platform][project.upstream_id] = project
            self._names[project.platform].append((project.name.casefold(), project))

    def matching(self, pattern: ProjectPattern, *, archived_by_name: bool = False) -> list[Project]:
        """The projects that `pattern` means.

        Args:
            archived_by_name: whether a name also means projects that were deleted; an id always does.
        """
        if pattern.upstream_id is not None and pattern.platform is not None:
            found = self._by_id[pattern.platform].get(pattern.upstream_id)
            return [] if found is None else [found]
        fits = pattern.fits
        return [
            project
            for platform in (PlatformKey if pattern.platform is None else (pattern.platform,))
            for name, project in self._names[platform]
            if fits(name) and (archived_by_name or not project.archived)
        ]
