"""Bearer tokens: a signed JWT of one issuer for one audience becomes a Principal, or is refused with its reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeGuard

import jwt
from jwt.exceptions import PyJWTError

from models.errors import AssetlightError
from service.people.errors import TokenRefused
from service.people.principal import Principal
from service.people.roles import Role
from service.people.signing_keys import ALGORITHMS, KeySet, SigningKey

LONGEST_TOKEN = 16 * 1024  # characters
LONGEST_TEXT = 200  # of a subject, a name, a branch
MOST_PLACES = 1000
MOST_PROVEN = 1000  # tokens that are remembered as proven
TYPES = frozenset({"jwt", "at+jwt"})  # RFC 7519, section 5.1; RFC 9068, section 2.1
ACCEPTED = frozenset(ALGORITHMS.values())
# Only the signature is left to the library: the times are checked here, by the clock that the service was given.
SIGNATURE_ONLY: Any = {
    "verify_signature": True,
    **{f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")},
}


@dataclass(frozen=True)
class ClaimNames:
    """Where a token says what; a dot leads into an object, such as `realm_access.roles`."""

    roles: str = "roles"
    branches: str = "branches"
    parks: str = "parks"
    name: str = "name"
    authority: str = "authority"


@dataclass(frozen=True)
class Proven:
    """A token whose signature was found true by a key: while the issuer has that very key, only time can end it."""

    kid: str | None
    key: SigningKey
    claims: Mapping[str, Any]
    principal: Principal


@dataclass(frozen=True)
class TrustedIssuer:
    """The one issuer whose tokens are accepted, for one audience."""

    issuer: str
    audience: str
    keys: KeySet
    claims: ClaimNames = ClaimNames()
    leeway_s: float = 30.0
    _proven: dict[str, Proven] = field(default_factory=dict, repr=False, compare=False)

    def is_quick(self, token: str) -> bool:
        """Whether the token can be checked without waiting for the provider."""
        proven = self._proven.get(token)
        try:
            return self.keys.at_hand(key_id(token) if proven is None else proven.kid) is not None
        except AssetlightError:
            return True  # refused without its key

    def principal(self, token: str, now: datetime) -> Principal:
        """Who the token is of. Raises TokenRefused, IssuerKeysUnavailable."""
        proven = self._proven.get(token)
        kid = key_id(token) if proven is None else proven.kid
        key = self.keys.find(kid)
        if key is None:
            raise TokenRefused("the token is signed with a key that the issuer does not have", reason="unknown_key")
        if proven is not None and proven.key is key:
            self._check_times(proven.claims, now.timestamp())
            return proven.principal
        claims = signed_claims(token, key)
        self._check_for_whom(claims)
        self._check_times(claims, now.timestamp())
        proven = Proven(kid, key, claims, self._read(claims))
        if len(self._proven) >= MOST_PROVEN:
            self._proven.clear()
        self._proven[token] = proven
        return proven.principal

    def _check_for_whom(self, claims: Mapping[str, Any]) -> None:
        if claims.get("iss") != self.issuer:
            raise TokenRefused(
                "the token is of another issuer", reason="wrong_issuer", field="iss", expected=self.issuer
            )
        audiences = claims.get("aud")
        listed = audiences if isinstance(audiences, list) else [audiences]
        if self.audience not in listed:
            raise TokenRefused(
                "the token is for another audience", reason="wrong_audience", field="aud", expected=self.audience
            )

    def _check_times(self, claims: Mapping[str, Any], now: float) -> None:
        expires, issued = moment(claims, "exp"), moment(claims, "iat")
        if expires <= now - self.leeway_s:
            raise TokenRefused("the token has expired", reason="expired", field="exp", advice="get a new token")
        if issued > now + self.leeway_s:
            raise TokenRefused("the token is of the future", reason="issued_in_the_future", field="iat")
        if "nbf" in claims and moment(claims, "nbf") > now + self.leeway_s:
            raise TokenRefused("the token is not valid yet", reason="not_yet_valid", field="nbf")

    def _read(self, claims: Mapping[str, Any]) -> Principal:
        subject = claims.get("sub")
        if not isinstance(subject, str) or not is_word(subject) or subject.startswith("key:"):
            raise TokenRefused("the token does not say whose it is", reason="no_subject", field="sub", expected="text")
        name, authority = at(claims, self.claims.name), at(claims, self.claims.authority)
        known = {role.value: role for role in Role}
        return Principal(
            subject=subject,
            name=name if is_word(name) else subject,
            roles=frozenset(known[word] for word in words(claims, self.claims.roles) if word in known),
            branches=frozenset(words(claims, self.claims.branches)),
            parks=frozenset(words(claims, self.claims.parks)),
            authority=authority if is_word(authority) else None,
        )


def key_id(token: str) -> str | None:
    """The key id in a token's header, and that the header is one we accept at all. Raises TokenRefused."""
    if len(token) > LONGEST_TOKEN:
        raise TokenRefused("the token is too long", reason="too_long", expected=f"at most {LONGEST_TOKEN} characters")
    try:
        header = jwt.get_unverified_header(token)
    except (PyJWTError, ValueError, RecursionError):
        raise TokenRefused(
            "the bearer token is not a signed JWT", reason="malformed", expected="a JWS in compact form"
        ) from None
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ACCEPTED:
        raise TokenRefused(
            "the token's algorithm is not accepted",
            reason="wrong_algorithm",
            field="alg",
            expected=", ".join(sorted(ACCEPTED)),
        )
    kind = header.get("typ", "jwt")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in TYPES:
        raise TokenRefused("the token is of another type", reason="wrong_type", field="typ", expected="JWT or at+jwt")
    kid = header.get("kid")
    return kid if isinstance(kid, str) else None


def signed_claims(token: str, key: SigningKey) -> Mapping[str, Any]:
    """The claims, once the signature is found true by the key's own algorithm. Raises TokenRefused."""
    try:
        claims: dict[str, Any] = jwt.decode(token, key.key, algorithms=[key.algorithm], options=SIGNATURE_ONLY)
    except jwt.InvalidAlgorithmError:
        raise TokenRefused(
            "the token's algorithm is not that of its key",
            reason="wrong_algorithm",
            field="alg",
            expected=key.algorithm,
        ) from None
    except jwt.InvalidSignatureError:
        raise TokenRefused("the token's signature is not true", reason="wrong_signature") from None
    except (PyJWTError, ValueError, RecursionError):
        raise TokenRefused("the bearer token is not a signed JWT", reason="malformed") from None
    return claims


def moment(claims: Mapping[str, Any], claim: str) -> float:
    """A claim that is a moment in seconds of the epoch. Raises TokenRefused where it is missing or none."""
    value = claims.get(claim)
    # An integer is finite however long it is; asking would make it a float, which it may not fit.
    endless = isinstance(value, float) and not math.isfinite(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or endless:
        raise TokenRefused(
            f"the token does not say {claim} as a moment",
            reason="no_" + claim,
            field=claim,
            expected="seconds since 1970 (RFC 7519, section 2)",
        )
    return float(min(max(value, -1e15), 1e15))


def at(claims: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401
    """The claim under a name; else under a path of names, where a dot leads into an object; else None."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def is_word(value: Any) -> TypeGuard[str]:  # noqa: ANN401
    """Whether a value is text that can be kept and shown: not empty, not endless, nothing invisible in it."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT and value.isprintable()


def words(claims: Mapping[str, Any], path: str) -> list[str]:
    """A claim that is a list of words, or words in one text; anything else in it gives nothing."""
    found = at(claims, path)
    listed = found.split() if isinstance(found, str) else found if isinstance(found, list) else []
    return [word for word in listed[:MOST_PLACES] if is_word(word)]
