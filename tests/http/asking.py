"""What the tests of `gateway/http/documents.py` share: how requests name documents."""

import hashlib
from collections.abc import Mapping

import pytest

from gateway.http.documents import Document, DocumentRefused, Documents

PROJECTS = "query Projects { projects { nodes { name } } }"
MEMBERS = 'query Members { projects(search: "Mara é 😀") { nodes { name } } }'
STRANGER = 'query Stranger { members(search: "s3cret") { nodes { name } } }'


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def persisted(name: object, version: object = 1) -> dict[str, object]:
    return {"persistedQuery": {"version": version, "sha256Hash": name}}


def find(
    documents: Documents,
    query: str | None = None,
    *,
    document_id: str | None = None,
    extensions: Mapping[str, object] | None = None,
) -> Document:
    return documents.find(query=query, document_id=document_id, extensions=extensions)


def refusal(
    documents: Documents,
    query: str | None = None,
    *,
    document_id: str | None = None,
    extensions: Mapping[str, object] | None = None,
) -> tuple[int, str]:
    """Status and code of a refusal, which must say nothing that the client said."""
    with pytest.raises(DocumentRefused) as refused:
        find(documents, query, document_id=document_id, extensions=extensions)
    told = f"{refused.value} {refused.value!r} {refused.value.message}"
    assert not any(word in told for word in ("s3cret", "Stranger", "Mara", sha256(STRANGER)))
    return refused.value.status, refused.value.code
