"""The parts of a batch as text, for whoever keeps them, and back."""

from collections.abc import Sequence
from typing import Final

import msgspec

from gateway.access.batches.batch import Part
from gateway.access.changing.change import Change
from gateway.access.changing.ledger import OPERATIONS
from gateway.domain.membership import UserError

_TYPES: Final = {operation: change_type for change_type, operation in OPERATIONS.items()}


class _Written(msgspec.Struct, frozen=True, kw_only=True):
    target: int | None = None
    operation: str | None = None
    change: str | None = None  # JSON
    refusal: UserError | None = None


def parts_text(parts: Sequence[Part]) -> str:
    """The parts as JSON."""
    return msgspec.json.encode([_written(part) for part in parts], order="deterministic").decode()


def parts_in(text: str) -> tuple[Part, ...]:
    """The parts in such a text.

    Raises:
        msgspec.MsgspecError: it cannot be read.
    """
    return tuple(map(_part, msgspec.json.decode(text, type=list[_Written])))


def _written(part: Part) -> _Written:
    if part.change is None:
        return _Written(target=part.target, refusal=part.refusal)
    return _Written(
        target=part.target,
        operation=OPERATIONS[type(part.change)],
        change=msgspec.json.encode(part.change, order="deterministic").decode(),
        refusal=part.refusal,
    )


def _part(written: _Written) -> Part:
    if written.operation is None or written.change is None:
        return Part(target=written.target, refusal=written.refusal)
    if written.operation not in _TYPES:
        raise msgspec.ValidationError("no such operation")
    change: Change = msgspec.json.decode(written.change, type=_TYPES[written.operation])
    return Part(target=written.target, change=change, refusal=written.refusal)
