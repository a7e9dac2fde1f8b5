"""Who is given the same by directories, as long as their editions are the same."""

from functools import lru_cache
from typing import Final

from gateway.domain.caller import Scope

_FAMILIAR: Final = 256


@lru_cache(_FAMILIAR)
def audience_of(accounts: str, scopes: frozenset[Scope]) -> str:
    """A name for those who are given the same: the scopes that directories ask about tell them apart.

    Args:
        accounts: the fingerprint of those that the platforms are asked with.
    """
    return f"{accounts}{Scope.MEMBERS_READ in scopes:d}{Scope.PII_READ in scopes:d}"
