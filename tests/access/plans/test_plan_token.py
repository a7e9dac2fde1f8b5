"""access/plans/token.py: a plan as its caller carries it."""

from contextlib import suppress
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.batches.batch import Part
from gateway.access.changing.change import Change, GrantAccess, RevokeAccess
from gateway.access.plans.token import (
    KEY_BYTES,
    VALID_FOR,
    AgreedPlan,
    PlanTokens,
    TokenRefused,
    changed_places,
    plan_name,
)
from gateway.domain.membership import Person, UserError
from gateway.domain.vocabulary import Action, PlatformKey, Role, UserErrorCode
from tests.access.reads import NOON

KEY = bytes(range(KEY_BYTES))
EMAIL = "mara.lindqvist@example.org"
GRANT = GrantAccess(
    platform=PlatformKey.TESTOMATO,
    project_upstream_id="5f2b",
    person=Person(email=EMAIL),
    role=Role.EDITOR,
    grant=frozenset({Action.LIVE_CONTROL}),
    until=NOON + timedelta(days=30),
)
PLAN = AgreedPlan(
    parts=(
        Part(target=0, change=GRANT),
        Part(target=1, refusal=UserError(code=UserErrorCode.INVALID_ID, message="No.", field=("input",))),
    ),
    standings=("", ""),
    atomic=True,
    project_ids=("a", "b"),
)
CALLER = {"caller_id": "key:ci", "credential": "accounts"}


class Clock:
    """The time, which a test lets pass."""

    def __init__(self) -> None:
        self.now = NOON


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> PlanTokens:
    return PlanTokens(key=KEY, now=lambda: clock.now)


@pytest.fixture
def token(tokens: PlanTokens) -> str:
    return tokens.sign(PLAN, **CALLER)[0]


def test_a_plan_is_read_as_it_was_signed(tokens: PlanTokens, token: str) -> None:
    assert tokens.read(token, **CALLER) == PLAN


def test_blanks_around_a_token_are_no_part_of_it(tokens: PlanTokens, token: str) -> None:
    assert tokens.read(f"  {token}\n", **CALLER) == PLAN
    assert plan_name(f" {token} ") == plan_name(token)


def test_it_is_good_for_a_quarter_of_an_hour(tokens: PlanTokens, token: str, clock: Clock) -> None:
    clock.now += VALID_FOR - timedelta(microseconds=1)
    assert tokens.read(token, **CALLER) == PLAN
    clock.now += timedelta(microseconds=1)
    with pytest.raises(TokenRefused):
        tokens.read(token, **CALLER)


def test_when_it_ends_is_told(tokens: PlanTokens) -> None:
    assert tokens.sign(PLAN, **CALLER)[1] == NOON + VALID_FOR


@pytest.mark.parametrize("other", [{"caller_id": "key:other"}, {"credential": "other accounts"}])
def test_it_is_good_for_its_caller_and_their_accounts_only(
    tokens: PlanTokens, token: str, other: dict[str, str]
) -> None:
    with pytest.raises(TokenRefused):
        tokens.read(token, **{**CALLER, **other})


def test_it_is_good_with_the_key_it_was_signed_with_only(token: str, clock: Clock) -> None:
    with pytest.raises(TokenRefused):
        PlanTokens(key=bytes(KEY_BYTES), now=lambda: clock.now).read(token, **CALLER)


@given(st.data())
def test_one_that_was_changed_anywhere_is_refused_or_means_the_same(data: st.DataObject) -> None:
    tokens = PlanTokens(key=KEY, now=lambda: NOON)
    token = tokens.sign(PLAN, **CALLER)[0]
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda x: x != token[place]))
    changed = token[:place] + other + token[place + 1 :]
    with suppress(TokenRefused):  # some characters have bits that mean nothing, or another spelling
        assert (tokens.read(changed, **CALLER), plan_name(changed)) == (PLAN, plan_name(token))


@given(st.text())
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(TokenRefused):
        PlanTokens(key=KEY, now=lambda: NOON).read(text, **CALLER)


def test_the_name_of_a_plan_tells_nothing_of_it(token: str) -> None:
    assert (len(plan_name(token)), plan_name(token) in token) == (16, False)


def test_places_that_changed_are_told() -> None:
    plan = AgreedPlan(parts=(), standings=("a", "", "c"), atomic=False, project_ids=None)
    assert changed_places(plan, ["a", "b", "d"]) == [1, 2]


ROLES = st.sampled_from([Role.EDITOR, Role.VIEWER])
PERSONS = st.one_of(
    st.builds(Person, email=st.just(EMAIL)), st.builds(Person, upstream_user_id=st.text(min_size=1))
)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(
        GrantAccess,
        platform=st.sampled_from(PlatformKey),
        project_upstream_id=st.text(),
        person=PERSONS,
        role=ROLES,
        grant=st.frozensets(st.sampled_from(Action)),
        until=st.none() | st.datetimes(timezones=st.just(UTC)),
    ),
    st.builds(
        RevokeAccess,
        platform=st.sampled_from(PlatformKey),
        project_upstream_id=st.text(),
        person=PERSONS,
    ),
)


REFUSALS = st.none() | st.builds(
    UserError,
    code=st.sampled_from(UserErrorCode),
    message=st.text(),
    field=st.lists(st.text()).map(tuple),
    retryable=st.booleans(),
)
PARTS = st.builds(Part, target=st.none() | st.integers(0, 199), change=st.none() | CHANGES, refusal=REFUSALS)


@given(st.lists(PARTS, max_size=5))
def test_every_plan_comes_back_as_it_was(parts: list[Part]) -> None:
    tokens = PlanTokens(key=KEY, now=lambda: NOON)
    plan = AgreedPlan(parts=tuple(parts), standings=("x",) * len(parts), atomic=False, project_ids=None)
    assert tokens.read(tokens.sign(plan, **CALLER)[0], **CALLER) == plan
