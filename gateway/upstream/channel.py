"""One platform's way out: every call to it goes through here.

A platform folder describes a call (how to make the request, how to read the reply, whether it may be
repeated). Each attempt at it passes, in this order:

    slot      at most so many calls under way at once, at most so many begun in a second
    pause     what the platform's `Retry-After` asked of one caller, all of them keep to
    circuit   while the platform fails, nothing is sent to it
    wire      the transport carries the request
    reading   status and body become the answer, or a named failure

A failure that may pass is tried again, if the call may be repeated and the budget allows it.
"""

import asyncio
import copy
import random
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, Self, TypeVar

import msgspec
from aiolimiter import AsyncLimiter
from msgspec.structs import replace

from gateway.domain.errors import (
    UpstreamBroken,
    UpstreamCircuitOpen,
    UpstreamError,
    UpstreamRejected,
    UpstreamThrottled,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway.domain.platform import PlatformHealth
from gateway.domain.vocabulary import PlatformKey, PlatformStatus
from gateway.telemetry.instruments import Instruments
from gateway.telemetry.upstream_failures import note_upstream_failure
from gateway.telemetry.upstream_wait import upstream_wait
from gateway.upstream import failures
from gateway.upstream.breaker import CircuitBreaker, CircuitIsOpen
from gateway.upstream.failures import Failure
from gateway.upstream.health import HealthRecord
from gateway.upstream.pause import Pause
from gateway.upstream.retry import RetryBudget, backoff_seconds
from gateway.upstream.settings import UpstreamSettings
from gateway.upstream.slots import Slots
from gateway.upstream.transport import HttpReply, HttpRequest, Transport, TransportFailure

T = TypeVar("T")


class Call(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One call, described.

    Attributes:
        operation: the endpoint's name for logs; never holds an id or other value.
        repeatable: whether sending it twice does no more than sending it once.
        prepare: makes the request afresh for each attempt (signatures carry the time).
        read: turns a reply below status 500 into the answer, or raises `UpstreamError`.
    """

    operation: str
    repeatable: bool
    prepare: Callable[[], HttpRequest]
    read: Callable[[HttpReply], T]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Time and chance as waits and timeouts know them.

    Attributes:
        monotonic: seconds that never run back.
        sleep: waits for some seconds.
        chance: a number from 0 to 1.
    """

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random


_REALLY_WAITING = Waiting()


class _AttemptFailed(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__()
        self.failure = failure


class UpstreamChannel:
    """The way to one platform.

    Args:
        transport: carries the requests; opened and closed by whoever made it.
        now: the current moment in UTC.
        instruments: told of every attempt.
        waiting: the real thing, or a test's own.
    """

    def __init__(  # noqa: PLR0913 - what a call needs on its way
        self,
        *,
        platform: PlatformKey,
        settings: UpstreamSettings,
        transport: Transport,
        now: Callable[[], datetime],
        instruments: Instruments | None = None,
        waiting: Waiting = _REALLY_WAITING,
    ) -> None:
        self._platform = platform
        self._transport = transport
        self._now = now
        self._instruments = instruments or Instruments()
        self._waiting = waiting
        self._limits = settings.transport_limits
        self._retry = settings.retry_policy
        self._budget = RetryBudget(self._retry)
        self._breaker = CircuitBreaker(policy=settings.breaker_policy, clock=waiting.monotonic)
        self._health = HealthRecord(now=now)
        self._slots = Slots(settings.max_concurrent_calls, timeout_seconds=settings.pool_timeout_seconds)
        rate = settings.max_calls_per_second
        self._pace = None if rate is None else AsyncLimiter(max(1.0, rate), max(1.0, 1 / rate))
        self._pause = Pause(now=now)
        self._instruments.metrics.watch_breaker(platform=platform, state=lambda: self._breaker.state)

    def health(self) -> PlatformHealth:
        """How the calls went lately."""
        health = self._health.current()
        retry_in_seconds = self._breaker.retry_in_seconds
        if retry_in_seconds is None:
            return health
        retry_at = self._now() + timedelta(seconds=retry_in_seconds)
        return replace(health, status=PlatformStatus.DOWN, retry_at=retry_at)

    def for_another_account(self) -> Self:
        """The same way for other credentials: only the health is their own.

        Slots, pace, pause, circuit and retry budget are about the platform, so all accounts share them;
        how their calls went is nobody else's business.
        """
        other = copy.copy(self)
        other._health = HealthRecord(now=self._now)  # noqa: SLF001 - one of us
        return other

    async def call(self, call: Call[T]) -> T:
        """Send `call`, again if it may be, and read its answer.

        Raises:
            UpstreamError: the call could not be served; `may_have_acted` is true only for a call that is
                not repeatable and may have reached the platform.
        """
        self._budget.called()
        attempt = 1
        while True:
            try:
                return await self._attempt(call)
            except _AttemptFailed as failed:
                wait_seconds = self._wait_before_repeating(call, failed.failure, attempt=attempt)
                if wait_seconds is None:
                    raise failed.failure.error from None
            self._instruments.metrics.upstream_retried(platform=self._platform, operation=call.operation)
            with upstream_wait():
                await self._waiting.sleep(wait_seconds)
            attempt += 1

    async def _attempt(self, call: Call[T]) -> T:
        operation = call.operation
        with self._instruments.upstream_attempt(platform=self._platform, operation=operation) as attempt:
            try:
                with upstream_wait():
                    reply = await self._send_in_turn(call)
                answer = self._read(call, reply)
            except _AttemptFailed as failed:
                attempt.failed(failed.failure.error.code)
                self._note(operation, failed.failure.error, seconds=attempt.seconds)
                raise
        self._health.succeeded()
        return answer

    async def _send_in_turn(self, call: Call[T]) -> HttpReply:
        if not self._slots.take_at_once():
            await self._wait_for_slot()
        try:
            if self._pace is not None:
                await self._pace.acquire()
            if self._pause.until is not None:
                await self._wait_out_pause()
            return await self._send(call)
        finally:
            self._slots.give_back()

    async def _wait_for_slot(self) -> None:
        try:
            await self._slots.take()
        except TimeoutError:
            raise _AttemptFailed(Failure(error=UpstreamTimeout(self._platform))) from None

    async def _wait_out_pause(self) -> None:
        left_seconds = self._pause.left_seconds()
        if left_seconds > self._retry.longest_wait_seconds:
            throttled = UpstreamThrottled(self._platform, retry_at=self._pause.until)
            raise _AttemptFailed(Failure(error=throttled))
        if left_seconds > 0:
            await self._waiting.sleep(left_seconds)

    async def _send(self, call: Call[T]) -> HttpReply:
        try:
            probe = self._breaker.admit()
        except CircuitIsOpen as refused:
            retry_at = self._now() + timedelta(seconds=refused.retry_in_seconds)
            raise _AttemptFailed(
                Failure(error=UpstreamCircuitOpen(self._platform, retry_at=retry_at))
            ) from None
        try:
            outcome = await self._carry(call)
        except BaseException:
            # Cancelled: nothing was learned.
            self._breaker.abandoned(probe=probe)
            raise
        if isinstance(outcome, Failure) and outcome.is_outage:
            self._breaker.failed(probe=probe)
        else:
            self._breaker.succeeded(probe=probe)
        if isinstance(outcome, Failure):
            raise _AttemptFailed(outcome)
        return outcome

    async def _carry(self, call: Call[T]) -> HttpReply | Failure:
        try:
            request = call.prepare()
            if request.repeatable is not call.repeatable:
                request = replace(request, repeatable=call.repeatable)
            reply = await self._transport.send(request, self._limits)
        except TransportFailure as broken:
            return failures.of_transport(broken, platform=self._platform, repeatable=call.repeatable)
        if 200 <= reply.status < 300:
            return reply
        failure = failures.of_status(
            reply, platform=self._platform, repeatable=call.repeatable, now=self._now()
        )
        return failure or reply

    def _read(self, call: Call[T], reply: HttpReply) -> T:
        try:
            return call.read(reply)
        except UpstreamError as error:
            in_doubt = error.may_have_acted or isinstance(error, UpstreamBroken)
            error.may_have_acted = in_doubt and not call.repeatable
            outage = isinstance(error, UpstreamUnavailable)
            raise _AttemptFailed(Failure(error=error, is_outage=outage)) from None

    def _wait_before_repeating(self, call: Call[T], failure: Failure, *, attempt: int) -> float | None:
        """How long to wait for the next attempt; None where there is none."""
        if not (call.repeatable and failure.is_passing) or attempt >= self._retry.attempts:
            return None
        wait_seconds = backoff_seconds(self._retry, attempt=attempt, random=self._waiting.chance)
        if failure.error.retry_at is not None:
            asked_seconds = (failure.error.retry_at - self._now()).total_seconds()
            if asked_seconds > self._retry.longest_wait_seconds:
                return None
            wait_seconds += max(0.0, asked_seconds)
        return wait_seconds if self._budget.take() else None

    def _note(self, operation: str, error: UpstreamError, *, seconds: float) -> None:
        if isinstance(error, UpstreamRejected):
            self._health.succeeded()
            return
        if isinstance(error, UpstreamCircuitOpen):
            return
        if isinstance(error, UpstreamThrottled) and error.retry_at is not None:
            self._pause.extend(error.retry_at)
        self._health.failed(error)
        note_upstream_failure(platform=self._platform, operation=operation, code=error.code, seconds=seconds)
