"""One text for one value: canonical JSON (RFC 8785), and the SHA-256 digests that name inputs, bundles and policies."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
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


def canonical_parts(value: Any, part: Callable[[Any], Any]) -> bytes:  # noqa: ANN401
    """RFC 8785 bytes of a value without fractions and with ASCII keys, which the caller answers for: nobody looks
    through it first. `part` gives the JSON value of whatever is none."""
    return _encoder_with(part).encode(value).encode()


@lru_cache(maxsize=8)
def _encoder_with(part: Callable[[Any], Any]) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"), default=part)


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    return _ENCODER.encode(name) + ":"


def _flat(value: dict[str, Any]) -> str | None:
    """A mapping to fractions and nulls, such as the features of a case; None where it is another one."""
    texts = []
    for key in sorted(value):
        item = value[key]
        kind = type(item)
        if kind is float:
            number = repr(item).removesuffix(".0") if 1e-4 <= abs(item) < 1e15 else _number(item)
        elif item is None:
            number = "null"
        else:
            return None
        texts.append(_key(key) + number)
    return "{" + ",".join(texts) + "}"


def _text(value: Any) -> str:  # noqa: ANN401
    kind = type(value)
    if kind is float:
        return _number(value)
    if kind is dict and all(type(key) is str and key.isascii() for key in value):
        flat = _flat(value)
        if flat is not None:
            return flat
        if _plain(value):
            return _ENCODER.encode(value)
        return "{" + ",".join([_key(key) + _text(value[key]) for key in sorted(value)]) + "}"
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
