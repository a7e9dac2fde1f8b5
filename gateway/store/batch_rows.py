"""Values of batches as rows, and back."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

import msgspec

from gateway.access.batches.batch import Batch, BatchEntry, BatchId, Part
from gateway.access.batches.text import parts_in, parts_text
from gateway.access.changing.change import ChangeResult
from gateway.domain.member import Member
from gateway.domain.membership import UserError
from gateway.domain.vocabulary import Outcome
from gateway.store.rows import Values, moment_text


class _StoredResult(msgspec.Struct, frozen=True, kw_only=True):
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
        "parts": parts_text(batch.parts),
        "atomic": int(batch.atomic),
        "is_open": int(batch.is_open),
        "request_id": batch.request_id,
        "begun_at": moment_text(batch.at),
        "plan": batch.plan,
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
    batch = Batch(
        parts=parts_in(row["parts"]),
        atomic=bool(row["atomic"]),
        digest=row["digest"],
        key=row["idempotency_key"],
        caller_id=row["caller_id"],
        credential=row["credential"],
        request_id=row["request_id"],
        at=datetime.fromisoformat(row["begun_at"]),
        is_open=bool(row["is_open"]),
        plan=row["plan"],
    )
    return BatchEntry(
        batch_id=BatchId(row["id"]),
        batch=batch,
        results=None if row["results"] is None else _results(row["results"], batch.parts),
        is_settled=row["settled_at"] is not None,
    )


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
