"""Whose upstream accounts a request uses: those in the settings, or the caller's own from its headers."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime

from pydantic import SecretStr

from gateway.domain.platform import Platform, Platforms
from gateway.domain.vocabulary import PlatformKey
from gateway.platforms.registry import REGISTRY, RegisteredPlatform
from gateway.settings.model import GatewaySettings
from gateway.telemetry.instruments import Instruments
from gateway.upstream.channel import UpstreamChannel
from gateway.upstream.settings import CredentialSource, UpstreamSettings
from gateway.upstream.transport import Transport
from gateway.upstream.transports import make_transport


class CredentialRefused(Exception):
    """A caller's own credential cannot be used; the message says why, without its value."""


class UpstreamAccounts:
    """Makes the platforms that a request sees.

    Attributes:
        configured: with the accounts in the settings.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        channels: Mapping[PlatformKey, UpstreamChannel],
        now: Callable[[], datetime],
    ) -> None:
        self._channels = channels
        self._now = now
        sections = [(entry, settings.section(entry.profile.key)) for entry in REGISTRY]
        configured = [(entry, section) for entry, section in sections if section.is_configured]
        self._by_callers = [
            (entry, section) for entry, section in sections if section.credentials is CredentialSource.CALLER
        ]
        self.configured = Platforms(
            profiles={entry.profile.key: entry.profile for entry in REGISTRY},
            connected={
                entry.profile.key: self._connect(entry, section, channels[entry.profile.key])
                for entry, section in configured
            },
            accounts={entry.profile.key: configured_account(section) for entry, section in configured},
        )

    @property
    def may_be_callers(self) -> bool:
        """Whether requests may bring accounts of their own."""
        return bool(self._by_callers)

    def of_request(self, headers: Mapping[str, str], *, confidential: bool) -> Platforms:
        """The platforms with the accounts that a request with these headers is for.

        Args:
            confidential: whether nobody between the caller and the gateway can read the headers.

        Raises:
            CredentialRefused: a credential is there and cannot be used.
        """
        connected: dict[PlatformKey, Platform] = {}
        accounts: dict[PlatformKey, str] = {}
        for entry, section in self._by_callers:
            values = tuple(headers.get(name, "").strip() for name in section.caller_headers)
            if not any(values):
                continue
            if not confidential:
                raise CredentialRefused("Credentials are only taken over TLS or from this machine.")
            key = entry.profile.key
            connected[key] = self._of_caller(entry, section, values)
            accounts[key] = hashlib.sha256("\0".join((key, *values)).encode()).hexdigest()
        if not connected:
            return self.configured
        return replace(
            self.configured,
            connected={**self.configured.connected, **connected},
            accounts={**self.configured.accounts, **accounts},
            brought=frozenset(connected),
        )

    def _of_caller(
        self, entry: RegisteredPlatform, section: UpstreamSettings, values: tuple[str, ...]
    ) -> Platform:
        if not all(values):
            raise CredentialRefused(f"{' and '.join(section.caller_headers)} belong together.")
        try:
            own = section.of_caller(values)
        except ValueError as error:
            raise CredentialRefused(f"{error}.") from None
        return self._connect(entry, own, self._channels[entry.profile.key].for_another_account())

    def _connect(
        self, entry: RegisteredPlatform, section: UpstreamSettings, channel: UpstreamChannel
    ) -> Platform:
        return entry.connect(section, channel=channel, now=self._now)


@asynccontextmanager
async def open_accounts(
    settings: GatewaySettings,
    *,
    now: Callable[[], datetime],
    instruments: Instruments,
    make_transport: Callable[[UpstreamSettings], Transport] = make_transport,
) -> AsyncIterator[UpstreamAccounts]:
    """The accounts, with each platform's connections open until the block is left."""
    async with AsyncExitStack() as stack:
        channels: dict[PlatformKey, UpstreamChannel] = {}
        for entry in REGISTRY:
            key = entry.profile.key
            section = settings.section(key)
            if not section.is_configured and section.credentials is CredentialSource.CONFIGURED:
                continue
            channels[key] = UpstreamChannel(
                platform=key,
                settings=section,
                transport=await stack.enter_async_context(make_transport(section)),
                now=now,
                instruments=instruments,
            )
        yield UpstreamAccounts(settings, channels=channels, now=now)


def configured_account(section: UpstreamSettings) -> str:
    """A fingerprint of the account in the settings.

    Made of the account's names, so that a new token is no new account; of a token only where nothing else
    names the account. Never of a password: it could be guessed from a digest.
    """
    values = [(field, getattr(section, name)) for name, field in type(section).model_fields.items()]
    names = [value for field, value in values if not field.repr and isinstance(value, str)]
    tokens = [value.get_secret_value() for _, value in values if isinstance(value, SecretStr)]
    return hashlib.sha256(repr((section.base_url, names or tokens)).encode()).hexdigest()
