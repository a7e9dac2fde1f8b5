"""A plan: one operation as Python code, ready to be run with any variables and context."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.values import VariableValues
from graphql.pyutils import is_awaitable
from strawberry.types.info import Info

from gateway.engine.arguments import Arguments, are_unchangeable
from gateway.engine.compiler import Compiler
from gateway.engine.departures import Discarded, Unsupported
from gateway.engine.fields import Lasts
from gateway.engine.fragments import Edition, Fragments
from gateway.engine.parts import AskedField
from gateway.engine.run import PlannedInfo, Run
from gateway.engine.selection import Selections, fragments_of

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """See the module.

    Attributes:
        source: the code, for whoever wants to read it.
    """

    schema: GraphQLSchema = field(repr=False)
    operation: OperationDefinitionNode = field(repr=False)
    fragments: Mapping[str, FragmentDefinitionNode] = field(repr=False)
    fields: Mapping[int, AskedField] = field(repr=False)
    source: str = field(repr=False)
    root: Any = field(repr=False)

    def start(
        self,
        *,
        variables: VariableValues,
        arguments: dict[int, Arguments],
        context: object,
        kept: Fragments,
        edition_of: Callable[[Any], Edition | None],
    ) -> "bytes | Started":
        """The answer's `data` as JSON, or what will become it where something has to be waited for.

        Args:
            arguments: what was made of the same variables before, by the numbers of the fields; gets more.

        Raises:
            Discarded: only the reference can tell what the answer is.
        """
        run = _PlanRun(
            kept,
            context,
            edition_of,
            plan=self,
            variables=variables,
            known_arguments=arguments,
        )
        try:
            answer = self.root(run)
            if not run.is_over:
                return Started(run, answer)
            encoded = _encode(answer)
        except Exception:  # noqa: BLE001 - whatever it is, the reference tells what is wrong
            run.give_up()
            raise Discarded from None
        run.release()
        return encoded


class Started:
    """A plan that waits for something."""

    __slots__ = ("_answer", "_run")

    def __init__(self, run: "_PlanRun", answer: object) -> None:
        self._run = run
        self._answer = answer

    def when_over(self, tell: Callable[[], None]) -> None:
        """See `Run.when_over`."""
        self._run.when_over(tell)

    def encoded(self) -> bytes:
        """The answer's `data` as JSON, when it is over.

        Raises:
            Discarded: only the reference can tell what the answer is.
        """
        try:
            self._run.demand_success()
            return _encode(self._answer)
        except Exception:  # noqa: BLE001 - likewise
            raise Discarded from None
        finally:
            self.give_up()

    def give_up(self) -> None:
        """Stop what was begun for it alone; nobody is told any more."""
        self._run.give_up()
        self._run.release()


class _PlanRun(Run, kw_only=True, eq=False):
    """What the functions of one run are given."""

    plan: Plan
    variables: VariableValues
    known_arguments: dict[int, Arguments]
    infos: dict[int, Info[Any, Any]] = msgspec.field(default_factory=dict)
    raw_infos: dict[int, GraphQLResolveInfo[Any]] = msgspec.field(default_factory=dict)

    def raw_info(self, number: int) -> GraphQLResolveInfo[Any]:
        made = self.raw_infos.get(number)
        if made is None:
            made = self.raw_infos[number] = self._make_raw_info(number)
        return made

    def info(self, number: int) -> Info[Any, Any]:
        made = self.infos.get(number)
        if made is None:
            function = self.plan.fields[number].function
            if function is None:
                raise AssertionError("only functions take it")
            made = self.infos[number] = PlannedInfo(self, number, function.field)
        return made

    def arguments(self, number: int) -> Arguments:
        known = self.known_arguments.get(number)
        if known is None:
            asked = self.plan.fields[number].arguments
            known = {} if asked is None else asked.values(self.variables)
            if are_unchangeable(known):
                self.known_arguments[number] = known
        return known

    def release(self) -> None:
        """Let go of what refers to this run, so that it takes no search for cycles to get rid of it."""
        self._tell = None
        self.infos.clear()

    def _make_raw_info(self, number: int) -> GraphQLResolveInfo[Any]:
        asked, plan = self.plan.fields[number], self.plan
        return GraphQLResolveInfo(
            field_name=asked.name,
            field_nodes=asked.nodes,
            return_type=asked.definition.type,
            parent_type=asked.parent_type,
            path=None,  # type: ignore[arg-type]  # see `PlannedInfo`
            schema=plan.schema,
            fragments=dict(plan.fragments),
            root_value=None,
            operation=plan.operation,
            variable_values=self.variables,
            context=self.context,
            is_awaitable=is_awaitable,
            abort_signal=None,
            async_helpers=None,  # type: ignore[arg-type]
        )


def make_plan(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    *,
    decided: Mapping[str, bool],
    keepable: Mapping[Lasts, frozenset[type]],
) -> Plan:
    """Compile a valid operation.

    Args:
        decided: the values of the variables in `@skip` and `@include`.
        keepable: see `Compiler`.

    Raises:
        Unsupported: it asks for what plans do not know.
    """
    root_type = schema.query_type
    if operation.operation is not OperationType.QUERY or root_type is None or operation.directives:
        raise Unsupported
    strawberry_schema = getattr(schema, "_strawberry_schema", None)
    if strawberry_schema is None or strawberry_schema.config.info_class is not Info:
        raise Unsupported
    fragments = fragments_of(document)
    compiler = Compiler(
        schema,
        Selections(schema=schema, fragments=fragments, decided=decided),
        strawberry_schema=strawberry_schema,
        keepable=keepable,
    )
    compiler.root(root_type, operation.selection_set)
    names = compiler.names
    # What the code holds of the document are names as GraphQL has them: letters, digits and underscores.
    exec(compile(compiler.source, "<plan>", "exec"), names)  # noqa: S102
    return Plan(
        schema=schema,
        operation=operation,
        fragments=fragments,
        fields=compiler.fields,
        source=compiler.source,
        root=names["root"],
    )
