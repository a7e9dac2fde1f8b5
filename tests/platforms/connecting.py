"""A platform over a transport of the test's own."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from gateway.platforms.registry import REGISTRY
from gateway.upstream.channel import UpstreamChannel
from gateway.upstream.settings import UpstreamSettings
from gateway.upstream.transport import Transport

P = TypeVar("P")
T = TypeVar("T")


def connect_over(
    transport: Transport,
    settings: UpstreamSettings,
    *,
    connect: Callable[..., P],
    now: Callable[[], datetime],
) -> P:
    """The platform whose `settings` these are, as its own `connect` makes it."""
    [key] = [entry.profile.key for entry in REGISTRY if entry.settings_type is type(settings)]
    channel = UpstreamChannel(platform=key, settings=settings, transport=transport, now=now)
    return connect(settings, channel=channel, now=now)


def whole(reply: T) -> T:
    """What a client's caller makes of a reply who wants all of it."""
    return reply
