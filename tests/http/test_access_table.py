"""gateway/http/access_table.py and its lines: whatever somebody is called comes back as it was."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.access_export import encoded
from gateway.http.access_table import COLUMNS, access_table
from tests.access.crowd import member, on_quantconnect, on_testomato
from tests.access.town import MARA, NOT_KEPT, Town, put
from tests.http.exported import FORMULA, as_it_was, cells_of, rows_of

ALPHABET = st.sampled_from(['"', "'", ",", ";", "\n", "\r", "\t", " ", "=", "+", "-", "@", "＝", "＠", "\0"])  # noqa: RUF001 - these too
ODD = st.sampled_from(
    [
        "",
        " ",
        "\u00a0=1",
        "\u2028",
        "\ufeff=1",
        "\u202egpj.exe",
        "e\u0301",
        "\N{SNOWMAN}",
        "\U0001f468\u200d\U0001f469",
    ]
)
TEXTS = st.one_of(
    st.text(ALPHABET, max_size=6),
    ODD,
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.sampled_from(["=1+1", "'=1", "''=1", "'t Hooft", "-2", "\t=1", '=HYPERLINK("x","y")']),
)
ROWS = st.lists(st.tuples(*[TEXTS] * len(COLUMNS)), max_size=4)


def written(rows: Sequence[tuple[str, ...]]) -> str:
    async def pieces() -> bytes:
        return b"".join([piece async for piece in encoded(rows)])

    return asyncio.run(pieces()).decode()


@given(ROWS)
def test_every_text_comes_back_as_it_was(rows: list[tuple[str, ...]]) -> None:
    header, *found = cells_of(written(rows))
    assert header == list(COLUMNS)
    assert [tuple(map(as_it_was, row)) for row in found] == rows


@given(ROWS)
def test_no_cell_is_a_formula_to_a_spreadsheet(rows: list[tuple[str, ...]]) -> None:
    cells = [cell for row in cells_of(written(rows)) for cell in row]
    assert [cell for cell in cells if FORMULA.match(cell)] == []


@pytest.mark.parametrize("text", ["Mara", "'t Hooft", "a=b", "1-2", "", "“=1", "Zoë, Jr."])
def test_what_is_no_formula_stands_as_it_is(text: str) -> None:
    [_, row] = cells_of(written([(text,) * len(COLUMNS)]))
    assert set(row) == {text}


def test_lines_end_as_rfc_4180_has_it() -> None:
    row = ("x",) * len(COLUMNS)
    assert written([row, row]).split("\r\n") == [",".join(COLUMNS), *[",".join(row)] * 2, ""]


@given(name=TEXTS, project=TEXTS)
def test_whatever_a_person_and_a_project_are_called_stands_in_the_row(name: str, project: str) -> None:
    async def exported() -> str:
        town = Town(policy=NOT_KEPT)
        put(town.quantconnect, "1", [])
        put(
            town.testomato, "2", [member(on_testomato("7"), project="2", name=name, email=MARA)], name=project
        )
        put(town.testomato, "3", [])
        rows = access_table(await town.everybody())
        return b"".join([piece async for piece in encoded(rows)]).decode()

    [row] = rows_of(asyncio.run(exported()))
    shown = name if name.strip() else ""
    assert (row["person"], row["name"], row["project"]) == (shown, name, project)


def test_a_table_of_any_length_comes_in_pieces() -> None:
    async def lengths() -> list[int]:
        rows = [("x",) * len(COLUMNS)] * 5_000
        return [len(piece) async for piece in encoded(rows)]

    pieces = asyncio.run(lengths())
    assert len(pieces) > 20
    assert max(pieces) < 10_000


def test_others_have_their_turn_between_the_pieces() -> None:
    async def turns() -> int:
        seen = 0

        async def count() -> None:
            nonlocal seen
            while True:
                seen += 1
                await asyncio.sleep(0)

        counting = asyncio.ensure_future(count())
        async for _ in encoded([("x",) * len(COLUMNS)] * 5_000):
            pass
        counting.cancel()
        return seen

    assert asyncio.run(turns()) > 20


def test_people_stand_by_name_and_their_projects_by_platform_and_name() -> None:
    async def rows() -> list[tuple[str, ...]]:
        town = Town()
        put(town.quantconnect, "1", [member(on_quantconnect(one), name=one) for one in ("b", "C")])
        put(town.testomato, "2", [member(on_testomato("7"), project="2", name="a")], name="Zeta")
        put(town.testomato, "3", [member(on_testomato("7"), project="3", name="a")], name="alpha")
        return list(access_table(await town.everybody()))

    found = asyncio.run(rows())
    assert [(row[0], row[2], row[3]) for row in found] == [
        ("a", "TESTOMATO", "alpha"),
        ("a", "TESTOMATO", "Zeta"),
        ("b", "QUANTCONNECT", "Project 1"),
        ("C", "QUANTCONNECT", "Project 1"),
    ]
