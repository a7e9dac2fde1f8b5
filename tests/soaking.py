"""How often the tests repeat what only often goes wrong when it is repeated.

More so in `make soak`, and less so in `make mutants`, where the same tests are run a thousand times.
"""

import os

import pytest

SOAKING = bool(os.environ.get("SOAK"))
HURRYING = "MUTANT_UNDER_TEST" in os.environ  # as mutmut has it

soak = pytest.mark.soak


def times(usually: int, *, soaking: int) -> int:
    """A number of repetitions, or of anything else that takes its time."""
    if HURRYING:
        return usually // 5
    return soaking if SOAKING else usually
