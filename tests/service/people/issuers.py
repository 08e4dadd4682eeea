"""An identity provider for tests: keys of every kind, tokens true and false, and a way to serve its key set."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

NOW = datetime(2026, 3, 31, 2, 0, tzinfo=UTC)
ISSUER, AUDIENCE = "https://login.bank.test", "assetlight"
MAKE: dict[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}
TO_JWK: dict[str, Any] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}


@dataclass
class Provider:
    """Signs with named keys; `fetched` counts how often its key set was asked for."""

    keys: dict[str, tuple[str, Any]] = field(default_factory=dict)
    fetched: int = 0
    down: Exception | None = None

    def add(self, kid: str, algorithm: str = "EdDSA") -> Provider:
        """One more key."""
        self.keys[kid] = (algorithm, MAKE[algorithm]())
        return self

    def jwks(self) -> list[dict[str, Any]]:
        """The public keys."""
        return [
            {**TO_JWK[algorithm].to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"}
            for kid, (algorithm, key) in self.keys.items()
        ]

    def fetch(self) -> bytes:
        """The key set, as over the wire."""
        self.fetched += 1
        if self.down is not None:
            raise self.down
        return json.dumps({"keys": self.jwks()}).encode()

    def sign(self, kid: str, headers: dict[str, Any] | None = None, /, **claims: Any) -> str:
        """A token that is good at NOW but for what is given; `...` leaves a claim out."""
        algorithm, key = self.keys[kid]
        return jwt.encode(claims_of(**claims), key, algorithm=algorithm, headers={"kid": kid, **(headers or {})})


def claims_of(**given: Any) -> dict[str, Any]:
    """The claims of an officer in Hangzhou."""
    at = int(NOW.timestamp())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "u-1001",
        "name": "李华",
        "roles": ["officer"],
        "branches": ["hangzhou"],
        "iat": at - 60,
        "exp": at + 600,
    }
    return {name: value for name, value in {**claims, **given}.items() if value is not ...}
