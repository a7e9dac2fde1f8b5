"""What the tests of faults share."""

from tests.one_authority import one_authority as one_authority  # noqa: PLC0414 - a fixture
