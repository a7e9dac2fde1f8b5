"""The words of the graph: every enumeration that the rest of the gateway speaks in."""

from enum import StrEnum


class PlatformKey(StrEnum):
    """The platforms that this gateway can stand before."""

    QUANTCONNECT = "QUANTCONNECT"
    TESTOMATO = "TESTOMATO"


class PlatformStatus(StrEnum):
    """How a platform fares, judged by the gateway's own calls to it."""

    UP = "UP"
    DEGRADED = "DEGRADED"
    DOWN = "DOWN"
    UNCONFIGURED = "UNCONFIGURED"


class Capability(StrEnum):
    """What a platform's API lets anyone do at all."""

    LIST_PROJECTS = "LIST_PROJECTS"
    CREATE_PROJECT = "CREATE_PROJECT"
    UPDATE_PROJECT = "UPDATE_PROJECT"
    DELETE_PROJECT = "DELETE_PROJECT"
    LIST_MEMBERS = "LIST_MEMBERS"
    ADD_MEMBER = "ADD_MEMBER"
    UPDATE_MEMBER = "UPDATE_MEMBER"
    REMOVE_MEMBER = "REMOVE_MEMBER"


class Action(StrEnum):
    """What a person may do in a project, whatever the platform calls it."""

    READ = "READ"
    WRITE = "WRITE"
    RUN = "RUN"
    LIVE_CONTROL = "LIVE_CONTROL"
    EDIT_SETTINGS = "EDIT_SETTINGS"
    MANAGE_MEMBERS = "MANAGE_MEMBERS"
    VIEW_API_KEY = "VIEW_API_KEY"
    LEAVE = "LEAVE"


class Role(StrEnum):
    """What a person is in a project; declared from the most to the least powerful."""

    OWNER = "OWNER"
    ADMIN = "ADMIN"
    EDITOR = "EDITOR"
    VIEWER = "VIEWER"
    CUSTOM = "CUSTOM"


class SourceState(StrEnum):
    """How fresh the part of an answer is that one platform gave."""

    FRESH = "FRESH"
    CACHED = "CACHED"
    STALE = "STALE"
    FAILED = "FAILED"
    UNCONFIGURED = "UNCONFIGURED"


class LinkEvidence(StrEnum):
    """Why an account is taken for a person's."""

    SELF = "SELF"
    EMAIL = "EMAIL"
    DECLARED = "DECLARED"


class Outcome(StrEnum):
    """What became of a change that was asked for."""

    ADDED = "ADDED"
    INVITED = "INVITED"
    UPDATED = "UPDATED"
    REMOVED = "REMOVED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"
    COMPENSATED = "COMPENSATED"
    SKIPPED = "SKIPPED"


class PlannedChange(StrEnum):
    """What carrying out a plan would do for one target."""

    ADD = "ADD"
    UPDATE = "UPDATE"
    REMOVE = "REMOVE"
    NONE = "NONE"
    IMPOSSIBLE = "IMPOSSIBLE"


class UserErrorCode(StrEnum):
    """Why a change was not made, for a program to act on."""

    INVALID_ID = "INVALID_ID"
    PROJECT_NOT_FOUND = "PROJECT_NOT_FOUND"
    MEMBER_NOT_FOUND = "MEMBER_NOT_FOUND"
    INVALID_PERSON = "INVALID_PERSON"
    PERSON_UNKNOWN_ON_PLATFORM = "PERSON_UNKNOWN_ON_PLATFORM"
    ROLE_NOT_AVAILABLE = "ROLE_NOT_AVAILABLE"
    ACTION_NOT_GRANTABLE = "ACTION_NOT_GRANTABLE"
    OWNER_IMMUTABLE = "OWNER_IMMUTABLE"
    MEMBER_EXISTS_WITH_OTHER_ROLE = "MEMBER_EXISTS_WITH_OTHER_ROLE"
    UNSUPPORTED_BY_PLATFORM = "UNSUPPORTED_BY_PLATFORM"
    UPSTREAM_REFUSED = "UPSTREAM_REFUSED"
    UPSTREAM_DENIED = "UPSTREAM_DENIED"
    UPSTREAM_UNAVAILABLE = "UPSTREAM_UNAVAILABLE"
    UPSTREAM_THROTTLED = "UPSTREAM_THROTTLED"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    TOO_MANY_TARGETS = "TOO_MANY_TARGETS"
    INVALID_UNTIL = "INVALID_UNTIL"
    PLAN_STALE = "PLAN_STALE"
    PLAN_EXPIRED = "PLAN_EXPIRED"
    DECLARATION_INVALID = "DECLARATION_INVALID"
