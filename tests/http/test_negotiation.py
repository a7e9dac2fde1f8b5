"""gateway/http/negotiation.py: which media type a client takes (RFC 9110, 12.5.1)."""

import pytest

from gateway.http.negotiation import GRAPHQL_RESPONSE, JSON, negotiate, prefers_html

CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("", JSON),
        (" ", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/graphql-response+json", GRAPHQL_RESPONSE),
        ("application/graphql-response+json; charset=utf-8", GRAPHQL_RESPONSE),
        ("application/json", JSON),
        ("application/json; charset=utf-8", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/json, application/graphql-response+json", GRAPHQL_RESPONSE),
        ("application/json;q=0.9, application/graphql-response+json", GRAPHQL_RESPONSE),
        ("application/json, application/graphql-response+json;q=0.9", JSON),
        ("application/json, application/graphql-response+json;q=0", JSON),
        ("application/json, */*;q=0.1", JSON),
        ("application/json;q=0.1, */*", GRAPHQL_RESPONSE),
        ("application/graphql-response+json, */*", GRAPHQL_RESPONSE),
        ("application/graphql-response+json;q=0, */*", JSON),
        ("*/*;q=0.1, application/json;q=0.2", JSON),
        ("application/*;q=0.1, application/json;q=0.2", JSON),
        ("text/html, application/json;q=0.1", JSON),
        ("application/json ; Q=0.5 , text/html", JSON),
        (CHROMIUM, JSON),
        ("text/html", None),
        ("text/*", None),
        ("application/json;q=0", None),
        ("*/*;q=0", None),
        ("application/json;q=much", None),
        ("application/jsonp", None),
        ("application/xml", None),
        (",;,", None),
    ],
)
def test_the_answer_has_the_media_type_that_the_client_wants_most(
    accept: str | None, media_type: str | None
) -> None:
    assert negotiate(accept) == media_type


@pytest.mark.parametrize(
    ("accept", "is_a_browser"),
    [
        (CHROMIUM, True),
        ("text/html", True),
        ("text/html;q=0.9, application/json;q=0.9", True),
        ("text/html, */*", True),
        ("text/html;q=0.5, application/json", False),
        ("text/html;q=0.5, */*", False),
        ("text/html;q=0", False),
        ("application/json, text/html;q=0.9", False),
        ("*/*", False),
        ("text/*", False),
        ("", False),
        (None, False),
    ],
)
def test_who_names_html_and_wants_it_most_is_a_browser(accept: str | None, *, is_a_browser: bool) -> None:
    assert prefers_html(accept) is is_a_browser
