"""API keys: made by `accessgraph keys new`, of which the gateway keeps only digests.

A key reads `ag_<name>_<secret>`. The file holds one table a key:

    [dashboard]
    digest = "sha256:…"
    scopes = ["members:read"]
    created = 2026-11-21T12:00:00Z

A secret of 256 random bits needs no slow hash: there is nothing to guess. The file is read again when it
changes, so a key is added or withdrawn without a restart; a change that cannot be read leaves the last good
keys in force.
"""

import hashlib
import hmac
import os
import re
import secrets
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog

from gateway.domain.caller import Caller, Scope
from gateway.http.authentication.port import Unauthenticated, bearer_token

log = structlog.get_logger("gateway.http")

KEY = re.compile(r"ag_(?P<name>[a-z0-9-]{1,40})_(?P<secret>[A-Za-z0-9_-]{43})", re.ASCII)
_NAME = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
_REFUSED = "This key is not accepted."
# Compared where no key has the name, so that a refusal takes the same time either way.
_NO_DIGEST = "sha256:" + "0" * 64


class KeyFileError(Exception):
    """The file of keys cannot be used; the message says why, without a digest."""


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a key."""

    name: str
    digest: str
    scopes: frozenset[Scope]


class ApiKeys:
    """Knows callers by the keys in `file`.

    Raises:
        KeyFileError: the file cannot be used.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._version = _version(file)
        self._keys = read_keys(file)

    async def caller(self, authorization: str) -> Caller:
        """See `Authentication.caller`."""
        return self.caller_at_once(authorization)

    def caller_at_once(self, authorization: str) -> Caller:
        """See `Authentication.caller`."""
        self._reread()
        match = KEY.fullmatch(bearer_token(authorization))
        if match is None:
            raise Unauthenticated(_REFUSED)
        key = self._keys.get(match["name"])
        expected = _NO_DIGEST if key is None else key.digest
        if not hmac.compare_digest(digest_of(match.string), expected) or key is None:
            raise Unauthenticated(_REFUSED)
        return Caller(id=f"key:{key.name}", scopes=key.scopes)

    def _reread(self) -> None:
        version = _version(self._file)
        if version == self._version:
            return
        self._version = version
        try:
            self._keys = read_keys(self._file)
        except KeyFileError as error:
            log.error("the changed file of keys cannot be used; the last good one stays", reason=str(error))


def new_key(file: Path, *, name: str, scopes: Iterable[Scope]) -> str:
    """Make a key, append its digest to `file`, and give the key, which is shown this once.

    Raises:
        KeyFileError: the name is taken or no name, or the file cannot be used.
    """
    if not _NAME.fullmatch(name):
        raise KeyFileError("a name has up to 40 lower-case letters, digits and hyphens")
    if file.exists() and name in read_keys(file):
        raise KeyFileError(f"there is a key named {name} already")
    key = f"ag_{name}_{secrets.token_urlsafe(32)}"
    listed = ", ".join(f'"{scope.value}"' for scope in sorted(scopes))
    created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    entry = f'[{name}]\ndigest = "{digest_of(key)}"\nscopes = [{listed}]\ncreated = {created}\n'
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as stream:
            stream.write(("\n" if stream.tell() else "") + entry)
    except OSError as error:
        raise KeyFileError(f"{file} cannot be written: {error.strerror}") from None
    return key


def read_keys(file: Path) -> Mapping[str, ApiKey]:
    """The keys in `file` by their names.

    Raises:
        KeyFileError: it cannot be read, or an entry is not as it should be.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise KeyFileError(f"{file} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        raise KeyFileError(f"{file} is no TOML document") from None
    return {name: _key(name, table) for name, table in tables.items()}


def digest_of(key: str) -> str:
    """What is kept of a key."""
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def _key(name: str, table: object) -> ApiKey:
    entry = table if isinstance(table, dict) else {}
    digest, scopes = entry.get("digest"), entry.get("scopes")
    if not isinstance(digest, str) or not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise KeyFileError(f"{name}: digest is missing or is no SHA-256 digest")
    known = [scope.value for scope in Scope]
    if not isinstance(scopes, list) or not all(scope in known for scope in scopes):
        raise KeyFileError(f"{name}: scopes must be a list of {', '.join(sorted(known))}")
    return ApiKey(name=name, digest=digest, scopes=frozenset(Scope(scope) for scope in scopes))


def _version(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
