"""From the text of a document to an operation that may run.

    text ──parse──▶ document ──validate──▶ measure ──▶ Operation

All of it is a function of the text alone, so it is done once for each text and kept. What depends on the
request, the cost with its variables, is added by whoever runs the operation.
"""

import gc
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping

import msgspec
from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)

from gateway.engine.engine import Planned
from gateway.graph.cost import depends_on_variables, static_cost
from gateway.graph.limits import DocumentLimits, TooComplex, check, measure

DEFAULT_CAPACITY = 1_000
_FORGOTTEN_A_SEARCH = 1_000

_WITHOUT_INTROSPECTION: Collection[type[ASTValidationRule]] = (
    *specified_rules,
    NoSchemaIntrospectionCustomRule,
)

_NO_SUCH_OPERATION = "`operationName` names no operation of the document, or is missing where it has several."


class NoSuchOperation(GraphQLError):
    """The request names no operation of the document."""


class OperationRefused(Exception):
    """This document cannot be run.

    Attributes:
        errors: why, each with its place in the document.
    """

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__()
        self.errors = errors


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What an operation can cost at most.

    Attributes:
        error: told where that is over the limit.
    """

    points: int
    error: TooComplex | None


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that may run.

    Attributes:
        document: valid, with the fragments that the operation spreads.
        definition: the operation that was chosen.
        planned: the same for the engine, which keeps its plans there.
        type: query or mutation.
        type_name: the same in a word.
        name: as the document names it.
        cost: where variables decide nothing about it.
        introspection: whether errors about it may suggest names of the schema.
    """

    document: DocumentNode
    definition: OperationDefinitionNode
    planned: Planned
    type: OperationType
    type_name: str
    name: str | None
    cost: Cost | None
    introspection: bool

    def __repr__(self) -> str:
        """Literals are personal data."""
        return f"Operation({self.type_name})"


class OperationPreparation:
    """Prepares documents, and remembers the outcome for as many texts as `capacity`.

    Args:
        on_lookup: told whether a document was remembered.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        limits: DocumentLimits,
        capacity: int = DEFAULT_CAPACITY,
        on_lookup: Callable[[bool], object] = lambda _: None,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._capacity = capacity
        self._on_lookup = on_lookup
        self._forgotten = 0
        self._prepared: OrderedDict[tuple[str, str | None, bool], Operation] = OrderedDict()

    def prepare(self, text: str, *, operation_name: str | None, introspection: bool = True) -> Operation:
        """The operation of `text` with this name, or its only one.

        Args:
            introspection: whether the schema may be asked about itself, and errors may suggest names of it.

        Raises:
            OperationRefused: it cannot be run.
        """
        key = (text, operation_name, introspection)
        found = self._prepared.get(key)
        self._on_lookup(found is not None)
        if found is None:
            # What is refused is not kept: a flood of bad documents must not push the good ones out.
            found = self._prepared[key] = self._prepare(
                text, operation_name=operation_name, introspection=introspection
            )
            if len(self._prepared) > self._capacity:
                self._forget_oldest()
        else:
            self._prepared.move_to_end(key)
        return found

    def _forget_oldest(self) -> None:
        self._prepared.popitem(last=False)
        self._forgotten += 1
        # A document and its plan refer to themselves, and are old when they are forgotten. The garbage
        # collector looks among what is old so rarely that a flood of them would take hundreds of megabytes.
        if self._forgotten % _FORGOTTEN_A_SEARCH == 0:
            gc.collect()

    def cost(self, operation: Operation, variables: Mapping[str, object]) -> Cost:
        """What running the operation with these variables can cost at most."""
        if operation.cost is not None:
            return operation.cost
        return self._cost(operation.document, operation.definition, variables)

    def _cost(
        self,
        document: DocumentNode,
        definition: OperationDefinitionNode,
        variables: Mapping[str, object],
    ) -> Cost:
        points = static_cost(self._schema, document, definition, variables)
        limit = self._limits.cost
        error = TooComplex(name="cost", actual=points, limit=limit) if points > limit else None
        return Cost(points=points, error=error)

    def _prepare(self, text: str, *, operation_name: str | None, introspection: bool) -> Operation:
        size_bytes, limit = len(text.encode(errors="surrogatepass")), self._limits.document_bytes
        if size_bytes > limit:
            raise OperationRefused([TooComplex(name="document_bytes", actual=size_bytes, limit=limit)])
        try:
            document = parse(text, max_lexical_tokens=self._limits.tokens)
        except GraphQLError as error:
            # The library stops at the first token too many and has no exception of its own for it.
            limit = self._limits.tokens
            if f"more than {limit} tokens" in error.message:
                error = TooComplex(name="tokens", actual=limit + 1, limit=limit)
            raise OperationRefused([error]) from None
        errors = validate(
            self._schema,
            document,
            specified_rules if introspection else _WITHOUT_INTROSPECTION,
            max_errors=10,
            hide_suggestions=not introspection,
        )
        if errors:
            raise OperationRefused(errors)
        definition = get_operation_ast(document, operation_name)
        if definition is None:
            raise OperationRefused([NoSuchOperation(_NO_SUCH_OPERATION)])
        too_much = check(measure(document, definition), self._limits)
        if too_much:
            raise OperationRefused(too_much)
        return Operation(
            document=document,
            definition=definition,
            planned=Planned(document, definition),
            type=definition.operation,
            type_name=definition.operation.value,
            name=None if definition.name is None else definition.name.value,
            cost=None if depends_on_variables(document) else self._cost(document, definition, {}),
            introspection=introspection,
        )
