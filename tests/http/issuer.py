"""A small issuer of tokens, which publishes its keys where a gateway can fetch them."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.serving import serving

NAME = "https://issuer.example"
AUDIENCE = "accessgraph"
KEY_SET_PATH = "/.well-known/jwks.json"

FIRST_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass
class Issuer:
    """Signs with ES256.

    Attributes:
        keys: private keys by their ids; their public halves are published.
        answer: sent in place of the keys.
        asked_count: how often the keys were asked for.
    """

    keys: dict[str, ec.EllipticCurvePrivateKey] = field(default_factory=lambda: {"first": FIRST_KEY})
    answer: Response | None = None
    asked_count: int = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Serve the keys on loopback; gives their address."""
        async with serving(Starlette(routes=[Route(KEY_SET_PATH, self._publish)])) as base_url:
            yield base_url + KEY_SET_PATH

    def token(
        self, key_id: str = "first", *, headers: Mapping[str, object] | None = None, **changed: object
    ) -> str:
        """A good token, but for the claims in `changed`; those that are None are left out."""
        return jwt.encode(
            claims(**changed),
            self.keys[key_id],
            algorithm="ES256",
            headers={"kid": key_id, **(headers or {})},
        )

    async def _publish(self, _: Request) -> Response:
        self.asked_count += 1
        if self.answer is not None:
            return self.answer
        return JSONResponse({"keys": [published(key, key_id) for key_id, key in self.keys.items()]})


def claims(**changed: object) -> dict[str, Any]:
    """Those of a good token, but for `changed`."""
    good = {"iss": NAME, "aud": AUDIENCE, "sub": "ada", "exp": int(time.time()) + 300}
    return {name: value for name, value in {**good, **changed}.items() if value is not None}


def published(key: ec.EllipticCurvePrivateKey, key_id: str) -> dict[str, Any]:
    """A key as RFC 7517 writes it."""
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": key_id, "alg": "ES256", "use": "sig"}


def pem_of(key: ec.EllipticCurvePrivateKey) -> str:
    """The public half."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def settings_for(**more: str) -> dict[str, str]:
    """A gateway's settings for tokens of this issuer; where its keys are is in `more`."""
    return {
        "GATEWAY_AUTH__MODE": "jwt",
        "GATEWAY_AUTH__ISSUER": NAME,
        "GATEWAY_AUTH__AUDIENCE": AUDIENCE,
        **{f"GATEWAY_AUTH__{name.upper()}": value for name, value in more.items()},
    }
