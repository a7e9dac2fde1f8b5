"""Who calls the gateway, and what they may do in it."""

from enum import StrEnum

import msgspec

from gateway.domain.errors import Forbidden


class Scope(StrEnum):
    """What a caller may do; each stands alone."""

    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    PII_READ = "pii:read"
    AUDIT_READ = "audit:read"
    EXPLORER = "explorer"


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """One caller.

    Attributes:
        id: stable, and no secret: the name of a key, the subject of a token.
        scopes: what the caller may do.
    """

    id: str
    scopes: frozenset[Scope]

    def may(self, scope: Scope) -> bool:
        """Whether the caller has `scope`."""
        return scope in self.scopes

    def demand(self, scope: Scope) -> None:
        """Raise `Forbidden` unless the caller has `scope`."""
        if scope not in self.scopes:
            raise Forbidden(scope.value)


OPERATOR = Caller(id="operator", scopes=frozenset(Scope))
"""The caller where a command is run on the gateway's machine."""

ANYBODY = Caller(id="anybody", scopes=frozenset(Scope))
"""The caller where nobody is asked who they are."""
