"""What clients may keep, and how old what they are given may be: RFC 9111, and RFC 9110, 8.8.3 and 13.1.2.

Only the answer to a GET may be kept, by nobody but its client, and as long as everything that was read for it
stays fresh in the gateway. After that the client asks again, with the answer's tag: where nothing has changed
it is told so, without the content.
"""

import hashlib

from gateway.http.response import JsonResponse

_TAG_BYTES = 16


def longest_age_seconds(cache_control: str | None) -> float | None:
    """How old what is kept in memory may be (RFC 9111, 5.2.1); None where the client does not say."""
    if not cache_control:
        return None
    ages: list[float] = []
    for directive in cache_control.split(","):
        name, _, value = directive.strip().lower().partition("=")
        if name in {"no-cache", "no-store"}:
            ages.append(0.0)
        elif name == "max-age" and value.strip('"').isdecimal():
            ages.append(float(value.strip('"')))
    return min(ages, default=None)


def for_keeping(
    response: JsonResponse, *, fresh_seconds: float, if_none_match: str | None, vary: tuple[str, ...]
) -> JsonResponse:
    """The answer to a GET with what its client needs to keep it; without content where it has it already.

    Args:
        fresh_seconds: how long asking again would bring the same.
        if_none_match: the tags of what the client has.
        vary: the request's header fields that the answer depends on.
    """
    digest = hashlib.blake2b(digest_size=_TAG_BYTES)
    for piece in response.pieces:
        digest.update(piece)
    tag = f'"{digest.hexdigest()}"'
    # Rounded down: a second too long would be one in which the answer may not be true.
    control = f"private, max-age={int(fresh_seconds)}" if fresh_seconds >= 1 else "private, no-cache"
    kept = tuple(field for field in response.fields if field[0] != b"cache-control")
    fields = (
        *kept,
        (b"cache-control", control.encode()),
        (b"etag", tag.encode()),
        (b"vary", ", ".join(vary).encode()),
    )
    if not _matches(tag, if_none_match):
        return JsonResponse(response.status, fields, response.pieces, response.turns_away)
    without_type = tuple(field for field in fields if field[0] != b"content-type")
    return JsonResponse(304, without_type, (), response.turns_away)


def _matches(tag: str, if_none_match: str | None) -> bool:
    """Compared weakly, as RFC 9110, 13.1.2 has it for a GET."""
    if if_none_match is None:
        return False
    given = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return "*" in given or tag in given
