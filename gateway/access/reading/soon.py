"""Values that are there at once where they are in memory, and otherwise come later.

A coroutine would cost a task and a turn of the event loop also where nothing has to be waited for.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar, Union, cast

T = TypeVar("T")
U = TypeVar("U")

Soon: TypeAlias = Union[T, asyncio.Future[T]]  # noqa: UP007 - the other way is no alias with a variable
"""A value, or the future that will have it."""


def then(soon: Soon[T], make: Callable[[T], Soon[U]]) -> Soon[U]:
    """What `make` makes of the value; a future that fails where it fails, also where nothing is waited for.

    A future of its own: whoever cancels it cancels nothing that others wait for.
    """
    if not isinstance(soon, asyncio.Future):
        try:
            return make(soon)
        except Exception as failure:  # noqa: BLE001 - it is the future's now
            failed: asyncio.Future[U] = asyncio.get_running_loop().create_future()
            fail(failed, failure)
            return failed
    made: asyncio.Future[U] = soon.get_loop().create_future()

    # Quoted, as wherever a function is made anew for each call: they would be evaluated each time.
    def arrived(source: "asyncio.Future[T]") -> None:
        if made.done():
            _retrieve(source)
        elif _was_cancelled(source):
            made.cancel()
        else:
            try:
                value = make(source.result())
            except Exception as failure:  # noqa: BLE001 - it is the future's now
                fail(made, failure)
            else:
                pass_on(value, made)

    soon.add_done_callback(arrived)
    return made


def settled(soon: Soon[T], expected: type[Exception]) -> Soon[T | Exception]:
    """The value, or the failure of the expected kind as a value."""
    if not isinstance(soon, asyncio.Future):
        return soon
    made: asyncio.Future[T | Exception] = soon.get_loop().create_future()

    def arrived(source: "asyncio.Future[T]") -> None:
        failure = None if _was_cancelled(source) else source.exception()
        if isinstance(failure, expected) and not made.done():
            made.set_result(failure)
        else:
            pass_on(source, cast("asyncio.Future[T]", made))

    soon.add_done_callback(arrived)
    return made


def all_of(several: Sequence[Soon[T]]) -> Soon[list[T]]:
    """All values, in order."""
    if not any(isinstance(one, asyncio.Future) for one in several):
        return list(cast("Sequence[T]", several))
    return asyncio.gather(*(one if isinstance(one, asyncio.Future) else _of(one) for one in several))


async def arrival(soon: Soon[T]) -> T:
    """The value, waited for where need be; being cancelled cancels nothing that others wait for."""
    return await then(soon, lambda value: value) if isinstance(soon, asyncio.Future) else soon


def pass_on(soon: Soon[T], target: asyncio.Future[T]) -> None:
    """Let `target` have the value as soon as it is there."""
    if not isinstance(soon, asyncio.Future):
        target.set_result(soon)
    elif not soon.done():
        soon.add_done_callback(lambda source: pass_on(source, target))
    elif target.done():
        _retrieve(soon)
    elif _was_cancelled(soon):
        target.cancel()
    elif (failure := soon.exception()) is not None:
        fail(target, failure)
    else:
        target.set_result(soon.result())


def has_come(future: asyncio.Future[T]) -> bool:
    """Whether its value is there."""
    return future.done() and not future.cancelled() and future.exception() is None


def fail(target: asyncio.Future[T], failure: BaseException) -> None:
    """Let `target` fail. Nobody may be left to take the failure; asyncio must not log it then."""
    target.set_exception(failure)
    target.exception()


def _of(value: T) -> asyncio.Future[T]:
    future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future


def _was_cancelled(future: asyncio.Future[T]) -> bool:
    """What `asyncio.gather` gives fails with the cancellation of one of its parts."""
    return future.cancelled() or isinstance(future.exception(), asyncio.CancelledError)


def _retrieve(future: asyncio.Future[T]) -> None:
    if not future.cancelled():
        future.exception()
