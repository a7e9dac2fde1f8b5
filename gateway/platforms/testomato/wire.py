"""Testomato's JSON as really seen; unknown keys are ignored, nearly nothing is required.

Ids come as text or as numbers, an empty map as `[]`, an absent value as `false`. The users' `apiKey`,
`phone` and confirmation data are not declared, so they never enter memory.
Source: https://help.testomato.com/api and the samples in github.com/testomato/help.testomato.com.
"""

import msgspec

from gateway.platforms.wire_struct import WireStruct

# A map of switches; PHP writes an empty one as a list.
Switches = dict[str, object] | list[object] | None
# `false` stands for "none"; numbers come as text at times.
TextOrFalse = str | bool | None
NumberOrFalse = float | str | bool | None
# ISO 8601, Unix seconds or PHP's dump of a date.
Moment = str | float | bool | dict[str, object] | list[object] | None

_ERROR_CODES = frozenset(str(code) for code in range(400, 600))


class Role(WireStruct, frozen=True, kw_only=True, rename="camel"):
    """A user's role in a project, in users and in `GET /project/:id/roles`."""

    id: str | int | None = None
    name: str | None = None
    permissions: list[object] | dict[str, object] | None = None
    permissions_switches: Switches = None


class User(WireStruct, frozen=True, kw_only=True, rename="camel"):
    """A user of a project, in `GET` and `POST /project/:id/users`.

    The role is read apart (`protocol.read_role`): it takes longer than all the rest, and there are few.
    """

    id: str | int | None = None
    email: str | None = None
    name: str | None = None
    confirmed: bool | None = None
    timezone: str | None = None
    role: msgspec.Raw = msgspec.Raw(b"null")
    is_payer: bool | None = None
    can_be_removed: bool | None = None


class Project(WireStruct, frozen=True, kw_only=True, rename="camel"):
    """A project in `GET /project/:id`; `name` is the retired spelling of `title`."""

    id: str | int
    title: str | None = None
    name: str | None = None
    url: str | None = None
    period: TextOrFalse = None
    uptime_enabled: NumberOrFalse = None
    location: str | None = None
    check_default_errors: bool | None = None
    created: Moment = None
    timeout: NumberOrFalse = None
    delay: NumberOrFalse = None
    ssl_status: str | None = None
    ssl_expiration: Moment = None
    ssl_days_left: NumberOrFalse = None
    permissions: Switches = None


class Account(WireStruct, frozen=True, kw_only=True):
    """Whose token it is, in `GET /authenticate`."""

    id: str | int
    name: str | None = None
    email: str | None = None


class Envelope(WireStruct, frozen=True, kw_only=True):
    """What tells a failure from an answer in a JSON object; any of the keys may be absent."""

    error: bool | None = None
    ok: bool | None = None
    success: bool | None = None
    code: int | str | None = None

    @property
    def is_failure(self) -> bool:
        """Whether any of the three flags says so."""
        return self.error is True or self.ok is False or self.success is False

    @property
    def status(self) -> int:
        """The HTTP status that a failure's `code` stands for; without a usable one a plain refusal."""
        code = str(self.code)
        return int(code) if code in _ERROR_CODES else 400
