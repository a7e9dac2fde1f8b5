"""A gateway with API keys before it, and clients with their keys."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gateway.app import create_app
from gateway.domain.caller import Scope
from gateway.http.authentication.api_keys import digest_of, new_key
from gateway.serving import serving
from gateway.settings.loading import load_settings
from tests.conftest import TAKES_GRAPHQL
from tests.plain_http import NO_TLS

EVERYTHING = frozenset(Scope)

# What is read is kept as by default: it must not get to others. But a platform's circuit is shared by all who
# call it, so one caller's faults would be another's.
_SETTINGS = {
    f"GATEWAY_{platform}__{name}": value
    for platform in ("QUANTCONNECT", "TESTOMATO")
    for name, value in (("RETRY_ATTEMPTS", "1"), ("BREAKER_LEAST_CALLS", "1000000000"))
}

Answer = dict[str, Any]


class Keys:
    """The keys in a file, one for each set of scopes."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._keys: dict[frozenset[Scope], str] = {}
        file.touch(mode=0o600)

    def of(self, scopes: Iterable[Scope]) -> str:
        """The key with exactly these scopes."""
        scopes = frozenset(scopes)
        if scopes not in self._keys:
            self._keys[scopes] = new_key(self.file, name=f"caller-{len(self._keys)}", scopes=scopes)
        return self._keys[scopes]

    def narrow(self, key: str, *, to: Iterable[Scope]) -> None:
        """Leave the holder of `key` these scopes, as an operator does by editing the file."""
        name = key.split("_")[1]
        listed = ", ".join(f'"{scope.value}"' for scope in to)
        self.file.write_text(f'[{name}]\ndigest = "{digest_of(key)}"\nscopes = [{listed}]\n')


@dataclass(frozen=True, kw_only=True)
class Border:
    """A running gateway that asks for keys.

    Attributes:
        client: sends no key by itself.
    """

    client: httpx.AsyncClient
    keys: Keys

    async def send(
        self,
        document: str,
        *,
        scopes: Iterable[Scope] = EVERYTHING,
        bearer: str | None = None,
        headers: Mapping[str, str] | Mapping[str, bytes] | None = None,
        **variables: object,
    ) -> httpx.Response:
        """The response to one operation of a caller with these scopes, or with the key `bearer`."""
        return await self.client.post(
            "/graphql",
            json={"query": document, "variables": variables},
            headers={"Authorization": f"Bearer {bearer or self.keys.of(scopes)}", **(headers or {})},
        )

    async def ask(
        self,
        document: str,
        *,
        scopes: Iterable[Scope] = EVERYTHING,
        bearer: str | None = None,
        headers: Mapping[str, str] | Mapping[str, bytes] | None = None,
        **variables: object,
    ) -> Answer:
        """The answer to one operation, which must have been executed."""
        response = await self.send(document, scopes=scopes, bearer=bearer, headers=headers, **variables)
        assert response.status_code == 200, response.text
        answer: Answer = response.json()
        return answer


@asynccontextmanager
async def border(variables: Mapping[str, str], *, keys: Keys) -> AsyncIterator[Border]:
    """Serves a gateway with these settings until the block is left."""
    settings = load_settings(
        environment={
            "GATEWAY_STORE__URL": "sqlite:///:memory:",
            "GATEWAY_AUTH__MODE": "api_key",
            "GATEWAY_AUTH__KEYS_FILE": str(keys.file),
            **_SETTINGS,
            **variables,
        },
        dotenv_file=None,
    )
    async with (
        serving(create_app(settings)) as base_url,
        httpx.AsyncClient(verify=NO_TLS, base_url=base_url, timeout=60, headers=TAKES_GRAPHQL) as client,
    ):
        yield Border(client=client, keys=keys)


def codes_of(answer: Answer) -> set[str]:
    """The codes of an answer's errors."""
    return {error["extensions"]["code"] for error in answer.get("errors", [])}
