"""One operation, executed by the engine and by graphql-core alone."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    execute,
    get_operation_ast,
    parse,
    validate,
)

from gateway.engine.engine import Engine, Planned
from gateway.engine.execution import Execution, Way

FormatErrors = Callable[[Iterable[GraphQLError]], list[Any]]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of an operation.

    Attributes:
        text: the whole answer as JSON. Errors stand in an order of their own, since the specification
            knows none; everything else in the order in which it was given.
        way: by which way it came.
    """

    text: str
    way: Way

    @property
    def answer(self) -> Any:  # noqa: ANN401 - JSON
        return json.loads(self.text)


def planned(document: DocumentNode | str, name: str | None = None) -> Planned:
    """An operation, ready for the engine."""
    parsed = parse(document) if isinstance(document, str) else document
    operation = get_operation_ast(parsed, name)
    assert isinstance(operation, OperationDefinitionNode)
    return Planned(parsed, operation)


def valid(schema: GraphQLSchema, document: str) -> DocumentNode:
    """The document, which must fit the schema."""
    parsed = parse(document)
    assert validate(schema, parsed) == []
    return parsed


def formatted(errors: Iterable[GraphQLError]) -> list[Any]:
    """Errors as they are."""
    return [error.formatted for error in errors]


def outcome_of(answer: Execution, format_errors: FormatErrors = formatted) -> Outcome:
    """What came of it."""
    if answer.data is not None:
        return Outcome(text=_written(json.loads(answer.data), []), way=answer.way)
    assert answer.result is not None
    return Outcome(text=_text(answer.result, format_errors), way=answer.way)


async def by_engine(
    engine: Engine,
    operation: Planned,
    *,
    context: object,
    variables: Mapping[str, object] | None = None,
    format_errors: FormatErrors = formatted,
) -> Outcome:
    """By a plan, where it can be."""
    answer = await engine.execute(operation, variables=variables or {}, context=context)
    return outcome_of(answer, format_errors)


async def by_reference(
    schema: GraphQLSchema,
    operation: Planned,
    *,
    context: object,
    variables: Mapping[str, object] | None = None,
    format_errors: FormatErrors = formatted,
) -> str:
    """The text of what graphql-core alone answers."""
    result = execute(
        schema,
        operation.document,
        context_value=context,
        variable_values=dict(variables or {}),
        operation_name=operation.name,
    )
    return _text(result if isinstance(result, ExecutionResult) else await result, format_errors)


def _text(result: ExecutionResult, format_errors: FormatErrors) -> str:
    data = json.loads(msgspec.json.encode(result.data))
    return _written(data, format_errors(result.errors or []))


def _written(data: object, errors: list[Any]) -> str:
    written = sorted(json.dumps(error, sort_keys=True) for error in errors)
    return json.dumps({"data": data, "errors": [json.loads(error) for error in written]})
