"""How often the tests repeat what only often goes wrong when it is repeated: more so in `make soak`."""

import os

import pytest

SOAKING = bool(os.environ.get("SOAK"))

soak = pytest.mark.soak


def times(usually: int, *, soaking: int) -> int:
    """A number of repetitions, or of anything else that takes its time."""
    return soaking if SOAKING else usually
