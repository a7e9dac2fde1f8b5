"""The way of authentication that the settings ask for."""

import time
from collections.abc import Awaitable, Callable

from gateway.domain.caller import Caller
from gateway.http.authentication.api_keys import ApiKeys, KeyFileError
from gateway.http.authentication.port import Authentication, NoAuthentication
from gateway.http.settings import AuthMode, AuthSettings


def configured_authentication(
    settings: AuthSettings,
    *,
    everybody: Caller,
    fetch_key_set: Callable[[], Awaitable[bytes]],
    clock: Callable[[], float] = time.monotonic,
) -> Authentication:
    """What `settings`, which must be complete, ask for.

    Args:
        everybody: who everybody is where nobody is asked.
        fetch_key_set: gets the issuer's keys from `jwks_url`.
        clock: monotonic seconds.

    Raises:
        KeyFileError: the file of keys, or of the issuer's key, cannot be used.
    """
    if settings.mode is AuthMode.API_KEY and settings.keys_file is not None:
        return ApiKeys(settings.keys_file)
    if settings.mode is AuthMode.JWT and settings.issuer is not None and settings.audience is not None:
        # Cryptography takes longer to load than all of the gateway's own modules.
        from gateway.http.authentication.jwt import (  # noqa: PLC0415
            FixedKey,
            JsonWebTokens,
            KeySource,
            TokenPolicy,
        )

        policy = TokenPolicy(
            issuer=settings.issuer,
            audience=settings.audience,
            algorithms=[algorithm.value for algorithm in settings.algorithms],
            leeway_seconds=settings.leeway_seconds,
        )
        if settings.public_key_file is not None:
            try:
                key = FixedKey(settings.public_key_file.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                raise KeyFileError(f"{settings.public_key_file} holds no public key in PEM") from None
            return JsonWebTokens(policy=policy, keys=key)
        return JsonWebTokens(policy=policy, keys=KeySource(fetch=fetch_key_set, clock=clock))
    return NoAuthentication(everybody=everybody)
