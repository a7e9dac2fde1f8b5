"""Listing projects in windows, against the stand-in, whose windows are those of the real service."""

import pytest

from gateway.platforms.quantconnect.sandbox import create_sandbox
from gateway.sandbox.large import large_organisation
from gateway.sandbox.tidewater import TIDEWATER
from tests.conftest import MakeStand

pytestmark = pytest.mark.anyio

TOTAL = len(TIDEWATER.trading_projects)
QUERY = (
    "{ projects(filter: {platforms: [QUANTCONNECT]}) { totalCount nodes { upstreamId } sources { state } } }"
)


@pytest.mark.parametrize("size", [2, 3, TOTAL - 1, TOTAL, TOTAL + 1])
async def test_windows_of_any_size_list_every_project_once(make_stand: MakeStand, size: int) -> None:
    at_once = await make_stand()
    in_windows = await make_stand(settings={"GATEWAY_QUANTCONNECT__PROJECTS_PER_CALL": str(size)})
    assert await in_windows.data(QUERY) == await at_once.data(QUERY)


async def test_without_a_window_one_call_lists_all(make_stand: MakeStand) -> None:
    sandbox = create_sandbox(organisation=large_organisation(projects_per_platform=50, members_per_project=3))
    stand = await make_stand(quantconnect=sandbox)
    await stand.data(QUERY)
    assert len(sandbox.calls) == 1
