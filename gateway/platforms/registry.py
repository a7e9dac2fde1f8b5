"""The one list of platforms. A new one is a folder beside this file and an entry here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from gateway.domain.platform import Platform, PlatformProfile
from gateway.platforms.quantconnect import platform as quantconnect
from gateway.platforms.quantconnect.sandbox import create_sandbox as create_quantconnect_sandbox
from gateway.platforms.quantconnect.settings import QuantConnectSettings
from gateway.platforms.testomato import platform as testomato
from gateway.platforms.testomato.sandbox import create_sandbox as create_testomato_sandbox
from gateway.platforms.testomato.settings import TestomatoSettings
from gateway.sandbox.handle import Sandbox
from gateway.upstream.channel import UpstreamChannel
from gateway.upstream.settings import UpstreamSettings


class Connect(Protocol):
    """Makes a configured platform; sends nothing."""

    def __call__(
        self,
        settings: Any,  # noqa: ANN401 - each platform's own settings; `settings_type` says which
        /,
        *,
        channel: UpstreamChannel,
        now: Callable[[], datetime],
    ) -> Platform:
        """See `RegisteredPlatform.connect`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredPlatform:
    """One platform: what is always true of it, what it is told, and how to connect to it.

    Attributes:
        create_sandbox: makes a stand-in for the platform, for the demo and the tests.
        connect: makes the platform from its settings, which must hold a credential; sends nothing.
    """

    profile: PlatformProfile
    settings_type: type[UpstreamSettings]
    connect: Connect
    create_sandbox: Callable[[], Sandbox]


REGISTRY: tuple[RegisteredPlatform, ...] = (
    RegisteredPlatform(
        profile=quantconnect.PROFILE,
        settings_type=QuantConnectSettings,
        connect=quantconnect.connect,
        create_sandbox=create_quantconnect_sandbox,
    ),
    RegisteredPlatform(
        profile=testomato.PROFILE,
        settings_type=TestomatoSettings,
        connect=testomato.connect,
        create_sandbox=create_testomato_sandbox,
    ),
)
