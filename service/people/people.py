"""Who somebody is, from what the request carries: the one question that the API asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.people.errors import CredentialMissing, TokenRefused
from service.people.principal import Principal
from service.people.tokens import TrustedIssuer

BEARER = "bearer"
ADVICE = "send Authorization: Bearer TOKEN of the bank's identity provider, or X-API-Key"


class Keys(Protocol):
    """Finds out whose an API key is."""

    def principal(self, text: str, now: datetime) -> Principal:
        """Who the key is of. Raises KeyRefused."""
        ...


@dataclass(frozen=True)
class People:
    """Everybody who may call. Without an issuer no token is accepted; keys are."""

    keys: Callable[[], Keys]
    issuer: TrustedIssuer | None

    def is_quick(self, authorization: str | None, api_key: str | None) -> bool:
        """Whether `principal` will answer without waiting for a database or the network."""
        if api_key is not None or self.issuer is None or authorization is None:
            return api_key is None
        return self.issuer.is_quick(authorization.partition(" ")[2].strip())

    def principal(self, authorization: str | None, api_key: str | None, now: datetime) -> Principal:
        """Who calls. Raises CredentialMissing, TokenRefused, KeyRefused, IssuerKeysUnavailable."""
        if authorization is not None and api_key is not None:
            raise TokenRefused(
                "the request carries a token and a key", reason="two_credentials", expected="one of them"
            )
        if api_key is not None:
            return self.keys().principal(api_key, now)
        if authorization is None:
            raise CredentialMissing("nobody has said who is calling", reason="no_credential", advice=ADVICE)
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != BEARER or not token.strip():
            raise TokenRefused("the Authorization header holds no bearer token", reason="wrong_scheme", advice=ADVICE)
        if self.issuer is None:
            raise TokenRefused(
                "no identity provider is set up, so no token is accepted",
                reason="no_issuer",
                advice="set ASSETLIGHT_ISSUER, ASSETLIGHT_AUDIENCE and ASSETLIGHT_JWKS_URL or ASSETLIGHT_JWKS_FILE; "
                "on a laptop: assetlight serve --development-issuer",
            )
        return self.issuer.principal(token.strip(), now)
