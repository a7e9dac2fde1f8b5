"""Moments as PHP and .NET back ends really write them, read leniently."""

from datetime import UTC, datetime


def read_moment(value: object) -> datetime | None:
    """Read a date and time; without a zone it is taken as UTC.

    Takes ISO 8601 with `T` or a blank, Unix seconds, and the dump of a PHP DateTime
    (`{"date": …, "timezone_type": …, "timezone": …}`; its zone is honoured only where it is UTC, since
    the date is a display value). Anything else, PHP's zero date included, is no moment: None.
    """
    if isinstance(value, dict):
        value = value.get("date")
    if isinstance(value, bool):
        return None
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, tz=UTC)
        if not isinstance(value, str):
            return None
        moment = datetime.fromisoformat(value.strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None
