"""Why somebody is not let in, or not let through. None of these ever carries a token or a key."""

from __future__ import annotations

from typing import Any

from models.errors import AssetlightError

REALM = 'Bearer realm="assetlight"'


class NotLetIn(AssetlightError):
    """It is not known who calls; the answer is 401 and says how to show it."""

    code = "invalid_token"  # RFC 6750, section 3.1

    def __init__(self, problem: str, *, reason: str, **facts: Any) -> None:  # noqa: ANN401
        super().__init__(problem, **facts)
        self.reason = reason

    @property
    def headers(self) -> dict[str, str]:
        """The challenge of RFC 6750, section 3."""
        described = self.problem.replace('"', "'")
        return {"WWW-Authenticate": f'{REALM}, error="{self.code}", error_description="{described}"'}


class CredentialMissing(NotLetIn):
    """The request carries neither a token nor a key."""

    @property
    def headers(self) -> dict[str, str]:
        """Without a credential the challenge has no error code (RFC 6750, section 3.1)."""
        return {"WWW-Authenticate": REALM}


class TokenRefused(NotLetIn):
    """The bearer token is not one that this service accepts."""


class KeyRefused(NotLetIn):
    """The API key is unknown, expired or revoked."""


class NotLetThrough(AssetlightError):
    """It is known who calls, and that is not enough for this route: 403."""

    def __init__(self, problem: str, *, reason: str, **facts: Any) -> None:  # noqa: ANN401
        super().__init__(problem, **facts)
        self.reason = reason

    @property
    def headers(self) -> dict[str, str]:
        """The challenge of RFC 6750 for too little scope."""
        return {"WWW-Authenticate": f'{REALM}, error="insufficient_scope"'}


class RoleMissing(NotLetThrough):
    """None of the caller's roles is let through here."""


class ScopeTooNarrow(NotLetThrough):
    """What is asked is about every enterprise, and the caller may see those of some branches or parks."""


class RouteOutsideKey(NotLetThrough):
    """The API key is not made for this route."""


class IssuerKeysUnavailable(AssetlightError):
    """The keys of the identity provider cannot be read, so no token can be checked."""


class RouteUndeclared(AssetlightError):
    """A route of the application does not say who may use it."""


class KeyNotPossible(AssetlightError):
    """An API key was asked for with roles, routes or a lifetime that keys do not have."""


class KeyNotFound(AssetlightError):
    """No API key has that id."""
