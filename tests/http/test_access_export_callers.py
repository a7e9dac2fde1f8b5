"""`GET /export/access.csv`: who gets it, what of it, and how often."""

import json
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

from gateway.domain.caller import Scope
from gateway.http.access_export import POINTS
from gateway.http.authentication.api_keys import new_key
from gateway.sandbox.tidewater import TIDEWATER
from tests.conftest import MakeStand, Stand
from tests.http.exported import PATH, rows_of
from tests.http.issuer import FIRST_KEY, Issuer, pem_of, settings_for
from tests.isolation.accounts import revealed

pytestmark = pytest.mark.anyio

MEMBERS, ADDRESSES = Scope.MEMBERS_READ, Scope.PII_READ
OURS = "https://app.example.org"


class Desk:
    """A gateway that knows its callers by keys."""

    def __init__(self, stand: Stand, file: Path) -> None:
        self.stand = stand
        self._file = file
        self._count = 0

    def key(self, scopes: Iterable[Scope]) -> dict[str, str]:
        """The header field of a new caller with these scopes."""
        self._count += 1
        return {"Authorization": f"Bearer {new_key(self._file, name=f'c{self._count}', scopes=scopes)}"}

    async def get(self, *scopes: Scope) -> httpx.Response:
        return await self.stand.client.get(PATH, headers=self.key(scopes))

    @property
    def call_count(self) -> int:
        return self.stand.quantconnect.calls.total_count + self.stand.testomato.calls.total_count


@pytest.fixture
def more() -> dict[str, str]:
    """Further settings; a test may parametrise them."""
    return {}


@pytest.fixture
async def desk(make_stand: MakeStand, tmp_path: Path, more: dict[str, str]) -> Desk:
    file = tmp_path / "keys.toml"
    new_key(file, name="spare", scopes=[])
    by_key = {"GATEWAY_AUTH__MODE": "api_key", "GATEWAY_AUTH__KEYS_FILE": str(file)}
    return Desk(await make_stand(settings={**by_key, **more}), file)


def refused(response: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which is one error in JSON."""
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    [error] = response.json()["errors"]
    return response.status_code, error["extensions"]["code"]


# ---------------------------------------------------------------- who gets it


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer ag_c1_wrong"}], ids=["none", "wrong"])
async def test_without_a_good_key_nobody_gets_it(desk: Desk, headers: dict[str, str]) -> None:
    response = await desk.stand.client.get(PATH, headers=headers)
    assert refused(response) == (401, "UNAUTHENTICATED")
    assert (response.headers["www-authenticate"], desk.call_count) == ("Bearer", 0)


async def test_without_members_read_nobody_gets_it(desk: Desk) -> None:
    assert refused(await desk.get(*set(Scope) - {MEMBERS})) == (403, "FORBIDDEN")
    assert desk.call_count == 0


async def test_whoever_may_see_members_gets_it(desk: Desk) -> None:
    response = await desk.get(MEMBERS)
    assert (response.status_code, len(rows_of(response.text)) > 90) == (200, True)


async def test_without_pii_read_no_address_is_anywhere_in_it(desk: Desk) -> None:
    """Nor in what the ids hold."""
    response = await desk.get(MEMBERS)
    text = revealed(f"{response.headers} {response.text}")
    assert [person.email for person in TIDEWATER.people if person.email in text] == []
    assert {row["email"] for row in rows_of(response.text)} == {""}


async def test_with_pii_read_addresses_are_in_it(desk: Desk) -> None:
    rows = rows_of((await desk.get(MEMBERS, ADDRESSES)).text)
    shown = {row["email"] for row in rows}
    assert {person.email for person in TIDEWATER.people if "@" in person.email} & shown


async def test_people_are_the_same_persons_with_addresses_and_without(desk: Desk) -> None:
    with_addresses, without = [
        rows_of((await desk.get(*scopes)).text) for scopes in ((MEMBERS, ADDRESSES), (MEMBERS,))
    ]
    assert [{**row, "email": ""} for row in with_addresses] == without


async def test_tokens_are_good_for_it_too(make_stand: MakeStand, tmp_path: Path) -> None:
    file = tmp_path / "issuer.pem"
    file.write_text(pem_of(FIRST_KEY))
    stand = await make_stand(settings=settings_for(public_key_file=str(file)))
    answers = [
        await stand.client.get(PATH, headers={"Authorization": f"Bearer {Issuer().token(scope=scope)}"})
        for scope in ("members:read", "pii:read")
    ]
    assert [answer.status_code for answer in answers] == [200, 403]


# ---------------------------------------------------------------- how often

FOR_TWO = {"GATEWAY_LIMITS__POINTS_PER_MINUTE": str(2 * POINTS + POINTS // 2)}


@pytest.mark.parametrize("more", [FOR_TWO], ids=["points for two"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_each_costs_points_and_whoever_has_none_is_told_when_to_come_back(
    desk: Desk, method: str
) -> None:
    key = desk.key([MEMBERS])
    answers = [await desk.stand.client.request(method, PATH, headers=key) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["retry-after"]) <= 60
    assert refused(await desk.stand.client.get(PATH, headers=key)) == (429, "RATE_LIMITED")


@pytest.mark.parametrize("more", [FOR_TWO], ids=["points for two"])
async def test_its_points_are_those_of_the_graph(desk: Desk) -> None:
    key = desk.key([MEMBERS])
    for _ in range(2):
        await desk.stand.client.get(PATH, headers=key)
    asked = await desk.stand.client.post(
        "/graphql", json={"query": "{ people { nodes { id } } }"}, headers=key
    )
    assert asked.status_code == 429


@pytest.mark.parametrize("more", [FOR_TWO], ids=["points for two"])
async def test_what_is_no_request_for_it_costs_nothing(desk: Desk) -> None:
    key = desk.key([MEMBERS])
    for _ in range(5):
        assert (await desk.stand.client.post(PATH, headers=key)).status_code == 405
    assert (await desk.stand.client.get(PATH, headers=key)).status_code == 200


async def test_why_somebody_was_refused_is_counted(desk: Desk) -> None:
    await desk.stand.client.get(PATH)
    await desk.get()
    await desk.stand.client.post(PATH)
    figures = (await desk.stand.client.get("/metrics")).text
    counted = {
        line.split('"')[1] for line in figures.splitlines() if line.startswith("accessgraph_rejections_total")
    }
    assert {"unauthenticated", "forbidden", "method_not_allowed"} <= counted


# ---------------------------------------------------------------- browsers, and the log


async def test_browsers_are_told_what_they_are_told_everywhere(desk: Desk) -> None:
    for response in (await desk.get(MEMBERS), await desk.get()):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"].startswith("default-src 'none'")
        assert response.headers["x-frame-options"] == "DENY"
        assert response.headers["x-request-id"]


@pytest.mark.parametrize("more", [{"GATEWAY_CORS__ORIGINS": OURS}], ids=["cors"])
@pytest.mark.parametrize(("origin", "is_allowed"), [(OURS, True), ("https://elsewhere.example", False)])
async def test_pages_of_allowed_sites_may_read_it_and_no_others(
    desk: Desk, origin: str, *, is_allowed: bool
) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    preflight = await desk.stand.client.options(
        PATH, headers={**asked, "Access-Control-Request-Headers": "authorization"}
    )
    answer = await desk.stand.client.get(PATH, headers={**desk.key([MEMBERS]), "Origin": origin})
    refusal = await desk.stand.client.get(PATH, headers={"Origin": origin})
    allowed = [
        one.headers.get("access-control-allow-origin") == origin for one in (preflight, answer, refusal)
    ]
    assert (allowed, refusal.status_code) == ([is_allowed] * 3, 401)


async def test_without_the_setting_no_other_site_may_read_it(desk: Desk) -> None:
    answer = await desk.stand.client.get(PATH, headers={**desk.key([MEMBERS]), "Origin": OURS})
    assert [name for name in answer.headers if name.startswith("access-control-")] == []


async def test_it_leaves_one_line_in_the_log_without_a_word_of_what_is_in_it(desk: Desk) -> None:
    with capture_logs() as lines:
        await desk.get(MEMBERS, ADDRESSES)
    [line] = lines
    assert (line["path"], line["status"]) == (PATH, 200)
    told = json.dumps(line, default=str)
    assert [person.name for person in TIDEWATER.people if person.name in told or person.email in told] == []
