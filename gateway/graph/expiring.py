"""Access that ends soon."""

from collections.abc import Mapping
from datetime import timedelta

from gateway.access.changing.end import AccessEnd, MemberKey
from gateway.access.people.everybody import Everybody
from gateway.access.reading.soon import arrival
from gateway.domain.errors import BadUserInput
from gateway.domain.member import Member
from gateway.graph.context import Info
from gateway.graph.paging import DEFAULT_PAGE_SIZE, Connection, Order, SortKey, page_size, paginate

_MOST_DAYS = 3_660


async def access_expiring(
    info: Info,
    *,
    within_days: int | None = 14,
    first: int | None = DEFAULT_PAGE_SIZE,
    after: str | None = None,
) -> Connection[Member]:
    """Members whose access ends within so many days, or should have ended already."""
    size = page_size(first, most=info.context.max_page_size)
    days = 14 if within_days is None else within_days
    if not 0 <= days <= _MOST_DAYS:
        raise BadUserInput(f"withinDays: must be from 0 to {_MOST_DAYS}.")
    everybody = await arrival(info.context.everybody())
    ends = await info.context.ends.all()
    last = info.context.now() + timedelta(days=days)
    soon = {key: end for key, end in ends.items() if end.at <= last}
    return paginate(
        _members(everybody, soon), order=_order(soon), size=size, after=after, sources=everybody.sources
    )


def _members(everybody: Everybody, ends: Mapping[MemberKey, AccessEnd]) -> list[Member]:
    return [
        member
        for key in {end.key[:2] for end in ends.values()}
        for member in everybody.members.get(key, ())
        if _key_of(member) in ends
    ]


def _order(ends: Mapping[MemberKey, AccessEnd]) -> Order[Member]:
    """The first to end first."""

    def key(member: Member) -> SortKey:
        end = ends[_key_of(member)]
        return (end.at.isoformat(timespec="microseconds"), *map(str, end.key))

    return Order(name="expiring", key=key)


def _key_of(member: Member) -> MemberKey:
    return MemberKey(member.platform, member.project_upstream_id, member.upstream_id)
