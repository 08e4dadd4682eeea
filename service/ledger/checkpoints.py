"""Checkpoints: the last entry of the chain written down where the database's owner cannot change it.

A chain that lost its tail, or was made anew from the first entry, is whole in itself. Who holds a checkpoint (an
auditor, a write-once disk, the minutes of a meeting) can tell. With a key it is also signed (Ed25519), so that the
checkpoint itself may lie anywhere.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from models.canonical import canonical_json
from models.errors import AssetlightError
from service.ledger.verifying import Checkpoint

FORM = "assetlight-checkpoint-1"


class CheckpointUnreadable(AssetlightError):
    """A file is no checkpoint, or its signature is not that of the key."""


class KeyUnreadable(AssetlightError):
    """A file is no Ed25519 key in PEM."""


def checkpoint_text(sequence: int, last: str, at: str, key: Path | None = None) -> bytes:
    """The checkpoint as canonical JSON, signed where a private key (PEM) is given. Raises KeyUnreadable."""
    facts: dict[str, Any] = {"form": FORM, "sequence": sequence, "hash": last, "at": at}
    if key is not None:
        private = _key(key, private=True)
        assert isinstance(private, Ed25519PrivateKey)  # noqa: S101
        facts["signature"] = base64.b64encode(private.sign(canonical_json(facts))).decode()
    return canonical_json(facts) + b"\n"


def read_checkpoint(path: Path, public_key: Path | None = None) -> Checkpoint:
    """A checkpoint from its file; with a public key (PEM) its signature is checked. Raises CheckpointUnreadable."""
    try:
        facts = json.loads(path.read_bytes())
        found = Checkpoint(int(facts["sequence"]), str(facts["hash"]))
        known = facts["form"] == FORM
        signature = facts.pop("signature", None)
    except (ValueError, KeyError, TypeError, AttributeError):
        known = False
    if not known:
        raise CheckpointUnreadable("the file is no checkpoint", where=str(path), expected=f"a file of form {FORM}")
    if public_key is None:
        return found
    public = _key(public_key, private=False)
    assert isinstance(public, Ed25519PublicKey)  # noqa: S101
    try:
        public.verify(base64.b64decode(signature or ""), canonical_json(facts))
    except (InvalidSignature, ValueError):
        raise CheckpointUnreadable("the checkpoint is not signed by this key", where=str(path)) from None
    return found


def _key(path: Path, *, private: bool) -> Ed25519PrivateKey | Ed25519PublicKey:
    try:
        text = path.read_bytes()
        key = load_pem_private_key(text, None) if private else load_pem_public_key(text)
    except (OSError, ValueError, TypeError) as error:
        raise KeyUnreadable("the key cannot be read", where=str(path), found=str(error)) from None
    if not isinstance(key, Ed25519PrivateKey | Ed25519PublicKey):
        raise KeyUnreadable(
            "the key is of another kind",
            where=str(path),
            expected="Ed25519 in PEM, without a passphrase",
            advice="make one: openssl genpkey -algorithm ed25519 -out key.pem; openssl pkey -in key.pem -pubout",
        )
    return key
