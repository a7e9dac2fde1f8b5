"""An audit trail in memory: what a search is to find, said in plain Python."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

from gateway.access.changing.audit import AuditEntry, AuditPage, AuditPosition, AuditSelection
from gateway.access.changing.ledger import Standing
from gateway.domain.vocabulary import Outcome, PlatformKey, Role
from tests.access.world import NOON


def entry(
    number: int,
    *,
    at: datetime = NOON,
    actor: str = "key:hr",
    platform: PlatformKey = PlatformKey.QUANTCONNECT,
    project_upstream_id: str = "1",
    member_email: str | None = "ingrid@example.org",
    outcome: Outcome = Outcome.UPDATED,
    before: Role | None = Role.VIEWER,
    idempotency_key: str | None = None,
) -> AuditEntry:
    """Somebody became an editor, or was to."""
    return AuditEntry(
        number=number,
        at=at,
        actor=actor,
        operation="updateMember",
        platform=platform,
        project_upstream_id=project_upstream_id,
        person="ingrid",
        member_upstream_id="ingrid",
        member_email=member_email,
        before=standing(before),
        after=standing(Role.EDITOR),
        outcome=outcome,
        reason=None,
        idempotency_key=idempotency_key,
        plan_token=None,
        request_id=f"r-{number}",
    )


def standing(role: Role | None) -> Standing | None:
    if role is None:
        return None
    return Standing(role=role, native_role=role.lower(), granted=(), confirmed=None)


def position(of: AuditEntry) -> AuditPosition:
    return AuditPosition(of.at, of.number)


class ListedTrail:
    """See `gateway.access.changing.audit.AuditTrail`.

    Attributes:
        entries: in any order.
    """

    def __init__(self, entries: Iterable[AuditEntry]) -> None:
        self.entries = tuple(entries)

    async def page(
        self, selection: AuditSelection, *, size: int, after: AuditPosition | None = None
    ) -> AuditPage:
        await asyncio.sleep(0)
        meant = sorted((one for one in self.entries if _is_meant(one, selection)), key=position, reverse=True)
        ahead = [one for one in meant if after is not None and position(one) >= after]
        entries = meant[len(ahead) : len(ahead) + size]
        return AuditPage(
            entries=tuple(entries),
            total_count=len(meant),
            has_newer=bool(ahead),
            has_older=len(ahead) + len(entries) < len(meant),
        )


def _is_meant(one: AuditEntry, wanted: AuditSelection) -> bool:
    return all(
        (
            wanted.since is None or one.at >= wanted.since,
            wanted.until is None or one.at < wanted.until,
            wanted.actor is None or one.actor == wanted.actor,
            wanted.project is None or (one.platform, one.project_upstream_id) == wanted.project,
            wanted.person_email is None or _same_address(one.member_email, wanted.person_email),
            wanted.outcomes is None or one.outcome in wanted.outcomes,
        )
    )


def _same_address(one: str | None, other: str) -> bool:
    return one is not None and one.strip().casefold() == other.strip().casefold()
