"""Requests of every kind, for what must be the same on both ways that they can take."""

import json

from tests.http.asking import persisted, sha256
from tests.wire import chunked, request

QUESTION = "{ platforms { key } }"
REMOVE = 'mutation { removeMember(input: {memberId: "none"}) { outcome } }'
JSON = "Content-Type: application/json"
GRAPHQL = "Accept: application/graphql-response+json"


def post(body: object, *fields: str) -> bytes:
    """With a body of JSON, which the header says where no fields are given."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return request(content, *(fields or (JSON, GRAPHQL)))


def ask(query: str = QUESTION, *fields: str, **others: object) -> bytes:
    """A document with other parameters."""
    return post({"query": query, **others}, *fields)


_WITH_VARIABLES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
_TWO = "query A { platforms { key } } query B { platforms { name } }"

# What is answered without ASGI.
DIRECT = {
    "a query": ask(),
    "a query by an older client": ask(QUESTION, JSON),
    "a query with variables": ask(_WITH_VARIABLES, variables={"ids": ["x", "y"]}),
    "a query in chunks": chunked(json.dumps({"query": QUESTION}).encode(), fields=(JSON, GRAPHQL)),
    "one of two operations": ask(_TWO, operationName="B"),
    "an operation without its name": ask(_TWO),
    "an unknown operation": ask(_TWO, operationName="C"),
    "a blank name": ask(operationName=""),
    "null for what is absent": ask(variables=None, operationName=None, extensions=None, documentId=None),
    "a mutation": ask(REMOVE),
    "introspection": ask("{ __schema { types { name fields { name } } } }"),
    "the name of a type": ask("{ __typename }"),
    "a syntax error": ask("{ platforms "),
    "a syntax error by an older client": ask("{ platforms ", JSON),
    "an unknown field": ask("{ platform { key } }"),
    "a value that does not fit": ask(_WITH_VARIABLES, variables={"ids": 1}),
    "a value that is missing": ask(_WITH_VARIABLES),
    "a value that is missing for an older client": post({"query": _WITH_VARIABLES}, JSON),
    "an error in one field": ask("{ projects { nodes { name } } platforms { key } }"),
    "too complex": ask("{ " + " ".join(f"a{n}: __typename" for n in range(25)) + " }"),
    "too many ids": ask(_WITH_VARIABLES, variables={"ids": ["x"] * 2_000}),
    "a subscription": ask("subscription { x }"),
    "the cost": ask(extensions={"cost": True}),
    "no JSON": post(b'{"query": '),
    "no object": post(b'"text"'),
    "nested without end": post(b'{"variables":' * 5_000),
    "a parameter of another type": ask(variables=["x"]),
    "a batch": post([{"query": QUESTION}]),
    "an empty body": post(b""),
    "nothing but space": post(b" \r\n "),
    "no UTF-8": post(b'{"query": "{ \xff }"}'),
    "half a character": post(b'{"query": "{ \\ud800 }"}'),
    "no document": post({}),
    "a blank document": ask("  "),
    "text": ask(QUESTION, "Content-Type: text/plain", GRAPHQL),
    "a form": ask(QUESTION, "Content-Type: application/x-www-form-urlencoded", GRAPHQL),
    "no content type": ask(QUESTION, GRAPHQL),
    "GraphQL as content type": ask(QUESTION, "Content-Type: application/graphql", GRAPHQL),
    "the content type in capitals": ask(QUESTION, "Content-Type: Application/JSON", GRAPHQL),
    "two content types": ask(QUESTION, JSON, "Content-Type: text/plain", GRAPHQL),
    "UTF-8": ask(QUESTION, f"{JSON}; charset=utf-8", GRAPHQL),
    "UTF-8 in quotes": ask(QUESTION, f'{JSON}; charset="UTF-8"', GRAPHQL),
    "another charset": ask(QUESTION, f"{JSON}; charset=iso-8859-1", GRAPHQL),
    "JSON accepted": ask(QUESTION, JSON, "Accept: application/json"),
    "anything accepted": ask(QUESTION, JSON, "Accept: */*"),
    "JSON preferred": ask(
        QUESTION, JSON, "Accept: application/graphql-response+json;q=0.5, application/json;q=0.9"
    ),
    "neither accepted": ask(QUESTION, JSON, "Accept: text/csv"),
    "nothing accepted": ask(QUESTION, JSON, "Accept: */*;q=0"),
    "a blank Accept": ask(QUESTION, JSON, "Accept: "),
    "two lines of Accept": ask(QUESTION, JSON, "Accept: application/json", GRAPHQL),
    "HTML accepted": ask(QUESTION, JSON, "Accept: text/html,*/*;q=0.8"),
    "an unknown document": post({"documentId": "sha256:x"}),
    "a document named twice": ask(documentId="sha256:x"),
    "a hash that nobody has sent": post({"extensions": persisted(sha256("{ x }"))}),
    "a hash that nobody has sent, by an older client": post({"extensions": persisted(sha256("{ x }"))}, JSON),
    "a hash with its text": ask(extensions=persisted(sha256(QUESTION))),
    "a hash of another text": ask(extensions=persisted(sha256("{ x }"))),
    "a hash of another kind": ask(extensions=persisted(sha256(QUESTION), version=2)),
    "a request id": ask(QUESTION, JSON, GRAPHQL, "X-Request-ID: mine"),
    "a forged request id": ask(QUESTION, JSON, GRAPHQL, "X-Request-ID: <script>"),
    "an origin": ask(QUESTION, JSON, GRAPHQL, "Origin: https://elsewhere.example"),
    "a key that nobody wants": ask(QUESTION, JSON, GRAPHQL, "Authorization: Bearer x"),
    "what must not be kept": ask(QUESTION, JSON, GRAPHQL, "Cache-Control: no-cache"),
}
# What goes through ASGI on either way.
_ASKED = "query=%7B%20platforms%20%7B%20key%20%7D%20%7D"
NOT_DIRECT = {
    "a GET": request(b"", GRAPHQL, method="GET", target=f"/graphql?{_ASKED}"),
    "a GET with a syntax error": request(b"", GRAPHQL, method="GET", target="/graphql?query=%7B"),
    "a GET that could be forged": request(b"", method="GET", target=f"/graphql?{_ASKED}"),
    "a GET without a question": request(b"", GRAPHQL, method="GET"),
    "a browser": request(b"", "Accept: text/html", method="GET"),
    "another method": request(b"", GRAPHQL, method="DELETE"),
    "a query string": request(json.dumps({"query": QUESTION}).encode(), JSON, target="/graphql?x=1"),
    "a last request": ask(QUESTION, JSON, GRAPHQL, "Connection: close"),
    "a proxy": ask(QUESTION, JSON, GRAPHQL, "X-Forwarded-For: 192.0.2.1"),
    "a proxy that speaks TLS": ask(QUESTION, JSON, GRAPHQL, "X-Forwarded-Proto: https"),
}
EVERY_KIND = {**DIRECT, **NOT_DIRECT}
