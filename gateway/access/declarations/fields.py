"""What is in the tables of a declaration, checked. A mistake is noted with its place, and reading goes on.

A place counts from one (`access[2].who[1]` is the first name in the second entry). No message quotes a value,
nor a key that is no short name: it may be an address.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import msgspec
from msgspec.structs import replace

# Beyond these a message names no alternative: looking for it in a long list takes long.
_MOST_MISTAKES_WITH_SUGGESTIONS: Final = 100
_LONGEST_NAME_WITH_SUGGESTION: Final = 64
_MOST_NAMES_LISTED: Final = 8

NAME: Final = re.compile(r"[^\W_][\w.-]{0,63}")
"""Short names of people and groups."""

NAME_RULE: Final = (
    "a name is made of letters, digits, hyphens, underscores and dots, at most 64 in all, "
    "and begins with a letter or digit"
)
_PLACE_OF_ENTRY = re.compile(r"access\[(\d+)\]")


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong.

    Attributes:
        place: `access[2].role`, `line 3, column 7`; empty where the whole file is meant.
        message: what is wrong and what to do; holds no value of the file.
        line: where that is, or where the entry concerned begins, from one; None where it is not known.
    """

    place: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        """One line for a person."""
        place = f"{self.place}: " if self.place else ""
        is_told = self.line is None or self.place.startswith("line ")
        return f"{place}{self.message}{'' if is_told else f' (the entry begins in line {self.line})'}"


class DeclarationInvalid(Exception):
    """A declaration that cannot be used.

    Attributes:
        mistakes: all of them, in the order in which they were found.
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        count = len(self.mistakes)
        heading = "one thing is wrong" if count == 1 else f"{count} things are wrong"
        super().__init__("\n  ".join([f"{heading}:", *map(str, self.mistakes)]))


class Mistakes:
    """Collects what is wrong."""

    def __init__(self) -> None:
        self.found: list[Mistake] = []

    def note(self, place: str, message: str) -> None:
        """One more; `message` holds no value of the file."""
        self.found.append(Mistake(place=place, message=message))

    def note_unknown(self, place: str, what: str, given: str, known: Collection[str]) -> None:
        """`given`, which is not quoted, is none of `known`, of which the nearest is told."""
        self.note(place, f"there is no such {what}{self._suggestion(given, known)}")

    def raise_any(self, *, entry_lines: Mapping[int, int]) -> None:
        """Raise what was found.

        Args:
            entry_lines: in which line each `[[access]]` stands.

        Raises:
            DeclarationInvalid: something was.
        """
        if not self.found:
            return
        entries = [_PLACE_OF_ENTRY.match(mistake.place) for mistake in self.found]
        raise DeclarationInvalid(
            mistake if entry is None else replace(mistake, line=entry_lines.get(int(entry[1])))
            for mistake, entry in zip(self.found, entries, strict=True)
        )

    def _suggestion(self, given: str, known: Collection[str]) -> str:
        known = [name for name in known if NAME.fullmatch(name)]
        if len(self.found) < _MOST_MISTAKES_WITH_SUGGESTIONS and len(given) <= _LONGEST_NAME_WITH_SUGGESTION:
            folded = {name.casefold(): name for name in known}
            near = difflib.get_close_matches(given.casefold(), folded, n=1)
            if near:
                return f"; did you mean {folded[near[0]]}?"
        if not known or len(known) > _MOST_NAMES_LISTED:
            return ""
        return f"; there {'is' if len(known) == 1 else 'are'} {', '.join(known)}"


class Table:
    """One table of the file.

    Args:
        place: empty for the whole file.
    """

    def __init__(self, values: Mapping[str, object], *, place: str, mistakes: Mistakes) -> None:
        self.values = values
        self.place = place
        self._mistakes = mistakes

    def place_of(self, key: str) -> str:
        """The place of a key; one that may be anything is told by its position."""
        if NAME.fullmatch(key):
            return f"{self.place}.{key}" if self.place else key
        position = list(self.values).index(key) + 1
        return f"{self.place or 'file'}[{position}]"

    def allow_only(self, known: Collection[str]) -> None:
        """Every other key is a mistake."""
        for key in self.values:
            if key not in known:
                self._mistakes.note_unknown(self.place_of(key), "key", key, known)

    def table(self, key: str) -> "Table | None":
        """The table under `key`; None where there is none."""
        value = self.values.get(key)
        if isinstance(value, dict):
            return Table(value, place=self.place_of(key), mistakes=self._mistakes)
        if key in self.values:
            self._mistakes.note(self.place_of(key), f"a table is expected, which begins with [{key}]")
        return None

    def tables(self, key: str) -> list["Table"]:
        """The tables under `key`."""
        value = self.values.get(key, [])
        place = self.place_of(key)
        heading = f"[[{place}]]"
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self._mistakes.note(place, f"tables are expected, each of which begins with {heading}")
            return []
        return [
            Table(one, place=f"{place}[{position}]", mistakes=self._mistakes)
            for position, one in enumerate(value, start=1)
        ]

    def text(self, key: str) -> str | None:
        """The text under `key`, which is needed."""
        value = self.values.get(key)
        if isinstance(value, str):
            return value
        problem = "a text in quotes is expected" if key in self.values else "this key is missing"
        self._mistakes.note(self.place_of(key), problem)
        return None

    def texts(self, key: str, *, needed: bool = True) -> list[tuple[str, str]]:
        """The texts in the list under `key`, each with its place; a list that is needed may not be empty."""
        place = self.place_of(key)
        if key not in self.values:
            if needed:
                self._mistakes.note(place, "this key is missing")
            return []
        value = self.values[key]
        if not isinstance(value, list):
            self._mistakes.note(place, "a list of texts in square brackets is expected")
            return []
        if needed and not value:
            self._mistakes.note(place, "the list is empty")
        found: list[tuple[str, str]] = []
        for position, one in enumerate(value, start=1):
            if isinstance(one, str):
                found.append((f"{place}[{position}]", one))
            else:
                self._mistakes.note(f"{place}[{position}]", "a text in quotes is expected")
        return found
