"""gateway/store/verification.py: whatever was changed in the trail is found, and what was not is in order."""

from pathlib import Path

import pytest

from gateway.store import chain
from gateway.store.verification import verify
from tests.access.world import rows_of
from tests.store.trails import ENTRIES, digests_of, make_older, tamper, write

RESET = "UPDATE sqlite_sequence SET seq = (SELECT max(id) FROM audit) WHERE name = 'audit'"
FOUR_COMES_NEXT = "entry 4 of 2026-11-21T16:00:00Z comes next."
COLUMNS = ", ".join(name for name in chain.COLUMNS if name != "id")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A trail of five entries, an hour between two."""
    database = tmp_path / "changes.sqlite3"
    write(database, *ENTRIES)
    return database


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A trail whose first three entries are from before the chain."""
    database = tmp_path / "older.sqlite3"
    make_older(database, count=3)
    write(database, *ENTRIES[:2])
    return database


def flaw_of(database: Path, *, expected: str | None = None) -> str | None:
    return verify(str(database), expected=expected).flaw


# ---------------------------------------------------------------- in order


def test_a_trail_that_nobody_touched_is_in_order(database: Path) -> None:
    verdict = verify(str(database))
    assert (verdict.flaw, verdict.entry_count) == (None, len(ENTRIES))


def test_the_last_digest_is_told(database: Path) -> None:
    assert verify(str(database)).digest == digests_of(database)[-1]


def test_a_trail_without_an_entry_is_in_order(tmp_path: Path) -> None:
    write(tmp_path / "empty.sqlite3")
    verdict = verify(str(tmp_path / "empty.sqlite3"))
    assert (verdict.flaw, verdict.entry_count) == (None, 0)


@pytest.mark.parametrize("place", range(len(ENTRIES)))
def test_a_digest_that_was_noted_is_found_where_it_stands(database: Path, place: int) -> None:
    verdict = verify(str(database), expected=digests_of(database)[place])
    assert (verdict.flaw, verdict.expected_at) == (None, place + 1)


def test_entries_from_before_the_chain_are_walked_too(older: Path) -> None:
    verdict = verify(str(older))
    assert (verdict.flaw, verdict.entry_count) == (None, 5)


# ---------------------------------------------------------------- changed


@pytest.mark.parametrize("column", [name for name in chain.COLUMNS if name != "id"])
@pytest.mark.parametrize("value", ["'2026-11-21T15:00:00.000001+00:00'", "CAST(x'ff' AS TEXT)"])
def test_a_changed_column_is_found(database: Path, column: str, value: str) -> None:
    tamper(database, f"UPDATE audit SET {column} = {value} WHERE id = 3")  # noqa: S608 - our own columns
    verdict = verify(str(database))
    assert (verdict.flaw or "").startswith("Entry 3")
    assert ("was changed" in (verdict.flaw or ""), verdict.entry_count) == (True, 2)


def test_a_changed_entry_is_told_by_its_number_and_its_moment(database: Path) -> None:
    tamper(database, "UPDATE audit SET outcome = 'REFUSED' WHERE id = 3")
    assert flaw_of(database) == (
        "Entry 3 of 2026-11-21T15:00:00Z was changed, or put in the place of another."
    )


def test_a_value_that_was_taken_out_is_found(database: Path) -> None:
    tamper(database, "UPDATE audit SET member_email = NULL WHERE id = 2")
    assert (flaw_of(database) or "").startswith("Entry 2 of ")


@pytest.mark.parametrize("digest", ["NULL", f"'{'0' * 64}'"])
def test_a_changed_digest_is_found(database: Path, digest: str) -> None:
    tamper(database, f"UPDATE audit SET digest = {digest} WHERE id = 4")  # noqa: S608 - one of the above
    assert (flaw_of(database) or "").startswith("Entry 4 of ")


def test_the_first_of_several_changes_is_told(database: Path) -> None:
    tamper(database, "UPDATE audit SET actor = 'nobody' WHERE id IN (2, 4)")
    assert (flaw_of(database) or "").startswith("Entry 2 of ")


def test_a_change_with_a_digest_that_fits_it_is_found_at_the_next_entry(database: Path) -> None:
    row = {**rows_of(str(database), "audit")[2], "actor": "nobody"}
    digest = chain.digest_after(digests_of(database)[1] or "", row)
    tamper(database, f"UPDATE audit SET actor = 'nobody', digest = '{digest}' WHERE id = 3")  # noqa: S608 - our own
    assert (flaw_of(database) or "").startswith("Entry 4 of ")


def test_what_stands_in_a_changed_moment_is_not_repeated(database: Path) -> None:
    tamper(database, "UPDATE audit SET at = char(27) || '[31mboo' WHERE id = 3")
    assert flaw_of(database) == "Entry 3 was changed, or put in the place of another."


def test_two_entries_that_changed_places_are_found(database: Path) -> None:
    moves = ((2, -1), (3, 2), (-1, 3))
    tamper(database, *(f"UPDATE audit SET id = {to} WHERE id = {of}" for of, to in moves))  # noqa: S608 - numbers
    assert (flaw_of(database) or "").startswith("Entry 2 of ")


def test_bytes_in_the_place_of_text_are_found(database: Path) -> None:
    tamper(
        database,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE name = 'audit'",
        "PRAGMA writable_schema = RESET",
        "UPDATE audit SET actor = x'00ff' WHERE id = 3",
    )
    assert flaw_of(database) == "Entry 3 of 2026-11-21T15:00:00Z was changed."


# ---------------------------------------------------------------- removed


@pytest.mark.parametrize(
    ("removed", "told"),
    [
        ("id = 1", "Entry 1 is missing: entry 2 of 2026-11-21T14:00:00Z comes next."),
        (
            "id = 3",
            f"Entry 3 is missing after entry 2 of 2026-11-21T14:00:00Z: {FOUR_COMES_NEXT}",
        ),
        (
            "id IN (2, 3)",
            f"Entries 2 to 3 are missing after entry 1 of 2026-11-21T13:00:00Z: {FOUR_COMES_NEXT}",
        ),
        ("id = 5", "Entry 5 is missing from the end after entry 4 of 2026-11-21T16:00:00Z."),
        ("id > 3", "Entries 4 to 5 are missing from the end after entry 3 of 2026-11-21T15:00:00Z."),
        ("TRUE", "Entries 1 to 5 are missing from the end."),
    ],
)
def test_a_removed_entry_is_found(database: Path, removed: str, told: str) -> None:
    tamper(database, f"DELETE FROM audit WHERE {removed}")  # noqa: S608 - one of the above
    assert flaw_of(database) == told


def test_a_removed_entry_is_found_where_the_others_have_moved_up(database: Path) -> None:
    tamper(
        database,
        "DELETE FROM audit WHERE id = 2",
        "UPDATE audit SET id = -id WHERE id > 2",
        "UPDATE audit SET id = -id - 1 WHERE id < 0",
        RESET,
    )
    assert flaw_of(database) == (
        "Entry 2 of 2026-11-21T15:00:00Z was changed, or put in the place of another."
    )


def test_a_removed_end_is_found_also_where_the_gateway_has_gone_on(database: Path) -> None:
    tamper(database, "DELETE FROM audit WHERE id > 3")
    write(database, ENTRIES[0])
    assert (flaw_of(database) or "").startswith("Entries 4 to 5 are missing after entry 3 of ")


def test_a_removed_end_of_which_nothing_tells_is_seen_beside_a_digest_that_was_noted(database: Path) -> None:
    noted = digests_of(database)[-1]
    tamper(database, "DELETE FROM audit WHERE id > 3", RESET)
    assert flaw_of(database) is None
    assert (flaw_of(database, expected=noted) or "").startswith(
        "No entry has the digest that was expected: entries were taken away from the end of the trail"
    )


def test_an_end_that_was_made_anew_is_seen_beside_a_digest_that_was_noted(database: Path) -> None:
    noted = digests_of(database)[-1]
    tamper(database, "DELETE FROM audit WHERE id > 3", RESET)
    write(database, *ENTRIES[3:4] * 2)
    assert (flaw_of(database), flaw_of(database, expected=noted) is None) == (None, False)


# ---------------------------------------------------------------- put in


def copy_of(number: int, *, at: int) -> str:
    """A statement that puts another entry like this one at a number."""
    return (
        f"INSERT INTO audit (id, {COLUMNS}, digest) SELECT {at}, {COLUMNS}, digest FROM audit "  # noqa: S608 - our own columns
        f"WHERE id = {number}"
    )


def test_an_entry_that_was_put_in_between_is_found(database: Path) -> None:
    shifted = (
        "UPDATE audit SET id = -id WHERE id >= 3",
        "UPDATE audit SET id = 1 - id WHERE id < 0",
    )
    tamper(database, *shifted, copy_of(2, at=3))
    assert flaw_of(database) == (
        "Entry 3 of 2026-11-21T14:00:00Z was changed, or put in the place of another."
    )


def test_an_entry_in_the_place_of_one_that_was_removed_is_found(database: Path) -> None:
    tamper(database, "DELETE FROM audit WHERE id = 3", copy_of(2, at=3))
    assert (flaw_of(database) or "").startswith("Entry 3 of 2026-11-21T14:00:00Z")


@pytest.mark.parametrize("number", [0, -5, chain.LOWEST_NUMBER])
def test_an_entry_that_was_put_before_all_others_is_found(database: Path, number: int) -> None:
    tamper(database, copy_of(2, at=number))
    assert flaw_of(database) == (
        f"Entry {number} of 2026-11-21T14:00:00Z was put in: the first entry has the number 1."
    )


def test_an_entry_that_was_put_at_the_end_is_found(database: Path) -> None:
    tamper(database, copy_of(5, at=6))
    assert (flaw_of(database) or "").startswith("Entry 6 of ")


# ---------------------------------------------------------------- from before the chain


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_change_of_one_from_before_the_chain_is_found(older: Path, number: int) -> None:
    tamper(older, f"UPDATE audit SET actor = 'nobody' WHERE id = {number}")  # noqa: S608 - a number
    assert flaw_of(older) == (
        "One of the entries 1 to 3 was changed, the last of which is of 2026-01-03T00:00:00Z: they are from "
        "before the chain, which has one digest for them all."
    )


def test_one_from_before_the_chain_that_was_given_a_digest_is_found(older: Path) -> None:
    tamper(older, f"UPDATE audit SET digest = '{'0' * 64}' WHERE id = 2")  # noqa: S608 - ours
    assert (flaw_of(older) or "").startswith("Entry 2 of 2026-01-02T00:00:00Z was changed")


def test_a_removed_one_from_before_the_chain_is_found(older: Path) -> None:
    tamper(older, "DELETE FROM audit WHERE id = 2")
    assert (flaw_of(older) or "").startswith("Entry 2 is missing after entry 1 of 2026-01-01T00:00:00Z")


def test_entries_from_before_the_chain_are_missed_where_nothing_else_is_left(tmp_path: Path) -> None:
    database = tmp_path / "older.sqlite3"
    make_older(database, count=3)
    write(database)
    tamper(database, "DELETE FROM audit WHERE id = 3", RESET)
    assert (flaw_of(database) or "").startswith("Entry 3 is missing from the end")


def test_a_change_after_the_chain_began_is_told_as_that(older: Path) -> None:
    tamper(older, "UPDATE audit SET actor = 'nobody' WHERE id = 4")
    assert (flaw_of(older) or "").startswith("Entry 4 of ")


def test_a_chain_whose_beginning_is_missing_is_told(older: Path) -> None:
    tamper(older, "DELETE FROM audit_chain")
    assert flaw_of(older) is not None


def test_a_beginning_that_is_missing_in_a_new_database_is_told(database: Path) -> None:
    tamper(database, "DELETE FROM audit_chain")
    assert flaw_of(database) == "The digest that the chain begins with is missing."
