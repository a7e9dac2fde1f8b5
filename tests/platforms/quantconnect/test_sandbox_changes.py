"""The stand-in changes collaborators and projects as QuantConnect is documented to."""

import httpx
import pytest

from gateway.platforms.quantconnect.sandbox import QuantConnectSandbox
from gateway.sandbox.faults import Fault, FaultKind
from tests.platforms.quantconnect.calling import Json, ask, listed, projects, refused, signed_by

pytestmark = pytest.mark.anyio

MOMENTUM = 23_456_137  # the operator owns it
DIVIDENDS = MOMENTUM + 4 * 137  # hugo-delacroix is sent without a public id
WHEEL = MOMENTUM + 8 * 137  # the operator writes in it
INGRID, MATEO, ZANELE = "ingrid-solheim", "mateo-ferreira", "zanele-mthembu"


async def project(api: httpx.AsyncClient, project_id: int) -> Json:
    [found] = await projects(api, projectId=project_id)
    return found


async def collaborators(api: httpx.AsyncClient, project_id: int = MOMENTUM) -> dict[object, Json]:
    people = listed(await project(api, project_id), "collaborators")
    return {person.get("publicId"): person for person in people}


async def add(api: httpx.AsyncClient, public_id: str, **flags: object) -> Json:
    body = {"collaborationLiveControl": False, "collaborationWrite": True, **flags}
    return await ask(
        api, "projects/collaboration/create", projectId=MOMENTUM, collaboratorUserId=public_id, **body
    )


# ---------------------------------------------------------------- changing collaborators


@pytest.mark.parametrize(("write", "permission"), [(True, "write"), (False, "read")])
async def test_an_added_person_has_the_permission_asked_for(
    api: httpx.AsyncClient, permission: str, *, write: bool
) -> None:
    await add(api, ZANELE, collaborationWrite=write)
    assert (await collaborators(api))[ZANELE]["permission"] == permission


async def test_an_addition_answers_with_everybody(api: httpx.AsyncClient) -> None:
    reply = await add(api, ZANELE)
    ids = [person["publicId"] for person in listed(reply, "collaborators")]
    assert (reply["success"], ids[0], ids[-1], len(ids)) == (True, INGRID, ZANELE, 8)


async def test_live_control_is_given_with_its_flag(api: httpx.AsyncClient) -> None:
    await add(api, ZANELE, collaborationLiveControl=True)
    assert (await collaborators(api))[ZANELE]["liveControl"] is True


@pytest.mark.parametrize("public_id", [" ", "nobody-known", MATEO, INGRID])
async def test_who_cannot_be_added(api: httpx.AsyncClient, public_id: str) -> None:
    assert (await add(api, public_id))["success"] is False


@pytest.mark.parametrize(
    "flags", [{"collaborationWrite": "true"}, {"collaborationLiveControl": 1}, {"write": True}]
)
async def test_flags_are_booleans_of_the_right_name(api: httpx.AsyncClient, flags: Json) -> None:
    assert (await add(api, ZANELE, **flags))["errors"] == ["Invalid argument"]


async def test_collaboration_read_tells_the_callers_own_rights(api: httpx.AsyncClient) -> None:
    answer = await ask(api, "projects/collaboration/read", projectId=WHEEL)
    assert (answer["userPermissions"], answer["userLiveControl"]) == ("write", True)


async def test_an_update_changes_both_flags(api: httpx.AsyncClient) -> None:
    update = {"projectId": MOMENTUM, "collaboratorUserId": MATEO, "liveControl": False, "write": False}
    await ask(api, "projects/collaboration/update", **update)
    mateo = (await collaborators(api))[MATEO]
    assert (mateo["permission"], mateo["liveControl"]) == ("read", False)


@pytest.mark.parametrize("public_id", [" ", "nobody-known", ZANELE, INGRID])
async def test_whose_rights_cannot_be_changed(api: httpx.AsyncClient, public_id: str) -> None:
    update = {"projectId": MOMENTUM, "collaboratorUserId": public_id, "liveControl": False, "write": False}
    assert await refused(api, "projects/collaboration/update", **update)


async def test_a_removed_person_is_gone(api: httpx.AsyncClient) -> None:
    await ask(api, "projects/collaboration/delete", projectId=MOMENTUM, collaboratorId=MATEO)
    assert MATEO not in await collaborators(api)


@pytest.mark.parametrize("public_id", [" ", "nobody-known", ZANELE, INGRID])
async def test_who_cannot_be_removed(api: httpx.AsyncClient, public_id: str) -> None:
    assert await refused(api, "projects/collaboration/delete", projectId=MOMENTUM, collaboratorId=public_id)


async def test_a_removal_does_not_know_the_other_name_of_the_person(api: httpx.AsyncClient) -> None:
    assert await refused(api, "projects/collaboration/delete", projectId=MOMENTUM, collaboratorUserId=MATEO)


async def test_only_the_owner_changes_collaborators(api: httpx.AsyncClient) -> None:
    removal = {"projectId": WHEEL, "collaboratorId": "elena-petrova"}
    assert await refused(api, "projects/collaboration/delete", **removal)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("read", {}),
        (
            "create",
            {"collaboratorUserId": ZANELE, "collaborationLiveControl": False, "collaborationWrite": False},
        ),
        ("update", {"collaboratorUserId": MATEO, "liveControl": False, "write": False}),
        ("delete", {"collaboratorId": MATEO}),
    ],
)
async def test_an_unknown_project_fails_everywhere(api: httpx.AsyncClient, path: str, body: Json) -> None:
    assert await refused(api, f"projects/collaboration/{path}", projectId=-1, **body)


async def test_a_lost_answer_leaves_the_person_added(
    api: httpx.AsyncClient, sandbox: QuantConnectSandbox
) -> None:
    sandbox.faults.add(Fault(kind=FaultKind.DROP_AFTER, path="*/collaboration/create", times=1))
    with pytest.raises(httpx.ReadError):
        await add(api, ZANELE)
    assert ZANELE in await collaborators(api)


async def test_a_person_without_a_public_id_is_still_in_the_list(api: httpx.AsyncClient) -> None:
    assert (await collaborators(api, DIVIDENDS))[None]["name"] == "Hugo Delacroix"


# ---------------------------------------------------------------- changing projects


async def test_a_new_project_comes_back_as_a_list(api: httpx.AsyncClient) -> None:
    answer = await ask(api, "projects/create", name="Fresh", language="Py")
    assert listed(answer)[0] in await projects(api)


async def test_a_taken_name_is_stored_differently(api: httpx.AsyncClient) -> None:
    answer = await ask(api, "projects/create", name="Momentum Rotation", language="Py")
    assert [project["name"] for project in listed(answer)] == ["Momentum Rotation 1"]


async def test_an_update_changes_only_what_is_sent(api: httpx.AsyncClient) -> None:
    await ask(api, "projects/update", projectId=MOMENTUM, name="Renamed")
    changed = await project(api, MOMENTUM)
    assert (changed["name"], changed["description"]) == (
        "Renamed",
        "Monthly rotation into the strongest sectors.",
    )


async def test_an_update_moves_the_date_of_modification(api: httpx.AsyncClient) -> None:
    await ask(api, "projects/update", projectId=MOMENTUM, description="")
    assert (await project(api, MOMENTUM))["modified"] == "2027-01-15T08:00:00Z"


async def test_a_rename_to_a_taken_name_fails(api: httpx.AsyncClient) -> None:
    assert await refused(api, "projects/update", projectId=MOMENTUM, name="Overnight Gap Fade")


async def test_a_deleted_project_stays_listed_in_the_recycle_bin(api: httpx.AsyncClient) -> None:
    await ask(api, "projects/delete", projectId=MOMENTUM)
    assert (await project(api, MOMENTUM))["name"] == "Recycle Bin/Momentum Rotation"


async def test_who_is_not_the_owner_leaves_a_project_by_deleting_it(
    api: httpx.AsyncClient, sandbox: QuantConnectSandbox
) -> None:
    await ask(api, "projects/delete", projectId=WHEEL)
    assert INGRID not in await collaborators(signed_by(api, sandbox, MATEO), WHEEL)
