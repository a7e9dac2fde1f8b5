"""gateway/graph/paging.py: pages that stay whole while items come and go."""

import base64
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import BadUserInput
from gateway.domain.project import Project, TestomatoDetails
from gateway.domain.source import SourceStatus
from gateway.domain.vocabulary import PlatformKey, SourceState
from gateway.graph.paging import (
    DEFAULT_PAGE_SIZE,
    MAX_PAGE_SIZE,
    Connection,
    Order,
    page_size,
    paginate,
)
from gateway.graph.query import OrderDirection, ProjectOrder, ProjectOrderField, project_order

NO_DETAILS = TestomatoDetails(
    check_interval=None,
    uptime_interval_seconds=None,
    location=None,
    timeout_seconds=None,
    delay_milliseconds=None,
    check_default_errors=None,
    ssl_status=None,
    ssl_expires_at=None,
    ssl_days_left=None,
)
SOURCES = (SourceStatus(platform=PlatformKey.TESTOMATO, state=SourceState.FRESH),)


def project_of(upstream_id: str, *, name: str = "", moment: datetime | None = None) -> Project:
    return Project(
        platform=PlatformKey.TESTOMATO,
        upstream_id=upstream_id,
        name=name,
        description=None,
        url=None,
        created_at=moment,
        updated_at=moment,
        archived=False,
        details=NO_DETAILS,
        members=None,
        viewer=None,
    )


# Few names and moments, so that many projects share one; some have none.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)
MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC)) | st.just(datetime(2026, 1, 1, tzinfo=UTC))
PROJECTS = st.lists(
    st.builds(project_of, TEXTS, name=st.sampled_from(["", "a", "A", "b", "ß"]) | TEXTS, moment=MOMENTS),
    unique_by=lambda project: project.upstream_id,
    max_size=25,
)
ORDERS = st.builds(
    ProjectOrder, field=st.sampled_from(ProjectOrderField), direction=st.sampled_from(OrderDirection)
).map(project_order)


def page(
    items: list[Project], order: Order[Project], *, first: int | None = None, after: str | None = None
) -> Connection[Project]:
    return paginate(items, order=order, size=page_size(first), after=after, sources=SOURCES)


def ids_of(items: tuple[Project, ...]) -> list[str]:
    return [item.upstream_id for item in items]


def whole(items: list[Project], order: Order[Project]) -> tuple[Project, ...]:
    return page(items, order, first=MAX_PAGE_SIZE).nodes


# ---------------------------------------------------------------- properties of every order


@given(PROJECTS, ORDERS, st.integers(min_value=1, max_value=7))
def test_pages_one_after_the_other_hold_every_item_once_and_in_order(
    projects: list[Project], order: Order[Project], size: int
) -> None:
    current = page(projects, order, first=size)
    seen = ids_of(current.nodes)
    while current.has_next_page and len(seen) <= len(projects):  # wrong cursors might lead round in circles
        current = page(projects, order, first=size, after=current.page_info.end_cursor)
        seen += ids_of(current.nodes)
    assert seen == ids_of(whole(projects, order))


@given(PROJECTS, PROJECTS, ORDERS, st.integers(min_value=1, max_value=7), st.randoms(use_true_random=False))
def test_items_that_come_and_go_before_the_cursor_move_nothing_behind_it(
    projects: list[Project], others: list[Project], order: Order[Project], size: int, random: Random
) -> None:
    known = {project.upstream_id for project in projects}
    newcomers = [other for other in others if other.upstream_id not in known]
    present = list(projects)
    seen: list[str] = []
    current = page(present, order, first=size)
    while current.nodes and len(seen) <= len(projects):  # wrong cursors might lead round in circles
        seen += [upstream_id for upstream_id in ids_of(current.nodes) if upstream_id in known]
        last = current.nodes[-1]
        ahead = [item for item in present if stands_before(order, last, item)]
        passed = [item for item in [*projects, *newcomers] if not stands_before(order, last, item)]
        present = [*ahead, *random.sample(passed, random.randint(0, len(passed)))]
        current = page(present, order, first=size, after=order.cursor(last))
    assert seen == ids_of(whole(projects, order))


def stands_before(order: Order[Project], one: Project, other: Project) -> bool:
    pair = (order.key(other), order.key(one)) if order.descending else (order.key(one), order.key(other))
    return pair[0] < pair[1]


@given(PROJECTS, ORDERS)
def test_an_item_that_is_gone_leaves_its_cursor_good(projects: list[Project], order: Order[Project]) -> None:
    ordered = list(whole(projects, order))
    for position, gone in enumerate(ordered):
        left = [item for item in ordered if item is not gone]
        assert ids_of(page(left, order, after=order.cursor(gone)).nodes) == ids_of(
            tuple(ordered[position + 1 :])
        )


@given(PROJECTS, ORDERS)
def test_a_cursor_comes_back_as_the_place_that_it_stands_for(
    projects: list[Project], order: Order[Project]
) -> None:
    for project in projects:
        assert order.position(order.cursor(project)) == order.key(project)


@given(PROJECTS, st.sampled_from(OrderDirection), st.sampled_from(["CREATED_AT", "UPDATED_AT"]))
def test_what_has_no_moment_comes_last_whichever_way_the_order_runs(
    projects: list[Project], direction: OrderDirection, field: str
) -> None:
    order = project_order(ProjectOrder(field=ProjectOrderField(field), direction=direction))
    missing = [project.created_at is None for project in whole(projects, order)]
    assert missing == sorted(missing)


@given(PROJECTS, st.sampled_from(OrderDirection))
def test_moments_are_in_the_order_asked_for(projects: list[Project], direction: OrderDirection) -> None:
    order = project_order(ProjectOrder(field=ProjectOrderField.CREATED_AT, direction=direction))
    moments = [project.created_at for project in whole(projects, order) if project.created_at is not None]
    assert moments == sorted(moments, reverse=direction is OrderDirection.DESC)


@given(PROJECTS, ORDERS, st.integers(min_value=1, max_value=30))
def test_a_page_says_whether_there_is_more_on_either_side(
    projects: list[Project], order: Order[Project], size: int
) -> None:
    ordered = whole(projects, order)
    for start, after in enumerate([None, *map(order.cursor, ordered)]):
        current = page(projects, order, first=size, after=after)
        assert (current.has_previous_page, current.has_next_page) == (start > 0, start + size < len(ordered))


# ---------------------------------------------------------------- what a page holds


@dataclass(frozen=True)
class Letter:
    text: str


LETTERS: Order[Letter] = Order(name="letters", key=lambda letter: (letter.text,))
ALPHABET = [Letter(text) for text in "dbeac"]


def letters(*, first: int | None = None, after: str | None = None) -> Connection[Letter]:
    return paginate(ALPHABET, order=LETTERS, size=page_size(first), after=after, sources=SOURCES)


def test_every_edge_has_the_cursor_behind_its_node() -> None:
    assert [(edge.node.text, edge.cursor) for edge in letters(first=2).edges] == [
        ("a", LETTERS.cursor(Letter("a"))),
        ("b", LETTERS.cursor(Letter("b"))),
    ]


def test_the_page_info_names_the_first_and_the_last_cursor() -> None:
    info = letters(first=2, after=LETTERS.cursor(Letter("b"))).page_info
    assert (info.start_cursor, info.end_cursor) == (LETTERS.cursor(Letter("c")), LETTERS.cursor(Letter("d")))


def test_an_empty_page_has_no_cursors() -> None:
    info = letters(after=LETTERS.cursor(Letter("e"))).page_info
    assert (info.start_cursor, info.end_cursor) == (None, None)


def test_the_total_counts_all_pages() -> None:
    assert letters(first=2).total_count == 5


def test_a_page_says_where_its_items_come_from() -> None:
    assert letters().sources == SOURCES


# ---------------------------------------------------------------- how many


MANY = [Letter(f"{number:03}") for number in range(MAX_PAGE_SIZE + 1)]


@pytest.mark.parametrize(
    ("first", "count"), [(None, DEFAULT_PAGE_SIZE), (1, 1), (MAX_PAGE_SIZE, MAX_PAGE_SIZE)]
)
def test_a_page_has_as_many_items_as_asked_for(first: int | None, count: int) -> None:
    assert (
        len(paginate(MANY, order=LETTERS, size=page_size(first), after=None, sources=SOURCES).nodes) == count
    )


@pytest.mark.parametrize("first", [0, -1, MAX_PAGE_SIZE + 1, 2**31 - 1])
def test_too_few_or_too_many_are_refused(first: int) -> None:
    with pytest.raises(BadUserInput, match=r"^first: must be from 1 to 200\.$"):
        letters(first=first)


# ---------------------------------------------------------------- cursors made by hand


def made_by_hand(content: object) -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@given(
    st.text()
    | st.text().map(made_by_hand)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("letters"),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(made_by_hand)
    | st.lists(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())).map(
        lambda key: made_by_hand(["letters", *key])
    )
)
def test_any_text_is_a_cursor_or_a_named_mistake(cursor: str) -> None:
    with suppress(BadUserInput):
        assert len(letters(after=cursor).nodes) <= len(ALPHABET)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "none",
        "é",
        "\ud800",
        made_by_hand(""),
        made_by_hand("letters"),
        made_by_hand({}),
        made_by_hand([]),
        made_by_hand(1),
        made_by_hand("[" * 100_000),
        made_by_hand("1" * 5000),
        made_by_hand(["letters", 1]),
        made_by_hand(["letters", None]),
        made_by_hand(["letters", ["a"]]),
        made_by_hand(["letters", {"a": 1}]),
        LETTERS.cursor(Letter("a")) + " ",
    ],
    ids=lambda cursor: repr(cursor)[:30],
)
def test_what_was_never_a_cursor_of_ours_is_refused(cursor: str) -> None:
    with pytest.raises(BadUserInput, match=r"^after: this is not a cursor that the gateway gave\.$"):
        letters(after=cursor)


@pytest.mark.parametrize("name", ["NAME:DESC", "CREATED_AT:ASC", "members", ""])
def test_a_cursor_of_another_order_is_refused(name: str) -> None:
    other: Order[Letter] = Order(name=name, key=LETTERS.key)
    with pytest.raises(BadUserInput, match="belongs to another order"):
        letters(after=other.cursor(Letter("a")))


def test_every_project_order_has_cursors_of_its_own() -> None:
    orders = [
        project_order(ProjectOrder(field=field, direction=direction))
        for field in ProjectOrderField
        for direction in OrderDirection
    ]
    assert len({order.name for order in orders}) == len(orders)
