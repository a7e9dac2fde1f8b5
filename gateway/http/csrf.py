"""GET requests that a foreign web page could make a visitor's browser send.

A browser sends a GET, or a POST of a simple content type, for any page without asking the server first
(https://fetch.spec.whatwg.org/#cors-protocol). POSTs here must be JSON, for which it asks. A GET must
carry a header that only a program sets: one of those below, or an `Accept` that names a JSON type. A page
can set `Accept` with a script, but not see the answer, and a GET never changes anything.
"""

from starlette.datastructures import Headers

_PROVING_HEADERS = ("x-requested-with", "apollo-require-preflight")
_JSON_TYPES = ("application/json", "application/graphql-response+json")


def could_be_forged(headers: Headers) -> bool:
    """Whether a link, a form or an image on a foreign page could have sent a GET with these headers."""
    if any(name in headers for name in _PROVING_HEADERS):
        return False
    accept = headers.get("accept", "").lower()
    return not any(type_ in accept for type_ in _JSON_TYPES)
