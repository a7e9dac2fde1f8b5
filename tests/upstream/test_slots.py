"""gateway/upstream/slots.py: never more than there are, in turn, and none is ever lost."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.upstream.slots import Slots

pytestmark = pytest.mark.anyio

LONG_SECONDS = 60.0


@dataclass(kw_only=True)
class Guest:
    """Whoever takes a slot, keeps it until it is told to leave, and gives it back."""

    slots: Slots
    name: str = ""
    served: list[str] = field(default_factory=list)
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    is_in: bool = False

    async def stay(self) -> None:
        await self.slots.take()
        self.is_in = True
        self.served.append(self.name)
        try:
            await self.leaving.wait()
        finally:
            self.is_in = False
            self.slots.give_back()


def waiting(slots: Slots, *names: str) -> tuple[list[str], dict[str, "asyncio.Task[None]"]]:
    """Some who take a slot and keep it, and the names of those who have got one."""
    served: list[str] = []
    guests = [Guest(slots=slots, name=name, served=served) for name in names]
    return served, {guest.name: asyncio.create_task(guest.stay()) for guest in guests}


async def turns(count: int = 5) -> None:
    """What is ready happens."""
    for _ in range(count):
        await asyncio.sleep(0)


async def end(tasks: Mapping[str, "asyncio.Task[None]"]) -> None:
    for task in tasks.values():
        task.cancel()
    await asyncio.wait(tasks.values())


def free(slots: Slots) -> int:
    """How many can be taken at once; they are taken."""
    return sum(slots.take_at_once() for _ in range(10))


# ---------------------------------------------------------------- as many as there are


@pytest.mark.parametrize("count", [1, 3])
def test_no_more_are_taken_at_once_than_there_are(count: int) -> None:
    assert free(Slots(count, timeout_seconds=LONG_SECONDS)) == count


def test_what_was_given_back_is_taken_at_once_again() -> None:
    slots = Slots(2, timeout_seconds=LONG_SECONDS)
    free(slots)
    slots.give_back()
    assert free(slots) == 1


async def test_nobody_waits_while_one_is_free() -> None:
    slots = Slots(2, timeout_seconds=LONG_SECONDS)
    for _ in range(2):
        with pytest.raises(StopIteration):  # without a turn of the event loop
            slots.take().send(None)
    assert free(slots) == 0


async def test_as_many_as_there_are_get_in_at_the_same_time() -> None:
    slots = Slots(2, timeout_seconds=LONG_SECONDS)
    served, tasks = waiting(slots, "a", "b", "c")
    await turns()
    assert served == ["a", "b"]
    await end(tasks)


# ---------------------------------------------------------------- in turn


async def test_whoever_waits_longest_is_served_first() -> None:
    slots = Slots(1, timeout_seconds=LONG_SECONDS)
    slots.take_at_once()
    served, tasks = waiting(slots, "a", "b", "c")
    await turns()
    slots.give_back()
    for name in "abc":
        await turns()
        tasks[name].cancel()
    await turns()
    assert served == ["a", "b", "c"]


async def test_a_slot_that_is_given_back_while_somebody_waits_is_nobody_else_s() -> None:
    slots = Slots(1, timeout_seconds=LONG_SECONDS)
    slots.take_at_once()
    _, tasks = waiting(slots, "a")
    await turns()
    slots.give_back()
    assert not slots.take_at_once()
    await end(tasks)


async def test_whoever_comes_when_a_slot_was_handed_on_waits_behind_the_others() -> None:
    slots = Slots(1, timeout_seconds=LONG_SECONDS)
    slots.take_at_once()
    served, tasks = waiting(slots, "a", "b")
    await turns()
    slots.give_back()
    late, more = waiting(slots, "late")
    await turns()
    tasks["a"].cancel()
    await turns()
    assert (served, late) == (["a", "b"], [])
    await end({**tasks, **more})


# ---------------------------------------------------------------- whoever goes away


async def test_whoever_has_gone_is_passed_over() -> None:
    slots = Slots(1, timeout_seconds=LONG_SECONDS)
    slots.take_at_once()
    served, tasks = waiting(slots, "gone", "next")
    await turns()
    tasks["gone"].cancel()
    await turns()
    slots.give_back()
    await turns()
    assert served == ["next"]
    await end(tasks)


async def test_whoever_goes_in_the_turn_in_which_a_slot_is_given_back_takes_none_along() -> None:
    slots = Slots(1, timeout_seconds=LONG_SECONDS)
    slots.take_at_once()
    _, tasks = waiting(slots, "gone")
    await turns()
    tasks["gone"].cancel()
    slots.give_back()
    await turns()
    assert free(slots) == 1


async def test_whoever_goes_in_the_turn_in_which_it_was_handed_a_slot_hands_it_on() -> None:
    slots = Slots(1, timeout_seconds=LONG_SECONDS)
    slots.take_at_once()
    served, tasks = waiting(slots, "gone", "next")
    await turns()
    slots.give_back()
    tasks["gone"].cancel()
    await turns()
    assert served == ["next"]
    await end(tasks)


async def test_whoever_goes_in_the_turn_in_which_it_was_handed_the_slot_frees_it_for_nobody_waiting() -> None:
    slots = Slots(1, timeout_seconds=LONG_SECONDS)
    slots.take_at_once()
    _, tasks = waiting(slots, "gone")
    await turns()
    slots.give_back()
    tasks["gone"].cancel()
    await turns()
    assert free(slots) == 1


async def test_whoever_has_gone_is_told_so() -> None:
    slots = Slots(1, timeout_seconds=LONG_SECONDS)
    slots.take_at_once()
    _, tasks = waiting(slots, "handed", "not handed")
    await turns()
    slots.give_back()
    await end(tasks)
    assert [task.cancelled() for task in tasks.values()] == [True, True]


# ---------------------------------------------------------------- whatever comes when

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["come", "try", "give", "leave", "go", "turn"]), st.integers(min_value=0, max_value=5)
    ),
    max_size=60,
)


@given(
    steps=STEPS,
    count=st.integers(min_value=1, max_value=4),
    timeout_seconds=st.sampled_from([0.0, LONG_SECONDS]),
)
async def test_whatever_comes_when_no_slot_is_used_twice_and_none_is_lost(
    steps: list[tuple[str, int]], count: int, timeout_seconds: float
) -> None:
    slots = Slots(count, timeout_seconds=timeout_seconds)
    guests: list[Guest] = []
    tasks: list[asyncio.Task[None]] = []
    at_once = 0
    for what, which in steps:
        if what == "come":
            guests.append(Guest(slots=slots))
            tasks.append(asyncio.create_task(guests[-1].stay()))
        elif what == "try":
            at_once += slots.take_at_once()
        elif what == "give" and at_once:
            at_once -= 1
            slots.give_back()
        elif what == "turn":
            await asyncio.sleep(0)
        elif what == "leave" and guests:
            guests[which % len(guests)].leaving.set()
        elif what == "go" and tasks:
            tasks[which % len(tasks)].cancel()
        assert sum(guest.is_in for guest in guests) + at_once <= count
    for _ in range(at_once):
        slots.give_back()
    for guest, task in zip(guests, tasks, strict=True):
        guest.leaving.set()
        with suppress(TimeoutError, asyncio.CancelledError):
            await task
    assert free(slots) == count
