"""Which media type the answer has: https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types."""

from functools import lru_cache
from typing import NamedTuple

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"

_OFFERED = (GRAPHQL_RESPONSE, JSON)
_NAMED = 2
_FAMILIAR = 64


@lru_cache(_FAMILIAR)
def negotiate(accept: str | None) -> str | None:
    """The media type to answer with; None where the client takes neither (RFC 9110, 12.5.1).

    Of two that are wanted equally the newer one, but only where it is named: a client that takes anything
    may be older than it (https://graphql.github.io/graphql-over-http/draft/#sec-Legacy-Watershed).
    """
    if accept is None or not accept.strip():
        return JSON
    wanted = {offered: _wanted(offered, accept) for offered in _OFFERED}
    best = GRAPHQL_RESPONSE if _is_better(wanted[GRAPHQL_RESPONSE], wanted[JSON]) else JSON
    return best if wanted[best].quality > 0 else None


def prefers_html(accept: str | None) -> bool:
    """Whether it is a browser that asks: HTML is named, and preferred to our media types."""
    if accept is None or "text/html" not in accept:
        return False
    html = _wanted("text/html", accept).quality
    return html > 0 and html >= max(_wanted(offered, accept).quality for offered in _OFFERED)


class _Wanted(NamedTuple):
    """How much a media type is wanted, and how precisely it is named."""

    quality: float
    precision: int


def _is_better(newer: _Wanted, older: _Wanted) -> bool:
    named = newer.precision == _NAMED
    return newer.quality >= older.quality if named else newer.quality > older.quality


def _wanted(offered: str, accept: str) -> _Wanted:
    """How much `accept` wants `offered`; the most specific range that fits decides."""
    found = _Wanted(quality=0.0, precision=-1)
    for part in accept.split(","):
        range_, *parameters = (piece.strip().lower() for piece in part.split(";"))
        precision = _precision(range_, offered)
        if precision > found.precision:
            found = _Wanted(quality=_weight(parameters), precision=precision)
    return found


def _precision(range_: str, offered: str) -> int:
    if range_ == offered:
        return _NAMED
    if range_ == offered.split("/", maxsplit=1)[0] + "/*":
        return 1
    return 0 if range_ == "*/*" else -1


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
