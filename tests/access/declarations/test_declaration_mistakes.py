"""Mistakes in a declaration: all at once, each with its place, none with what was written there."""

import re

import pytest

from gateway.access.declarations.fields import DeclarationInvalid, Mistake
from gateway.access.declarations.reader import LONGEST_LINE, MOST_BYTES, MOST_ENTRIES, read_declaration
from tests.access.scene import PROFILES, read


def mistakes_in(text: str) -> list[Mistake]:
    with pytest.raises(DeclarationInvalid) as caught:
        read(text)
    return list(caught.value.mistakes)


def entry(**changes: str) -> str:
    """An entry of which some keys are others."""
    keys = {"who": '["mara@example.org"]', "projects": '["*:*"]', "role": '"VIEWER"', **changes}
    return "[[access]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())


NO_TOML = {
    "version = 1\nx = = 1": ("line 2, column 5", "this is no TOML"),
    "version = 1\n[people": ("end of the file", "this is no TOML"),
    '[people]\nm = "a@b"\nm = "a@b"\n': ("line 3, column 10", "in the file twice"),
    "[groups]\n[groups]": ("line 2, column 8", "in the file twice"),
    "until = 2027-02-30": ("line 1, column 9", "no such date"),
    'a = "\ud800"': ("line 1", "none of Unicode's"),
    f"# {'x' * LONGEST_LINE}": ("line 1", "characters"),
    "# padding\n" * (MOST_BYTES // 10 + 1): ("", f"{MOST_BYTES} are the most"),
}


ONE_MISTAKE = {
    # The file.
    "version = 2": ("version", "version = 1"),
    "version = true": ("version", "version = 1"),
    "acess = []": ("acess", "no such key; did you mean access?"),
    '"m@example.org" = 1': ("file[2]", "no such key"),
    "people = 1": ("people", "a table is expected, which begins with [people]"),
    "[access]": ("access", "begins with [[access]]"),
    "ignore = []": ("ignore", "begins with [ignore]"),
    "[people]\n" + "".join(f"p{number} = 1\n" for number in range(MOST_ENTRIES["people"] + 1)): (
        "people",
        "are the most",
    ),
    # People.
    "[people]\nm = 5": ("people.m", "an e-mail address or a table"),
    '[people]\nm = "mara"': ("people.m", "no e-mail address"),
    "[people]\nm = {}": ("people.m", "is needed"),
    '[people]\nm = { e_mail = "m@example.org" }': ("people.m.e_mail", "did you mean email?"),
    '[people]\nm = { QuantConnect = "5" }': ("people.m.QuantConnect", "did you mean quantconnect?"),
    "[people]\nm = { testomato = 5390 }": ("people.m.testomato", "a text in quotes"),
    '[people]\nm = { testomato = "" }': ("people.m.testomato", "the account id is empty"),
    '[people]\nm = { email = "m example.org" }': ("people.m.email", "no e-mail address"),
    '[people]\n"m@example.org" = "m@example.org"': ("people[1]", "a name is made of"),
    '[people]\na = "m@example.org"\nb = "M@example.org"': ("people.b", "people.a has the same address"),
    '[people]\na = { testomato = "1" }\nb = { testomato = "1" }': (
        "people.b",
        "people.a has the same TESTOMATO account",
    ),
    # Groups.
    '[groups]\n"@a" = []': ("groups[1]", "a name is made of"),
    "[groups]\na = 1": ("groups.a", "a list of texts"),
    "[groups]\na = [1]": ("groups.a[1]", "a text in quotes"),
    '[groups]\na = ["@a"]': ("groups.a", "in itself: groups.a in groups.a"),
    '[people]\njon = "j@example.org"\n[groups]\na = ["jonn"]': ("groups.a[1]", "did you mean jon?"),
    # Entries.
    "[[access]]\nrole = 'VIEWER'\nprojects = ['*:*']": ("access[1].who", "is missing"),
    entry(who="[]"): ("access[1].who", "the list is empty"),
    entry(who='"mara@example.org"'): ("access[1].who", "a list of texts"),
    entry(who='["@quant"]') + "[groups]\nquants = []": ("access[1].who[1]", "did you mean quants?"),
    entry(who='["m@x@y"]'): ("access[1].who[1]", "neither a name"),
    entry(until='"2027-01-31"'): ("access[1].until", "a date without quotes"),
    entry(until="2027-01-31T18:00:00"): ("access[1].until", "needs its offset"),
    entry(until="18:00:00"): ("access[1].until", "a date without quotes"),
    entry(until="9999-12-31T23:59:59-12:00"): ("access[1].until", "a year from"),
    entry(until="0001-01-01"): ("access[1].until", "a year from"),
    entry(rol="1"): ("access[1].rol", "did you mean role?"),
    # Projects.
    entry(projects='["Alpha"]'): ("access[1].projects[1]", "a platform, a colon and a name"),
    entry(projects='["*:*", "QUANTCONECT:A"]'): (
        "access[1].projects[2]",
        "no such platform; there are QUANT",
    ),
    entry(projects='["*: "]'): ("access[1].projects[1]", "empty"),
    entry(projects='["TESTOMATO:id:"]'): ("access[1].projects[1]", "empty"),
    entry(projects='["*:id:5"]'): ("access[1].projects[1]", "one platform"),
    # Roles and actions.
    entry(role='"EDITR"'): ("access[1].role", "there is no such role; did you mean EDITOR?"),
    entry(role='"editor"'): ("access[1].role", "did you mean EDITOR?"),
    entry(role='"zzz"'): ("access[1].role", "there are ADMIN, EDITOR, VIEWER"),
    entry(role='"OWNER"'): ("access[1].role", "owners are never drift"),
    entry(role='"CUSTOM"'): ("access[1].role", "[[ignore.access]]"),
    entry(role='"ADMIN"', projects='["QUANTCONNECT:*"]'): (
        "access[1].role",
        "QuantConnect gives nobody this role; it has EDITOR, VIEWER",
    ),
    entry(grant='["LIVE"]'): ("access[1].grant[1]", "there is LIVE_CONTROL"),
    entry(grant='["WRITE"]'): ("access[1].grant[1]", "what can is: LIVE_CONTROL"),
    entry(grant='["LIVE_CONTROL"]', projects='["TESTOMATO:*"]'): (
        "access[1].grant[1]",
        "what can is: nothing",
    ),
    # What is ignored.
    "[ignore]\npeple = []": ("ignore.peple", "did you mean people?"),
    "[[ignore.access]]\nwho = ['a@b']\nprojects = ['*:*']\nroles = ['OWNER']": (
        "ignore.access[1].roles[1]",
        "no such role",
    ),
    "[ignore]\naccess = [1]": ("ignore.access", "begins with [[ignore.access]]"),
}


@pytest.mark.parametrize("text", NO_TOML, ids=range(len(NO_TOML)))
def test_a_text_that_is_no_toml_is_told_with_line_and_column(text: str) -> None:
    place, message = NO_TOML[text]
    with pytest.raises(DeclarationInvalid) as caught:
        read_declaration(text, profiles=PROFILES)
    [mistake] = caught.value.mistakes
    assert mistake.place == place
    assert message in mistake.message
    assert [str(mistake.line)] == (re.findall(r"line (\d+)", place) or ["None"])


@pytest.mark.parametrize("text", ONE_MISTAKE, ids=range(len(ONE_MISTAKE)))
def test_a_mistake_is_told_with_its_place_and_with_what_to_do(text: str) -> None:
    place, message = ONE_MISTAKE[text]
    [mistake] = mistakes_in(text)
    assert mistake.place == place
    assert message in mistake.message


def test_a_file_says_which_version_of_the_format_it_has() -> None:
    [mistake] = mistakes_in("# the version is missing")
    assert mistake.place == "version"


def test_all_mistakes_are_told_at_once() -> None:
    text = entry(role='"EDITR"', until='"never"') + '[people]\nm = "mara"\n' + entry(who='["@none"]')
    assert [mistake.place for mistake in mistakes_in(text)] == [
        "people.m",
        "access[1].role",
        "access[1].until",
        "access[2].who[1]",
    ]


def test_the_same_mistake_is_told_wherever_it_stands() -> None:
    places = [mistake.place for mistake in mistakes_in(entry(who='["jonn"]') * 2)]
    assert places == ["access[1].who[1]", "access[2].who[1]"]


def test_every_circle_of_groups_is_told() -> None:
    text = '[groups]\na = ["@b"]\nb = ["@a"]\nc = ["@c"]\nd = ["@a"]'
    assert sorted(mistake.place[:8] for mistake in mistakes_in(text)) == ["groups.a", "groups.c"]


def test_a_person_who_is_wrong_is_known_all_the_same() -> None:
    text = '[people]\nm = "mara"\n' + entry(who='["m"]')
    assert [mistake.place for mistake in mistakes_in(text)] == ["people.m"]


def test_a_name_that_may_be_none_is_not_suggested() -> None:
    text = '[people]\n"kim@example.org" = "kim@example.org"\njon = "j@example.org"\n' + entry(who='["zoe"]')
    assert mistakes_in(text)[-1].message == "there is no such person in [people]; there is jon"


def test_an_entrys_mistake_is_told_with_the_line_where_the_entry_begins() -> None:
    [mistake] = mistakes_in(f"version = 1\n\n{entry()}\n{entry(role='5')}")
    assert (mistake.place, mistake.line) == ("access[2].role", 8)
    assert str(mistake).endswith("(the entry begins in line 8)")


def test_no_line_is_told_where_a_text_looks_like_an_entry() -> None:
    [mistake] = mistakes_in(f"version = 1\n{entry(role='5')}[people]\nm = '''m@example.org\n[[access]]\n'''")[
        -1:
    ]
    assert (mistake.place, mistake.line) == ("access[1].role", None)


def test_the_error_counts_and_lists_what_is_wrong() -> None:
    with pytest.raises(DeclarationInvalid, match=r"^one thing is wrong:\n  access: tables are expected"):
        read("[access]")
    with pytest.raises(DeclarationInvalid, match=r"^2 things are wrong:\n"):
        read("[access]\n[peple]")
