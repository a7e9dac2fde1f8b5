"""A project, and what only one platform says of its projects."""

from datetime import datetime

import msgspec

from gateway.domain.member import Member
from gateway.domain.permission import ProjectAccess
from gateway.domain.vocabulary import PlatformKey


class QuantConnectDetails(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What only QuantConnect says of a project."""

    organization_id: str | None
    language: str | None
    lean_version_id: int | None
    lean_pinned_to_master: bool | None
    last_live_deployment: datetime | None
    code_running: bool | None
    encrypted: bool | None


class TestomatoDetails(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What only Testomato says of a project.

    Attributes:
        check_interval: "5 minutes" and the like; None when automatic checks are off.
        uptime_interval_seconds: None when uptime monitoring is off.
    """

    check_interval: str | None
    uptime_interval_seconds: int | None
    location: str | None
    timeout_seconds: float | None
    delay_milliseconds: int | None
    check_default_errors: bool | None
    ssl_status: str | None
    ssl_expires_at: datetime | None
    ssl_days_left: int | None


class Project(msgspec.Struct, frozen=True, kw_only=True, weakref=True):
    """One project of one platform. All moments are in UTC.

    Attributes:
        name: as people know it, without the platform's path decoration.
        archived: deleted upstream, yet still listed there.
        members: as they came with the project; None where the platform lists them apart.
        viewer: what the gateway's own account may do, as far as it came with the project.
    """

    platform: PlatformKey
    upstream_id: str
    name: str
    description: str | None
    url: str | None
    created_at: datetime | None
    updated_at: datetime | None
    archived: bool
    details: QuantConnectDetails | TestomatoDetails
    members: tuple[Member, ...] | None
    viewer: ProjectAccess | None
