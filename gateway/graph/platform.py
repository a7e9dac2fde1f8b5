"""A platform behind the graph."""

from datetime import datetime

import strawberry

from gateway.domain import platform as domain
from gateway.domain.vocabulary import Action, Capability, PlatformKey, PlatformStatus
from gateway.engine.fields import Lasts
from gateway.engine.kinds import values_of
from gateway.graph import ids
from gateway.graph.context import Info
from gateway.graph.field import resolved
from gateway.graph.node import Node
from gateway.graph.permission import RoleMapping
from gateway.graph.scalars import EmailAddress


@strawberry.type(description="Whose credential the gateway uses on a platform.")
class PlatformAccount:
    """Reads `gateway.domain.platform.PlatformAccount`."""

    upstream_id: str
    name: str | None
    email: EmailAddress | None


def platform_id(root: strawberry.Parent[domain.PlatformProfile]) -> strawberry.ID:
    """See `gateway.graph.ids`."""
    return strawberry.ID(ids.platform_id(root.key))


def status_of(root: strawberry.Parent[domain.PlatformProfile], info: Info) -> PlatformStatus:
    """How our calls went lately."""
    return info.context.directory.health(root.key).status


def retry_at_of(root: strawberry.Parent[domain.PlatformProfile], info: Info) -> datetime | None:
    """When to call again."""
    return info.context.directory.health(root.key).retry_at


async def account_of(
    root: strawberry.Parent[domain.PlatformProfile], info: Info
) -> domain.PlatformAccount | None:
    """See `gateway.access.reading.directory.Directory.account`."""
    return await info.context.directory.account(root.key)


@strawberry.type(description="A platform behind this graph.")
class Platform(Node):
    """Reads `gateway.domain.platform.PlatformProfile`."""

    id: strawberry.ID = resolved(platform_id, lasts=Lasts.ALWAYS)
    key: PlatformKey
    name: str
    capabilities: list[Capability] = strawberry.field(description="What its API lets anyone do at all.")
    roles: list[RoleMapping] = strawberry.field(description="Every role that a member can be given here.")
    grantable_actions: list[Action] = strawberry.field(description="What can be granted on top of a role.")

    status: PlatformStatus = resolved(
        status_of, description="Judged by the gateway's own calls; asking makes none."
    )
    retry_at: datetime | None = resolved(
        retry_at_of, description="When DOWN or throttled: the earliest useful moment."
    )
    account: PlatformAccount | None = resolved(
        account_of, description="Whose credential the gateway uses here; one upstream call."
    )

    is_type_of = values_of(domain.PlatformProfile)
