"""gateway/http/documents.py: which document a request means, and which may be run.

https://github.com/graphql/graphql-over-http/pull/264 (persisted documents).
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.documents import Document, DocumentRefused, Documents, TrustMode
from gateway.http.persisted_queries import AutomaticPersistedQueries
from gateway.http.trusted_documents import TrustedDocuments
from tests.http.asking import MEMBERS, PROJECTS, STRANGER, find, persisted, refusal, sha1, sha256


@pytest.fixture
def automatic() -> Documents:
    return Documents(automatic=AutomaticPersistedQueries())


@pytest.fixture
def trusted() -> TrustedDocuments:
    return TrustedDocuments({sha256(PROJECTS): PROJECTS, sha1(MEMBERS): MEMBERS})


@pytest.fixture
def enforced(trusted: TrustedDocuments) -> Documents:
    return Documents(trusted=trusted, mode=TrustMode.ENFORCE, automatic=AutomaticPersistedQueries())


@pytest.fixture
def allowed(trusted: TrustedDocuments) -> Documents:
    return Documents(trusted=trusted, mode=TrustMode.ALLOW, automatic=AutomaticPersistedQueries())


# ---------------------------------------------------------------- the text itself


@pytest.mark.parametrize("fixture", ["automatic", "allowed"])
def test_a_text_means_itself(fixture: str, request: pytest.FixtureRequest) -> None:
    assert find(request.getfixturevalue(fixture), STRANGER) == Document(text=STRANGER)


@pytest.mark.parametrize("blank", [None, "", " \n\t"])
def test_a_request_that_names_no_document_is_malformed(automatic: Documents, blank: str | None) -> None:
    assert refusal(automatic, blank, document_id="") == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize("extensions", [None, {}, {"persistedQuery": None}, {"trace": {"version": 2}}])
def test_other_extensions_are_none_of_our_business(
    automatic: Documents, extensions: dict[str, object] | None
) -> None:
    assert find(automatic, STRANGER, extensions=extensions).text == STRANGER


def test_a_document_shows_nothing_of_its_text() -> None:
    assert "s3cret" not in repr(Document(text=STRANGER))


# ---------------------------------------------------------------- trusted documents, enforced


@pytest.mark.parametrize(
    "document_id", [sha256(PROJECTS), f"sha256:{sha256(PROJECTS)}", sha256(MEMBERS), sha1(MEMBERS)]
)
def test_a_trusted_document_is_found_by_its_id(enforced: Documents, document_id: str) -> None:
    text = PROJECTS if sha256(PROJECTS) in document_id else MEMBERS
    assert find(enforced, document_id=document_id) == Document(text=text)


@pytest.mark.parametrize(
    "name", [sha256(PROJECTS), f"sha256:{sha256(PROJECTS)}", sha256(MEMBERS), sha1(MEMBERS)]
)
def test_a_trusted_document_is_found_as_a_persisted_query(enforced: Documents, name: str) -> None:
    text = PROJECTS if sha256(PROJECTS) in name else MEMBERS
    assert find(enforced, extensions=persisted(name)) == Document(text=text)


def test_a_trusted_document_may_be_sent_as_text(enforced: Documents) -> None:
    assert find(enforced, MEMBERS) == Document(text=MEMBERS)


def test_a_trusted_document_may_be_sent_with_its_hash(enforced: Documents) -> None:
    assert find(enforced, MEMBERS, extensions=persisted(sha1(MEMBERS))) == Document(text=MEMBERS)


@pytest.mark.parametrize("nearly", [f"{PROJECTS} ", PROJECTS.replace(" ", "  "), PROJECTS.upper(), STRANGER])
def test_any_other_text_is_refused(enforced: Documents, nearly: str) -> None:
    assert refusal(enforced, nearly) == (403, "DOCUMENT_NOT_TRUSTED")


def test_an_unknown_id_is_refused(enforced: Documents) -> None:
    assert refusal(enforced, document_id=sha256(STRANGER)) == (403, "DOCUMENT_NOT_TRUSTED")


def test_an_unknown_hash_is_refused_for_good(enforced: Documents) -> None:
    assert refusal(enforced, extensions=persisted(sha256(STRANGER))) == (403, "DOCUMENT_NOT_TRUSTED")


def test_another_text_under_a_trusted_hash_is_refused(enforced: Documents) -> None:
    assert refusal(enforced, STRANGER, extensions=persisted(sha256(PROJECTS))) == (400, "BAD_USER_INPUT")


def test_a_text_cannot_be_smuggled_in_as_an_automatic_persisted_query(enforced: Documents) -> None:
    assert refusal(enforced, STRANGER, extensions=persisted(sha256(STRANGER))) == (
        403,
        "DOCUMENT_NOT_TRUSTED",
    )
    enforced.keep(Document(text=STRANGER, to_keep=True))
    assert refusal(enforced, extensions=persisted(sha256(STRANGER))) == (403, "DOCUMENT_NOT_TRUSTED")


def test_nothing_is_kept_while_documents_are_enforced(trusted: TrustedDocuments) -> None:
    queries = AutomaticPersistedQueries()
    Documents(trusted=trusted, automatic=queries).keep(Document(text=STRANGER, to_keep=True))
    assert queries.text(sha256(STRANGER)) is None


def test_what_was_kept_before_is_not_asked(trusted: TrustedDocuments) -> None:
    queries = AutomaticPersistedQueries()
    queries.keep(STRANGER)
    documents = Documents(trusted=trusted, mode=TrustMode.ENFORCE, automatic=queries)
    assert refusal(documents, extensions=persisted(sha256(STRANGER))) == (403, "DOCUMENT_NOT_TRUSTED")


def test_documents_are_enforced_unless_said_otherwise(trusted: TrustedDocuments) -> None:
    assert refusal(Documents(trusted=trusted), STRANGER) == (403, "DOCUMENT_NOT_TRUSTED")


@pytest.mark.parametrize(
    ("query", "extensions"),
    [(PROJECTS, None), (None, persisted(sha256(PROJECTS))), (PROJECTS, persisted(sha256(PROJECTS)))],
)
@pytest.mark.parametrize("fixture", ["enforced", "allowed", "automatic"])
def test_a_document_is_named_in_one_way_only(
    fixture: str, query: str | None, extensions: dict[str, object] | None, request: pytest.FixtureRequest
) -> None:
    documents = request.getfixturevalue(fixture)
    assert refusal(documents, query, document_id=sha256(PROJECTS), extensions=extensions) == (
        400,
        "BAD_USER_INPUT",
    )


@given(query=st.text(), name=st.text(), document_id=st.text())
def test_nothing_but_a_trusted_document_is_ever_found(query: str, name: str, document_id: str) -> None:
    documents = Documents(
        trusted=TrustedDocuments({sha256(PROJECTS): PROJECTS}), automatic=AutomaticPersistedQueries()
    )
    for extensions in (None, persisted(name), persisted(sha256(query))):
        with pytest.raises(DocumentRefused):
            find(documents, query, document_id=document_id, extensions=extensions)


# ---------------------------------------------------------------- trusted documents, others allowed


def test_a_trusted_document_is_found_where_others_are_allowed(allowed: Documents) -> None:
    assert find(allowed, document_id=sha1(MEMBERS)).text == MEMBERS
    assert find(allowed, extensions=persisted(sha256(MEMBERS))).text == MEMBERS


def test_an_id_that_nobody_has_is_not_found(allowed: Documents) -> None:
    assert refusal(allowed, document_id=sha256(STRANGER)) == (404, "DOCUMENT_NOT_FOUND")


def test_an_id_is_not_found_where_there_are_no_trusted_documents(automatic: Documents) -> None:
    automatic.keep(Document(text=STRANGER, to_keep=True))
    assert refusal(automatic, document_id=sha256(STRANGER)) == (404, "DOCUMENT_NOT_FOUND")


def test_others_may_become_automatic_persisted_queries(allowed: Documents) -> None:
    allowed.keep(find(allowed, STRANGER, extensions=persisted(sha256(STRANGER))))
    assert find(allowed, extensions=persisted(sha256(STRANGER))).text == STRANGER


def test_a_trusted_hash_cannot_be_taken_over_where_others_are_allowed(allowed: Documents) -> None:
    assert refusal(allowed, STRANGER, extensions=persisted(sha1(MEMBERS))) == (400, "BAD_USER_INPUT")


def test_clients_are_not_told_to_give_trusted_hashes_up(trusted: TrustedDocuments) -> None:
    documents = Documents(trusted=trusted, mode=TrustMode.ALLOW)
    assert refusal(documents, extensions=persisted(sha256(STRANGER))) == (404, "PERSISTED_QUERY_NOT_FOUND")
