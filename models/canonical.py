"""One text for one value: canonical JSON (RFC 8785), and the SHA-256 digests that name inputs, bundles and policies."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import rfc8785

LARGEST_WHOLE = 2**53 - 1  # beyond it a whole number is no JSON number
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def canonical_json(value: Any) -> bytes:  # noqa: ANN401
    """RFC 8785 bytes of a JSON value. Integers beyond 2**53 are not JSON numbers: write money as decimal text.

    What holds no fraction is written by the standard library, which escapes as RFC 8785 does (a test holds the two
    together) and is some twenty times faster; `rfc8785` writes the rest.
    """
    try:
        return _text(value).encode()
    except UnicodeEncodeError:
        return rfc8785.dumps(value)


def sha256_hex(content: bytes) -> str:
    """Hexadecimal SHA-256, the only digest the project uses."""
    return hashlib.sha256(content).hexdigest()


def digest(value: Any) -> str:  # noqa: ANN401
    """SHA-256 of the canonical JSON of a value."""
    return sha256_hex(canonical_json(value))


def _text(value: Any) -> str:  # noqa: ANN401
    kind = type(value)
    if kind is float:
        return _number(value)
    if kind is dict and all(type(key) is str and key.isascii() for key in value):
        if _plain(value):
            return _ENCODER.encode(value)
        return "{" + ",".join([f"{_ENCODER.encode(key)}:{_text(value[key])}" for key in sorted(value)]) + "}"
    if kind is list or kind is tuple:
        return "[" + ",".join([_text(item) for item in value]) + "]"
    return _ENCODER.encode(value) if _plain(value) else rfc8785.dumps(value).decode()


def _number(value: float) -> str:
    """A fraction; between these bounds Python and RFC 8785 write the same digits without an exponent."""
    if 1e-4 <= abs(value) < 1e15:
        return repr(value).removesuffix(".0")
    return rfc8785.dumps(value).decode()


def _plain(value: Any) -> bool:  # noqa: ANN401
    """Whether the standard library writes the value as RFC 8785 does: no fractions, keys that sort alike."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-LARGEST_WHOLE <= value <= LARGEST_WHOLE)
    if kind is dict:
        return all(type(key) is str and key.isascii() and _plain(item) for key, item in value.items())
    if kind is list or kind is tuple:
        return all(_plain(item) for item in value)
    return False
