"""Nothing that is secret comes to light anywhere, whatever is asked and whatever platforms say."""

import pytest

from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from tests.secrets.evidence import Evidence
from tests.secrets.marks import SEEN, Place, is_in
from tests.soaking import soak

pytestmark = soak


@pytest.mark.parametrize("name", SEEN)
def test_what_was_planted_is_seen_where_it_belongs_and_nowhere_else(evidence: Evidence, name: str) -> None:
    assert evidence.places_of(evidence.marks[name]) == SEEN[name]


@pytest.mark.parametrize("name", SEEN)
def test_what_is_looked_for_was_really_planted(evidence: Evidence, name: str) -> None:
    was_planted = is_in(evidence.marks[name], bytes(evidence.planted))
    assert was_planted


def test_nothing_was_planted_that_is_not_looked_for(evidence: Evidence) -> None:
    assert evidence.marks.keys() == SEEN.keys()


@pytest.mark.parametrize("place", [place for place in Place if place is not Place.OTHER_FILES])
def test_there_was_something_to_look_at_everywhere(evidence: Evidence, place: Place) -> None:
    size_bytes = len(evidence.seen[place])
    assert size_bytes > 20


def test_a_gateway_leaves_no_file_but_its_database(evidence: Evidence) -> None:
    assert bytes(evidence.seen[Place.OTHER_FILES]) == b""


def test_no_secret_that_platforms_hold_gets_out(evidence: Evidence) -> None:
    """The same ones in every stand-in: keys, telephone numbers, passwords for brokers."""
    secrets = create_quantconnect_sandbox().secrets | create_testomato_sandbox().secrets
    assert {place for secret in secrets for place in evidence.places_of(secret)} == set()
