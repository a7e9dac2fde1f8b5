"""Fields that a resolver answers with domain values."""

from collections.abc import Callable
from typing import Any

import strawberry


def resolved(resolver: Callable[..., object], *, description: str | None = None) -> Any:  # noqa: ANN401
    """A field that `resolver` answers with the domain value which the annotated graph type reads.

    Returns Any, since the annotation is the graph's type and the value is the domain's: that the two fit
    together, attribute by attribute, is what `tests/graph` checks.
    """
    return strawberry.field(resolver=resolver, description=description)
