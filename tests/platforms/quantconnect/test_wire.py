"""QuantConnect's JSON, with the oddities that were really seen."""

import json

import pytest

from gateway.domain.errors import UpstreamBroken
from gateway.platforms.quantconnect import wire
from gateway.platforms.quantconnect.protocol import decode
from gateway.platforms.wire_struct import WireStruct

# As documented, with every key that the gateway does not read.
PROJECT = {
    "projectId": 23456789,
    "organizationId": "5cad178b20a1d52567b534553413b691",
    "name": "Calm Green Crocodile",
    "modified": "2026-01-02T03:04:05Z",
    "created": "2026-01-01 00:00:00",
    "ownerId": 123456,
    "language": "Py",
    "collaborators": [],
    "owner": True,
    "description": "",
    "leanVersionId": 2500,
    "leanPinnedToMaster": True,
    "leanEnvironment": 1,
    "channelId": "a1b2",
    "parameters": [],
    "libraries": [],
    "grid": [],
    "liveGrid": "",
    "paperEquity": None,
    "lastLiveDeployment": None,
    "liveForm": [],
    "encrypted": None,
    "codeRunning": False,
    "encryptionKey": None,
    "isPinned": False,
    "maxFileSize": 32768,
    "sharingTokenBacktest": "f" * 64,
}
COLLABORATOR = {
    "uid": 1234,
    "publicId": "mia-ai",
    "permission": "write",
    "liveControl": True,
    "owner": False,
    "name": "Mia",
    "email": "abc@123.com",
    "profileImage": "https://cdn.quantconnect.com/mia.png",
    "bio": "",
}
STRUCTS = [kind for kind in vars(wire).values() if isinstance(kind, type) and issubclass(kind, WireStruct)]


def project(**changed: object) -> wire.Project:
    return decode(json.dumps(PROJECT | changed).encode(), wire.Project)


def collaborator(**changed: object) -> wire.Collaborator:
    return decode(json.dumps(COLLABORATOR | changed).encode(), wire.Collaborator)


def test_a_project_is_read_as_documented() -> None:
    found = project(collaborators=[COLLABORATOR])
    assert (found.project_id, found.name, found.language) == (23456789, "Calm Green Crocodile", "Py")
    assert (found.owner_id, found.owner, found.code_running) == (123456, True, False)
    assert found.collaborators == [collaborator()]


@pytest.mark.parametrize("key", [key for key in PROJECT if key != "projectId"])
def test_every_key_of_a_project_but_its_id_may_be_null(key: str) -> None:
    assert project(**{key: None}).project_id == 23456789


def test_a_project_of_nothing_but_an_id_is_read() -> None:
    assert decode(b'{"projectId": 1}', wire.Project).project_id == 1


@pytest.mark.parametrize(
    "body", [b"{}", b'{"projectId": null}', b'{"projectId": "x"}', b'{"projectId": 1.5}', b"[]"]
)
def test_a_project_without_an_id_is_broken(body: bytes) -> None:
    with pytest.raises(UpstreamBroken):
        decode(body, wire.Project)


@pytest.mark.parametrize("key", ["projectId", "leanVersionId"])
def test_a_number_may_be_text(key: str) -> None:
    assert project(**{key: str(PROJECT[key])}) == project()


@pytest.mark.parametrize("key", ["owner", "codeRunning", "leanPinnedToMaster"])
@pytest.mark.parametrize(("written", "meant"), [(1, True), (0, False), ("true", True), ("false", False)])
def test_a_flag_may_be_a_number_or_text(key: str, written: object, meant: object) -> None:
    assert project(**{key: written}) == project(**{key: meant})


@pytest.mark.parametrize("empty", [[], {}, None])
@pytest.mark.parametrize("key", ["parameters", "grid", "liveGrid", "liveForm"])
def test_an_empty_map_may_be_a_list(key: str, empty: object) -> None:
    assert project(**{key: empty}) == project()


@pytest.mark.parametrize("key", COLLABORATOR)
def test_every_key_of_a_collaborator_may_be_null_or_missing(key: str) -> None:
    rest = {name: value for name, value in COLLABORATOR.items() if name != key}
    assert decode(json.dumps(rest).encode(), wire.Collaborator) == collaborator(**{key: None})


@pytest.mark.parametrize("key", ["uid", "publicId"])
@pytest.mark.parametrize("written", [7, "7", "007", "mia-ai"])
def test_an_id_is_kept_as_it_is_written(key: str, written: object) -> None:
    found = collaborator(**{key: written})
    assert written == (found.uid if key == "uid" else found.public_id)


def test_the_names_that_were_given_up_in_2024_are_not_mistaken_for_the_new_ones() -> None:
    old = {"id": 1, "blivecontrol": True, "epermission": "write", "profileimage": "x"}
    assert decode(json.dumps(old).encode(), wire.Collaborator) == wire.Collaborator()


def test_an_unheard_of_permission_is_kept() -> None:
    assert collaborator(permission="administer").permission == "administer"


def test_complaints_are_gathered_from_every_key() -> None:
    envelope = decode(b'{"errors": ["a", 7], "messages": "b", "Message": "c"}', wire.Envelope)
    assert envelope.complaints == ("a", "", "b", "c")


@pytest.mark.parametrize("kind", STRUCTS)
def test_no_struct_shows_what_it_holds(kind: type[WireStruct]) -> None:
    held = kind(**dict.fromkeys(kind.__struct_fields__, "mia@example.com"))
    assert f"{[held]} {held}" == f"[{kind.__name__}(…)] {kind.__name__}(…)"
