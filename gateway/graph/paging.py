"""Connections: https://relay.dev/graphql/connections.htm, with cursors that hold a position, not an offset.

A cursor holds the sort key of the item it stands behind. The next page starts after that key, so an item
that appears or disappears before it moves nothing.
"""

import base64
import bisect
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, TypeVar

import msgspec

from gateway.domain.errors import BadUserInput
from gateway.domain.source import SourceStatus

T = TypeVar("T")

MAX_PAGE_SIZE = 200
DEFAULT_PAGE_SIZE = 50

# Text, numbers and booleans only, so that it survives JSON; unique for each item.
SortKey = tuple[str | int | bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Generic[T]):
    """A total order of items.

    Attributes:
        name: tells the orders apart; a cursor is good for its own only.
    """

    name: str
    key: Callable[[T], SortKey] = field(repr=False)
    descending: bool = False

    def cursor(self, item: T) -> str:
        """The cursor that stands behind `item`."""
        content = json.dumps([self.name, *self.key(item)], ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")

    def position(self, cursor: str) -> SortKey:
        """The sort key in `cursor`.

        Raises:
            BadUserInput: it is no cursor of this order.
        """
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            name, *key = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (ValueError, TypeError, RecursionError):
            raise BadUserInput("after: this is not a cursor that the gateway gave.") from None
        if name != self.name:
            raise BadUserInput("after: this cursor belongs to another order; start again without it.")
        return tuple(key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge(Generic[T]):
    """An item with its place in the order."""

    node: T
    order: Order[T] = field(repr=False)

    @property
    def cursor(self) -> str:
        """Made only when it is asked for."""
        return self.order.cursor(self.node)


class PageInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Where a page lies."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, kw_only=True)
class Connection(Generic[T]):
    """One page of items, with what is true of all of them."""

    nodes: tuple[T, ...]
    total_count: int
    sources: tuple[SourceStatus, ...]
    order: Order[T] = field(repr=False)
    has_next_page: bool
    has_previous_page: bool

    @cached_property
    def edges(self) -> tuple[Edge[T], ...]:
        """The items with their cursors."""
        return tuple(Edge(node=node, order=self.order) for node in self.nodes)

    @cached_property
    def page_info(self) -> PageInfo:
        """Where this page lies."""
        return PageInfo(
            has_next_page=self.has_next_page,
            has_previous_page=self.has_previous_page,
            start_cursor=self.order.cursor(self.nodes[0]) if self.nodes else None,
            end_cursor=self.order.cursor(self.nodes[-1]) if self.nodes else None,
        )


def page_size(first: int | None, *, most: int = MAX_PAGE_SIZE) -> int:
    """How many items are asked for.

    Raises:
        BadUserInput: fewer than one or more than `most`.
    """
    if first is None:
        return min(DEFAULT_PAGE_SIZE, most)
    if not 1 <= first <= most:
        raise BadUserInput(f"first: must be from 1 to {most}.")
    return first


def paginate(
    items: Iterable[T],
    *,
    order: Order[T],
    size: int,
    after: str | None,
    sources: Sequence[SourceStatus],
) -> Connection[T]:
    """The page of `size` items behind the cursor `after`.

    Raises:
        BadUserInput: `after` cannot be used.
    """
    ordered = sorted(items, key=order.key, reverse=order.descending)
    start = 0 if after is None else _start_after(ordered, order=order, position=order.position(after))
    nodes = tuple(ordered[start : start + size])
    return Connection(
        nodes=nodes,
        total_count=len(ordered),
        sources=tuple(sources),
        order=order,
        has_next_page=start + size < len(ordered),
        has_previous_page=start > 0,
    )


def _start_after(ordered: Sequence[T], *, order: Order[T], position: SortKey) -> int:
    """How many items stand at `position` or before it."""
    try:
        if order.descending:
            ascending = [order.key(item) for item in reversed(ordered)]
            return len(ordered) - bisect.bisect_left(ascending, position)
        return bisect.bisect_right([order.key(item) for item in ordered], position)
    except TypeError:
        # The right name in front of something else: a cursor made by hand.
        raise BadUserInput("after: this is not a cursor that the gateway gave.") from None
