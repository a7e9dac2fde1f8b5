"""Values of batches as rows, and back."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from gateway.access.batch import Batch, BatchEntry, BatchId, Part
from gateway.access.change import Change, ChangeResult
from gateway.access.ledger import OPERATIONS
from gateway.domain.member import Member
from gateway.domain.membership import UserError
from gateway.domain.vocabulary import Outcome
from gateway.store.rows import moment_text
from gateway.store.transactions import Values

_TYPES: Final = {operation: change_type for change_type, operation in OPERATIONS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredPart:
    target: int | None = None
    operation: str | None = None
    change: str | None = None  # JSON
    refusal: UserError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _StoredResult:
    """What is kept of a result: the project and its members are read anew when they are asked for."""

    outcome: Outcome
    member: Member | None
    before: Member | None
    user_errors: tuple[UserError, ...]


def batch_values(batch: Batch) -> Values:
    """Columns of `batch`."""
    return {
        "caller_id": batch.caller_id,
        "credential": batch.credential,
        "idempotency_key": batch.key,
        "digest": batch.digest,
        "parts": msgspec.json.encode([_stored_part(part) for part in batch.parts]).decode(),
        "atomic": int(batch.atomic),
        "is_open": int(batch.is_open),
        "request_id": batch.request_id,
        "begun_at": moment_text(batch.at),
    }


def results_text(results: Sequence[ChangeResult]) -> str:
    """The column `results`."""
    stored = [
        _StoredResult(
            outcome=result.outcome,
            member=result.member,
            before=result.before,
            user_errors=result.user_errors,
        )
        for result in results
    ]
    return msgspec.json.encode(stored, order="deterministic").decode()


def batch_entry(row: sqlite3.Row) -> BatchEntry:
    """The batch in a row of `batch`.

    Raises:
        msgspec.MsgspecError: it cannot be read.
    """
    parts = msgspec.json.decode(row["parts"], type=list[_StoredPart])
    batch = Batch(
        parts=tuple(map(_part, parts)),
        atomic=bool(row["atomic"]),
        digest=row["digest"],
        key=row["idempotency_key"],
        caller_id=row["caller_id"],
        credential=row["credential"],
        request_id=row["request_id"],
        at=datetime.fromisoformat(row["begun_at"]),
        is_open=bool(row["is_open"]),
    )
    return BatchEntry(
        batch_id=BatchId(row["id"]),
        batch=batch,
        results=None if row["results"] is None else _results(row["results"], batch.parts),
        is_settled=row["settled_at"] is not None,
    )


def _stored_part(part: Part) -> _StoredPart:
    if part.change is None:
        return _StoredPart(target=part.target, refusal=part.refusal)
    change = msgspec.json.encode(part.change, order="deterministic").decode()
    return _StoredPart(target=part.target, operation=OPERATIONS[type(part.change)], change=change)


def _part(stored: _StoredPart) -> Part:
    if stored.operation is None or stored.change is None:
        return Part(target=stored.target, refusal=stored.refusal)
    change: Change = msgspec.json.decode(stored.change, type=_TYPES[stored.operation])
    return Part(target=stored.target, change=change)


def _results(text: str, parts: Sequence[Part]) -> tuple[ChangeResult, ...]:
    stored = msgspec.json.decode(text, type=list[_StoredResult])
    return tuple(
        ChangeResult(
            outcome=one.outcome,
            member=one.member,
            before=one.before,
            user_errors=one.user_errors,
            project_key=None
            if part.change is None
            else (part.change.platform, part.change.project_upstream_id),
        )
        for one, part in zip(stored, parts, strict=True)
    )
