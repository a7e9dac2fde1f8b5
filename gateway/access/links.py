"""Which accounts are one person's, as somebody has written it down and somebody else has looked at it.

A TOML file, one table for each person, of what an e-mail address does not tell already:

    ["Mara Lindqvist"]
    quantconnect = "u-123"
    testomato = ["5390", "5391"]
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import PlatformKey


class LinksFileError(Exception):
    """The file cannot be used; the message names it, and everything that is wrong in it."""


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
            LinksFileError: it cannot be used.
        """
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise LinksFileError(f"{file}: it cannot be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise LinksFileError(f"{file}: it is not UTF-8") from None
        except tomllib.TOMLDecodeError as error:
            raise LinksFileError(f"{file}: it is no TOML document: {error}") from None
        names: dict[AccountKey, str] = {}
        mistakes = [mistake for name, table in document.items() for mistake in _add(names, name, table)]
        if mistakes:
            raise LinksFileError("\n".join(f"{file}: {mistake}" for mistake in mistakes))
        return cls(names=names)


def _add(names: dict[AccountKey, str], name: str, table: object) -> Iterator[str]:
    """Put a person's accounts among the others, and tell what is wrong with them."""
    if not name.strip():
        yield "a person has a blank name"
    if not isinstance(table, dict):
        yield f'"{name}" must be a table: ["{name}"], and a line for each platform'
        return
    for platform, ids in table.items():
        key = _PLATFORMS.get(platform.lower())
        if key is None:
            yield f'"{name}" names {platform}, which is none of {", ".join(_PLATFORMS)}'
            continue
        for upstream_id in ids if isinstance(ids, list) else [ids]:
            if not isinstance(upstream_id, str) or not upstream_id.strip():
                yield f'"{name}" has an account on {platform} that is no text; ids stand in quotation marks'
                continue
            account = AccountKey(key, upstream_id.strip())
            if names.setdefault(account, name) != name:
                yield f'"{name}" and "{names[account]}" both have the account {upstream_id} on {platform}'


_PLATFORMS = {key.value.lower(): key for key in PlatformKey}
