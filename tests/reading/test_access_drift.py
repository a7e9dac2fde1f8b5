"""accessDrift: how access differs from what a text declares."""

from pathlib import Path
from typing import Any

import pytest

from gateway.access.declarations.differences import DriftKind
from gateway.domain.caller import Scope
from gateway.http.authentication.api_keys import new_key
from gateway.platforms.quantconnect.sandbox_state import StoredProject
from gateway.sandbox.faults import Fault, FaultKind
from tests.conftest import MakeStand, Stand

pytestmark = pytest.mark.anyio

DRIFT = """query($text: String!) { accessDrift(declaration: $text) {
  clean warnings
  userErrors { code message field }
  sources { platform state }
  items {
    kind detail declaredRole actualRole
    project { name }
    person { displayName }
    member { role project { name } }
  } } }"""
MEMBERS = """{ projects(first: 1, filter: { search: "Momentum" }) { nodes {
  members(first: 50) { nodes { id name } } } } }"""
OTHERS_IGNORED = 'version = 1\n[ignore]\nprojects = ["*:*"]\n'
CAOIMHE = """
[[access]]
who = ["caoimhe.doyle@example.com"]
projects = ["QUANTCONNECT:Momentum Rotation"]
role = "VIEWER"
"""
WITHOUT_TESTOMATO = {"GATEWAY_TESTOMATO__EMAIL": "", "GATEWAY_TESTOMATO__PASSWORD": ""}
DOWN = Fault(kind=FaultKind.STATUS, status=503)


def declaring(*entries: str) -> str:
    """A text in which nobody else is unexpected."""
    return OTHERS_IGNORED + "".join(entries)


def momentum(stand: Stand) -> StoredProject:
    [first, *_] = stand.quantconnect.state.projects.values()
    return first


async def drift(stand: Stand, text: str) -> dict[str, Any]:
    report: dict[str, Any] = (await stand.data(DRIFT, text=text))["accessDrift"]
    return report


async def test_access_as_declared_is_clean(stand: Stand) -> None:
    report = await drift(stand, declaring(CAOIMHE))
    assert report.pop("sources") == [
        {"platform": platform, "state": "FRESH"} for platform in ("QUANTCONNECT", "TESTOMATO")
    ]
    assert report == {"clean": True, "warnings": [], "userErrors": [], "items": []}


async def test_what_is_unexpected_has_a_member_and_no_declared_role(stand: Stand) -> None:
    state = stand.quantconnect.state
    named = [f'"QUANTCONNECT:id:{one}"' for one in state.projects if one != momentum(stand).project_id]
    ignored = ", ".join(['"TESTOMATO:*"', *named])
    text = f"version = 1\n[ignore]\nprojects = [{ignored}]\n"
    report = await drift(stand, text)
    assert report["clean"] is False
    [caoimhe] = [one for one in report["items"] if one["person"]["displayName"] == "Caoimhe Doyle"]
    assert (caoimhe["kind"], caoimhe["declaredRole"], caoimhe["actualRole"]) == ("UNEXPECTED", None, "VIEWER")
    assert (caoimhe["member"]["role"], caoimhe["member"]["project"]) == ("VIEWER", caoimhe["project"])
    assert caoimhe["detail"] == "Caoimhe Doyle has VIEWER in “Momentum Rotation”, which nothing declares."


async def test_whoever_is_missing_is_a_person_without_a_member(stand: Stand) -> None:
    stand.quantconnect.state.drop_collaboration(momentum(stand), "caoimhe-doyle")
    report = await drift(stand, declaring(CAOIMHE))
    [item] = report["items"]
    assert (report["clean"], item["kind"], item["member"]) == (False, "MISSING", None)
    assert (item["declaredRole"], item["actualRole"]) == ("VIEWER", None)
    assert item["person"]["displayName"] == "Caoimhe Doyle"


async def test_whom_no_platform_shows_is_nobody_and_a_warning(stand: Stand) -> None:
    report = await drift(stand, declaring(CAOIMHE.replace("caoimhe.doyle@", "nobody@")))
    [item] = report["items"]
    assert (item["kind"], item["person"], item["member"]) == ("MISSING", None, None)
    assert report["warnings"] == [
        "access[1].who[1]: No platform shows this person in a project whose members could be read."
    ]


async def test_another_role_is_a_change(stand: Stand) -> None:
    report = await drift(stand, declaring(CAOIMHE.replace("VIEWER", "EDITOR")))
    [item] = report["items"]
    assert (item["kind"], item["declaredRole"], item["actualRole"]) == ("CHANGED", "EDITOR", "VIEWER")


async def test_whoever_is_there_after_the_end_is_expired(stand: Stand) -> None:
    report = await drift(stand, declaring(CAOIMHE, "until = 2020-01-31\n"))
    [item] = report["items"]
    assert (report["clean"], item["kind"], item["actualRole"]) == (False, "EXPIRED", "VIEWER")
    assert "until the end of 2020-01-31" in item["detail"]


def test_these_are_all_kinds() -> None:
    assert set(DriftKind) == {"UNEXPECTED", "MISSING", "CHANGED", "EXPIRED"}


async def test_a_pattern_that_means_nothing_is_a_warning_and_no_drift(stand: Stand) -> None:
    report = await drift(stand, declaring(CAOIMHE.replace("Momentum Rotation", "Gone")))
    [warning] = report["warnings"]
    assert (report["clean"], report["items"]) == (True, [])
    assert warning.startswith("access[1].projects[1]: No project is meant")


# ---------------------------------------------------------------- what is not there


async def test_a_platform_that_fails_is_a_source_that_failed_and_nothing_is_clean(stand: Stand) -> None:
    stand.testomato.faults.add(DOWN)
    report = await drift(stand, declaring(CAOIMHE))
    assert (report["clean"], report["items"], report["warnings"]) == (False, [], [])
    assert [source["state"] for source in report["sources"]] == ["FRESH", "FAILED"]


async def test_what_is_declared_on_a_platform_without_a_credential_is_not_clean(
    make_stand: MakeStand,
) -> None:
    stand = await make_stand(settings=WITHOUT_TESTOMATO)
    there = CAOIMHE.replace("QUANTCONNECT", "TESTOMATO")
    report = await drift(stand, declaring(CAOIMHE, there))
    assert (report["clean"], report["items"]) == (False, [])
    assert report["warnings"] == ["TESTOMATO: access is declared there, and the platform is not configured."]
    assert (await drift(stand, declaring(CAOIMHE)))["clean"] is True


async def test_mistakes_are_user_errors_with_their_places(stand: Stand) -> None:
    report = await drift(stand, declaring(CAOIMHE.replace("VIEWER", "VEWER"), "rol = 1\n"))
    assert (report["clean"], report["items"]) == (False, [])
    assert {error["code"] for error in report["userErrors"]} == {"DECLARATION_INVALID"}
    assert {".".join(error["field"]) for error in report["userErrors"]} == {"declaration"}
    assert [error["message"] for error in report["userErrors"]] == [
        "access[1].rol: there is no such key; did you mean role? (the entry begins in line 5)",
        "access[1].role: there is no such role; did you mean VIEWER? (the entry begins in line 5)",
    ]


async def test_a_change_through_the_gateway_is_seen_by_the_next_report(make_stand: MakeStand) -> None:
    """What is kept of the platforms is not older than what this gateway has done."""
    stand = await make_stand(settings={"GATEWAY_QUANTCONNECT__CACHE_FRESH_SECONDS": "600"})
    text = declaring(CAOIMHE)
    before = await drift(stand, text)
    nodes = (await stand.data(MEMBERS))["projects"]["nodes"][0]["members"]["nodes"]
    [member_id] = [node["id"] for node in nodes if node["name"] == "Caoimhe Doyle"]
    await stand.data("mutation($id: ID!) { removeMember(input: {memberId: $id}) { outcome } }", id=member_id)
    after = await drift(stand, text)
    assert (before["clean"], after["clean"]) == (True, False)


# ---------------------------------------------------------------- who may ask


@pytest.mark.parametrize(
    ("scopes", "is_allowed"),
    [
        ({Scope.MEMBERS_READ, Scope.PII_READ}, True),
        ({Scope.MEMBERS_READ}, False),
        ({Scope.PII_READ}, False),
        ({Scope.MEMBERS_READ, Scope.MEMBERS_WRITE, Scope.AUDIT_READ}, False),
    ],
    ids=["both", "members", "personal data", "others"],
)
async def test_it_needs_both_scopes(
    make_stand: MakeStand, tmp_path: Path, scopes: set[Scope], *, is_allowed: bool
) -> None:
    keys = tmp_path / "keys.toml"
    key = new_key(keys, name="ci", scopes=sorted(scopes))
    stand = await make_stand(settings={"GATEWAY_AUTH__MODE": "api_key", "GATEWAY_AUTH__KEYS_FILE": str(keys)})
    stand.client.headers["Authorization"] = f"Bearer {key}"
    answer = await stand.execute(
        "query($text: String!) { accessDrift(declaration: $text) { clean } }", text=declaring(CAOIMHE)
    )
    codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
    assert codes == ([] if is_allowed else ["FORBIDDEN"])
    assert (stand.quantconnect.calls.total_count > 0) is is_allowed
