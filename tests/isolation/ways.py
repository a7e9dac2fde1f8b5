"""Every way that the schema offers from its entry points to a thing, written as an operation.

Followed in the schema itself, so that a field which is added tomorrow is asked for tomorrow. One that must be
given arguments needs a line in `ARGUMENTS` first.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_leaf_type,
    is_required_argument,
)

# By field and the type that it is to lead to.
ARGUMENTS = {
    ("Query.node", "Member"): "(id: $member)",
    ("Query.node", "Person"): "(id: $person)",
    ("Query.node", "Project"): "(id: $project)",
    ("Query.node", "Platform"): "(id: $platform)",
    ("Query.nodes", "Member"): "(ids: [$member])",
    ("Query.nodes", "Person"): "(ids: [$person])",
    ("Query.nodes", "Project"): "(ids: [$project])",
    ("Query.nodes", "Platform"): "(ids: [$platform])",
    ("Query.person", "Person"): "(id: $person)",
    ("Query.people", "PersonConnection"): "(first: 2, filter: {search: $name, platforms: [$key]})",
    ("Query.project", "Project"): "(id: $project)",
    ("Query.projectByUpstreamId", "Project"): "(platform: $key, upstreamId: $upstreamId)",
    # A few do: each has members of its own to be asked for.
    ("Query.projects", "ProjectConnection"): "(first: 2, filter: {platforms: [$key]})",
    ("Query.auditLog", "AuditConnection"): "(first: 2, filter: {projectId: $project})",
    ("Query.planAccess", "AccessPlan"): "(input: {grant: $grant})",
    ("Query.accessDrift", "DriftReport"): "(declaration: $declaration)",
    ("Mutation.grantAccess", "AccessChangePayload"): "(input: $grant)",
    ("Mutation.revokeAccess", "AccessChangePayload"): "(input: $revoke)",
    ("Mutation.addMember", "AddMemberPayload"): "(input: $add)",
    ("Mutation.updateMember", "UpdateMemberPayload"): "(input: $update)",
    ("Mutation.removeMember", "RemoveMemberPayload"): "(input: $remove)",
}
# Fields that lead nowhere without something done before, and through what they lead to elsewhere.
NOT_WALKED = {
    "Mutation.applyAccessPlan": "needs a token of the same caller's; its payload is that of grantAccess",
    "Query.accessExpiring": "needs an end that was set; its connection is that of Project.members",
}
_VARIABLES = {
    "grant": "GrantAccessInput!",
    "revoke": "RevokeAccessInput!",
    "declaration": "String!",
    "member": "ID!",
    "person": "ID!",
    "name": "String!",
    "project": "ID!",
    "platform": "ID!",
    "key": "PlatformKey!",
    "upstreamId": "String!",
    "add": "AddMemberInput!",
    "update": "UpdateMemberInput!",
    "remove": "RemoveMemberInput!",
}


@dataclass(frozen=True, kw_only=True)
class Step:
    """From an object of one type through a field to one of another."""

    parent: str
    field: str
    to: str
    is_abstract: bool

    @property
    def name(self) -> str:
        return f"{self.parent}.{self.field}"


@dataclass(frozen=True)
class Way:
    """From an entry point to objects of the last step's type."""

    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return " ".join([self.steps[0].parent, *(step.field for step in self.steps), "→", self.end])

    @property
    def end(self) -> str:
        return self.steps[-1].to

    def document(self, selection: str) -> str:
        """The operation that goes this way and asks for `selection` at its end."""
        body = selection
        for step in reversed(self.steps):
            inner = f"... on {step.to} {{ {body} }}" if step.is_abstract else body
            body = f"{step.field}{ARGUMENTS.get((step.name, step.to), '')} {{ {inner} }}"
        used = {name: type_ for name, type_ in _VARIABLES.items() if re.search(rf"\${name}\b", body)}
        declared = ", ".join(f"${name}: {type_}" for name, type_ in used.items())
        return f"{self.steps[0].parent.lower()}{f' ({declared})' if declared else ''} {{ {body} }}"

    def follow(self, data: dict[str, Any] | None) -> list[dict[str, Any]]:
        """What an answer's data hold at the way's end."""
        found = [data] if data else []
        for step in self.steps:
            values = [one.get(step.field) for one in found]
            flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
            found = [one for one in flat if one]
        return found


def ways_to(schema: GraphQLSchema, is_end: Callable[[str], bool], *, beyond: bool = False) -> list[Way]:
    """Every way to an object of a type that `is_end` means, on which no field comes twice.

    Args:
        beyond: whether to go on from there, to others and to the same again.
    """
    roots = [one for one in (schema.query_type, schema.mutation_type) if one is not None]
    return [way for root in roots for way in _ways(schema, root, (), is_end, beyond=beyond)]


def chosen(ways: Iterable[Way]) -> list[Way]:
    """A few of the ways, since there are many more of them than fields: the shorter ones first.

    From each entry point one leads to each end to which any does, and no field that is on a way is left out.
    """
    met: set[Step | tuple[str, Step]] = set()
    found: list[Way] = []
    for way in sorted(ways, key=lambda way: len(way.steps)):
        meets = {*way.steps, (way.steps[0].name, way.steps[-1])}
        if not meets <= met:
            met |= meets
            found.append(way)
    return found


def leaves(schema: GraphQLSchema, type_name: str) -> list[str]:
    """The fields of a type that hold a value and can be asked for as they are."""
    type_ = schema.type_map[type_name]
    assert isinstance(type_, GraphQLObjectType)
    return [
        name
        for name, field in type_.fields.items()
        if is_leaf_type(get_named_type(field.type)) and not _needs_arguments(field)
    ]


def object_types(schema: GraphQLSchema) -> list[GraphQLObjectType]:
    """Those that answers are made of."""
    return [
        type_
        for name, type_ in schema.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
    ]


def _ways(
    schema: GraphQLSchema,
    parent: GraphQLObjectType,
    gone: tuple[Step, ...],
    is_end: Callable[[str], bool],
    *,
    beyond: bool,
) -> Iterator[Way]:
    for name, field in parent.fields.items():
        inner = get_named_type(field.type)
        if f"{parent.name}.{name}" in NOT_WALKED:
            continue
        if not is_composite_type(inner) or any(
            (step.parent, step.field) == (parent.name, name) for step in gone
        ):
            continue
        for type_ in _concrete(schema, inner):
            step = Step(parent=parent.name, field=name, to=type_.name, is_abstract=type_ is not inner)
            assert not _needs_arguments(field) or (step.name, step.to) in ARGUMENTS, f"say how to ask {step}"
            if is_end(type_.name):
                yield Way((*gone, step))
            if beyond or not is_end(type_.name):
                yield from _ways(schema, type_, (*gone, step), is_end, beyond=beyond)


def _concrete(schema: GraphQLSchema, type_: GraphQLNamedType) -> list[GraphQLObjectType]:
    if is_abstract_type(type_):
        return list(schema.get_possible_types(type_))
    assert isinstance(type_, GraphQLObjectType)
    return [type_]


def _needs_arguments(field: GraphQLField) -> bool:
    return any(is_required_argument(argument) for argument in field.args.values())
