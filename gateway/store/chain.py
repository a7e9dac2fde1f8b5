"""The audit trail as a chain: a digest covers its entry and, through the digest before it, all others before.

    digest = SHA-256(the digest before it, in 64 hexadecimal digits, and the entry's columns)

The columns are a JSON object in the one spelling that RFC 8785 knows, those without a value left out: so a
column that a later version adds changes no digest of an entry which is older than it.

Entries from before there was a chain have no digest of their own. What they would have had is worked out
once, when the database is brought up to date. The last of these digests covers all of them: it is kept in
`audit_chain`, and is the one that the first entry of the chain comes after.

A digest is no signature. Whoever can write to the file can make a new chain of whatever they like, or take
entries away from its end; that shows only beside a digest that was noted elsewhere.
"""

import hashlib
import json
from typing import Final, Protocol

START: Final = "0" * 64
"""What the very first entry comes after."""

LOWEST_NUMBER: Final = -(2**63)
"""SQLite's; the trail's own begin with 1."""

COLUMNS: Final = (
    "id",
    "at",
    "actor",
    "operation",
    "platform",
    "project_upstream_id",
    "person",
    "member_upstream_id",
    "member_email",
    "before",
    "after",
    "outcome",
    "reason",
    "idempotency_key",
    "plan_token",
    "request_id",
)
"""Those that a digest covers: all but itself and what SQLite makes of the others."""

PAGE: Final = f"""
    SELECT {", ".join(COLUMNS)}, digest FROM audit WHERE id >= :start ORDER BY id LIMIT :count
"""  # noqa: S608 - our own columns
"""So many entries from a number on."""


class Columns(Protocol):
    """A row, or the values that will be one."""

    def __getitem__(self, name: str, /) -> str | int | None:
        """The value of a column."""


def digest_after(previous: str, entry: Columns) -> str:
    """The digest of the entry that comes after the one with the digest `previous`.

    Args:
        entry: text that is no UTF-8 has its stray bytes as surrogates.

    Raises:
        TypeError: a column holds what no entry has, bytes for example.
    """
    values = {name: entry[name] for name in COLUMNS if entry[name] is not None}
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256((previous + text).encode(errors="surrogateescape")).hexdigest()
