"""HTTP requests that no GraphQL client would send: every one is answered, and none makes the gateway fail."""

import json
from dataclasses import dataclass, field
from urllib.parse import quote_from_bytes, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Stand
from tests.fuzzing import answers

pytestmark = pytest.mark.anyio

DOCUMENTS = (
    "{ __typename }",
    "{ projects(first: 3) { nodes { name } } }",
    "query A($id: ID!, $first: Int) { node(id: $id) { id } projects(first: $first) { totalCount } }",
    "query ($f: ProjectFilter, $by: ProjectOrder!) { projects(filter: $f, orderBy: $by) { totalCount } }",
    "mutation B($input: RemoveMemberInput!) { removeMember(input: $input) { outcome } }",
    "query A { __typename } mutation B { __typename }",
    "subscription { __typename }",
    "fragment F on Query { ...F } { ...F }",
    "{" * 5000,
    "{ a" * 2000,
    "[" * 5000,
    "",
)
NAMES = (
    "query",
    "variables",
    "operationName",
    "extensions",
    "id",
    "first",
    "filter",
    "by",
    "input",
    "search",
)
MEDIA_TYPES = (
    "application/json",
    "application/json; charset=utf-8",
    'application/json; charset="utf-8"',
    "application/json; charset=utf-16",
    "application/json; charset=; =;;",
    "application/graphql-response+json",
    "application/graphql",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "text/html",
    "*/*",
    "application/*;q=0.5, */*;q=nan",
    "application/json;q=1e999",
    ";",
    "",
)

# Everything that JSON can say, surrogates on their own and numbers beyond all types among it.
texts = st.text(st.characters(exclude_categories=()), max_size=20)
numbers = st.integers() | st.integers(10**30, 10**31) | st.floats()
values = st.recursive(
    st.none() | st.booleans() | numbers | texts | st.sampled_from(DOCUMENTS),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | texts, inner, max_size=4)
    ),
    max_leaves=8,
)
persisted = st.fixed_dictionaries(
    {"persistedQuery": st.fixed_dictionaries({}, optional={"version": values, "sha256Hash": values})}
)
parameters = st.fixed_dictionaries(
    {"query": st.sampled_from(DOCUMENTS)},
    optional={
        "variables": st.dictionaries(st.sampled_from(NAMES), values, max_size=4) | values,
        "operationName": st.sampled_from(["A", "B", ""]) | values,
        "extensions": persisted | values,
        "id": values,
        "documentId": values,
    },
)
documents = (parameters | values).map(json.dumps)
bodies = st.one_of(
    documents.map(str.encode),
    st.tuples(documents, st.sampled_from(["utf-16", "utf-8-sig", "utf-32"])).map(
        lambda it: it[0].encode(it[1])
    ),
    st.tuples(documents, st.integers(0, 60)).map(lambda it: it[0].encode()[: it[1]]),
    st.sampled_from(
        [b"[" * 100_000, b'{"a":' * 50_000, b'{"query":1e99999}', b"\x1f\x8b\x08", b"query=%7B%7D"]
    ),
    st.binary(max_size=60),
)
query_strings = st.one_of(
    st.dictionaries(
        st.sampled_from(NAMES[:4]), values.map(json.dumps) | st.sampled_from(DOCUMENTS[:8]), max_size=4
    ).map(urlencode),
    st.binary(max_size=40).map(lambda octets: f"query={quote_from_bytes(octets)}"),
    st.binary(max_size=40).map(quote_from_bytes),
    st.text("%&=;+#?{}[]", max_size=12).map(lambda text: text.partition("#")[0]),
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(MEDIA_TYPES),
        "Accept": st.sampled_from(MEDIA_TYPES),
        "Content-Encoding": st.sampled_from(["gzip", "br", "identity", "nonsense"]),
        "Apollo-Require-Preflight": st.sampled_from(["true", ""]),
        "Authorization": st.sampled_from(["", "Bearer", "Bearer x", "Basic ====", "Nonsense \xff"]),
        "Origin": st.sampled_from(["null", "https://elsewhere.example.net"]),
        "Traceparent": st.sampled_from(["", "00-0-0-0", f"00-{'f' * 32}-{'f' * 16}-01"]),
        "X-Request-Id": st.sampled_from(["", "x" * 500, "\xe4"]),
        "Cookie": st.sampled_from(["=;=", "a=b"]),
    },
)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is sent."""

    method: str
    query_string: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


requests = st.one_of(
    st.builds(
        Request,
        method=st.just("POST"),
        headers=headers.map(lambda given: {"Content-Type": "application/json", **given}),
        body=bodies,
    ),
    st.builds(Request, method=st.just("GET"), query_string=query_strings, headers=headers),
    st.builds(
        Request,
        method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"]),
        query_string=query_strings,
        headers=headers,
        body=bodies,
    ),
)


async def send(stand: Stand, request: Request, path: str = "/graphql") -> httpx.Response:
    """The answer to just these headers, but for those that HTTP demands."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in request.headers.items()]
    return await stand.client.send(
        httpx.Request(
            request.method,
            f"{stand.base_url}{path}?{request.query_string}",
            headers=[(b"Host", stand.client.base_url.netloc), *raw],
            content=request.body,
        )
    )


def is_the_explorer(request: Request, response: httpx.Response) -> bool:
    """Whether a browser got what browsers get."""
    return (
        request.method == "GET"
        and "text/html" in request.headers.get("Accept", "")
        and response.status_code == 200
        and response.headers["content-type"] == "text/html; charset=utf-8"
    )


@given(request_=requests)
@settings(
    max_examples=400,
    derandomize=True,
    database=None,
    deadline=None,  # nothing here is about time
    # One gateway for all examples is what is wanted.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_whatever_is_sent_is_answered_as_graphql_over_http_and_never_with_a_failure_of_the_gateways_own(
    stand: Stand, request_: Request
) -> None:
    response = await send(stand, request_)
    if is_the_explorer(request_, response):
        return
    # An answer to HEAD has no body.
    body = response.content if request_.method != "HEAD" else b'{"data":{"__typename":"Query"}}'
    status = response.status_code if request_.method != "HEAD" else 200
    assert response.status_code < 500
    answers.check(status, response.headers["content-type"], body)


@given(request_=requests)
@settings(
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,  # likewise
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_whatever_is_sent_to_the_export_is_answered_with_the_file_or_with_one_error(
    stand: Stand, request_: Request
) -> None:
    response = await send(stand, request_, "/export/access.csv")
    kind = "text/csv" if request_.method in {"GET", "HEAD"} else "application/json"
    assert response.status_code == (200 if kind == "text/csv" else 405)
    assert response.headers["content-type"] == f"{kind}; charset=utf-8"
