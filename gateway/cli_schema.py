"""`accessgraph schema print` and `check`, as they are typed."""

import sys
from pathlib import Path

import click
from graphql import build_schema, find_breaking_changes
from graphql.error import GraphQLSyntaxError

from gateway.graph.schema import print_schema


@click.group()
def schema() -> None:
    """The graph in the schema definition language."""


@schema.command("print")
def schema_print() -> None:
    """Print the schema."""
    click.echo(print_schema(), nl=False)


@schema.command("check", short_help="List what clients of an older schema would miss.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def schema_check(file: Path) -> None:
    """List what clients of the schema in FILE would miss in this version; exit 1 if there is anything."""
    try:
        released = build_schema(file.read_text(encoding="utf-8"))
    except (GraphQLSyntaxError, TypeError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file} holds no GraphQL schema: {error}") from None
    if released.query_type is None:
        # Any other GraphQL document, one with queries for example: nothing in it could be missed.
        raise click.ClickException(f"{file} holds no GraphQL schema: it has no query type")
    changes = find_breaking_changes(released, build_schema(print_schema()))
    for change in changes:
        click.echo(f"{change.type.name}: {change.description}")
    if changes:
        sys.exit(1)
    click.echo(f"No breaking change against {file}.")
