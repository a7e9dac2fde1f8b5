"""Automatic persisted queries: documents that clients send once and then name by their hashes.

They only save bandwidth, and are shared by all callers: knowing the hash of a text is knowing the text.
"""

from collections import OrderedDict
from collections.abc import Callable

from gateway.http.document_hash import sha256, utf8


class AutomaticPersistedQueries:
    """Remembers texts that clients sent, under their SHA-256; forgets the least recently used.

    Args:
        max_documents: how many are remembered.
        max_bytes: how many bytes of UTF-8 all of them may have.
        max_document_bytes: a longer text is not remembered.
        on_lookup: told whether a text was remembered.
    """

    def __init__(
        self,
        *,
        max_documents: int = 1_000,
        max_bytes: int = 8 * 1024 * 1024,
        max_document_bytes: int = 32 * 1024,
        on_lookup: Callable[[bool], object] = lambda _: None,
    ) -> None:
        self._max_documents = max_documents
        self._max_bytes = max_bytes
        self._on_lookup = on_lookup
        self._max_document_bytes = min(max_document_bytes, max_bytes)
        # As bytes: in memory a text with one rare character takes four times what it has in UTF-8.
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def text(self, sha256_hash: str) -> str | None:
        """The text with this hash, if it is remembered."""
        kept = self._kept.get(sha256_hash)
        self._on_lookup(kept is not None)
        if kept is None:
            return None
        self._kept.move_to_end(sha256_hash)
        return kept.decode(errors="surrogatepass")

    def keep(self, text: str) -> None:
        """Remember `text`, under the hash that it has and no other."""
        name, encoded = sha256(text), utf8(text)
        if len(encoded) > self._max_document_bytes:
            return
        self._bytes += len(encoded) - len(self._kept.pop(name, b""))
        self._kept[name] = encoded
        while len(self._kept) > self._max_documents or self._bytes > self._max_bytes:
            _, forgotten = self._kept.popitem(last=False)
            self._bytes -= len(forgotten)
