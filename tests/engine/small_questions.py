"""The small schema's fields that take arguments or ask what is asked."""

from typing import Any

import strawberry
from strawberry.types.nodes import FragmentSpread, InlineFragment, SelectedField, Selection

from tests.engine.small_types import Info
from tests.engine.small_words import Choice, Colour, Inner, Json, Moment, Outer, Size, Taste


def _names(selections: list[Selection]) -> list[Any]:
    names: list[Any] = []
    for one in selections:
        if isinstance(one, SelectedField):
            names.append([one.name, one.alias, one.arguments, one.directives, _names(one.selections)])
        elif isinstance(one, FragmentSpread | InlineFragment):
            names.append([one.type_condition, one.directives, _names(one.selections)])
    return names


@strawberry.type
class Arguments:
    """Each field tells what it was given."""

    @strawberry.field
    def leaves(  # noqa: PLR0917 - one of each
        self,
        whole: int | None = None,
        broken: float | None = None,
        text: str | None = None,
        truth: bool | None = None,  # noqa: FBT001 - an argument of the graph
        key: strawberry.ID | None = None,
        moment: Moment | None = None,
        anything: Json | None = None,
    ) -> str:
        return repr((whole, broken, text, truth, key, moment, anything))

    @strawberry.field
    def words(
        self,
        colour: Colour = Colour.RED,
        size: Size | None = Size.LARGE,
        taste: Taste | None = strawberry.UNSET,
    ) -> str:
        return repr((colour, size, taste))

    @strawberry.field
    def required(self, number: int, words: list[str], colour: Colour) -> str | None:
        return repr((number, words, colour))

    @strawberry.field
    def lists(
        self,
        numbers: list[int | None] | None = None,
        tables: list[list[int]] | None = None,
        inners: list[Inner] | None = None,
    ) -> str:
        return repr((numbers, tables, inners))

    @strawberry.field
    def outer(self, given: Outer) -> str:
        return repr(given)

    @strawberry.field
    async def outer_later(self, given: Outer | None = None) -> str:
        return repr(given)

    @strawberry.field
    def choice(self, of: Choice) -> str:
        return repr(of)

    @strawberry.field
    def perhaps(self, number: strawberry.Maybe[int] = None, word: strawberry.Maybe[str | None] = None) -> str:
        return repr((number, word))

    @strawberry.field
    def named(self, other_name: int = 1, class_: int = 2) -> int:
        return other_name * 10 + class_


@strawberry.type
class Questions:
    """Each field tells what `info` says."""

    @strawberry.field
    def variables(self, info: Info, number: int = 0) -> Json:  # noqa: ARG002 - so that there is something to give
        return info.variable_values  # type: ignore[return-value]

    @strawberry.field
    def name(self, info: Info) -> str:
        return f"{info.field_name} {info.python_name} {info.context.name} {info.root_value}"

    @strawberry.field
    def operation(self, info: Info) -> str | None:
        name = info.operation.name
        return None if name is None else name.value

    @strawberry.field
    def path(self, info: Info) -> list[str]:
        return [str(part) for part in info.path.as_list()]

    @strawberry.field
    def selected(self, info: Info) -> "Selected":
        return Selected(names=_names(info.selected_fields))  # type: ignore[arg-type]


@strawberry.type
class Selected:
    """What was selected of it."""

    names: Json
    again: "Selected | None" = None
