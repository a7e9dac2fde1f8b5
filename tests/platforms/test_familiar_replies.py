"""A reply that came before, byte for byte, is not read again, and everything else is as if all were read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import UpstreamBroken
from gateway.domain.vocabulary import PlatformKey
from gateway.platforms.familiar_replies import FamiliarReplies
from gateway.upstream.transport import HttpReply

USERS = "project/50a9/users"


class Reader:
    """Makes a new value of each reply that it reads; `broken` is none that it can read."""

    def __init__(self) -> None:
        self.read: list[bytes] = []

    def __call__(self, reply: HttpReply) -> list[object]:
        self.read.append(reply.body)
        if reply.body == b"broken":
            raise UpstreamBroken(PlatformKey.TESTOMATO)
        return [reply.status, reply.body]


@pytest.fixture
def reader() -> Reader:
    return Reader()


def reply(body: bytes, *, status: int = 200) -> HttpReply:
    return HttpReply(status=status, headers={}, body=body)


def test_the_same_reply_gives_the_value_of_last_time(reader: Reader) -> None:
    familiar = FamiliarReplies()
    first = familiar.read(USERS, reply(b"[1]"), reader)
    assert familiar.read(USERS, reply(b"[1]"), reader) is first
    assert reader.read == [b"[1]"]


def test_another_body_is_read(reader: Reader) -> None:
    familiar = FamiliarReplies()
    familiar.read(USERS, reply(b"[1]"), reader)
    assert familiar.read(USERS, reply(b"[2]"), reader) == [200, b"[2]"]


def test_another_status_is_read(reader: Reader) -> None:
    familiar = FamiliarReplies()
    familiar.read(USERS, reply(b"[1]"), reader)
    assert familiar.read(USERS, reply(b"[1]", status=201), reader) == [201, b"[1]"]


def test_the_same_reply_to_another_call_is_read(reader: Reader) -> None:
    familiar = FamiliarReplies()
    first = familiar.read(USERS, reply(b"[1]"), reader)
    assert familiar.read("project/50aa/users", reply(b"[1]"), reader) is not first
    assert familiar.read(USERS, reply(b"[1]"), reader) is first


def test_only_the_last_reply_is_familiar(reader: Reader) -> None:
    familiar = FamiliarReplies()
    for body in (b"[1]", b"[2]", b"[1]"):
        familiar.read(USERS, reply(body), reader)
    assert reader.read == [b"[1]", b"[2]", b"[1]"]


def test_a_reply_that_cannot_be_read_is_not_kept(reader: Reader) -> None:
    familiar = FamiliarReplies()
    for _ in range(2):
        with pytest.raises(UpstreamBroken):
            familiar.read(USERS, reply(b"broken"), reader)
    assert reader.read == [b"broken", b"broken"]


def test_what_was_answered_longest_ago_is_forgotten_first(reader: Reader) -> None:
    familiar = FamiliarReplies(max_bytes=8)
    for call in ("a", "b", "a", "c"):
        familiar.read(call, reply(b"four"), reader)
    assert len(reader.read) == 3
    familiar.read("a", reply(b"four"), reader)
    assert len(reader.read) == 3
    familiar.read("b", reply(b"four"), reader)
    assert len(reader.read) == 4


def test_a_reply_of_exactly_the_room_there_is_is_kept_and_a_larger_one_is_not(reader: Reader) -> None:
    familiar = FamiliarReplies(max_bytes=4)
    for body in (b"four", b"four", b"fives", b"fives"):
        familiar.read(USERS, reply(body), reader)
    assert reader.read == [b"four", b"fives", b"fives"]


def test_what_has_been_forgotten_leaves_its_room_to_others(reader: Reader) -> None:
    familiar = FamiliarReplies(max_bytes=8)
    for body in (b"1234", b"12345678", b"1234", b"broken"):
        if body == b"broken":
            with pytest.raises(UpstreamBroken):
                familiar.read("a", reply(body), reader)
        else:
            familiar.read("a", reply(body), reader)
    reader.read.clear()
    for _ in range(2):
        familiar.read("b", reply(b"12345678"), reader)
    assert reader.read == [b"12345678"]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([200, 201]), st.binary(max_size=3))),
    st.integers(min_value=0, max_value=12),
)
def test_whatever_comes_the_value_is_what_reading_gives(
    replies: list[tuple[str, int, bytes]], max_bytes: int
) -> None:
    familiar = FamiliarReplies(max_bytes=max_bytes)
    for call, status, body in replies:
        assert familiar.read(call, reply(body, status=status), Reader()) == [status, body]
