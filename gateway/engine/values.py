"""Values on their way into an answer: what the code of every plan uses."""

from collections.abc import AsyncIterable, Callable, Iterable, Mapping, Sequence
from functools import partial
from types import GeneratorType
from typing import Any

from graphql import Undefined
from graphql.pyutils import is_awaitable

from gateway.engine.departures import Discarded
from gateway.engine.run import OBJECTS_A_TURN, Run

Complete = Callable[[object, Run], object]


def items_of(value: object) -> Sequence[object]:
    """The items of a list, as far as the reference takes `value` for one.

    Raises:
        Discarded: it is none, or one that has to be awaited.
    """
    if isinstance(value, str | bytes | Mapping | AsyncIterable) or not isinstance(value, Iterable):
        raise Discarded
    return tuple(value)


def in_turns(items: Sequence[object], run: Run, complete: Complete) -> list[object]:
    """The completed items of a list; where they are many the event loop gets a turn now and then."""
    answer: list[object] = [None] * len(items)
    _make(0, items, answer, run, complete)
    return answer


def _make(start: int, items: Sequence[object], answer: list[object], run: Run, complete: Complete) -> None:
    for place in range(start, len(items)):
        answer[place] = complete(items[place], run)
        run.made += 1
        if run.made >= OBJECTS_A_TURN:
            run.go_on_later(partial(_make, place + 1, items, answer, run, complete))
            return


def concrete(name: object, functions: Mapping[str, Complete]) -> Complete:
    """The function for the type with this name, which a type resolver gave.

    Raises:
        Discarded: it gave something else.
    """
    function = functions.get(name) if isinstance(name, str) else None
    if function is None:
        close(name)
        raise Discarded
    return function


def demand_ordinary(value: object) -> None:
    """Nothing that stands for something else.

    Raises:
        Discarded: the reference does not take it for what it is: a failure, or something to be awaited.
    """
    if isinstance(value, Exception) or value is Undefined or is_awaitable(value):
        raise Discarded


def admit(value: object, ordinary: set[type]) -> None:
    """See to a value of a class that was not met before.

    Raises:
        Discarded: see `demand_ordinary`.
    """
    demand_ordinary(value)
    if not isinstance(value, GeneratorType):  # some of these are coroutines, and some are not
        ordinary.add(value.__class__)


def has_to_wait(value: object, settled: set[type]) -> bool:
    """Whether a value of a class that was not met before has to be awaited."""
    if is_awaitable(value):
        return True
    if not isinstance(value, GeneratorType):  # likewise
        settled.add(value.__class__)
    return False


def admit_all(items: Sequence[object]) -> None:
    """See to the items of a list whose first is of a class that was not met before.

    Raises:
        Discarded: they have to be awaited.
    """
    if any(is_awaitable(item) for item in items):
        for item in items:
            close(item)
        raise Discarded


def demand_true(answer: object) -> None:
    """A type's own word that a value is of it.

    Raises:
        Discarded: it says otherwise, or not yet.
    """
    if answer is not True:
        close(answer)
        raise Discarded


def close(value: object) -> None:
    """End a coroutine that nobody will await."""
    end: Any = getattr(value, "close", None)
    if callable(end) and is_awaitable(value):
        end()


def missing(_: object = None) -> Any:  # noqa: ANN401 - never returns
    """A null where none may be."""
    raise Discarded
