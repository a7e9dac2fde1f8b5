"""Valid documents over any schema, written at random, with variables, directives, aliases and fragments.

Quicker by far than a strategy of Hypothesis, which only gives the numbers to be random with.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OverlappingFieldsCanBeMergedRule,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    parse,
    validate,
    visit,
)

Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
Leaves = Mapping[str, Callable[[Random], object]]
"""For each scalar values that it takes; also for arguments, under `Type.field.argument`."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A document with values for its variables."""

    document: DocumentNode
    text: str
    variables: dict[str, object]

    def __repr__(self) -> str:
        return f"{self.text}\n{self.variables!r}"


@dataclass(frozen=True, kw_only=True)
class EnumName:
    """The name of an enumeration's value, which a literal has without quotes."""

    name: str


def write_document(schema: GraphQLSchema, random: Random, *, leaves: Leaves, depth: int = 6) -> Written:
    """A valid query."""
    for careful in (False, True):
        writing = _Writing(schema, random, leaves=leaves, careful=careful)
        text = writing.document(depth)
        document = parse(text)
        if careful or not validate(schema, document, [OverlappingFieldsCanBeMergedRule]):
            break
    return Written(document=document, text=text, variables=writing.variables)


class _Writing:
    """One document.

    Args:
        careful: every field gets a name of its own, so that no two can be in each other's way.

    About `_left` more fields are written, then only leaves where something must stand.
    """

    def __init__(self, schema: GraphQLSchema, random: Random, *, leaves: Leaves, careful: bool) -> None:
        self._schema = schema
        self._random = random
        self._leaves = leaves
        self._careful = careful
        self._defined: dict[str, str] = {}
        self._fragments: list[str] = []
        self._names = 0
        self._left = random.choice([5, 15, 40])
        self.variables: dict[str, object] = {}

    def document(self, depth: int) -> str:
        assert self._schema.query_type is not None
        selections = self._selections(self._schema.query_type, depth)
        defined = ", ".join(self._defined.values())
        head = f"query Q({defined}) " if defined else self._random.choice(["", "query ", "query Q "])
        return "\n".join([f"{head}{selections}", *self._fragments])

    def _selections(self, type_: Composite, depth: int) -> str:
        random = self._random
        count = random.choice([1, 2, 2, 3, 4]) if self._left > 0 else 1
        written = [self._selection(type_, depth if self._left > 0 else 1) for _ in range(count)]
        if random.random() < 0.2:
            written.append(random.choice(written))  # once more, to be merged
        return f"{{ {' '.join(written)} }}"

    def _selection(self, type_: Composite, depth: int) -> str:
        random, chance = self._random, self._random.random()
        self._left -= 1
        fields = {} if isinstance(type_, GraphQLUnionType) else type_.fields
        fields = {
            name: one
            for name, one in fields.items()
            if depth > 1 or not is_composite_type(get_named_type(one.type))
        }
        if not fields or chance < 0.1:
            return self._alias("__typename") if depth <= 1 or chance < 0.1 else self._fragment(type_, depth)
        if (depth > 1 and chance < 0.25) or (depth > 1 and is_abstract_type(type_) and chance < 0.6):
            return self._fragment(type_, depth)
        name = random.choice(list(fields))
        return self._field(type_.name, name, fields[name], depth)

    def _field(self, parent: str, name: str, field: GraphQLField, depth: int) -> str:
        arguments = [
            f"{argument}: {self._value(one, f'{parent}.{name}.{argument}')}"
            for argument, one in field.args.items()
            if is_required_argument(one) or self._random.random() < 0.5
        ]
        given = f"({', '.join(arguments)})" if arguments else ""
        inner: Any = get_named_type(field.type)
        selections = self._selections(inner, depth - 1) if is_composite_type(inner) else ""
        return f"{self._alias(name)}{given}{self._directives()} {selections}"

    def _alias(self, name: str) -> str:
        return f"{self._name('a')}: {name}" if self._careful or self._random.random() < 0.2 else name

    def _fragment(self, type_: Composite, depth: int) -> str:
        """An inline fragment or a spread, on the type itself or one that it has something in common with."""
        types: list[Composite] = [type_]
        if is_abstract_type(type_):
            types += self._schema.get_possible_types(type_)
        elif isinstance(type_, GraphQLObjectType):
            types += type_.interfaces
        on = self._random.choice(types)
        selections = self._selections(on, depth - isinstance(type_, GraphQLUnionType))
        if self._random.random() < 0.5:
            condition = "" if on is type_ and self._random.random() < 0.5 else f" on {on.name}"
            return f"...{condition}{self._directives()} {selections}"
        name = self._name("F")
        self._fragments.append(f"fragment {name} on {on.name} {selections}")
        return f"...{name}{self._directives()}"

    def _directives(self) -> str:
        names = [name for name in ("skip", "include") if self._random.random() < 0.1]
        return "".join(f" @{name}(if: {self._condition()})" for name in names)

    def _condition(self) -> str:
        value = self._random.random() < 0.5
        return self._variable("Boolean!", value) if self._random.random() < 0.6 else str(value).lower()

    def _value(self, of: GraphQLArgument | GraphQLInputField, place: str) -> str:
        # Where there is a default a variable may be left out.
        may_be_missing = not is_required_argument(of) if isinstance(of, GraphQLArgument) else False
        return self._literal(of.type, place, may_be_missing=may_be_missing)

    def _literal(self, type_: Any, place: str, *, may_be_missing: bool = False, null: bool = True) -> str:  # noqa: ANN401
        """A literal, or a variable with such a value."""
        random = self._random
        if random.random() < 0.35:
            value = self._plain(type_, place, null=null)
            written = str(type_) if null or is_non_null_type(type_) else f"{type_}!"
            if may_be_missing and not is_non_null_type(type_) and random.random() < 0.2:
                return self._variable(written, None, given=False)
            default = f" = {written_as(value)}" if random.random() < 0.2 else ""
            return self._variable(
                written + default, json_of(value), given=not default or random.random() < 0.5
            )
        if null and not is_non_null_type(type_) and random.random() < 0.1:
            return "null"
        inner: Any = get_nullable_type(type_)
        if is_list_type(inner) and random.random() < 0.8:
            return f"[{', '.join(self._literal(inner.of_type, place) for _ in range(random.randint(0, 3)))}]"
        if isinstance(inner, GraphQLInputObjectType):
            fields = self._input_fields(inner)
            return f"{{{', '.join(self._input_field(inner, name) for name in fields)}}}"
        return written_as(self._plain(inner, place, null=False))

    def _input_field(self, type_: GraphQLInputObjectType, name: str) -> str:
        field = type_.fields[name]
        null = not type_.is_one_of
        return f"{name}: {self._literal(field.type, f'{type_.name}.{name}', null=null)}"

    def _input_fields(self, type_: GraphQLInputObjectType) -> Sequence[str]:
        if type_.is_one_of:
            return [self._random.choice(list(type_.fields))]
        return [
            name
            for name, field in type_.fields.items()
            if (is_non_null_type(field.type) and field.default is None) or self._random.random() < 0.4
        ]

    def _plain(self, type_: Any, place: str, *, null: bool) -> object:  # noqa: ANN401
        """A value without variables in it."""
        random = self._random
        if null and not is_non_null_type(type_) and random.random() < 0.15:
            return None
        inner: Any = get_nullable_type(type_)
        if is_list_type(inner):
            return [self._plain(inner.of_type, place, null=True) for _ in range(random.randint(0, 3))]
        if isinstance(inner, GraphQLInputObjectType):
            return {
                name: self._plain(inner.fields[name].type, f"{inner.name}.{name}", null=not inner.is_one_of)
                for name in self._input_fields(inner)
            }
        if isinstance(inner, GraphQLEnumType):
            return EnumName(name=random.choice(list(inner.values)))
        return self._leaves.get(place, self._leaves[inner.name])(random)

    def _variable(self, definition: str, value: object, *, given: bool = True) -> str:
        name = self._name("v")
        self._defined[name] = f"${name}: {definition}"
        if given:
            self.variables[name] = value
        return f"${name}"

    def _name(self, kind: str) -> str:
        self._names += 1
        return f"{kind}{self._names}"


def written_as(value: object) -> str:
    """A value as a literal."""
    if isinstance(value, EnumName):
        return value.name
    if isinstance(value, list):
        return f"[{', '.join(map(written_as, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {written_as(one)}' for name, one in value.items())}}}"
    return json.dumps(value)


def json_of(value: object) -> object:
    """A value as JSON has it."""
    if isinstance(value, EnumName):
        return value.name
    if isinstance(value, list):
        return [json_of(one) for one in value]
    if isinstance(value, dict):
        return {name: json_of(one) for name, one in value.items()}
    return value


def fields_of(schema: GraphQLSchema, document: DocumentNode) -> set[str]:
    """What a document asks for, each field with the type that it is asked of."""
    types = TypeInfo(schema)
    found: set[str] = set()

    class Looking(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            parent = types.get_parent_type()
            if parent is not None:
                found.add(f"{parent.name}.{node.name.value}")

    visit(document, TypeInfoVisitor(types, Looking()))
    return found
