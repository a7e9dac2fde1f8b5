"""Projects that were changed lately: outcomes are kept without them, and may be asked for again with them."""

from collections import OrderedDict

import msgspec

from gateway.domain.project import Project
from gateway.domain.vocabulary import PlatformKey

_MOST = 1_000


class RememberedProjects:
    """The last few, each as one upstream account saw it, without its members."""

    def __init__(self) -> None:
        self._projects: OrderedDict[tuple[str, PlatformKey, str], Project] = OrderedDict()

    def find(self, credential: str, key: tuple[PlatformKey, str]) -> Project | None:
        """The project with this platform and id, if it is remembered."""
        return self._projects.get((credential, *key))

    def remember(self, credential: str, project: Project) -> None:
        """Remember a project, and forget the one that was changed first."""
        key = (credential, project.platform, project.upstream_id)
        self._projects[key] = msgspec.structs.replace(project, members=None)
        self._projects.move_to_end(key)
        if len(self._projects) > _MOST:
            self._projects.popitem(last=False)
