"""Every text that can be reached from an object."""

import asyncio
import gc
import types
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

# Code is no state, and the event loop leads to everybody else's connections.
_PASSED_BY = (types.ModuleType, types.CodeType, types.BuiltinFunctionType, asyncio.AbstractEventLoop)
_PLAIN = (int, float, complex, bool, type(None), type(Ellipsis))


def texts_in(root: object) -> Iterator[tuple[str, str]]:
    """Every text that can be reached from `root`, with the attributes that lead to it."""
    seen: dict[int, object] = {}
    waiting: deque[tuple[str, object]] = deque([("", root)])
    while waiting:
        place, one = waiting.popleft()
        if isinstance(one, bytes | bytearray):
            yield place, bytes(one).decode(errors="replace")
        elif isinstance(one, str):
            yield place, one
        elif id(one) not in seen and not isinstance(one, (*_PASSED_BY, *_PLAIN)):
            seen[id(one)] = one  # held, so that no other gets its id
            waiting.extend((f"{place} {name}" if name else place, inner) for name, inner in _parts_of(one))


def _parts_of(one: object) -> Iterator[tuple[str, Any]]:
    """What an object holds, by the attribute; nothing for what a container or a closure holds."""
    for inner in _held_by(one):
        yield "", inner
    owner = one.__name__ if isinstance(one, type) else type(one).__name__
    for name, value in _attributes_of(one).items():
        yield f"{owner}.{name}", value
    for slot in (slot for base in type(one).__mro__ for slot in _slots_of(base)):
        if hasattr(one, slot):
            yield f"{owner}.{slot}", getattr(one, slot)


def _held_by(one: object) -> Iterator[object]:
    if isinstance(one, Mapping):
        yield from (*one.keys(), *one.values())
    elif isinstance(one, list | tuple | set | frozenset | deque):
        yield from one
    elif isinstance(one, asyncio.Future):
        has_result = one.done() and not one.cancelled() and one.exception() is None
        yield from [one.result()] if has_result else []
    elif isinstance(one, types.MethodType):
        yield from (one.__self__, one.__func__)
    elif isinstance(one, types.FunctionType):
        yield from (cell.cell_contents for cell in one.__closure__ or ())
        yield from (one.__defaults__, one.__kwdefaults__)
    elif hasattr(one, "cache_info"):  # functools hides what it remembers
        yield from gc.get_referents(one)


def _attributes_of(one: object) -> dict[str, Any]:
    if isinstance(one, type) and not one.__module__.startswith("gateway"):
        return {}
    return dict(getattr(one, "__dict__", {}))


def _slots_of(type_: type) -> tuple[str, ...]:
    slots = type_.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)
