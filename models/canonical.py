"""One text for one value: canonical JSON (RFC 8785), and the SHA-256 digests that name inputs, bundles and policies."""

from __future__ import annotations

import hashlib
from typing import Any

import rfc8785


def canonical_json(value: Any) -> bytes:  # noqa: ANN401
    """RFC 8785 bytes of a JSON value. Integers beyond 2**53 are not JSON numbers: write money as decimal text."""
    return rfc8785.dumps(value)


def sha256_hex(content: bytes) -> str:
    """Hexadecimal SHA-256, the only digest the project uses."""
    return hashlib.sha256(content).hexdigest()


def digest(value: Any) -> str:  # noqa: ANN401
    """SHA-256 of the canonical JSON of a value."""
    return sha256_hex(canonical_json(value))
