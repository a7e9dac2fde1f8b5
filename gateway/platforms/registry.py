"""The one list of platforms. A new one is a folder beside this file and an entry here."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from gateway.domain.platform import Platform, PlatformProfile
from gateway.platforms.quantconnect import platform as quantconnect
from gateway.platforms.quantconnect.settings import QuantConnectSettings
from gateway.platforms.testomato import platform as testomato
from gateway.platforms.testomato.settings import TestomatoSettings
from gateway.upstream.channel import UpstreamChannel
from gateway.upstream.settings import UpstreamSettings

if TYPE_CHECKING:
    from gateway.sandbox.handle import Sandbox


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


class RegisteredPlatform(msgspec.Struct, frozen=True, kw_only=True):
    """One platform: what is always true of it, what it is told, and how to connect to it.

    Attributes:
        create_sandbox: makes a stand-in for the platform, for the demo and the tests.
        connect: makes the platform from its settings, which must hold a credential; sends nothing.
    """

    profile: PlatformProfile
    settings_type: type[UpstreamSettings]
    connect: Connect
    create_sandbox: "Callable[[], Sandbox]"


# A gateway that serves has no use for stand-ins, and they take long to load.


def _quantconnect_sandbox() -> "Sandbox":
    from gateway.platforms.quantconnect.sandbox import create_sandbox  # noqa: PLC0415

    return create_sandbox()


def _testomato_sandbox() -> "Sandbox":
    from gateway.platforms.testomato.sandbox import create_sandbox  # noqa: PLC0415

    return create_sandbox()


REGISTRY: tuple[RegisteredPlatform, ...] = (
    RegisteredPlatform(
        profile=quantconnect.PROFILE,
        settings_type=QuantConnectSettings,
        connect=quantconnect.connect,
        create_sandbox=_quantconnect_sandbox,
    ),
    RegisteredPlatform(
        profile=testomato.PROFILE,
        settings_type=TestomatoSettings,
        connect=testomato.connect,
        create_sandbox=_testomato_sandbox,
    ),
)
