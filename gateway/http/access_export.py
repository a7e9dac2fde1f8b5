"""`GET /export/access.csv`: who has access to what, for spreadsheets and programs that read CSV (RFC 4180).

The same callers see the same as in the graph's `people`. What is missing stands in rows of its own.
"""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable
from itertools import islice
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from gateway.access.soon import arrival
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
from gateway.telemetry.metrics import Rejection

POINTS: Final = 100
_ROWS_A_PIECE: Final = 200
# A cell that begins so is a formula to a spreadsheet: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # noqa: RUF001 - these too


class AccessExport:
    """Answers `/export/access.csv`.

    Args:
        callers: tells who sent a request.
        open_context: makes the context of a caller's request; may raise `RequestRefused`.
    """

    def __init__(
        self, *, callers: Callers, open_context: Callable[[ClientRequest, Caller], RequestContext]
    ) -> None:
        self._callers = callers
        self._open_context = open_context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = ClientRequest.of_scope(scope, request_id=request_id_of(scope))
        try:
            rows = await self._rows(request)
        except RequestRefused as refused:
            note_turned_away(scope)
            await refusal(refused, JSON).send_to(send)
            return
        response = StreamingResponse(
            _pieces(rows),
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


async def _pieces(rows: Iterable[Row]) -> AsyncIterator[bytes]:
    """The lines, a piece at a time; others have their turn between."""
    yield _lines([COLUMNS])
    left = iter(rows)
    while some := list(islice(left, _ROWS_A_PIECE)):
        await asyncio.sleep(0)
        yield _lines(tuple(map(_safe, row)) for row in some)


def _lines(rows: Iterable[Row]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _safe(cell: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_SIGNS) else cell
