"""`GET /export/access.csv`: who has access to what, for spreadsheets and programs that read CSV (RFC 4180).

The same callers see the same as in the graph's `people`. What is missing stands in rows of its own.

A cell that a spreadsheet would take for a formula has an apostrophe before it. So has one that looks as if it
had one already: whoever drops one apostrophe before a formula has every text as it was.
"""

import asyncio
import csv
import io
import re
from collections.abc import AsyncIterator, Callable, Iterable
from itertools import islice
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from gateway.access.reading.soon import arrival
from gateway.domain.caller import Caller
from gateway.domain.errors import Forbidden
from gateway.graph.context import RequestContext
from gateway.http.access_log import note_turned_away, request_id_of
from gateway.http.access_table import COLUMNS, Row, access_table
from gateway.http.callers import Callers
from gateway.http.client_request import ClientRequest
from gateway.http.negotiation import JSON
from gateway.http.request import RequestRefused
from gateway.http.response import refusal
from gateway.telemetry.instruments import Instruments
from gateway.telemetry.metrics import Rejection

POINTS: Final = 100
_ROWS_A_PIECE: Final = 200
# What begins a formula: https://owasp.org/www-community/attacks/CSV_Injection. Some programs trim cells.
_FORMULA: Final = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@＝＋－＠])")  # noqa: RUF001 - these too


class AccessExport:
    """Answers `/export/access.csv`.

    Args:
        callers: tells who sent a request.
        open_context: makes the context of a caller's request; may raise `RequestRefused`.
        instruments: told of every rejection.
    """

    def __init__(
        self,
        *,
        callers: Callers,
        open_context: Callable[[ClientRequest, Caller], RequestContext],
        instruments: Instruments,
    ) -> None:
        self._callers = callers
        self._open_context = open_context
        self._instruments = instruments

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = ClientRequest.of_scope(scope, request_id=request_id_of(scope))
        try:
            rows = await self._rows(request)
        except RequestRefused as refused:
            if refused.reason is not None:
                self._instruments.metrics.rejected(refused.reason)
            note_turned_away(scope)
            await refusal(refused, JSON).send_to(send)
            return
        response = StreamingResponse(
            encoded(rows) if request.method == "GET" else _nothing(),
            media_type="text/csv",
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": 'attachment; filename="access.csv"',
            },
        )
        await response(scope, receive, send)

    async def _rows(self, request: ClientRequest) -> Iterable[Row]:
        if request.method not in {"GET", "HEAD"}:
            raise RequestRefused(
                405, "Use GET.", reason=Rejection.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"}
            )
        caller = await self._callers.caller(request)
        await self._callers.charge(request, caller, points=POINTS)
        context = self._open_context(request, caller)
        try:
            return access_table(await arrival(context.everybody()))
        except Forbidden as forbidden:
            raise RequestRefused(
                403, forbidden.message, code=forbidden.code, reason=Rejection.FORBIDDEN
            ) from None
        finally:
            context.directory.close()


async def encoded(rows: Iterable[Row]) -> AsyncIterator[bytes]:
    """The lines of the file, a piece at a time; others have their turn between."""
    yield _lines([COLUMNS])
    left = iter(rows)
    while some := list(islice(left, _ROWS_A_PIECE)):
        await asyncio.sleep(0)
        yield _lines(tuple(map(_safe, row)) for row in some)


async def _nothing() -> AsyncIterator[bytes]:
    """Of the answer to HEAD."""
    yield b""


def _lines(rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _safe(cell: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell
