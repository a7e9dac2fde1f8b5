"""Which media type the answer has: https://graphql.github.io/graphql-over-http/draft/#sec-Media-Types."""

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"

# In the order of preference where a client takes several equally.
_OFFERED = (GRAPHQL_RESPONSE, JSON)


def negotiate(accept: str | None) -> str | None:
    """The media type to answer with; None where the client takes neither (RFC 9110, 12.5.1)."""
    if accept is None or not accept.strip():
        return GRAPHQL_RESPONSE
    qualities = {offered: _quality(offered, accept) for offered in _OFFERED}
    best = max(_OFFERED, key=lambda offered: qualities[offered])
    return best if qualities[best] > 0 else None


def prefers_html(accept: str | None) -> bool:
    """Whether it is a browser that asks: HTML is named, and preferred to our media types."""
    if accept is None or "text/html" not in accept:
        return False
    html = _quality("text/html", accept)
    return html > 0 and html >= max(_quality(offered, accept) for offered in _OFFERED)


def _quality(offered: str, accept: str) -> float:
    """How much `accept` wants `offered`; the most specific range that fits decides."""
    found = (-1, 0.0)
    for part in accept.split(","):
        range_, *parameters = (piece.strip().lower() for piece in part.split(";"))
        precision = _precision(range_, offered)
        if precision > found[0]:
            found = (precision, _weight(parameters))
    return found[1]


def _precision(range_: str, offered: str) -> int:
    if range_ == offered:
        return 2
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
