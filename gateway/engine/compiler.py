"""Writes the Python code of a plan: one function for each type of object that the operation asks for.

For `{ project(id: "…") { name members { totalCount } } }` they are, shortened:

    def object_2(value, run):
        is_kept = kinds_2.get(value.__class__)
        if is_kept is None:
            if value is None: return None
            is_kept = kinds_2.meet(value)
        value_0 = value.name
        if not (value_0.__class__ is str): value_0 = coerce_0(value_0)
        answer = {"name": value_0, "members": None}
        later = call_3(root=value, info=run.info(3), **run.arguments(3))
        if later.__class__ not in settled and has_to_wait(later, settled):
            run.fill_in(later, answer, "members", object_4)
        else: answer["members"] = object_4(later, run)
        return answer

    def root(run):
        …

`Plan` (plan.py) runs them. What cannot be written so raises `Unsupported` here; what turns out otherwise
than it was written for raises when it is run.
"""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    SelectionSetNode,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.executor import default_type_resolver
from msgspec.structs import replace

from gateway.engine.arguments import FieldArguments
from gateway.engine.departures import Unsupported
from gateway.engine.fields import Attribute, Function, Lasts, reading_of
from gateway.engine.kinds import Kinds, type_check
from gateway.engine.leaves import leaf_of
from gateway.engine.parts import AskedField, Entry, Written, statements_for
from gateway.engine.run import OBJECTS_A_TURN
from gateway.engine.selection import Selections
from gateway.engine.values import (
    admit,
    admit_all,
    concrete,
    demand_true,
    has_to_wait,
    in_turns,
    items_of,
    missing,
)

# Fragments within fragments make a short document ask for very many: compiling them would hold up others.
MOST_FIELDS: Final = 400
_TYPENAME: Final = "__typename"
# A list of which parts are kept as JSON is best made whole, even where it is a bit more than one turn's.
_MOST_AT_ONCE: Final = 2 * OBJECTS_A_TURN
# Each selection of an object in any plan has its own number: parts of answers are kept under it.
_SELECTION_NUMBERS: Final = count()


class Compiler:
    """Compiles one operation.

    Args:
        strawberry_schema: what Strawberry knows of it beside `schema`.
        keepable: immutable classes, of whose values parts of answers are kept, by how long those last; see
            `Fragments`.

    Attributes:
        fields: by the numbers that they have in the code.
        names: what the code finds beside its own functions.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        selections: Selections,
        *,
        strawberry_schema: Any,  # noqa: ANN401 - the library's own attributes of it are not typed
        keepable: Mapping[Lasts, frozenset[type]],
    ) -> None:
        self._schema = schema
        self._selections = selections
        self._strawberry_schema = strawberry_schema
        self._keepable = keepable
        self._functions: list[str] = []
        self._numbers = count()
        self.fields: dict[int, AskedField] = {}
        self.names: dict[str, Any] = {
            "has_to_wait": has_to_wait,
            "settled": set(),
            "items_of": items_of,
            "in_turns": in_turns,
            "concrete": concrete,
            "missing": missing,
            "admit": admit,
            "admit_all": admit_all,
            "ordinary": set(),
            "demand_true": demand_true,
        }

    @property
    def source(self) -> str:
        """Every function, `root` the last."""
        return "\n\n".join(self._functions) + "\n"

    def root(self, type_: GraphQLObjectType, selections: SelectionSetNode) -> None:
        """Write the function `root`, which takes the run only."""
        entries = self._entries(type_, [selections])
        self._write("root", "run", ["value = None", *statements_for(entries), "return answer"])

    def _entries(
        self, type_: GraphQLObjectType, selection_sets: Iterable[SelectionSetNode | None]
    ) -> dict[str, Entry]:
        found = self._selections.of(selection_sets, type_)
        return {name: self._entry(type_, name, nodes) for name, nodes in found.items()}

    def _entry(self, parent: GraphQLObjectType, name: str, nodes: list[FieldNode]) -> Entry:
        field_name = nodes[0].name.value
        if field_name == _TYPENAME:
            return Entry(before=[], value=repr(parent.name), after=[], lasts=Lasts.ALWAYS)
        definition = parent.fields.get(field_name)
        if definition is None:
            raise Unsupported  # introspection
        if len(self.fields) >= MOST_FIELDS:
            raise Unsupported
        number = next(self._numbers)
        reading = reading_of(definition)
        function = reading if isinstance(reading, Function) else None
        asked = self.fields[number] = AskedField(
            name=field_name,
            definition=definition,
            parent_type=parent,
            nodes=nodes,
            function=function,
            arguments=None if function is None else self._arguments(function, definition, nodes[0]),
        )
        if isinstance(reading, Attribute):
            return self._inline(number, definition.type, nodes, read=f"value.{reading.name}")
        call = self._call(number, asked)
        lasts = reading.lasts if asked.arguments is not None and asked.arguments.is_constant else Lasts.NOT
        if lasts is Lasts.ALWAYS:
            return self._inline(number, definition.type, nodes, read=call)
        complete = self._completer(definition.type, nodes, number)
        later = [
            f"later = {call}",
            "if later.__class__ not in settled and has_to_wait(later, settled):",
            f"    run.fill_in(later, answer, {name!r}, {complete.name})",
            f"else: answer[{name!r}] = {complete.name}(later, run)",
        ]
        return Entry(before=[], value="None", after=later, lasts=min(lasts, complete.lasts))

    def _inline(self, number: int, type_: GraphQLOutputType, nodes: list[FieldNode], *, read: str) -> Entry:
        """An entry whose value is there at once."""
        local = f"value_{number}"
        may_be_null = not is_non_null_type(type_)
        inner: Any = get_nullable_type(type_)
        if is_leaf_type(inner):
            lines = self._leaf(inner, local, may_be_null=may_be_null)
            return Entry(before=[f"{local} = {read}", *lines], value=local, after=[], lasts=Lasts.ALWAYS)
        complete = self._completer(type_, nodes, number)
        return Entry(before=[], value=f"{complete.name}({read}, run)", after=[], lasts=complete.lasts)

    def _arguments(self, function: Function, definition: GraphQLField, node: FieldNode) -> FieldArguments:
        return FieldArguments(function, definition, node, schema=self._strawberry_schema)

    def _call(self, number: int, asked: AskedField) -> str:
        function, arguments = asked.function, asked.arguments
        if function is None or arguments is None:
            raise AssertionError("only what asks a function is called")
        self.names[f"call_{number}"] = function.call
        given = ["value"] if function.takes_self else []
        if function.parent is not None:
            given.append(f"{function.parent}=value")
        if function.info is not None:
            given.append(f"{function.info}=run.info({number})")
        if function.arguments:
            shared = arguments.shared
            given.append(f"**run.arguments({number})" if shared is None else f"**given_{number}")
            self.names[f"given_{number}"] = shared
        return f"call_{number}({', '.join(given)})"

    def _completer(self, type_: GraphQLOutputType, nodes: list[FieldNode], number: int) -> Written:
        """The function that makes of a value of the type what stands in the answer."""
        may_be_null = not is_non_null_type(type_)
        inner: Any = get_nullable_type(type_)
        null = "if value is None: return None" if may_be_null else "if value is None: missing()"
        ordinary = "if value.__class__ not in ordinary: admit(value, ordinary)"
        if is_leaf_type(inner):
            body = [*self._leaf(inner, "value", may_be_null=may_be_null), "return value"]
            return self._write("leaf", "value, run", body, lasts=Lasts.ALWAYS)
        if is_list_type(inner):
            return self._list(self._completer(inner.of_type, nodes, number), [null, ordinary])
        if is_abstract_type(inner):
            return self._abstract(inner, nodes, number, [null, ordinary])
        return self._object(inner, nodes, number, null)

    def _list(self, item: Written, opening: list[str]) -> Written:
        body = [
            *opening,
            "items = value if value.__class__ is tuple or value.__class__ is list else items_of(value)",
            f"if items and items[0].__class__ not in {item.familiar}: admit_all(items)",
        ]
        if item.lasts is Lasts.ALWAYS:
            body += [
                f"if run.made + len(items) > {_MOST_AT_ONCE}: return in_turns(items, run, {item.name})",
                "run.made += len(items)",
                f"return [{item.name}(item, run) for item in items]",
            ]
        else:
            if item.lasts is Lasts.EDITION and item.selection is not None:
                body += [
                    f"kept = run.all_of_edition({item.selection}, items)",
                    "if kept is not None: return kept",
                ]
            body.append(f"return in_turns(items, run, {item.name})")
        return self._write("list", "value, run", body, lasts=item.lasts)

    def _abstract(self, type_: Any, nodes: list[FieldNode], number: int, opening: list[str]) -> Written:  # noqa: ANN401 - united
        possible = self._schema.get_possible_types(type_)
        written = {one.name: self._object(one, nodes, number, opening[0]) for one in possible}
        key = next(self._numbers)
        self.names |= {
            f"type_{key}": type_,
            f"resolve_type_{key}": type_.resolve_type or default_type_resolver,
        }
        table = ", ".join(f"{name!r}: {one.name}" for name, one in written.items())
        body = [
            *opening,
            f"name = resolve_type_{key}(value, run.raw_info({number}), type_{key})",
            f"return concrete(name, {{{table}}})(value, run)",
        ]
        return self._write("abstract", "value, run", body, lasts=min(one.lasts for one in written.values()))

    def _object(self, type_: GraphQLObjectType, nodes: list[FieldNode], number: int, null: str) -> Written:
        entries = self._entries(type_, [node.selection_set for node in nodes])
        lasts = min((entry.lasts for entry in entries.values()), default=Lasts.ALWAYS)
        selection, key = next(_SELECTION_NUMBERS), next(self._numbers)
        self.names[f"kinds_{key}"] = Kinds(type_, keepable=self._keepable.get(lasts, frozenset()))
        body = [
            f"is_kept = kinds_{key}.get(value.__class__)",
            "if is_kept is None:",
            f"    {null}",
            f"    is_kept = kinds_{key}.meet(value)",
        ]
        place = "run" if lasts is Lasts.EDITION else "run.fragments"
        if lasts is not Lasts.NOT:
            body += [
                "if is_kept:",
                f"    kept = {place}.find({selection}, value)",
                "    if kept is not None: return kept",
                "    under_way = run.under_way",
            ]
        check = type_check(type_)
        if check is not None:
            self.names[f"is_type_of_{key}"] = check
            body += [
                f"told = is_type_of_{key}(value, run.raw_info({number}))",
                "if told is not True: demand_true(told)",
            ]
        body += statements_for(entries)
        if lasts is not Lasts.NOT:
            whole = "is_kept and run.under_way == under_way"  # what is waited for, and parts of big lists
            body.append(f"if {whole}: return {place}.keep({selection}, value, answer)")
        written = self._write("object", "value, run", [*body, "return answer"], lasts=lasts)
        return replace(written, selection=selection, familiar=f"kinds_{key}")

    def _leaf(self, type_: GraphQLLeafType, local: str, *, may_be_null: bool) -> list[str]:
        """Statements that make of the local variable what goes into JSON."""
        leaf, key = leaf_of(type_), next(self._numbers)
        self.names[f"coerce_{key}"] = leaf.coerce
        coerced = f"{local} = coerce_{key}({local})"
        if leaf.names:
            self.names |= {f"names_{key}": leaf.names, f"class_{key}": type(next(iter(leaf.names)))}
            is_member = f"{local}.__class__ is class_{key}"
            coerced = f"{local} = names_{key}[{local}] if {is_member} else coerce_{key}({local})"
        conditions = [f"not ({leaf.as_it_is.format(local)})"] if leaf.as_it_is else []
        conditions += [f"{local} is not None"] if may_be_null else []
        return [f"if {' and '.join(conditions)}: {coerced}" if conditions else coerced]

    def _write(self, kind: str, parameters: str, body: list[str], *, lasts: Lasts = Lasts.NOT) -> Written:
        name = kind if kind == "root" else f"{kind}_{next(self._numbers)}"
        self._functions.append("\n    ".join([f"def {name}({parameters}):", *body]))
        return Written(name=name, lasts=lasts)
