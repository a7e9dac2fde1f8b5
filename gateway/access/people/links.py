"""Which accounts are one person's, as somebody has written it down and somebody else has looked at it.

A TOML file, one table for each person, of what an e-mail address does not tell already:

    ["Mara Lindqvist"]
    quantconnect = "u-123"
    testomato = ["5390", "5391"]
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import PlatformKey


class LinksFileError(Exception):
    """The file cannot be used; the message says where in it, and nothing of whom it names."""


@dataclass(frozen=True, kw_only=True)
class Links:
    """Declared persons.

    Attributes:
        names: by account, the name under which the file has its person.
    """

    names: Mapping[AccountKey, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, file: Path) -> Self:
        """The persons in `file`.

        Raises:
            LinksFileError: it cannot be used; all that is wrong with it is told, a line for each mistake.
        """
        try:
            text = file.read_text(encoding="utf-8")
            document = tomllib.loads(text)
        except OSError as error:
            raise LinksFileError(f"{file}: it cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise LinksFileError(f"{file}: it is not UTF-8") from None
        except RecursionError:
            raise LinksFileError(f"{file}: it is no TOML document") from None
        except tomllib.TOMLDecodeError as error:
            # What stands before the place can be a word of the file's.
            place = re.search(r" \(at [a-z0-9, ]+\)$", str(error))
            raise LinksFileError(f"{file}: it is no TOML document{place[0] if place else ''}") from None
        names: dict[AccountKey, str] = {}
        mistakes = [
            f"{file}, {_place_of(name, text)}: {mistake}"
            for name, table in document.items()
            for mistake in _add(names, name, table, text)
        ]
        if mistakes:
            raise LinksFileError("\n".join(mistakes))
        return cls(names=names)


def _add(names: dict[AccountKey, str], name: str, table: object, text: str) -> Iterator[str]:
    """Put a person's accounts among the others, and tell what is wrong with them."""
    if not name.strip():
        yield "this name is blank"
    if not isinstance(table, dict):
        yield 'a person is a table: write ["a name"], and below it a line for each platform'
        return
    for platform, ids in table.items():
        key = _PLATFORMS.get(platform.lower())
        if key is None:
            yield f"a key of this person is none of {', '.join(_PLATFORMS)}"
            continue
        for upstream_id in ids if isinstance(ids, list) else [ids]:
            if not isinstance(upstream_id, str) or not upstream_id.strip():
                yield f"an account on {platform.lower()} is no text: write its id in quotation marks"
                continue
            other = names.setdefault(AccountKey(key, upstream_id.strip()), name)
            if other != name:
                yield f"an account on {platform.lower()} is also that of {_place_of(other, text)}: leave one"


def _place_of(name: str, text: str) -> str:
    """Where a person stands in the file."""
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            if name in tomllib.loads(line):
                return f"line {number}"
        except tomllib.TOMLDecodeError:
            continue
    return "before the first table"


_PLATFORMS = {key.value.lower(): key for key in PlatformKey}
