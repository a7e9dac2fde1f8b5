"""access/people/links.py: the file that says which accounts are one person's, and what is wrong with it."""

from pathlib import Path

import pytest

from gateway.access.people.links import Links, LinksFileError
from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import PlatformKey

QUANTCONNECT, TESTOMATO = PlatformKey
HEADER = '["Mara Lindqvist"]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "links.toml"


def read(file: Path, text: str) -> dict[AccountKey, str]:
    file.write_text(text, encoding="utf-8")
    return dict(Links.read(file).names)


def complaints(file: Path, content: str | bytes) -> list[str]:
    """What is wrong with the file, which every line names."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(LinksFileError) as error:
        Links.read(file)
    lines = str(error.value).splitlines()
    assert all(line.startswith(str(file)) for line in lines)
    return [line.removeprefix(str(file)) for line in lines]


def test_a_person_has_the_accounts_that_stand_in_their_table(file: Path) -> None:
    assert read(file, HEADER + 'quantconnect = "u-123"\ntestomato = ["5390", "5391"]\n') == {
        AccountKey(QUANTCONNECT, "u-123"): "Mara Lindqvist",
        AccountKey(TESTOMATO, "5390"): "Mara Lindqvist",
        AccountKey(TESTOMATO, "5391"): "Mara Lindqvist",
    }


@pytest.mark.parametrize("platform", ["quantconnect", "QUANTCONNECT", "QuantConnect"])
def test_platforms_are_known_in_any_case(file: Path, platform: str) -> None:
    assert read(file, f'[a]\n{platform} = "u"\n') == {AccountKey(QUANTCONNECT, "u"): "a"}


def test_blanks_around_an_id_do_not_count(file: Path) -> None:
    assert list(read(file, '[a]\ntestomato = " 7 "\n')) == [AccountKey(TESTOMATO, "7")]


def test_the_same_id_on_two_platforms_may_be_two_persons(file: Path) -> None:
    text = '[a]\nquantconnect = "7"\n[b]\ntestomato = "7"\n'
    assert set(read(file, text).values()) == {"a", "b"}


def test_an_account_may_stand_twice_with_one_person(file: Path) -> None:
    assert read(file, '[a]\ntestomato = ["7", "7"]\n') == {AccountKey(TESTOMATO, "7"): "a"}


@pytest.mark.parametrize("text", ["", "# nobody yet\n", "[a]\n", "[a]\ntestomato = []\n"])
def test_a_file_may_say_nothing(file: Path, text: str) -> None:
    assert read(file, text) == {}


def test_without_a_file_nothing_is_declared() -> None:
    assert dict(Links().names) == {}


# ---------------------------------------------------------------- what is wrong with it


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            HEADER + "testomato = 5390\n",
            "an account on testomato is no text: write its id in quotation marks",
        ),
        (
            HEADER + "testomato = [true]\n",
            "an account on testomato is no text: write its id in quotation marks",
        ),
        (HEADER + 'testomato = " "\n', "an account on testomato is no text: write its id in quotation marks"),
        (HEADER + 'jira = "7"\n', "a key of this person is none of quantconnect, testomato"),
        ("[Mara.Lindqvist]\n", "a key of this person is none of quantconnect, testomato"),
        (
            '"Mara Lindqvist" = "u-1"\n',
            'a person is a table: write ["a name"], and below it a line for each platform',
        ),
        ('[" "]\ntestomato = "7"\n', "this name is blank"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_do(file: Path, text: str, complaint: str) -> None:
    assert complaints(file, f"# Reviewed.\n\n{text}") == [f", line 3: {complaint}"]


def test_an_account_of_two_persons_is_told_with_the_lines_of_both(file: Path) -> None:
    text = HEADER + 'testomato = "7"\n[Ingrid]\ntestomato = "7"\n'
    assert complaints(file, text) == [", line 3: an account on testomato is also that of line 1: leave one"]


def test_all_mistakes_are_told_at_once(file: Path) -> None:
    text = '[a]\njira = "7"\ntestomato = [1, 2]\n[b]\nquantconnect = 3\n'
    assert [line.partition(":")[0] for line in complaints(file, text)] == [", line 1"] * 3 + [", line 4"]


def test_a_mistake_whose_line_is_not_found_is_before_the_first_table(file: Path) -> None:
    [complaint] = complaints(file, 'a = [\n"7"]\n')
    assert complaint.startswith(", before the first table: a person is a table")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[a\n", " (at line 1, column 3)"),
        ("a", " (at end of document)"),
        ('["Mara"]\n["Mara"]\n', " (at line 2, column 8)"),
        ("a = " + "[" * 100_000, ""),
    ],
    ids=["a header", "an end", "a person twice", "very deep"],
)
def test_what_is_no_toml_is_told_with_its_place(file: Path, content: str, reason: str) -> None:
    assert complaints(file, content) == [f": it is no TOML document{reason}"]


def test_what_is_not_utf_8_is_told(file: Path) -> None:
    assert complaints(file, b'["Z\xfcrich"]\n') == [": it is not UTF-8"]


def test_a_file_that_is_not_there_is_told(file: Path) -> None:
    with pytest.raises(
        LinksFileError, match=r"links\.toml: it cannot be read \(No such file or directory\)$"
    ):
        Links.read(file)


@pytest.mark.parametrize(
    "text",
    [
        HEADER + 'testomato = "7"\n["Mara Lindqvist"]\n',
        HEADER + 'testomato = "u-123"\n["Ingrid"]\ntestomato = "u-123"\n',
        '[Mara.Lindqvist]\nquantconnect = "u-123"\n',
        'Mara = "u-123"\n',
        '["Mara Lindqvist"]\nquantconnect = "u-123"\nquantconnect = "u-123"\n',
        '["Mara Lindqvist"]\nquantconnect = u-123\n',
    ],
)
def test_no_complaint_tells_whom_the_file_names(file: Path, text: str) -> None:
    told = " ".join(complaints(file, text))
    assert [word for word in ("Mara", "Lindqvist", "u-123", "Ingrid") if word in told] == []


def test_links_are_not_shown() -> None:
    assert "Mara" not in repr(Links(names={AccountKey(TESTOMATO, "7"): "Mara"}))
