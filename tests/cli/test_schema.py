"""`accessgraph schema print` and `schema check`."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

SCHEMA = (Path(__file__).parents[2] / "schema.graphql").read_text(encoding="utf-8")

# What a schema released earlier may have had that is gone by now: where it stood in that schema, and how its
# users are told.
LOSSES = {
    "type Query {\n": ("  greeting: String\n", "FIELD_REMOVED: Field Query.greeting was removed."),
    "enum Role {\n": ("  GUEST\n", "VALUE_REMOVED_FROM_ENUM: Enum value Role.GUEST was removed."),
    "  node(id: ID!": (", fresh: Boolean", "ARG_REMOVED: Argument Query.node(fresh:) was removed."),
    "union ProjectDetails = QuantConnectProject": (
        " | Platform",
        "TYPE_REMOVED_FROM_UNION: Platform was removed from union type ProjectDetails.",
    ),
    "type Platform implements Node": (
        " & Greeter",
        "IMPLEMENTED_INTERFACE_REMOVED: Platform no longer implements interface Greeter.",
    ),
}
REQUIRED_BY_NOW = ("input AddMemberInput {\n", "  projectId: ID!\n")


def put_in(schema: str, *, after: str, text: str) -> str:
    assert schema.count(after) == 1, after
    return schema.replace(after, after + text)


def put_out(schema: str, text: str, *, but: str = "") -> str:
    assert schema.count(text) == 1, text
    return schema.replace(text, but)


def test_the_printed_schema_is_the_one_in_the_repository(run: Run) -> None:
    printed = run("schema", "print")
    assert (printed.exit_code, printed.complaints) == (0, "")
    assert printed.output == SCHEMA


def test_the_same_schema_has_lost_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "released.graphql").write_text(SCHEMA)
    checked = run("schema", "check", "released.graphql")
    assert checked.exit_code == 0
    assert checked.everything == "No breaking change against released.graphql.\n"


def test_what_has_been_added_since_is_no_loss(run: Run, tmp_path: Path) -> None:
    older = put_out(put_out(SCHEMA, "  bio: String\n"), "  LIST_PROJECTS\n")
    (tmp_path / "released.graphql").write_text(older)
    assert run("schema", "check", "released.graphql").exit_code == 0


def test_everything_that_clients_would_miss_is_listed(run: Run, tmp_path: Path) -> None:
    released = SCHEMA + "\ninterface Greeter {\n  id: ID!\n}\n"
    for place, (text, _) in LOSSES.items():
        released = put_in(released, after=place, text=text)
    place, text = REQUIRED_BY_NOW
    released = put_out(released, place + text, but=place)
    (tmp_path / "released.graphql").write_text(released)
    checked = run("schema", "check", "released.graphql")
    assert checked.exit_code == 1
    assert set(checked.output.splitlines()) == {
        *(told for _, told in LOSSES.values()),
        "TYPE_REMOVED: Greeter was removed.",
        "REQUIRED_INPUT_FIELD_ADDED: A required field AddMemberInput.projectId was added.",
    }
    assert checked.complaints == ""


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"this is no schema", id="prose"),
        pytest.param(b"query { platforms { name } }", id="a query"),
        pytest.param(b"\x89PNG\r\n\x1a\n\xff", id="no text"),
    ],
)
def test_a_file_that_holds_no_schema_is_told_from_a_schema_without_losses(
    run: Run, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "released.graphql").write_bytes(content)
    refused = run("schema", "check", "released.graphql")
    assert (refused.exit_code, refused.output) == (1, "")
    assert refused.complaints.startswith("Error: released.graphql holds no GraphQL schema: ")
    assert "Traceback" not in refused.complaints


def test_a_file_that_is_not_there_is_a_wrong_usage(run: Run) -> None:
    refused = run("schema", "check", "released.graphql")
    assert refused.exit_code == 2
    assert "File 'released.graphql' does not exist." in refused.complaints
