"""Scalars of our own."""

import re
from datetime import UTC, datetime
from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

# One @ between two parts without blanks, a dot in the second: enough to catch a slip. Whether an address
# exists only its platform can tell (RFC 5321, 3.3).
_ADDRESS = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\"]{1,189}\.[^\s@.,;<>\"]{1,63}")

EmailAddress = NewType("EmailAddress", str)


def _parse_email(value: object) -> EmailAddress:
    address = value.strip() if isinstance(value, str) else ""
    if not _ADDRESS.fullmatch(address):
        raise GraphQLError("This is not an e-mail address.")
    return EmailAddress(address)


def _serialize_datetime(value: datetime) -> str:
    """RFC 3339 in UTC; microseconds only where there are any."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _parse_datetime(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # no moment, or one before the year 1 or after 9999 in UTC
    raise GraphQLError("This is not a moment as RFC 3339 writes it, with its offset from UTC.")


EMAIL_ADDRESS: ScalarDefinition = strawberry.scalar(
    name="EmailAddress",
    description="An e-mail address: trimmed, compared case-insensitively, rejected when it is none.",
    serialize=str,
    parse_value=_parse_email,
)
DATE_TIME: ScalarDefinition = strawberry.scalar(
    name="DateTime",
    description="A moment as RFC 3339 writes it, always in UTC.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    serialize=_serialize_datetime,
    parse_value=_parse_datetime,
)
