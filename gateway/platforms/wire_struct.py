"""What every piece of a platform's JSON is made of, and what reads it."""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class WireStruct(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen struct that ignores unknown keys and never shows what it holds."""

    def __repr__(self) -> str:
        """Replies hold personal data; a repr ends in logs."""
        return f"{type(self).__name__}(…)"


def read_json(body: bytes | msgspec.Raw, shape: type[T]) -> T:
    """JSON as `shape`, numbers in text among it.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError, RecursionError: it is none.
    """
    decoder = _DECODERS.get(shape)
    if decoder is None:
        decoder = _DECODERS[shape] = msgspec.json.Decoder(shape, strict=False)
    value: T = decoder.decode(body)
    return value


# By what they read, which are a few types. To make one takes longer than to read a reply with it.
_DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {}
