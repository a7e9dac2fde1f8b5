"""The file of trusted documents, and what is said about one that cannot be used."""

import json
from pathlib import Path

import pytest

from gateway.http.trusted_documents import DocumentsFileError, TrustedDocuments
from tests.http.asking import sha1, sha256


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "persisted-documents.json"


def complaint(file: Path) -> str:
    """What is wrong with the file, which the message names."""
    with pytest.raises(DocumentsFileError) as error:
        TrustedDocuments.read(file)
    named, _, reason = str(error.value).partition(": ")
    assert named == str(file)
    return reason


def test_a_file_of_graphql_code_generators_is_read(file: Path) -> None:
    # As its client preset writes it, with SHA-1 and with SHA-256.
    file.write_text(
        """{
  "efa910c2532ad62ff243c41b7437ff7e5976eeb7": "query Wer { __typename }",
  "sha256:ad790bf0d09b1827515812cf23208fd22075a4cbeff8353bb865cbf146ab26a2": \
"query Zwei($a: String = \\"é😀\\\\n\\") { __schema { queryType { name } } b: __typename @include(if: true) }"
}""",
        encoding="utf-8",
    )
    documents = TrustedDocuments.read(file)
    assert documents.text("efa910c2532ad62ff243c41b7437ff7e5976eeb7") == "query Wer { __typename }"
    assert documents.text("ad790bf0d09b1827515812cf23208fd22075a4cbeff8353bb865cbf146ab26a2") is not None
    assert "query Wer { __typename }" in documents


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is no JSON document"),
        (b'{"a":', "it is no JSON document"),
        (b"\xff\xfe", "it is no JSON document"),
        (b'{"a": "\xff"}', "it is no JSON document"),
        (b'{"a":' * 100_000, "it is no JSON object of hashes and texts"),
        (b"[]", "it is no JSON object of hashes and texts"),
        (b"null", "it is no JSON object of hashes and texts"),
        (b'{"a": {"text": "{ a }"}}', "it is no JSON object of hashes and texts"),
        (b'{"a": null}', "it is no JSON object of hashes and texts"),
        (b"{}", "it holds no document"),
    ],
)
def test_a_file_of_another_kind_is_refused(file: Path, content: bytes, reason: str) -> None:
    file.write_bytes(content)
    assert complaint(file) == reason


def test_a_file_that_is_not_there_is_refused(file: Path) -> None:
    assert complaint(file) == "it cannot be read (No such file or directory)"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert complaint(tmp_path) == "it cannot be read (Is a directory)"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "projects",
        sha256("{ a }").upper(),
        sha256("{ a }")[:-1],
        sha1("{ a }") + "0",
        sha256("{ a }") + "0",
        f"sha256:{sha1('{ a }')}",
    ],
)
def test_a_name_that_is_no_hash_is_refused(file: Path, name: str) -> None:
    file.write_text(json.dumps({name: "{ a }"}), encoding="utf-8")
    assert complaint(file) == f"'{name}' is no SHA-256 or SHA-1 in lower-case hexadecimal digits"


@pytest.mark.parametrize("name", [sha256("{ b }"), f"sha256:{sha256('{ b }')}", sha1("{ b }")])
def test_a_document_that_was_changed_is_refused(file: Path, name: str) -> None:
    file.write_text(json.dumps({sha256("{ a }"): "{ a }", name: "{ c }"}), encoding="utf-8")
    assert complaint(file) == f"the document '{name}' has another hash: one of them was changed"


def test_a_blank_document_is_refused(file: Path) -> None:
    file.write_text(json.dumps({sha256(" "): " "}), encoding="utf-8")
    assert complaint(file) == f"the document '{sha256(' ')}' is blank"


def test_a_complaint_shows_no_more_of_a_name_than_a_hash_is_long(file: Path) -> None:
    file.write_text(json.dumps({"x" * 10_000: "{ a }"}), encoding="utf-8")
    assert len(complaint(file)) < 200
