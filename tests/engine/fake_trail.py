"""An audit trail at random, in memory."""

from datetime import timedelta
from random import Random

from gateway.domain.vocabulary import Outcome, PlatformKey, Role
from tests.access.trail import ListedTrail, entry
from tests.engine.fake_gateway import NOON


def trail_at_random(random: Random) -> ListedTrail:
    """A few entries, some of the same moment, and some of projects that are there no more."""
    return ListedTrail(
        entry(
            number,
            at=NOON + timedelta(seconds=random.randint(0, 3)),
            actor=random.choice(["a", "mara"]),
            platform=random.choice(list(PlatformKey)),
            project_upstream_id=str(random.randint(0, 5)),
            outcome=random.choice(list(Outcome)),
            before=random.choice([None, Role.VIEWER]),
            idempotency_key=random.choice([None, "\N{SNOWMAN}"]),
        )
        for number in range(1, random.randint(1, 7))
    )
