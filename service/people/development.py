"""The development issuer: signs tokens on a laptop for whoever can read its key file. Off unless asked for."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt.algorithms import OKPAlgorithm

from service.errors import StoreUnusable
from service.people.roles import Role

ISSUER = "urn:assetlight:development-issuer"
AUDIENCE = "assetlight"
KEY_ID = "development"
HEADER = "Assetlight-Development-Issuer"  # on every answer while it is on
WARNING_ZH = "开发用签发者已开启：任何能读取其密钥文件的人都可以冒充任何人，切勿用于生产"
WARNING_EN = "THE DEVELOPMENT ISSUER IS ON: whoever can read its key file can be anybody. Never in production"
LIFETIME = timedelta(hours=12)


@dataclass(frozen=True)
class DevelopmentIssuer:
    """An Ed25519 key in the data directory, readable by its owner only."""

    home: Path

    @property
    def file(self) -> Path:
        """Where the private key lies."""
        return self.home / "people" / "development-issuer.pem"

    def key(self) -> Ed25519PrivateKey:
        """The key; made when first needed. Raises StoreUnusable."""
        if not self.file.exists():
            self._make()
        key = load_pem_private_key(self.file.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise StoreUnusable(
                "the development issuer's key is not an Ed25519 key", where=str(self.file), advice="remove the file"
            )
        return key

    def key_set(self) -> bytes:
        """Its public key as a JWK Set."""
        public = OKPAlgorithm.to_jwk(self.key().public_key(), as_dict=True)
        return json.dumps({"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "EdDSA"}]}).encode()

    def token(
        self,
        *,
        subject: str,
        name: str,
        roles: Collection[Role],
        branches: Collection[str],
        now: datetime,
        parks: Collection[str] = (),
        authority: str | None = None,
        lifetime: timedelta = LIFETIME,
    ) -> str:
        """A token for somebody with these roles; nobody is asked whether it is true."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "name": name,
            "roles": sorted(roles),
            "branches": sorted(branches),
            "parks": sorted(parks),
            **({} if authority is None else {"authority": authority}),
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
        }
        return jwt.encode(claims, self.key(), algorithm="EdDSA", headers={"kid": KEY_ID})

    def _make(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        draft = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(text)
        try:
            os.link(draft, self.file)  # whole or not at all; another process that was first stays first
        except FileExistsError:
            pass
        finally:
            draft.unlink()
