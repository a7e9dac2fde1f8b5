"""What every piece of a platform's JSON is made of."""

import msgspec


class WireStruct(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen struct that ignores unknown keys and never shows what it holds."""

    def __repr__(self) -> str:
        """Replies hold personal data; a repr ends in logs."""
        return f"{type(self).__name__}(…)"
