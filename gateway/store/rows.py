"""Values of the ledger as rows, and back."""

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import msgspec

from gateway.access.changing.audit import AuditEntry
from gateway.access.changing.change import Change, ChangeResult, GrantAccess, RevokeAccess, SentChange
from gateway.access.changing.end import EndChange
from gateway.access.changing.ledger import (
    OPERATIONS,
    AuditRecord,
    EntryId,
    Intent,
    Sent,
    Settled,
    Standing,
    Unsettled,
)
from gateway.domain.member import Member
from gateway.domain.membership import UserError
from gateway.domain.vocabulary import Outcome

_TYPES: Final = {operation: change_type for change_type, operation in OPERATIONS.items()}

# Columns of `audit` that hold an attribute of the same name as it is.
_OF_AN_ENTRY: Final = (
    "at",
    "actor",
    "operation",
    "platform",
    "project_upstream_id",
    "person",
    "member_upstream_id",
    "member_email",
    "outcome",
    "reason",
    "idempotency_key",
    "plan_token",
    "request_id",
)

Values = Mapping[str, str | int | None]


class _StoredResult(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a result: the project and its members are read anew when they are asked for."""

    outcome: Outcome
    member: Member | None
    user_errors: tuple[UserError, ...]


def moment_text(at: datetime) -> str:
    """Text whose order is the order in time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def address_text(email: str) -> str:
    """The same text for addresses that are compared as equal."""
    return email.strip().casefold()


def project_text(change: Change) -> str:
    """Names the project that a change is about."""
    return f"{change.platform.value}:{change.project_upstream_id}"


def intent_values(intent: Intent) -> Values:
    """Columns of `change`."""
    return {
        "caller_id": intent.caller_id,
        "credential": intent.credential,
        "idempotency_key": intent.key,
        "input_digest": intent.input_digest,
        "operation": OPERATIONS[type(intent.change)],
        "input": _json(intent.change),
        "project": project_text(intent.change),
        "plan_token": intent.plan_token,
        "request_id": intent.request_id,
        "begun_at": moment_text(intent.at),
    }


def sent_values(sent: Sent) -> Values:
    """Columns of `change`."""
    return {
        "sent_operation": OPERATIONS[type(sent.change)],
        "sent_input": _json(sent.change),
        "member_before": _json(sent.before),
    }


def result_values(result: ChangeResult) -> Values:
    """Columns of `change`."""
    stored = _StoredResult(outcome=result.outcome, member=result.member, user_errors=result.user_errors)
    return {"outcome": result.outcome.value, "result": _json(stored)}


def end_text(change: EndChange) -> str:
    """The column `end_back` of `change`."""
    return msgspec.json.encode(change, order="deterministic").decode()


def end_change(text: str, member_upstream_id: str | None) -> EndChange:
    """What is in the column `end_back`, for the member as they are named now; None: as they were named."""
    change = msgspec.json.decode(text, type=EndChange)
    if member_upstream_id is None:
        return change
    key = change.key._replace(member_upstream_id=member_upstream_id)
    return EndChange(key=key, end=None if change.end is None else replace(change.end, key=key))


def audit_values(record: AuditRecord) -> Values:
    """Columns of `audit`."""
    return {
        "at": moment_text(record.at),
        "actor": record.actor,
        "operation": record.operation,
        "platform": record.platform.value,
        "project_upstream_id": record.project_upstream_id,
        "person": record.person,
        "member_upstream_id": record.member_upstream_id,
        "member_email": None if record.member_email is None else address_text(record.member_email),
        "before": _json(record.before),
        "after": _json(record.after),
        "outcome": record.outcome.value,
        "reason": None if record.reason is None else record.reason.value,
        "idempotency_key": record.idempotency_key,
        "plan_token": record.plan_token,
        "request_id": record.request_id,
    }


def audit_entry(row: sqlite3.Row) -> AuditEntry:
    """The entry in a row of `audit`.

    Raises:
        msgspec.MsgspecError: it cannot be read.
    """
    values = {name: row[name] for name in _OF_AN_ENTRY}
    standings = {
        name: None if row[name] is None else msgspec.json.decode(row[name]) for name in ("before", "after")
    }
    return msgspec.convert({**values, **standings, "number": row["id"]}, type=AuditEntry)


def unsettled(row: sqlite3.Row) -> Unsettled:
    """The entry in a row of `change` that was sent."""
    intent = Intent(
        change=_change(row["operation"], row["input"]),
        key=row["idempotency_key"],
        caller_id=row["caller_id"],
        credential=row["credential"],
        request_id=row["request_id"],
        at=datetime.fromisoformat(row["begun_at"]),
        plan_token=row["plan_token"],
    )
    return Unsettled(entry_id=EntryId(row["id"]), intent=intent, sent=_sent(row))


def settled(row: sqlite3.Row) -> Settled:
    """The outcome in a row of `change` that was settled."""
    stored = msgspec.json.decode(row["result"], type=_StoredResult)
    sent = None if row["sent_at"] is None else _sent(row)
    return Settled(
        entry_id=EntryId(row["id"]),
        result=ChangeResult(
            outcome=stored.outcome,
            member=stored.member,
            before=None if sent is None else sent.before,
            user_errors=stored.user_errors,
        ),
        sent=sent,
    )


def _sent(row: sqlite3.Row) -> Sent:
    before = row["member_before"]
    return Sent(
        # Before there was a column for it, all was sent as it was asked for.
        change=_sent_change(row["sent_operation"] or row["operation"], row["sent_input"]),
        before=None if before is None else msgspec.json.decode(before, type=Member),
    )


def _change(operation: str, text: str) -> Change:
    return msgspec.json.decode(text, type=_TYPES[operation])


def _sent_change(operation: str, text: str) -> SentChange:
    change = _change(operation, text)
    if isinstance(change, GrantAccess | RevokeAccess):
        raise msgspec.ValidationError("the operation is none that is sent")
    return change


def _json(value: Change | Member | Standing | _StoredResult | None) -> str | None:
    """Sets have no order of their own; in one that is always the same, equal values are equal texts."""
    return None if value is None else msgspec.json.encode(value, order="deterministic").decode()
