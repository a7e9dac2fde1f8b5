"""Callers with different keys and different accounts, all at once: nobody is told a byte of another's."""

import io
import random
from collections.abc import Iterator
from itertools import product

import pytest

from gateway.domain.caller import Scope
from tests.isolation.accounts import AMBER, COBALT, Account
from tests.isolation.border import EVERYTHING, Border, Keys
from tests.isolation.logs import logging_to_memory
from tests.isolation.traffic import Traffic
from tests.isolation.visitors import Visitor, theirs_alone
from tests.isolation.wire import Connection
from tests.soaking import SOAKING, soak, times

pytestmark = pytest.mark.anyio

AT_ONCE = 20


@pytest.fixture
def connections(shared: Border) -> Iterator[list[Connection]]:
    """To the gateway; as many requests as there are of them are made at once."""
    url = shared.client.base_url
    opened = [Connection(url.host, url.port or 0) for _ in range(AT_ONCE)]
    yield opened
    for connection in opened:
        connection.close()


@pytest.fixture
def errors() -> Iterator[io.StringIO]:
    """Whatever is logged that is an error."""
    with logging_to_memory(level="error") as stream:
        yield stream


@pytest.fixture
def visitors(accounts: dict[str, Account], keys: Keys) -> list[Visitor]:
    """Either key with either account: so each is kept apart by either alone."""
    others = {AMBER: COBALT, COBALT: AMBER}
    scopes = {"with addresses": EVERYTHING, "without addresses": EVERYTHING - {Scope.PII_READ}}
    return [
        Visitor(
            name=f"{mark} {rights}",
            account=accounts[mark],
            bearer=keys.of(scopes[rights]),
            sees_personal_data=Scope.PII_READ in scopes[rights],
            foreign=theirs_alone(accounts[others[mark]]),
        )
        for mark, rights in product(accounts, scopes)
    ]


@soak
@pytest.mark.timeout(3_600 if SOAKING else 120)
@pytest.mark.parametrize("seed", [20261125])
async def test_whatever_happens_at_once_nobody_is_told_a_byte_of_anothers(
    connections: list[Connection], visitors: list[Visitor], errors: io.StringIO, seed: int
) -> None:
    traffic = Traffic(connections, visitors, chance=random.Random(seed))  # noqa: S311 - reproducible
    await traffic.learn()
    await traffic.run(times(600, soaking=100_000))
    assert traffic.findings == []
    assert "unexpected error" not in errors.getvalue()
    # There was something to see.
    assert [name for name in EVENTS if not traffic.seen[name]] == []


EVENTS = (
    f"with {AMBER}",
    f"with {COBALT}",
    "with an address",
    "in calm",
    "hung up",
    "FORBIDDEN",
    "ADDED",
    "given again",
)
