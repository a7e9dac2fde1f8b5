"""Laws of reading: any text gives a declaration or mistakes, and no mistake gives away what was written."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.access.declarations.declared import Declaration
from gateway.access.declarations.fields import DeclarationInvalid
from gateway.access.declarations.names import quoted
from gateway.access.declarations.reader import LONGEST_LINE, read_declaration
from gateway.domain.vocabulary import Action, Role
from tests.access.declarations.test_declaration import WHOLE
from tests.access.scene import PROFILES

PERSONAL = "Zqx"
"""In everything that somebody may have written about a person."""

keys = st.sampled_from(
    (
        *("version", "people", "groups", "access", "ignore", "who", "projects", "role", "roles", "grant"),
        *("until", "email", "quantconnect", "testomato", "mara"),
        *(f"{PERSONAL}@example.org", f"{PERSONAL} Lind", ""),
    )
)
texts = st.sampled_from(
    (
        *(f"{PERSONAL}@example.org", f"@{PERSONAL}", PERSONAL, f"{PERSONAL}:x"),
        *(f"TESTOMATO:{PERSONAL}", f"QUANTCONNECT:id:{PERSONAL}"),
        *("mara", "@mara", "", "*:*", *Role, *Action),
    )
)
scalars = texts.map(quoted) | st.sampled_from(["1", "true", "1.5", "nan", "2027-01-31", "18:00:00"])
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]")
        | st.dictionaries(keys, inner, max_size=4).map(
            lambda table: f"{{ {', '.join(f'{quoted(key)} = {value}' for key, value in table.items())} }}"
        )
    ),
    max_leaves=12,
)
files = st.dictionaries(keys, values, max_size=5).map(
    lambda table: "".join(f"{quoted(key)} = {value}\n" for key, value in table.items())
)
spoilt_files = st.builds(
    lambda start, length, put: WHOLE[:start] + put + WHOLE[start + length :],
    st.integers(0, len(WHOLE)),
    st.integers(0, 30),
    st.text(max_size=5) | st.sampled_from(["\n[[access]]\n", "[", "]", '"', "@", "=", "''"]),
)


def mistakes_in(text: str) -> DeclarationInvalid | None:
    try:
        declaration = read_declaration(text, profiles=PROFILES)
    except DeclarationInvalid as invalid:
        return invalid
    assert isinstance(declaration, Declaration)
    return None


@settings(deadline=None, max_examples=300)
@given(text=st.text(st.characters()) | files | spoilt_files)
@example(text="a." * (LONGEST_LINE // 2 - 3) + "a = 1")
@example(text="a = " + "[" * (LONGEST_LINE - 4))
@example(text="\x00")
@example(text="[[access]]\nuntil = 9999-12-31T23:59:59-23:59")
def test_any_text_is_a_declaration_or_has_mistakes(text: str) -> None:
    invalid = mistakes_in(text)
    if invalid is not None:
        assert invalid.mistakes
        assert all(mistake.message for mistake in invalid.mistakes)


@settings(deadline=None, max_examples=300)
@given(text=files | files.map(lambda text: text.replace(", ", " ", 1)))
@example(text=f'people = {{ "{PERSONAL}@example.org" = "a@b" }}\nignore = {{ people = ["mara"] }}')
@example(text=f'groups = {{ "{PERSONAL}@example.org" = [] }}\nignore = {{ people = ["@mara"] }}')
@example(text=f'people = {{ "{PERSONAL} Lind" = "a@b" }}\nignore = {{ people = ["{PERSONAL} Lint"] }}')
def test_no_mistake_gives_away_what_was_written_of_a_person(text: str) -> None:
    assert PERSONAL.casefold() not in str(mistakes_in(text)).casefold()


@settings(deadline=None)
@given(text=files)
def test_no_mistake_is_told_twice(text: str) -> None:
    invalid = mistakes_in(text)
    mistakes = [] if invalid is None else invalid.mistakes
    assert len(mistakes) == len(set(mistakes))
