"""One execution of a plan: what it waits for, and how it goes on when that has come.

A plan's functions never wait. Where a field's function gives something to be awaited, they leave its entry in
the answer empty and tell the run, which fills it in when it has come. Each goes on by itself: what is slow
holds up nothing but its own part.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property
from typing import Any

import msgspec
from graphql import GraphQLResolveInfo
from strawberry.types.field import StrawberryField
from strawberry.types.info import Info

from gateway.engine.arguments import Arguments
from gateway.engine.departures import Discarded
from gateway.engine.fragments import Edition, Fragments

# So many objects are made before the event loop gets a turn: it is not held up for longer than milliseconds.
OBJECTS_A_TURN = 1_000


_NOT_ASKED = Edition("", -1)


class Run(msgspec.Struct, eq=False):
    """One execution.

    Attributes:
        fragments: parts of answers that are kept.
        context: what the operation is executed with.
        edition_of: the edition of what a context reads now; None where that changes all the time.
        made: how many objects of lists were made since the last turn of the event loop.
        under_way: how much is still to come.
    """

    fragments: Fragments
    context: object
    edition_of: Callable[[Any], Edition | None]
    made: int = 0
    under_way: int = 0
    _edition: Edition | None = _NOT_ASKED
    _tasks: list[asyncio.Future[Any]] | None = None
    _tell: Callable[[], None] | None = None
    _later: deque[Callable[[], None]] | None = None
    _failed: bool = False

    def __repr__(self) -> str:
        """Variables and answers are personal data."""
        return "Run(…)"

    def raw_info(self, number: int) -> GraphQLResolveInfo[Any]:
        """What graphql-core hands to the resolver of the field with this number."""
        raise NotImplementedError

    def info(self, number: int) -> Info[Any, Any]:
        """Strawberry's `Info` of it."""
        raise NotImplementedError

    def arguments(self, number: int) -> Arguments:
        """What its function is given.

        Raises:
            Discarded: they do not fit.
        """
        raise NotImplementedError

    def find(self, selection: int, value: object) -> msgspec.Raw | None:
        """The JSON of `value`, as far as what is read beside it has not changed."""
        edition = self._same_edition()
        return None if edition is None else self.fragments.find(selection, value, edition)

    def all_of_edition(self, selection: int, items: Iterable[object]) -> list[msgspec.Raw] | None:
        """The JSON of every item, where all of it is kept."""
        edition = self._same_edition()
        if edition is None:
            return None
        kept = self.fragments.of_selection(selection, edition)
        try:
            return [kept[id(item)][0] for item in items]
        except KeyError:
            return None

    def keep(self, selection: int, value: object, answer: object) -> object:
        """Keep it as long as the edition stays, if that is still the one that it was made in."""
        edition = self._same_edition()
        if edition is None:
            return answer
        return self.fragments.keep(selection, value, answer, edition)

    def _same_edition(self) -> Edition | None:
        """The edition, where it has been the same since it was first asked for: an answer is of one."""
        edition = self.edition_of(self.context)
        if self._edition is _NOT_ASKED:
            self._edition = edition
        return edition if edition == self._edition else None

    def fill_in(
        self,
        awaited: Awaitable[object],
        answer: Any,  # noqa: ANN401 - a dict's or a list's
        place: Any,  # noqa: ANN401 - likewise
        complete: Callable[[object, "Run"], object],
    ) -> None:
        """Put what `complete` makes of `awaited` into its place, when it has come."""
        if isinstance(awaited, asyncio.Future):
            future = awaited
        else:
            future = asyncio.ensure_future(awaited)
            self._tasks = self._tasks or []
            self._tasks.append(future)

        def arrived(ended: "asyncio.Future[object]") -> None:
            try:
                value = ended.result()  # taken whatever became of the run: asyncio would log a failure
                if not self._failed:
                    self.made = 0
                    answer[place] = complete(value, self)
            except (Exception, asyncio.CancelledError):  # noqa: BLE001 - the reference tells what is wrong
                self._failed = True
            self._step_over()

        self.under_way += 1
        future.add_done_callback(arrived)

    def go_on_later(self, step: Callable[[], None]) -> None:
        """Run `step` in a turn of the event loop of its own."""
        self.under_way += 1
        self._later = self._later if self._later is not None else deque()
        self._later.append(step)
        if len(self._later) == 1:
            asyncio.get_running_loop().call_soon(self._take_turn)

    @property
    def is_over(self) -> bool:
        """Whether nothing is under way.

        Raises:
            Discarded: the plan cannot be gone on with.
        """
        self.demand_success()
        return not self.under_way

    def demand_success(self) -> None:
        """Go on only where that is possible.

        Raises:
            Discarded: the plan cannot be gone on with.
        """
        if self._failed:
            raise Discarded

    def when_over(self, tell: Callable[[], None]) -> None:
        """Call `tell`, once, when nothing is under way any more or the plan cannot be gone on with."""
        self._tell = tell

    def give_up(self) -> None:
        """Stop what was begun for this run alone; what it shares with others goes on."""
        self._failed = True
        for task in self._tasks or ():
            task.cancel()

    def _take_turn(self) -> None:
        if not self._later:
            return
        step = self._later.popleft()
        if self._later:
            asyncio.get_running_loop().call_soon(self._take_turn)
        if not self._failed:
            try:
                self.made = 0
                step()
            except (Exception, asyncio.CancelledError):  # noqa: BLE001 - the reference tells what is wrong
                self._failed = True
        self._step_over()

    def _step_over(self) -> None:
        self.under_way -= 1
        over = self._failed or not self.under_way
        if over and self._tell is not None:
            tell, self._tell = self._tell, None
            tell()


class PlannedInfo(Info[Any, Any]):
    """Strawberry's `Info` without what a plan does not know: where in the answer the field stands.

    Most functions ask it for the context only, so graphql-core's is made when something else is asked for.
    """

    def __init__(self, run: Run, number: int, field: StrawberryField) -> None:
        self._run = run
        self._number = number
        self._field = field

    @cached_property
    def _raw_info(self) -> GraphQLResolveInfo[Any]:  # type: ignore[override]  # written to by nobody
        return self._run.raw_info(self._number)

    def __repr__(self) -> str:
        """Variables and the context hold personal data."""
        return "PlannedInfo(…)"

    @property
    def context(self) -> Any:  # noqa: ANN401 - as it is declared
        """What the operation is executed with."""
        return self._run.context

    @property
    def path(self) -> Any:  # noqa: ANN401 - as it is declared
        """Not known. A resolver may take what is raised for an answer, so the run is told as well."""
        self._run.give_up()
        raise Discarded
