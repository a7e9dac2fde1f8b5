"""Which document a request means: its text, or the name of one that the gateway holds.

    query                                  the text itself
    documentId                             a trusted document; GraphQL over HTTP, appendix A (a draft):
                                           https://github.com/graphql/graphql-over-http/pull/264
    extensions.persistedQuery.sha256Hash   a trusted document, or one that some client has sent before:
                                           Apollo's automatic persisted queries,
                                           https://www.apollographql.com/docs/apollo-server/performance/apq

Where trusted documents are enforced nothing else is run, and automatic persisted queries are neither asked
nor filled.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec

from gateway.http.document_hash import sha256
from gateway.http.persisted_queries import AutomaticPersistedQueries
from gateway.http.trusted_documents import TrustedDocuments


class DocumentRefused(Exception):
    """The request names no document that may be run.

    Attributes:
        status: of the answer.
        legacy_status: of the answer to a client that takes `application/json` only.
        code: for `extensions.code`.
        message: one sentence for the client, without anything that it sent.
    """

    def __init__(self, message: str, *, status: int, code: str, legacy_status: int | None = None) -> None:
        """`legacy_status` is `status` when left out."""
        super().__init__(message)
        self.status = status
        self.legacy_status = legacy_status or status
        self.code = code
        self.message = message


class TrustMode(StrEnum):
    """What may be run beside the trusted documents: nothing, or what clients send as text."""

    ENFORCE = "enforce"
    ALLOW = "allow"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What a request means.

    Attributes:
        text: of the document; holds literals, hence personal data.
        to_keep: whether the client asked to be able to name it by its hash from now on.
        was_remembered: whether it was named by its hash, and may be forgotten some time.
    """

    text: str
    to_keep: bool = False
    was_remembered: bool = False

    def __repr__(self) -> str:
        """Literals are personal data."""
        return "Document(…)"


class Documents:
    """Finds the document that a request means.

    Args:
        trusted: None where there are none.
        mode: what else may be run; of no effect without trusted documents.
        automatic: None where clients must send texts.
    """

    def __init__(
        self,
        *,
        trusted: TrustedDocuments | None = None,
        mode: TrustMode = TrustMode.ENFORCE,
        automatic: AutomaticPersistedQueries | None = None,
    ) -> None:
        enforced = trusted is not None and mode is TrustMode.ENFORCE
        self._trusted = trusted
        self._only = trusted if enforced else None
        self._automatic = None if enforced else automatic

    def find(
        self, *, query: str | None, document_id: str | None, extensions: Mapping[str, object] | None
    ) -> Document:
        """The document that a request's parameters mean; a blank parameter is an absent one.

        Raises:
            DocumentRefused: they mean none, or one that may not be run.
        """
        name = _persisted_hash(extensions)
        text = None if query is None or not query.strip() else query
        if document_id:
            if text is not None or name is not None:
                raise _malformed("Name the document once: by `documentId`, by its hash or by its text.")
            return self._identified(document_id)
        if name is not None:
            return self._persisted(name, text)
        if text is None:
            raise _malformed("The parameter `query` is missing: it holds the GraphQL document.")
        if self._only is not None and text not in self._only:
            raise _untrusted()
        return Document(text=text)

    def keep(self, document: Document) -> None:
        """Remember a document that `find` gave, if its client asked for it.

        For after it was found valid: a flood of bad documents must not push the good ones out.
        """
        if document.to_keep and self._automatic is not None:
            self._automatic.keep(document.text)

    def _identified(self, document_id: str) -> Document:
        text = None if self._trusted is None else self._trusted.text(document_id)
        if text is not None:
            return Document(text=text)
        if self._only is not None:
            raise _untrusted()
        raise DocumentRefused("No document has this id.", status=404, code="DOCUMENT_NOT_FOUND")

    def _persisted(self, name: str, text: str | None) -> Document:
        trusted = None if self._trusted is None else self._trusted.text(name)
        # Without this a client could have another text run, or kept, under a hash that others rely on.
        if text is not None and text != trusted and name != sha256(text):
            raise _malformed("`sha256Hash` is not the SHA-256 of `query`.")
        if trusted is not None:
            return Document(text=trusted)
        if self._only is not None:
            raise _untrusted()
        if text is not None:
            return Document(text=text, to_keep=True)
        kept = None if self._automatic is None else self._automatic.text(name)
        if kept is None:
            # "Not supported" makes clients give up hashes for good, which would lose the trusted ones.
            supported = self._automatic is not None or self._trusted is not None
            raise _persisted_query("NotFound" if supported else "NotSupported")
        return Document(text=kept, was_remembered=True)


class _PersistedQuery(msgspec.Struct, rename="camel"):
    """Apollo's extension."""

    version: Literal[1]
    sha256_hash: str


def _persisted_hash(extensions: Mapping[str, object] | None) -> str | None:
    given = None if extensions is None else extensions.get("persistedQuery")
    if given is None:
        return None
    try:
        return msgspec.convert(given, _PersistedQuery).sha256_hash
    except msgspec.ValidationError:
        raise _malformed("`persistedQuery` needs `version` 1 and a `sha256Hash`.") from None


def _malformed(message: str) -> DocumentRefused:
    return DocumentRefused(message, status=400, code="BAD_USER_INPUT")


def _untrusted() -> DocumentRefused:
    return DocumentRefused(
        "Only trusted documents are run, and this is none.", status=403, code="DOCUMENT_NOT_TRUSTED"
    )


def _persisted_query(problem: Literal["NotFound", "NotSupported"]) -> DocumentRefused:
    """The words that clients look for: to send the text this time, or to send nothing but texts."""
    # The status that Apollo's own router answers with; 200 for clients that read no body of a 4xx.
    code = {"NotFound": "PERSISTED_QUERY_NOT_FOUND", "NotSupported": "PERSISTED_QUERY_NOT_SUPPORTED"}
    return DocumentRefused(f"PersistedQuery{problem}", status=404, legacy_status=200, code=code[problem])
