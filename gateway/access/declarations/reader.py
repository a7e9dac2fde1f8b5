"""Read a declaration: a TOML file that says who should have which access. All mistakes are named at once.

    version = 1

    [people]                              # short names; an address finds the linked accounts everywhere
    mara = "mara@example.org"
    jon  = { email = "jon@example.org", quantconnect = "u-123" }  # an account that no address finds

    [groups]
    quants = ["mara", "jon"]
    all    = ["@quants", "kim@example.org"]

    [[access]]
    who      = ["@quants", "kim@example.org"]
    projects = ["QUANTCONNECT:Alpha*", "TESTOMATO:id:5f"]  # platform:name with * and ?, in any case, or an id
    role     = "EDITOR"
    grant    = ["LIVE_CONTROL"]           # on top of the role, on the platforms that can grant it
    until    = 2027-01-31                 # to the end of that day (UTC), or a moment with its offset

    [ignore]                              # never unexpected
    people   = ["bot@example.org"]
    projects = ["TESTOMATO:Sandbox*"]

    [[ignore.access]]                     # certain people in certain projects, while they have such a role
    who      = ["mara"]
    projects = ["TESTOMATO:id:6a"]
    roles    = ["CUSTOM"]

Where several entries give one person one project, the last one in the file holds, as a whole: its role, its
grants, its `until`. An entry whose `until` is past gives nothing any more, so that one before it holds again:
what was meant for a while ends by itself. A name never means a project that is archived; its id does, and in
`ignore` a name does too. Owners are never drift, whatever is declared of them.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from gateway.access.declarations.declared import Declaration, DeclaredAccess, IgnoredAccess
from gateway.access.declarations.fields import DeclarationInvalid, Mistake, Mistakes, Table
from gateway.access.declarations.people import People
from gateway.access.declarations.project_patterns import PatternInvalid, ProjectPattern
from gateway.access.declarations.roles import Offers
from gateway.domain.platform import PlatformProfile
from gateway.domain.vocabulary import PlatformKey, Role

VERSION: Final = 1
MOST_BYTES: Final = 4 * 1024 * 1024
MOST_ENTRIES: Final = {"people": 10_000, "groups": 1_000, "access": 10_000}
# What the parser makes of a name with many dots takes the square of their number.
LONGEST_LINE: Final = 4_000

_YEARS: Final = range(2000, 9000)
_PLACE_IN_TEXT = re.compile(r"\(at line (\d+), column (\d+)\)$")
_ENTRY_HEADING = re.compile(r"[ \t]*\[\[[ \t]*access[ \t]*\]\][ \t]*(?:#.*)?")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def read_declaration(text: str, *, profiles: Mapping[PlatformKey, PlatformProfile]) -> Declaration:
    """What `text` declares.

    Args:
        profiles: what each platform offers; a role that none of an entry's platforms has is a mistake.

    Raises:
        DeclarationInvalid: names every mistake, and no value of the text.
    """
    document = _document(text.removeprefix("\ufeff"))
    _check_size(document)
    entries = document.get("access")
    lines = _entry_lines(text, len(entries) if isinstance(entries, list) else 0)
    reading = _Reading(document, Offers(profiles), lines)
    declaration = reading.declaration()
    reading.mistakes.raise_any(entry_lines=lines)
    return declaration


class _Reading:
    """One file being read.

    Args:
        lines: where its entries begin, as far as that is known.
    """

    def __init__(self, document: Mapping[str, object], offers: Offers, lines: Mapping[int, int]) -> None:
        self.mistakes = Mistakes()
        self._lines = lines
        self._file = Table(document, place="", mistakes=self.mistakes)
        self._offers = offers
        self._people = People(
            people=self._file.table("people"), groups=self._file.table("groups"), mistakes=self.mistakes
        )

    def declaration(self) -> Declaration:
        """What the file declares as far as it is right; what is wrong is noted."""
        self._file.allow_only(["version", "people", "groups", "access", "ignore"])
        version = self._file.values.get("version")
        if version != VERSION or isinstance(version, bool):
            self.mistakes.note("version", f"the file begins with version = {VERSION}")
        tables = self._file.tables("access")
        access = tuple(self._entry(table, position) for position, table in enumerate(tables, start=1))
        ignore = self._file.table("ignore")
        if ignore is None:
            return Declaration(access=access)
        ignore.allow_only(["people", "projects", "access"])
        return Declaration(
            access=access,
            ignored_people=self._people.listed(ignore.texts("people", needed=False)),
            ignored_projects=self._patterns(ignore, needed=False),
            ignored_access=tuple(map(self._ignored, ignore.tables("access"))),
        )

    def _entry(self, table: Table, position: int) -> DeclaredAccess:
        table.allow_only(["who", "projects", "role", "grant", "until"])
        patterns = self._patterns(table)
        role = table.text("role")
        return DeclaredAccess(
            place=table.place,
            people=self._people.listed(table.texts("who")),
            projects=patterns,
            role=Role.VIEWER
            if role is None
            else self._offers.role(table.place_of("role"), role, patterns, self.mistakes),
            grant=self._offers.grant(table.texts("grant", needed=False), patterns, self.mistakes),
            until=self._until(table),
            line=self._lines.get(position),
        )

    def _ignored(self, table: Table) -> IgnoredAccess:
        table.allow_only(["who", "projects", "roles"])
        roles: set[Role] = set()
        known = [role for role in Role if role is not Role.OWNER]
        for place, text in table.texts("roles", needed=False):
            if text in known:
                roles.add(Role(text))
            else:
                self.mistakes.note_unknown(place, "role", text, known)
        return IgnoredAccess(
            people=self._people.listed(table.texts("who")),
            projects=self._patterns(table),
            roles=frozenset(roles) if "roles" in table.values else None,
        )

    def _patterns(self, table: Table, *, needed: bool = True) -> tuple[ProjectPattern, ...]:
        found: list[ProjectPattern] = []
        for place, text in table.texts("projects", needed=needed):
            try:
                found.append(ProjectPattern.parse(text))
            except PatternInvalid as invalid:
                self.mistakes.note(place, str(invalid))
        return tuple(found)

    def _until(self, table: Table) -> datetime | None:
        if "until" not in table.values:
            return None
        value = table.values["until"]
        problem = None
        if not isinstance(value, date):
            problem = "a date without quotes is expected, as in 2027-01-31"
        elif value.year not in _YEARS:
            problem = f"a year from {_YEARS[0]} to {_YEARS[-1]} is expected"
        elif not isinstance(value, datetime):
            return datetime.combine(value + timedelta(days=1), time(), tzinfo=UTC)
        elif value.tzinfo is None:
            problem = "a time needs its offset, as in 2027-01-31T18:00:00Z"
        else:
            return value.astimezone(UTC)
        self.mistakes.note(table.place_of("until"), problem)
        return None


def _document(text: str) -> dict[str, object]:
    size_bytes = len(text.encode(errors="surrogatepass"))
    if size_bytes > MOST_BYTES:
        raise _invalid("", f"the file has {size_bytes} bytes; {MOST_BYTES} are the most")
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > LONGEST_LINE:
            raise _invalid(
                f"line {number}",
                f"more than {LONGEST_LINE} characters; write long lists in lines",
                line=number,
            )
        if _SURROGATE.search(line):
            raise _invalid(f"line {number}", "a character here is none of Unicode's", line=number)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # The parser's message may quote the text.
        said = str(error)
        place = _PLACE_IN_TEXT.search(said)
        if place is None:
            raise _invalid("end of the file", _reason(said)) from None
        where = f"line {place[1]}, column {place[2]}"
        raise _invalid(where, _reason(said), line=int(place[1])) from None
    except (RecursionError, ValueError):
        raise _invalid("", "lists or tables stand too deep in each other, or a number is too long") from None


def _check_size(document: Mapping[str, object]) -> None:
    """What is far too long is read no further."""
    too_long = Mistakes()
    for key, most in MOST_ENTRIES.items():
        value = document.get(key)
        if isinstance(value, list | dict) and len(value) > most:
            too_long.note(key, f"there are {len(value)} entries here; {most} are the most")
    too_long.raise_any(entry_lines={})


def _reason(said: str) -> str:
    if said.startswith(("Cannot declare", "Cannot overwrite", "Duplicate")):
        return "this key or table is in the file twice"
    if said.startswith("Invalid date"):
        return "there is no such date"
    return "this is no TOML; look here or just before for a missing quote, comma, bracket or equals sign"


def _invalid(place: str, message: str, *, line: int | None = None) -> DeclarationInvalid:
    return DeclarationInvalid([Mistake(place=place, message=message, line=line)])


def _entry_lines(text: str, count: int) -> dict[int, int]:
    """Where the entries begin; nothing where that cannot be told, as a text may look like a heading."""
    lines = [
        number
        for number, line in enumerate(text.split("\n"), start=1)
        if _ENTRY_HEADING.fullmatch(line.rstrip("\r"))
    ]
    return dict(enumerate(lines, start=1)) if len(lines) == count else {}
