"""gateway/engine/values.py: what a value is known by, and what becomes of one that nobody awaits."""

import asyncio
import types
from collections.abc import Awaitable, Callable, Generator

import pytest
from graphql import Undefined

from gateway.engine.departures import Discarded
from gateway.engine.fragments import Fragments
from gateway.engine.run import OBJECTS_A_TURN, Run
from gateway.engine.values import admit, close, concrete, has_to_wait, in_turns
from tests.engine.small_values import Awaited

pytestmark = pytest.mark.anyio


def generated() -> Generator[int]:
    yield 1


@types.coroutine
def awaited() -> Generator[int]:
    """Of a generator's class, but to be awaited."""
    yield 1


async def later() -> None:
    """Nothing."""


class Closable:
    """Can be closed, and need not be awaited."""

    is_closed = False

    def close(self) -> None:
        self.is_closed = True


# ---------------------------------------------------------------- by their class


@pytest.mark.parametrize("value", [5, "text", None], ids=repr)
def test_a_class_whose_values_are_there_at_once_is_not_asked_about_again(value: object) -> None:
    settled: set[type] = set()
    assert has_to_wait(value, settled) is False
    assert settled == {type(value)}


@pytest.mark.parametrize("value", [Awaited(later), awaited()], ids=lambda value: type(value).__name__)
def test_what_can_be_awaited_is_waited_for_each_time(value: Awaitable[object]) -> None:
    settled: set[type] = set()
    assert has_to_wait(value, settled) is True
    assert settled == set()


def test_of_generators_each_is_looked_at() -> None:
    """Some of them are to be awaited, and their class does not tell which."""
    settled: set[type] = set()
    assert has_to_wait(generated(), settled) is False
    assert settled == set()


def test_a_class_of_values_that_are_what_they_are_is_not_asked_about_again() -> None:
    ordinary: set[type] = set()
    admit([1], ordinary)
    assert ordinary == {list}


def test_a_generator_is_admitted_and_the_next_one_looked_at() -> None:
    ordinary: set[type] = set()
    admit(generated(), ordinary)
    assert ordinary == set()


@pytest.mark.parametrize("make", [lambda: ValueError("given"), lambda: Undefined, awaited], ids=range(3))
def test_what_stands_for_something_else_is_not_admitted(make: Callable[[], object]) -> None:
    ordinary: set[type] = set()
    with pytest.raises(Discarded):
        admit(make(), ordinary)
    assert ordinary == set()


# ---------------------------------------------------------------- what a type resolver gave


def test_the_function_for_a_type_is_found_by_its_name() -> None:
    def complete(value: object, _: Run) -> object:
        return value

    assert concrete("Cat", {"Cat": complete}) is complete


@pytest.mark.parametrize("name", ["Dog", None, [], 5], ids=repr)
def test_what_names_no_type_has_no_function(name: object) -> None:
    with pytest.raises(Discarded):
        concrete(name, {})


# ---------------------------------------------------------------- what nobody awaits


def test_a_coroutine_that_nobody_will_await_is_ended() -> None:
    coroutine = later()
    close(coroutine)
    assert coroutine.cr_frame is None


def test_what_can_be_closed_but_not_awaited_stays_open() -> None:
    """It is somebody's file, or whatever else."""
    value = Closable()
    close(value)
    assert not value.is_closed


@pytest.mark.parametrize("value", [5, Awaited(later)], ids=["a number", "awaited"])
def test_what_cannot_be_closed_is_left_alone(value: object) -> None:
    close(value)


# ---------------------------------------------------------------- big lists


async def test_of_a_big_list_exactly_so_many_are_made_in_one_turn_of_the_event_loop() -> None:
    run, made = Run(Fragments(), None, lambda _: None), []
    answer = in_turns(range(2 * OBJECTS_A_TURN + 1), run, lambda item, _: made.append(item))
    seen = [len(made)]
    while not run.is_over:
        await asyncio.sleep(0)
        seen.append(len(made))
    assert seen == [OBJECTS_A_TURN, 2 * OBJECTS_A_TURN, 2 * OBJECTS_A_TURN + 1]
    assert len(answer) == len(made)
