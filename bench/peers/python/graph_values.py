"""What the resolvers hand out, and the platforms' JSON that it comes from."""

import msgspec

_RANKS = ("OWNER", "ADMIN", "EDITOR", "VIEWER", "CUSTOM")
_ROLE_OF_PERMISSION = {"write": "EDITOR", "read": "VIEWER"}
_ROLE_OF_ID = {"4": "ADMIN", "5": "EDITOR", "6": "VIEWER"}


class Collaborator(msgspec.Struct, frozen=True, rename="camel"):
    """QuantConnect's."""

    public_id: str
    permission: str
    owner: bool = False
    name: str | None = None
    email: str | None = None
    profile_image: str | None = None
    bio: str | None = None


class QuantConnectProject(msgspec.Struct, frozen=True, rename="camel"):
    """QuantConnect's."""

    project_id: int
    name: str
    collaborators: list[Collaborator]


class ProjectsReply(msgspec.Struct, frozen=True):
    """QuantConnect's `projects/read`."""

    projects: list[QuantConnectProject]


class UserRole(msgspec.Struct, frozen=True):
    """Testomato's."""

    id: str
    name: str


class User(msgspec.Struct, frozen=True, rename="camel"):
    """Testomato's."""

    id: str
    email: str
    name: str
    role: UserRole
    is_payer: bool


class TestomatoProject(msgspec.Struct, frozen=True):
    """Testomato's."""

    id: str
    title: str


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A person in a project."""

    upstream_id: str
    name: str | None
    email: str | None
    avatar_url: str | None
    bio: str | None
    role: str
    native_role: str
    is_owner: bool

    @property
    def rank(self) -> tuple[int, str, str]:
        """The most powerful first, then by name."""
        return (_RANKS.index(self.role), (self.name or "").casefold(), self.upstream_id)


class Members(msgspec.Struct, frozen=True):
    """Everybody in a project."""

    nodes: list[Member]


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A project of either platform; `people` where they came with it."""

    upstream_id: str
    name: str
    platform: str
    people: Members | None

    @property
    def rank(self) -> tuple[str, str, str]:
        """By name."""
        return (self.name.casefold(), self.platform, self.upstream_id)


class Projects(msgspec.Struct, frozen=True):
    """Every project."""

    nodes: list[Project]


def sorted_members(members: list[Member]) -> Members:
    """In the graph's order."""
    return Members(sorted(members, key=lambda member: member.rank))


def collaborator_as_member(source: Collaborator) -> Member:
    """QuantConnect's person."""
    return Member(
        upstream_id=source.public_id,
        name=source.name,
        email=source.email,
        avatar_url=source.profile_image,
        bio=source.bio,
        role="OWNER" if source.owner else _ROLE_OF_PERMISSION.get(source.permission, "CUSTOM"),
        native_role="owner" if source.owner else source.permission,
        is_owner=source.owner,
    )


def user_as_member(source: User) -> Member:
    """Testomato's person."""
    return Member(
        upstream_id=source.id,
        name=source.name,
        email=source.email,
        avatar_url=None,
        bio=None,
        role="OWNER" if source.is_payer else _ROLE_OF_ID.get(source.role.id, "CUSTOM"),
        native_role=source.role.name,
        is_owner=source.is_payer,
    )


def trading_project(source: QuantConnectProject) -> Project:
    """QuantConnect's project with its people."""
    return Project(
        upstream_id=str(source.project_id),
        name=source.name,
        platform="QUANTCONNECT",
        people=sorted_members([collaborator_as_member(one) for one in source.collaborators]),
    )


def site(source: TestomatoProject) -> Project:
    """Testomato's project."""
    return Project(upstream_id=source.id, name=source.title, platform="TESTOMATO", people=None)
