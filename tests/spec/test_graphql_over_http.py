"""Every audit of GraphQL over HTTP, against the gateway on a real socket."""

import pytest

from gateway.app import create_app
from gateway.serving import serving
from gateway.settings.loading import load_settings
from tests.spec.auditing import AUDITS, NOT_FORGED, Finding, audit


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """As everywhere, but for the whole module: all audits are run at once."""
    return "asyncio"


@pytest.fixture(scope="module")
async def findings(anyio_backend: str) -> dict[str, Finding]:  # noqa: ARG001 - runs this very fixture
    """What each audit found, by its id; none asks for anything behind the gateway."""
    settings = load_settings(environment={"GATEWAY_STORE__URL": "sqlite:///:memory:"}, dotenv_file=None)
    async with serving(create_app(settings)) as base_url:
        found = await audit(f"{base_url}/graphql", headers=NOT_FORGED)
    return {finding.id: finding for finding in found}


def test_there_are_61_audits_and_these_are_their_names(findings: dict[str, Finding]) -> None:
    assert {finding.id: finding.name for finding in findings.values()} == AUDITS
    assert len(AUDITS) == 61


@pytest.mark.parametrize("id_", AUDITS, ids=AUDITS.values())
def test_the_gateway_passes(findings: dict[str, Finding], id_: str) -> None:
    assert findings[id_] == Finding(id=id_, name=AUDITS[id_], status="ok")
