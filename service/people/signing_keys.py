"""The public keys that an identity provider signs with: kept for a while, fetched again for an unknown id."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import httpx2
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from service.people.errors import IssuerKeysUnavailable

LOG = logging.getLogger(__name__)

# The algorithm follows from the key alone, never from the token (RFC 8725, section 3.1).
ALGORITHMS = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}
SMALLEST_RSA_BITS = 2048  # RFC 7518, section 3.3
FRESH_S = 300.0  # a fetched set is used without asking again
STALE_S = 3600.0  # and for this long where the provider does not answer
BETWEEN_FETCHES_S = 30.0  # unknown key ids cause no more than one fetch in this time
FETCH_TIMEOUT_S = 5.0
LARGEST_SET_BYTES = 256 * 1024


@dataclass(frozen=True)
class SigningKey:
    """One public key and the one algorithm it is used with."""

    id: str | None
    algorithm: str
    key: PyJWK


def read_key_set(text: bytes) -> dict[str | None, SigningKey]:
    """The usable keys of a JWK Set (RFC 7517) by id; others are passed over. Raises IssuerKeysUnavailable for none."""
    try:
        tree = json.loads(text)
        listed = tree["keys"]
    except (ValueError, KeyError, TypeError, RecursionError):
        listed = None
    if not isinstance(listed, list):
        raise IssuerKeysUnavailable("the key set is not a JWK Set", expected='{"keys": [...]} (RFC 7517)')
    found = {key.id: key for key in map(usable_key, listed) if key is not None}
    if not found:
        raise IssuerKeysUnavailable(
            "the key set has no key that tokens may be signed with",
            expected="RSA of 2048 bits or more, EC P-256 or OKP Ed25519, for signatures",
        )
    return found


def usable_key(jwk: Any) -> SigningKey | None:  # noqa: ANN401
    """A key that may sign tokens, or None: no symmetric key, no key for encryption, no short one."""
    if not isinstance(jwk, Mapping) or jwk.get("use", "sig") != "sig":
        return None
    kty, kid = jwk.get("kty"), jwk.get("kid")
    curve = jwk.get("crv") if kty in ("EC", "OKP") else None
    algorithm = ALGORITHMS.get((str(kty), curve))
    if algorithm is None or jwk.get("alg", algorithm) != algorithm or not isinstance(kid, str | None):
        return None
    try:
        key = PyJWK({name: value for name, value in jwk.items() if name != "d"}, algorithm)
    except PyJWTError:
        return None
    if isinstance(key.key, RSAPublicKey) and key.key.key_size < SMALLEST_RSA_BITS:
        return None
    return SigningKey(kid, algorithm, key)


class KeySet:
    """A provider's keys, by a way to fetch them. Safe to use from several threads.

    An id that is not known is looked up once more at the provider, at most every BETWEEN_FETCHES_S: a rotated key is
    found, and made-up ids do not turn into load on the provider.
    """

    def __init__(self, fetch: Callable[[], bytes], monotonic: Callable[[], float]) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = Lock()
        self._keys: dict[str | None, SigningKey] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None

    def at_hand(self, kid: str | None) -> SigningKey | None:
        """The key, where it is known without waiting for anybody."""
        if self._fetched_at is None or self._monotonic() - self._fetched_at > FRESH_S:
            return None
        return self._chosen(kid)

    def find(self, kid: str | None) -> SigningKey | None:
        """The key, fetched where needed; None: the provider has no such key. Raises IssuerKeysUnavailable."""
        found = self.at_hand(kid)
        if found is not None:
            return found
        with self._lock:
            found = self.at_hand(kid)
            if found is None:
                self._refresh()
        return self._chosen(kid)

    def count(self) -> int:
        """How many keys there are, fetched where needed. Raises IssuerKeysUnavailable."""
        with self._lock:
            if self._fetched_at is None or self._monotonic() - self._fetched_at > FRESH_S:
                self._refresh()
            return len(self._keys)

    def _chosen(self, kid: str | None) -> SigningKey | None:
        if kid is None:  # a token may leave the id out where there is only one key to mean
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid)

    def _refresh(self) -> None:
        now = self._monotonic()
        old = self._fetched_at is None or now - self._fetched_at > STALE_S
        if self._tried_at is not None and now - self._tried_at < BETWEEN_FETCHES_S:
            if old:
                raise IssuerKeysUnavailable(
                    "the identity provider's keys could not be fetched a moment ago",
                    advice="try again in half a minute",
                )
            return
        self._tried_at = now
        try:
            self._keys = read_key_set(self._fetch())
            self._fetched_at = now
        except IssuerKeysUnavailable as unavailable:
            LOG.warning("keys of the identity provider: %s", unavailable)
            if old:
                raise


def fetch_over_http(url: str) -> bytes:
    """The text behind a JWKS address; no redirect is followed. Raises IssuerKeysUnavailable."""
    try:
        with (
            httpx2.Client(timeout=FETCH_TIMEOUT_S, follow_redirects=False, trust_env=False) as client,
            client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
        ):
            if answer.status_code != httpx2.codes.OK:
                raise IssuerKeysUnavailable(
                    "the identity provider did not give its keys", expected="200", found=answer.status_code, where=url
                )
            text = b""
            for piece in answer.iter_bytes():
                text += piece
                if len(text) > LARGEST_SET_BYTES:
                    raise IssuerKeysUnavailable(
                        "the identity provider's key set is too large",
                        expected=f"at most {LARGEST_SET_BYTES} bytes",
                        where=url,
                    )
            return text
    except httpx2.HTTPError as error:
        raise IssuerKeysUnavailable(
            "the identity provider does not answer", found=type(error).__name__, where=url
        ) from None


def fetch_from_file(path: Path) -> bytes:
    """The text of a JWKS file. Raises IssuerKeysUnavailable."""
    try:
        return path.read_bytes()
    except OSError as refusal:
        raise IssuerKeysUnavailable(
            "the key set file cannot be read", where=str(path), found=refusal.strerror
        ) from None
