"""Global ids: opaque to clients, the same on every machine and after every restart.

An id is the base64url text of its parts (`Project`, the platform's key, upstream ids), each
percent-encoded and joined by colons. https://graphql.org/learn/global-object-identification/

A person is named by an account of theirs, perhaps one that has gone, or one that another caller only may see.
So the id has a digest of it.
"""

import base64
import binascii
import hashlib
import re
from enum import StrEnum
from urllib.parse import quote, unquote

import msgspec

from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import PlatformKey


class NodeType(StrEnum):
    """The types that have an id, and how many upstream ids name one of them."""

    PLATFORM = "Platform"
    PROJECT = "Project"
    MEMBER = "Member"
    PERSON = "Person"


_UPSTREAM_ID_COUNT = {NodeType.PLATFORM: 0, NodeType.PROJECT: 1, NodeType.MEMBER: 2, NodeType.PERSON: 1}
_DIGEST_BYTES = 12
_DIGEST = re.compile(rf"[0-9a-f]{{{2 * _DIGEST_BYTES}}}", re.ASCII)


class NodeId(msgspec.Struct, frozen=True, kw_only=True):
    """What an id stands for.

    Attributes:
        upstream_ids: none for a platform; the project's; the project's and the person's for a member; for a
            person the digest of an account, see `account_digest`.
    """

    type: NodeType
    platform: PlatformKey
    upstream_ids: tuple[str, ...] = ()

    def encode(self) -> str:
        """The id's text."""
        return _written((self.type.value, self.platform.value, *self.upstream_ids))


def _written(parts: tuple[str, ...]) -> str:
    joined = ":".join(quote(part, safe="") for part in parts)
    return base64.urlsafe_b64encode(joined.encode()).decode().rstrip("=")


def decode(text: str) -> NodeId | None:
    """What `text` stands for; None where it was never one of our ids."""
    try:
        joined = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        type_name, platform_name, *upstream_ids = joined.split(":")
        found = NodeId(
            type=NodeType(type_name),
            platform=PlatformKey(platform_name),
            upstream_ids=tuple(unquote(part) for part in upstream_ids),
        )
    except (binascii.Error, UnicodeError, ValueError):
        return None
    whole = len(found.upstream_ids) == _UPSTREAM_ID_COUNT[found.type] and all(found.upstream_ids)
    if found.type is NodeType.PERSON:
        whole = whole and _DIGEST.fullmatch(found.upstream_ids[0]) is not None
    # Only the one spelling that `encode` gives is an id, so that a cache never holds a thing twice.
    return found if whole and found.encode() == text else None


def platform_id(key: PlatformKey) -> str:
    """A platform's id."""
    return NodeId(type=NodeType.PLATFORM, platform=key).encode()


def project_id(key: PlatformKey, upstream_id: str) -> str:
    """A project's id."""
    return NodeId(type=NodeType.PROJECT, platform=key, upstream_ids=(upstream_id,)).encode()


def audit_entry_id(number: int) -> str:
    """An entry's id. It looks like the others, but names no node: `decode` knows nothing of it."""
    return _written(("AuditEntry", str(number)))


def member_id(key: PlatformKey, project_upstream_id: str, upstream_id: str) -> str:
    """A member's id: one person in one project."""
    ids = (project_upstream_id, upstream_id)
    return NodeId(type=NodeType.MEMBER, platform=key, upstream_ids=ids).encode()


def person_id(origin: AccountKey) -> str:
    """The id of the person whom this account names."""
    return NodeId(
        type=NodeType.PERSON, platform=origin.platform, upstream_ids=(account_digest(origin),)
    ).encode()


def account_digest(account: AccountKey) -> str:
    """What stands for an account in the id of a person."""
    return hashlib.blake2b(account.upstream_id.encode(), digest_size=_DIGEST_BYTES).hexdigest()
