"""What one request could not learn is not told to the next as if it were so."""

import pytest

from gateway.domain.vocabulary import PlatformKey
from gateway.sandbox.faults import Fault, FaultKind
from tests.isolation.accounts import Account
from tests.isolation.border import Answer, Border

pytestmark = pytest.mark.anyio

VIEWER = "query ($id: ID!) { project(id: $id) { viewer { role } } }"
PATHS = {
    PlatformKey.QUANTCONNECT: ["/api/v2/projects/collaboration/read", "/api/v2/projects/read"],
    PlatformKey.TESTOMATO: ["/api/project/*/users", "/api/authenticate", "/api/project/*"],
}


def role_in(answer: Answer) -> str | None:
    project = answer["data"]["project"]
    role: str | None = project and project["viewer"] and project["viewer"]["role"]
    return role


@pytest.mark.parametrize(("key", "path"), [(key, path) for key, paths in PATHS.items() for path in paths])
async def test_the_viewers_role_is_known_again_as_soon_as_the_platform_tells_it(
    shared: Border, amber: Account, key: PlatformKey, path: str
) -> None:
    given = {"headers": amber.headers, "id": amber.project_id(key)}
    [sandbox] = [one for one in amber.sandboxes if one.platform is key]
    sandbox.faults.add(Fault(kind=FaultKind.STATUS, status=503, path=path))
    await shared.ask(VIEWER, **given)
    sandbox.faults.clear()
    assert role_in(await shared.ask(VIEWER, **given)) == "OWNER"
