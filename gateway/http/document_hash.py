"""The hashes that name documents."""

import hashlib


def sha256(text: str) -> str:
    """In lower-case hexadecimal digits."""
    return hashlib.sha256(utf8(text)).hexdigest()


def sha1(text: str) -> str:
    """Not for security: what makes files of trusted documents writes it by default."""
    return hashlib.sha1(utf8(text), usedforsecurity=False).hexdigest()


def utf8(text: str) -> bytes:
    """A text that came in JSON can hold surrogates on their own."""
    return text.encode(errors="surrogatepass")
