"""The platform in memory as several accounts see it: the same ids, and the mark of each in the names."""

from collections.abc import Sequence

from msgspec import structs

from gateway.domain.member import Member
from gateway.domain.platform import Platforms, ProjectListing
from gateway.domain.project import Project
from tests.access.world import INGRID, KEY, PROFILE, World

ACCOUNTS = ("amber", "cobalt", "jade")


class MarkedWorld(World):
    """One account's platform."""

    def __init__(self, mark: str) -> None:
        super().__init__()
        self.mark = mark
        for people in self.people.values():
            people[INGRID] = structs.replace(people[INGRID], name=f"Ingrid of {mark}")

    async def get_projects(self, upstream_ids: Sequence[str]) -> list[Project | None]:
        return [one and self._marked(one) for one in await super().get_projects(upstream_ids)]

    async def list_projects(self) -> ProjectListing:
        listing = await super().list_projects()
        return structs.replace(listing, projects=tuple(self._marked(one) for one in listing.projects))

    def _marked(self, project: Project) -> Project:
        members: tuple[Member, ...] = tuple(self.people[project.upstream_id].values())
        # In one of the projects they come with it, as on QuantConnect; in the other apart.
        return structs.replace(
            project,
            name=f"{self.mark} {project.name}",
            members=members if project.upstream_id == "1" else None,
        )


def platforms_of(world: MarkedWorld) -> Platforms:
    """What a request sees that is for this account."""
    return Platforms(profiles={KEY: PROFILE}, connected={KEY: world}, accounts={KEY: world.mark})
