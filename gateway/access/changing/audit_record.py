"""What is recorded of a change: pure."""

from datetime import datetime

from gateway.access.changing.change import Change, ChangeResult, NamesPerson
from gateway.access.changing.ledger import OPERATIONS, PLACE_MARK, AuditRecord, Intent, Sent, Standing
from gateway.domain.member import Member
from gateway.domain.vocabulary import Outcome


def audit_record(intent: Intent, *, sent: Sent | None, result: ChangeResult, at: datetime) -> AuditRecord:
    """What is to be recorded of a change that was asked for and has come to `result`."""
    before = result.member if sent is None else sent.before
    after = result.member
    if result.outcome in {Outcome.REMOVED, Outcome.UNKNOWN}:
        after = None
    seen = result.member or before
    change = intent.change
    return AuditRecord(
        at=at,
        actor=intent.caller_id,
        operation=OPERATIONS[type(change)],
        platform=change.platform,
        project_upstream_id=change.project_upstream_id,
        person=_name_of(change),
        member_upstream_id=_account_of(change if sent is None else sent.change, seen),
        member_email=_address_of(change, seen),
        before=_standing(before),
        after=_standing(after),
        outcome=result.outcome,
        reason=result.user_errors[0].code if result.user_errors else None,
        idempotency_key=None if intent.key is None else intent.key.partition(PLACE_MARK)[0] or None,
        plan_token=intent.plan_token,
        request_id=intent.request_id,
    )


def _name_of(change: Change) -> str:
    if isinstance(change, NamesPerson):
        return change.person.email or change.person.upstream_user_id or ""
    return change.member_upstream_id


def _account_of(change: Change, seen: Member | None) -> str | None:
    if seen is not None:
        return seen.upstream_id
    return change.person.upstream_user_id if isinstance(change, NamesPerson) else change.member_upstream_id


def _address_of(change: Change, seen: Member | None) -> str | None:
    named = change.person.email if isinstance(change, NamesPerson) else None
    return named if seen is None or seen.email is None else seen.email


def _standing(member: Member | None) -> Standing | None:
    if member is None:
        return None
    return Standing(
        role=member.role,
        native_role=member.native_role,
        granted=tuple(one.action for one in member.permissions if one.granted),
        confirmed=member.confirmed,
    )
