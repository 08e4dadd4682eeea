"""A token is taken only from the right issuer, for us, in its time, signed by a key of the right kind."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm

from service.people import Role
from service.people.errors import TokenRefused
from service.people.signing_keys import FRESH_S, KeySet, usable_key
from service.people.tokens import ClaimNames, TrustedIssuer
from tests.service.people.issuers import AUDIENCE, ISSUER, MAKE, NOW, Provider, claims_of

PROVIDER = Provider().add("r", "RS256").add("e", "ES256").add("d", "EdDSA")
TRUSTED = TrustedIssuer(ISSUER, AUDIENCE, KeySet(PROVIDER.fetch, lambda: 0.0))
AT = int(NOW.timestamp())


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def hmac_signed(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    signed = unsigned(header, claims)[:-1]
    return unsigned(header, claims, hmac.digest(secret, signed.encode(), "sha256"))


@pytest.mark.parametrize("kid", ["r", "e", "d"])
def test_a_true_token_is_somebody(kid: str) -> None:
    """RS256, ES256 and EdDSA tokens give subject, name, roles and branches."""
    who = TRUSTED.principal(PROVIDER.sign(kid, roles=["officer", "risk", "emperor"]), NOW)
    assert (who.subject, who.name, who.kind) == ("u-1001", "李华", "person")
    assert who.roles == {Role.OFFICER, Role.RISK}
    assert who.branches == {"hangzhou"}


def test_a_token_that_was_proven_ends_with_its_time() -> None:
    """The signature is not checked twice, but the times always are."""
    token = PROVIDER.sign("d", exp=AT + 600, nbf=AT - 60)
    trusted = TrustedIssuer(ISSUER, AUDIENCE, KeySet(PROVIDER.fetch, lambda: 0.0))
    assert trusted.principal(token, NOW) is trusted.principal(token, NOW)
    assert trusted.is_quick(token)
    for seconds, reason in ((631, "expired"), (-100, "issued_in_the_future")):
        with pytest.raises(TokenRefused, match="token") as refused:
            trusted.principal(token, NOW + timedelta(seconds=seconds))
        assert refused.value.reason == reason
    assert trusted.principal(token, NOW).subject == "u-1001"


@pytest.mark.parametrize("same_name", [True, False])
def test_a_token_that_was_proven_ends_with_its_key(same_name: bool) -> None:
    """Whether the issuer took the key away, or has another one under its name."""
    provider, watch = Provider().add("one"), [0.0]
    trusted = TrustedIssuer(ISSUER, AUDIENCE, KeySet(provider.fetch, lambda: watch[0]))
    token = provider.sign("one")
    assert trusted.principal(token, NOW).subject == "u-1001"
    provider.keys.clear()
    provider.add("one" if same_name else "two")
    assert trusted.principal(token, NOW).subject == "u-1001"  # the keys at hand are fresh
    watch[0] = FRESH_S + 1.0
    assert not trusted.is_quick(token)
    with pytest.raises(TokenRefused, match="token") as refused:
        trusted.principal(token, NOW)
    assert refused.value.reason == ("wrong_signature" if same_name else "unknown_key")


def test_no_more_tokens_are_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody uses any more does not fill the memory."""
    monkeypatch.setattr("service.people.tokens.MOST_PROVEN", 3)
    trusted = TrustedIssuer(ISSUER, AUDIENCE, KeySet(PROVIDER.fetch, lambda: 0.0))
    for number in range(10):
        token = PROVIDER.sign("d", sub=f"u-{number}")
        assert trusted.principal(token, NOW).subject == trusted.principal(token, NOW).subject == f"u-{number}"
    assert len(trusted._proven) <= 3


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param({"exp": AT - 31}, "expired", id="expired"),
        pytest.param({"exp": AT - 10**9}, "expired", id="expired-long-ago"),
        pytest.param({"exp": ...}, "no_exp", id="never-expires"),
        pytest.param({"exp": "tomorrow"}, "no_exp", id="exp-a-word"),
        pytest.param({"exp": True}, "no_exp", id="exp-a-truth"),
        pytest.param({"exp": float("inf")}, "no_exp", id="exp-endless"),
        pytest.param({"exp": float("nan")}, "no_exp", id="exp-no-number"),
        pytest.param({"iat": 10**400}, "issued_in_the_future", id="of-a-future-no-float-holds"),
        pytest.param({"exp": -(10**400)}, "expired", id="expired-before-any-float"),
        pytest.param({"iat": ...}, "no_iat", id="no-iat"),
        pytest.param({"iat": AT + 31}, "issued_in_the_future", id="of-the-future"),
        pytest.param({"nbf": AT + 31}, "not_yet_valid", id="not-yet"),
        pytest.param({"aud": "payroll"}, "wrong_audience", id="wrong-audience"),
        pytest.param({"aud": ["payroll", "assetlight2"]}, "wrong_audience", id="other-audiences"),
        pytest.param({"aud": ...}, "wrong_audience", id="no-audience"),
        pytest.param({"aud": {"assetlight": 1}}, "wrong_audience", id="audience-an-object"),
        pytest.param({"iss": "https://login.bank.test/"}, "wrong_issuer", id="issuer-by-a-slash"),
        pytest.param({"iss": ...}, "wrong_issuer", id="no-issuer"),
        pytest.param({"sub": ...}, "no_subject", id="no-subject"),
        pytest.param({"sub": ""}, "no_subject", id="empty-subject"),
        pytest.param({"sub": 7}, "no_subject", id="subject-a-number"),
        pytest.param({"sub": "key:3f9a1c2b7d80"}, "no_subject", id="subject-like-a-key"),
        pytest.param({"sub": "x" * 300}, "no_subject", id="subject-endless"),
    ],
)
def test_a_token_with_a_wrong_claim_is_refused_by_its_reason(changed: dict[str, Any], reason: str) -> None:
    """Who, for whom and when are all checked."""
    with pytest.raises(TokenRefused) as refused:
        TRUSTED.principal(PROVIDER.sign("d", **changed), NOW)
    assert refused.value.reason == reason


def test_a_clock_that_is_a_little_off_is_forgiven() -> None:
    """Thirty seconds either way, not more."""
    for changed in ({"exp": AT - 29}, {"iat": AT + 30}, {"nbf": AT + 30}):
        assert TRUSTED.principal(PROVIDER.sign("d", **changed), NOW).subject == "u-1001"


PEM = PROVIDER.keys["r"][1].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
FORGED: dict[str, tuple[str, str]] = {
    "alg-none": (unsigned({"alg": "none", "kid": "r"}, claims_of()), "wrong_algorithm"),
    "alg-None": (unsigned({"alg": "None", "kid": "r"}, claims_of()), "wrong_algorithm"),
    "alg-missing": (unsigned({"kid": "r"}, claims_of()), "wrong_algorithm"),
    "alg-a-list": (unsigned({"alg": ["RS256"], "kid": "r"}, claims_of()), "wrong_algorithm"),
    "typ-a-list": (unsigned({"alg": "EdDSA", "kid": "d", "typ": ["JWT"]}, claims_of()), "wrong_type"),
    "hmac-by-the-public-key": (
        hmac_signed({"alg": "HS256", "kid": "r"}, claims_of(), PEM),
        "wrong_algorithm",
    ),
    "rs512": (jwt.encode(claims_of(), PROVIDER.keys["r"][1], "RS512", {"kid": "r"}), "wrong_algorithm"),
    "ps256": (jwt.encode(claims_of(), PROVIDER.keys["r"][1], "PS256", {"kid": "r"}), "wrong_algorithm"),
    "another-keys-algorithm": (
        jwt.encode(claims_of(), PROVIDER.keys["e"][1], "ES256", {"kid": "d"}),
        "wrong_algorithm",
    ),
    "another-key": (jwt.encode(claims_of(), MAKE["EdDSA"](), "EdDSA", {"kid": "d"}), "wrong_signature"),
    "no-signature": (unsigned({"alg": "EdDSA", "kid": "d"}, claims_of()), "wrong_signature"),
    "unknown-key": (jwt.encode(claims_of(), MAKE["EdDSA"](), "EdDSA", {"kid": "z"}), "unknown_key"),
    "no-key-id-among-several": (jwt.encode(claims_of(), PROVIDER.keys["d"][1], "EdDSA"), "unknown_key"),
    "key-in-the-header": (
        jwt.encode(claims_of(), MAKE["EdDSA"](), "EdDSA", {"jwk": PROVIDER.jwks()[2], "kid": "d"}),
        "wrong_signature",
    ),
    "an-id-token-type": (PROVIDER.sign("d", {"typ": "logout+jwt"}), "wrong_type"),
    "two-parts": ("a.b", "malformed"),
    "text": ("let me in", "malformed"),
    "bomb": (unsigned({"alg": "EdDSA"}, {}).split(".")[0] + "." + "W" * 15_000 + ".", "unknown_key"),
    "too-long": ("x" * 20_000, "too_long"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused(name: str) -> None:
    """The algorithm follows from our key, and no key comes from the token."""
    token, reason = FORGED[name]
    with pytest.raises(TokenRefused) as refused:
        TRUSTED.principal(token, NOW)
    assert refused.value.reason == reason
    assert not token or token not in str(refused.value)


def test_a_payload_that_is_changed_is_refused() -> None:
    """Any other claim under the same signature is not true."""
    head, _, signature = PROVIDER.sign("d").split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims_of(roles=["approver"])).encode()).rstrip(b"=").decode()
    with pytest.raises(TokenRefused, match="signature is not true"):
        TRUSTED.principal(f"{head}.{body}.{signature}", NOW)


def test_a_deeply_nested_payload_is_refused() -> None:
    """A bomb under a true signature is a refusal, not a failure."""
    algorithm, key = PROVIDER.keys["d"]
    token = jwt.PyJWS().encode(b"[" * 9_000, key, algorithm, {"kid": "d"})
    with pytest.raises(TokenRefused, match="not a signed JWT"):
        TRUSTED.principal(token, NOW)


@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,60}"))
def test_no_text_is_anything_but_refused(text: str) -> None:
    """Whatever is sent as a token, the answer is a refusal."""
    with pytest.raises(TokenRefused):
        TRUSTED.principal(text, NOW)


def test_claims_may_lie_elsewhere() -> None:
    """Roles inside an object, branches in one text; what is no word is passed over."""
    names = ClaimNames(roles="realm_access.roles", branches="https://bank/branches")
    trusted = TrustedIssuer(ISSUER, AUDIENCE, TRUSTED.keys, names)
    who = trusted.principal(
        PROVIDER.sign(
            "d", realm_access={"roles": ["approver", 7, None]}, roles=["risk"], **{"https://bank/branches": "a b"}
        ),
        NOW,
    )
    assert who.roles == {Role.APPROVER}
    assert who.branches == {"a", "b"}


SHORT = RSAAlgorithm.to_jwk(
    rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key(),  # noqa: S505
    as_dict=True,
)


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "oct", "k": "AAAA", "kid": "s"},
        {"kty": "oct", "k": "AAAA", "kid": "s", "alg": "HS256"},
        {**PROVIDER.jwks()[0], "use": "enc"},
        {**PROVIDER.jwks()[0], "alg": "RS512"},
        {**PROVIDER.jwks()[0], "kid": 5},
        {**PROVIDER.jwks()[1], "crv": "P-521"},
        {**PROVIDER.jwks()[2], "x": "AAAA"},
        SHORT,
        {},
        "text",
        None,
    ],
)
def test_a_key_that_must_not_sign_is_passed_over(jwk: Any) -> None:
    """No symmetric key, none for encryption, no short or broken one."""
    assert usable_key(jwk) is None
