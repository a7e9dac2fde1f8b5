"""gateway/store/batch_rows.py: whatever a batch holds comes back as it was."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.access.batches.batch import Batch, BatchEntry, BatchId, Part
from gateway.access.changing.change import (
    AddMember,
    Change,
    ChangeResult,
    GrantAccess,
    RemoveMember,
    RevokeAccess,
    UpdateMember,
)
from gateway.domain.member import Member
from gateway.domain.membership import Person, UserError
from gateway.domain.permission import Permission
from gateway.domain.vocabulary import Action, Outcome, PlatformKey, Role, UserErrorCode
from gateway.store.batch_rows import batch_entry, batch_values, results_text

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
maybe = st.none() | texts
platforms, roles = st.sampled_from(PlatformKey), st.sampled_from(Role)
grants = st.frozensets(st.sampled_from(Action))
persons = st.builds(Person, email=texts) | st.builds(Person, upstream_user_id=texts)
project = {"platform": platforms, "project_upstream_id": texts}
changes: st.SearchStrategy[Change] = st.one_of(
    st.builds(GrantAccess, **project, person=persons, role=roles, grant=grants),
    st.builds(RevokeAccess, **project, person=persons),
    st.builds(AddMember, **project, person=persons, role=roles, grant=grants),
    st.builds(UpdateMember, **project, member_upstream_id=texts, role=roles, grant=grants),
    st.builds(RemoveMember, **project, member_upstream_id=texts),
)
errors = st.builds(
    UserError,
    code=st.sampled_from(UserErrorCode),
    message=texts,
    field=st.lists(texts, max_size=3).map(tuple),
    retryable=st.booleans(),
)
places = st.none() | st.integers(0, 199)
parts = st.builds(Part, target=places, change=changes) | st.builds(Part, target=places, refusal=errors)
members = st.builds(
    Member,
    **project,
    upstream_id=texts,
    name=maybe,
    email=maybe,
    avatar_url=maybe,
    bio=maybe,
    timezone=maybe,
    role=roles,
    native_role=texts,
    permissions=st.lists(
        st.builds(Permission, action=st.sampled_from(Action), granted=st.booleans(), native_name=texts),
        max_size=2,
    ).map(tuple),
    is_addressable=st.booleans(),
    is_removable=st.booleans(),
    confirmed=st.none() | st.booleans(),
)
results = st.builds(
    ChangeResult,
    outcome=st.sampled_from(Outcome),
    member=st.none() | members,
    before=st.none() | members,
    user_errors=st.lists(errors, max_size=2).map(tuple),
)
batches = st.builds(
    Batch,
    parts=st.lists(parts, max_size=4).map(tuple),
    atomic=st.booleans(),
    digest=texts,
    key=texts,
    caller_id=texts,
    credential=texts,
    request_id=texts,
    at=st.datetimes(datetime(2026, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds have none
    is_open=st.booleans(),
)


@given(wanted=batches, data=st.data(), is_settled=st.booleans())
def test_a_batch_and_what_came_of_it_come_back_as_they_were(
    *, wanted: Batch, data: st.DataObject, is_settled: bool
) -> None:
    size = len(wanted.parts)
    came = data.draw(st.none() | st.lists(results, min_size=size, max_size=size).map(tuple))
    row = {
        **batch_values(wanted),
        "id": 7,
        "results": None if came is None else results_text(came),
        "settled_at": "2026-11-21" if is_settled else None,
    }
    entry = batch_entry(row)
    shown = None if entry.results is None else tuple(map(without_key, entry.results))
    assert (shown, entry.batch) == (came, wanted)
    assert entry == BatchEntry(
        batch_id=BatchId(7), batch=wanted, results=entry.results, is_settled=is_settled
    )


def without_key(result: ChangeResult) -> ChangeResult:
    """The project is read anew, and the key says which."""
    return replace(result, project_key=None)


@given(wanted=batches)
def test_equal_batches_are_equal_rows(wanted: Batch) -> None:
    again = batch_entry({**batch_values(wanted), "id": 7, "results": None, "settled_at": None}).batch
    assert batch_values(again) == batch_values(wanted)
