"""gateway/graph/ids.py: what an id stands for, there and back."""

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.person import AccountKey
from gateway.domain.vocabulary import PlatformKey
from gateway.graph.ids import (
    NodeId,
    NodeType,
    account_digest,
    decode,
    member_id,
    person_id,
    platform_id,
    project_id,
)

# Whatever a platform may call its things: any text that can be written in UTF-8.
UPSTREAM_IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
NODE_IDS = st.one_of(
    st.builds(NodeId, type=st.just(NodeType.PLATFORM), platform=st.sampled_from(PlatformKey)),
    st.builds(
        NodeId,
        type=st.just(NodeType.PROJECT),
        platform=st.sampled_from(PlatformKey),
        upstream_ids=st.tuples(UPSTREAM_IDS),
    ),
    st.builds(
        NodeId,
        type=st.just(NodeType.MEMBER),
        platform=st.sampled_from(PlatformKey),
        upstream_ids=st.tuples(UPSTREAM_IDS, UPSTREAM_IDS),
    ),
    st.builds(
        NodeId,
        type=st.just(NodeType.PERSON),
        platform=st.sampled_from(PlatformKey),
        upstream_ids=st.tuples(st.binary(min_size=12, max_size=12).map(bytes.hex)),
    ),
)
MARA = AccountKey(PlatformKey.TESTOMATO, "5390")
URL_SAFE = set(string.ascii_letters + string.digits + "-_")


def encoded(text: str | bytes) -> str:
    """An id of any content, made by hand."""
    content = text.encode() if isinstance(text, str) else text
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@given(NODE_IDS)
def test_every_id_comes_back_as_what_it_stands_for(node_id: NodeId) -> None:
    assert decode(node_id.encode()) == node_id


@given(NODE_IDS, NODE_IDS)
def test_two_things_never_share_an_id(one: NodeId, other: NodeId) -> None:
    assert (one.encode() == other.encode()) is (one == other)


@given(NODE_IDS)
def test_an_id_can_stand_in_an_address_as_it_is(node_id: NodeId) -> None:
    assert set(node_id.encode()) <= URL_SAFE


@given(NODE_IDS, st.sampled_from(["=", " ", "\n", "A", "%3D"]))
def test_an_id_has_one_spelling(node_id: NodeId, extra: str) -> None:
    assert decode(node_id.encode() + extra) != node_id


@pytest.mark.parametrize(
    ("id_", "node_id"),
    [
        (
            platform_id(PlatformKey.QUANTCONNECT),
            NodeId(type=NodeType.PLATFORM, platform=PlatformKey.QUANTCONNECT),
        ),
        (
            project_id(PlatformKey.TESTOMATO, "a1"),
            NodeId(type=NodeType.PROJECT, platform=PlatformKey.TESTOMATO, upstream_ids=("a1",)),
        ),
        (
            member_id(PlatformKey.TESTOMATO, "a1", "7"),
            NodeId(type=NodeType.MEMBER, platform=PlatformKey.TESTOMATO, upstream_ids=("a1", "7")),
        ),
        (
            person_id(MARA),
            NodeId(
                type=NodeType.PERSON, platform=PlatformKey.TESTOMATO, upstream_ids=(account_digest(MARA),)
            ),
        ),
    ],
)
def test_a_thing_is_named_by_its_type_its_platform_and_its_upstream_ids(id_: str, node_id: NodeId) -> None:
    assert decode(id_) == node_id


@pytest.mark.parametrize(
    ("id_", "content"),
    [
        (platform_id(PlatformKey.QUANTCONNECT), "Platform:QUANTCONNECT"),
        (project_id(PlatformKey.QUANTCONNECT, "12"), "Project:QUANTCONNECT:12"),
        (member_id(PlatformKey.TESTOMATO, "a:1", "é/7"), "Member:TESTOMATO:a%3A1:%C3%A9%2F7"),
        (person_id(MARA), "Person:TESTOMATO:86dbdac12ea550bce8bc6647"),
    ],
)
def test_ids_stay_the_same_from_release_to_release(id_: str, content: str) -> None:
    """Clients keep them."""
    assert id_ == encoded(content)


def test_the_id_of_a_person_does_not_say_which_account_it_was_made_of() -> None:
    node_id = decode(person_id(AccountKey(PlatformKey.QUANTCONNECT, "mara-lindqvist")))
    assert "mara" not in str(node_id)


@given(st.one_of(st.text(), st.text().map(encoded), st.binary().map(encoded)))
def test_any_text_is_an_id_or_none_and_never_an_error(text: str) -> None:
    node_id = decode(text)
    assert node_id is None or node_id.encode() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "none",
        "é",
        "\ud800",
        "A" * 5,
        encoded(""),
        encoded(b"\xff"),
        encoded("Project"),
        encoded("Project:QUANTCONNECT"),
        encoded("Project:QUANTCONNECT:"),
        encoded("Project:QUANTCONNECT:1:2"),
        encoded("Project:ELSEWHERE:1"),
        encoded("project:QUANTCONNECT:1"),
        encoded("Role:QUANTCONNECT:1"),
        encoded("Platform:QUANTCONNECT:1"),
        encoded("Member:QUANTCONNECT:1"),
        encoded("Member:QUANTCONNECT:1:"),
        encoded("Member:QUANTCONNECT::1"),
        encoded("Project:QUANTCONNECT:%31"),
        encoded("Project:QUANTCONNECT:%c3%a9"),
        encoded("Project:QUANTCONNECT:%FF"),
        encoded("Project:QUANTCONNECT:a b"),
        encoded("Person:QUANTCONNECT"),
        encoded("Person:QUANTCONNECT:1"),
        encoded("Person:QUANTCONNECT:" + "A" * 24),
        encoded("Person:QUANTCONNECT:" + "a" * 23),
        encoded("Person:QUANTCONNECT:" + "a" * 25),
        encoded("Person:QUANTCONNECT:" + "a" * 24 + ":1"),
        encoded("Project:QUANTCONNECT:1") + "=",
        " " + encoded("Project:QUANTCONNECT:1"),
        encoded("Project:QUANTCONNECT:?>?>").replace("-", "+").replace("_", "/"),
    ],
)
def test_what_was_never_an_id_of_ours_stands_for_nothing(text: str) -> None:
    assert decode(text) is None
