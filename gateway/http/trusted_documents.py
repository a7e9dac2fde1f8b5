"""Documents that the operator vouches for: a file that the clients' build wrote."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import msgspec

from gateway.http.document_hash import sha1, sha256

_PREFIX = "sha256:"
_SHA256 = re.compile(rf"(?:{_PREFIX})?[0-9a-f]{{64}}", re.ASCII)
_SHA1 = re.compile(r"[0-9a-f]{40}", re.ASCII)


class DocumentsFileError(Exception):
    """The file of trusted documents cannot be used; the message names it and says why."""


class TrustedDocuments:
    """The documents that the operator vouches for.

    Args:
        documents: text by hash, each the SHA-256 (with `sha256:` before it or without) or the SHA-1 of
            its text, which is what `persistedDocuments` of GraphQL Code Generator's client preset writes:
            https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#persisted-documents.

    Raises:
        ValueError: a hash is none, or not that of its text; the message says which.
    """

    def __init__(self, documents: Mapping[str, str]) -> None:
        if not documents:
            raise ValueError("it holds no document")
        self._by_name: dict[str, str] = {}
        for name, text in documents.items():
            _check(name, text)
            self._by_name |= dict.fromkeys((name, sha256(text), _PREFIX + sha256(text)), text)
        self._texts = frozenset(documents.values())

    @classmethod
    def read(cls, file: Path) -> Self:
        """The documents in `file`, a JSON object.

        Raises:
            DocumentsFileError: it cannot be used.
        """
        try:
            return cls(msgspec.json.decode(file.read_bytes(), type=dict[str, str]))
        except OSError as error:
            raise DocumentsFileError(f"{file}: it cannot be read ({error.strerror})") from None
        except msgspec.ValidationError:
            raise DocumentsFileError(f"{file}: it is no JSON object of hashes and texts") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise DocumentsFileError(f"{file}: it is no JSON document") from None
        except ValueError as error:
            raise DocumentsFileError(f"{file}: {error}") from None

    def text(self, name: str) -> str | None:
        """The document with this hash; its SHA-256 finds it even where the file has its SHA-1."""
        return self._by_name.get(name)

    def __contains__(self, text: str) -> bool:
        return text in self._texts


def _check(name: str, text: str) -> None:
    shown = repr(name[:72])
    if not text.strip():
        raise ValueError(f"the document {shown} is blank")
    if _SHA1.fullmatch(name):
        fits = sha1(text) == name
    elif _SHA256.fullmatch(name):
        fits = name.removeprefix(_PREFIX) == sha256(text)
    else:
        raise ValueError(f"{shown} is no SHA-256 or SHA-1 in lower-case hexadecimal digits")
    if not fits:
        raise ValueError(f"the document {shown} has another hash: one of them was changed")
