"""What is planted, and where it may be seen: the whole table. Whatever is not named here is nowhere."""

import base64
import secrets
from enum import StrEnum
from urllib.parse import quote


class Place(StrEnum):
    """Where a secret could come to light."""

    LOG = "log"
    METRICS = "metrics"
    TRACES = "traces"
    MESSAGES = "messages"
    ANSWERS = "answers"
    AUDIT = "audit trail"
    DATABASE = "database"
    COMMAND_LINE = "command line"
    OTHER_COMMANDS = "other commands"
    OTHER_FILES = "other files"


_NOWHERE: frozenset[Place] = frozenset()
_LEDGER = frozenset({Place.AUDIT, Place.DATABASE})
_DATA = frozenset({Place.ANSWERS})

# What is planted, each with where it may be seen and must be: that shows how far it has come.
SEEN: dict[str, frozenset[Place]] = {
    # Settings, and the files that they name.
    "QuantConnect's API token in the settings": _NOWHERE,
    "Testomato's password in a file": _NOWHERE,
    "the operator's e-mail address in the settings": _DATA,
    "a key's digest": _NOWHERE,
    "a key by mistake in its file": _NOWHERE,
    "a person's name in the links file": _DATA,
    "an account in the links file that nobody has": _NOWHERE,
    # Headers.
    "a good key": _NOWHERE,
    "a bad key": _NOWHERE,
    "a word that is no key": _NOWHERE,
    "a good JSON Web Token": _NOWHERE,
    "a JSON Web Token's e-mail claim": _NOWHERE,
    "a JSON Web Token's subject": _LEDGER,
    "an expired JSON Web Token": _NOWHERE,
    "a bad JSON Web Token": _NOWHERE,
    "a caller's own QuantConnect token": _NOWHERE,
    "a caller's own Testomato token": _NOWHERE,
    "a caller's wrong QuantConnect token": _NOWHERE,
    "a caller's wrong Testomato token": _NOWHERE,
    "a caller's malformed token": _NOWHERE,
    "a caller's malformed account id": _NOWHERE,
    "a QuantConnect token that nobody asked for": _NOWHERE,
    "a Testomato token that nobody asked for": _NOWHERE,
    "a cookie": _NOWHERE,
    "a browser's name": _NOWHERE,
    "a page's address": _NOWHERE,
    "a proxy's password": _NOWHERE,
    "a request's id": frozenset({Place.LOG, Place.ANSWERS}) | _LEDGER,
    "what cannot be a request's id": _NOWHERE,
    # Requests.
    "an address in a variable": _DATA | _LEDGER,
    "an address that nobody has": _LEDGER,
    "an address in a filter": _NOWHERE,
    "an address in a literal": _NOWHERE,
    "an address that a person is asked for by": _NOWHERE,
    "a text that people are looked for by": _NOWHERE,
    "an address in a default": _NOWHERE,
    "an address in a path": _NOWHERE,
    "an address without a host": _NOWHERE,
    "an idempotency key": _LEDGER,
    "an idempotency key of a refusal": _LEDGER,
    "a text in a variable": _NOWHERE,
    "a text in place of a number": _NOWHERE,
    "a text in place of an object": _NOWHERE,
    "a text in place of a role": _NOWHERE,
    "a literal in place of a role": _NOWHERE,
    "a text in place of an id": _NOWHERE,
    "a cursor that is none": _NOWHERE,
    "an operation's name that is none of the document's": _NOWHERE,
    "a text after the end of a document": _NOWHERE,
    "a comment": _NOWHERE,
    "a document's name": _NOWHERE,
    "an extension": _NOWHERE,
    "a query parameter": _NOWHERE,
    "a variable that no operation takes": _NOWHERE,
    "a body that is no JSON": _NOWHERE,
    "a body of another type": _NOWHERE,
    # What platforms say.
    "a signature for QuantConnect": _NOWHERE,
    "a token that Testomato gave": _NOWHERE,
    "a secret of a project on QuantConnect": _NOWHERE,
    "a secret of a project on Testomato": _NOWHERE,
    "a platform's error": _NOWHERE,
    "a platform's echo of a credential": _NOWHERE,
    "a platform's page": _NOWHERE,
    "a platform's broken JSON": _NOWHERE,
    "a platform's redirection": _NOWHERE,
    "a platform's answer to a change": _NOWHERE,
    "a platform's number out of range": _NOWHERE,
}


def new_mark() -> str:
    """A word that is nowhere unless it was planted."""
    return f"m4rk{secrets.token_hex(12)}"


def forms_of(mark: str) -> set[bytes]:
    """How a mark could be written."""
    plain = mark.encode()
    return {plain, quote(mark, safe="").encode(), plain.hex().encode(), base64.b64encode(plain).rstrip(b"=")}


def is_in(mark: str, seen: bytes) -> bool:
    return any(form in seen for form in forms_of(mark))
