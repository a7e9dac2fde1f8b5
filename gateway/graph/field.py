"""Fields that a resolver answers with domain values."""

from collections.abc import Callable
from typing import Any

import strawberry

from gateway.engine.fields import LASTS, Lasts


def resolved(
    resolver: Callable[..., object], *, description: str | None = None, lasts: Lasts = Lasts.NOT
) -> Any:  # noqa: ANN401 - see below
    """A field that `resolver` answers with the domain value which the annotated graph type reads.

    Returns Any, since the annotation is the graph's type and the value is the domain's: that the two fit
    together, attribute by attribute, is what `tests/graph` checks.
    """
    return strawberry.field(resolver=resolver, description=description, metadata={LASTS: lasts})
