"""Apollo's automatic persisted queries: a text is sent once, then named by its hash.

https://www.apollographql.com/docs/apollo-server/performance/apq
"""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.documents import Document, DocumentRefused, Documents
from gateway.http.persisted_queries import AutomaticPersistedQueries
from tests.http.asking import MEMBERS, PROJECTS, STRANGER, find, persisted, refusal, sha1, sha256


@pytest.fixture
def automatic() -> Documents:
    return Documents(automatic=AutomaticPersistedQueries())


# ---------------------------------------------------------------- automatic persisted queries


def test_an_unknown_hash_asks_the_client_for_the_text(automatic: Documents) -> None:
    with pytest.raises(DocumentRefused) as refused:
        find(automatic, extensions=persisted(sha256(STRANGER)))
    assert (refused.value.message, refused.value.code) == (
        "PersistedQueryNotFound",
        "PERSISTED_QUERY_NOT_FOUND",
    )


def test_clients_that_read_no_body_of_a_4xx_are_asked_with_200(automatic: Documents) -> None:
    with pytest.raises(DocumentRefused) as refused:
        find(automatic, extensions=persisted(sha256(STRANGER)))
    assert (refused.value.status, refused.value.legacy_status) == (404, 200)


def test_a_text_that_was_kept_is_found_by_its_hash_alone(automatic: Documents) -> None:
    automatic.keep(find(automatic, MEMBERS, extensions=persisted(sha256(MEMBERS))))
    assert find(automatic, extensions=persisted(sha256(MEMBERS))) == Document(
        text=MEMBERS, was_remembered=True
    )


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_text_beside_a_hash_is_none(automatic: Documents, blank: str) -> None:
    automatic.keep(find(automatic, MEMBERS, extensions=persisted(sha256(MEMBERS))))
    assert find(automatic, blank, extensions=persisted(sha256(MEMBERS))).text == MEMBERS


def test_a_text_is_not_kept_before_it_was_found_valid(automatic: Documents) -> None:
    find(automatic, MEMBERS, extensions=persisted(sha256(MEMBERS)))
    assert refusal(automatic, extensions=persisted(sha256(MEMBERS))) == (404, "PERSISTED_QUERY_NOT_FOUND")


def test_a_text_without_a_hash_is_not_kept(automatic: Documents) -> None:
    automatic.keep(find(automatic, MEMBERS))
    assert refusal(automatic, extensions=persisted(sha256(MEMBERS))) == (404, "PERSISTED_QUERY_NOT_FOUND")


@pytest.mark.parametrize(
    "name", [sha256(PROJECTS), sha256(STRANGER).upper(), f"sha256:{sha256(STRANGER)}", sha1(STRANGER), ""]
)
def test_a_hash_that_is_not_the_texts_own_is_refused(automatic: Documents, name: str) -> None:
    assert refusal(automatic, STRANGER, extensions=persisted(name)) == (400, "BAD_USER_INPUT")


def test_nobody_can_put_another_text_under_a_hash(automatic: Documents) -> None:
    automatic.keep(find(automatic, PROJECTS, extensions=persisted(sha256(PROJECTS))))
    refusal(automatic, STRANGER, extensions=persisted(sha256(PROJECTS)))
    assert find(automatic, extensions=persisted(sha256(PROJECTS))).text == PROJECTS


@pytest.mark.parametrize(
    "extension",
    [
        {},
        "s3cret",
        [],
        7,
        {"sha256Hash": sha256(PROJECTS)},
        {"version": 1},
        {"version": 2, "sha256Hash": sha256(PROJECTS)},
        {"version": "1", "sha256Hash": sha256(PROJECTS)},
        {"version": True, "sha256Hash": sha256(PROJECTS)},
        {"version": 1, "sha256Hash": 7},
        {"version": 1, "sha256Hash": None},
    ],
)
def test_an_extension_of_another_shape_is_malformed(automatic: Documents, extension: object) -> None:
    assert refusal(automatic, PROJECTS, extensions={"persistedQuery": extension}) == (400, "BAD_USER_INPUT")


def test_a_gateway_without_them_tells_clients_to_send_texts_only() -> None:
    with pytest.raises(DocumentRefused) as refused:
        find(Documents(), extensions=persisted(sha256(PROJECTS)))
    assert (refused.value.message, refused.value.code, refused.value.legacy_status) == (
        "PersistedQueryNotSupported",
        "PERSISTED_QUERY_NOT_SUPPORTED",
        200,
    )


def test_a_gateway_without_them_runs_the_text_and_keeps_nothing() -> None:
    documents = Documents()
    documents.keep(find(documents, PROJECTS, extensions=persisted(sha256(PROJECTS))))
    assert refusal(documents, extensions=persisted(sha256(PROJECTS)))[1] == "PERSISTED_QUERY_NOT_SUPPORTED"


# ---------------------------------------------------------------- … are bounded


def kept(queries: AutomaticPersistedQueries, *texts: str) -> list[str]:
    """Which of `texts` are remembered; asking changes which is the least recently used."""
    return [text for text in texts if queries.text(sha256(text)) == text]


def test_the_least_recently_used_text_is_forgotten_first() -> None:
    queries = AutomaticPersistedQueries(max_documents=2)
    queries.keep("{ a }")
    queries.keep("{ b }")
    assert queries.text(sha256("{ a }")) == "{ a }"
    queries.keep("{ c }")
    assert kept(queries, "{ a }", "{ b }", "{ c }") == ["{ a }", "{ c }"]


def test_keeping_a_text_again_makes_it_the_most_recent() -> None:
    queries = AutomaticPersistedQueries(max_documents=2)
    for text in ("{ a }", "{ b }", "{ a }", "{ c }"):
        queries.keep(text)
    assert kept(queries, "{ a }", "{ b }", "{ c }") == ["{ a }", "{ c }"]


def test_all_texts_together_have_no_more_than_the_bytes_allowed() -> None:
    queries = AutomaticPersistedQueries(max_bytes=10)
    for text in ("{ a }", "{ b }", "{ c }"):
        queries.keep(text)
    assert kept(queries, "{ a }", "{ b }", "{ c }") == ["{ b }", "{ c }"]


def test_a_text_of_the_longest_size_is_kept() -> None:
    queries = AutomaticPersistedQueries(max_document_bytes=5)
    queries.keep("{ a }")
    assert kept(queries, "{ a }") == ["{ a }"]


@pytest.mark.parametrize("longer", ["{ ab }", "{ é }"])
def test_a_longer_text_is_not_kept_and_pushes_nothing_out(longer: str) -> None:
    queries = AutomaticPersistedQueries(max_document_bytes=5, max_documents=1)
    queries.keep("{ a }")
    queries.keep(longer)
    assert kept(queries, "{ a }", longer) == ["{ a }"]


@given(
    texts=st.lists(st.sampled_from(["a", "bb", "ccc", "dddd", "é", "😀😀"]), max_size=40),
    max_documents=st.integers(min_value=0, max_value=4),
    max_bytes=st.integers(min_value=0, max_value=12),
)
def test_whatever_is_kept_stays_within_both_bounds(
    texts: list[str], max_documents: int, max_bytes: int
) -> None:
    queries = AutomaticPersistedQueries(max_documents=max_documents, max_bytes=max_bytes)
    for text in texts:
        queries.keep(text)
    remembered = kept(queries, *set(texts))
    assert len(remembered) <= max_documents
    assert sum(len(text.encode()) for text in remembered) <= max_bytes


def test_a_text_that_is_no_unicode_does_no_harm() -> None:
    queries = AutomaticPersistedQueries()
    queries.keep("{ a(b: \ud800) }")
    name = hashlib.sha256("{ a(b: \ud800) }".encode(errors="surrogatepass")).hexdigest()
    assert queries.text(name) == "{ a(b: \ud800) }"
