"""QuantConnect's JSON as really seen; unknown keys are ignored, nearly nothing is required.

The official specification marks almost nothing nullable, yet most fields are null at times (a null `uid`
broke the official command line, QuantConnect/lean-cli#606), and keys came and went without notice
(lean-cli#440). So only what the gateway cannot do without is required here.
"""

import msgspec

from gateway.platforms.wire_struct import WireStruct


class Envelope(WireStruct, frozen=True, kw_only=True):
    """What tells success from failure in every reply. Failures stand under any of three keys."""

    success: bool | None = None
    errors: list[object] | str | None = None
    messages: list[object] | str | None = None
    message: str | None = msgspec.field(default=None, name="Message")

    @property
    def is_good(self) -> bool:
        """Whether it tells of success; without `success`, whether it does not complain."""
        return self.success is True or (self.success is None and not self.complaints)

    @property
    def complaints(self) -> tuple[str, ...]:
        """Every complaint, from whichever key holds one; one that is no text is an empty text."""
        found: list[object] = []
        for value in (self.errors, self.messages, self.message):
            found += value if isinstance(value, list) else [value] if value else []
        return tuple(complaint if isinstance(complaint, str) else "" for complaint in found)


class Collaborator(WireStruct, frozen=True, kw_only=True, rename="camel"):
    """A person in a project, in `projects/read` and in every `projects/collaboration/*` reply."""

    uid: int | str | None = None
    public_id: str | int | None = None
    permission: str | None = None
    live_control: bool | None = None
    owner: bool | None = None
    name: str | None = None
    email: str | None = None
    profile_image: str | None = None
    bio: str | None = None


class Project(WireStruct, frozen=True, kw_only=True, rename="camel"):
    """A project in `projects/read`; of its forty-odd keys those that the graph shows."""

    project_id: int
    name: str | None = None
    organization_id: str | int | None = None
    description: str | None = None
    created: str | None = None
    modified: str | None = None
    owner_id: int | str | None = None
    owner: bool | None = None
    collaborators: list[Collaborator] | None = None
    language: str | None = None
    lean_version_id: int | None = None
    lean_pinned_to_master: bool | None = None
    last_live_deployment: str | None = None
    code_running: bool | None = None
    encrypted: bool | None = None


class ProjectsReply(Envelope, frozen=True, kw_only=True):
    """`projects/read`: always a list, even for one project.

    Its elements are read one by one, so that one odd project cannot hide the others.
    """

    projects: list[msgspec.Raw]


class CollaboratorsReply(Envelope, frozen=True, kw_only=True, rename="camel"):
    """`projects/collaboration/*`: everybody in the project; the last two only in `read`."""

    collaborators: list[Collaborator]
    user_live_control: bool | None = None
    user_permissions: str | None = None


class User(WireStruct, frozen=True, kw_only=True):
    """The account that signs, in `user/read`."""

    name: str | None = None


class UserReply(Envelope, frozen=True, kw_only=True):
    """`user/read`; the endpoint is used by the official clients and absent from the specification."""

    user: User


class Acknowledgement(Envelope, frozen=True, kw_only=True):
    """`authenticate`: nothing but success."""
