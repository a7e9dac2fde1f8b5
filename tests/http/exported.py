"""The export of who has access to what, as a program reads it that knows its rule for formulas."""

import csv
import io
import re

from gateway.http.access_table import COLUMNS

PATH = "/export/access.csv"
# Begins a formula in some spreadsheet, before it was made harmless.
FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@＝＋－＠]")  # noqa: RUF001 - these too
_MADE_HARMLESS = re.compile(rf"'+(?:{FORMULA.pattern})")


def cells_of(text: str) -> list[list[str]]:
    """What stands in the file."""
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def rows_of(text: str) -> list[dict[str, str]]:
    """What was meant, by the names of the columns."""
    header, *rows = cells_of(text)
    assert header == list(COLUMNS)
    return [dict(zip(header, map(as_it_was, row), strict=True)) for row in rows]


def as_it_was(cell: str) -> str:
    """Without the apostrophe before a formula."""
    return cell[1:] if _MADE_HARMLESS.match(cell) else cell
