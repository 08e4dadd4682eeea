"""Signatures by the Standard Webhooks specification 1.0, with secrets that are kept nowhere.

    secret    = HMAC-SHA256(key of the installation, "webhook " + id of the subscription)
    signature = "v1," + base64(HMAC-SHA256(secret, id + "." + timestamp + "." + body))

The key lies outside the database (a file that its owner alone reads, or ASSETLIGHT_EVENTS_KEY), the database keeps
SHA-256 of the secret: whoever has a copy of the database signs nothing, and a changed key is noticed, not used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path

from service.outbox.errors import EventsKeyNotUsable
from service.registry.keys import make_key

KEY_FILE = "events.key"
SHORTEST_KEY = 16  # bytes
PREFIX = "whsec_"


@dataclass(frozen=True)
class Secrets:
    """Derives the secret of each subscription. `given`: the key from the settings; None: the file in `home`."""

    home: Path
    given: str | None = None

    def secret(self, subscription: str, *, make: bool = False) -> bytes:
        """The signing secret of a subscription, 32 bytes. Raises EventsKeyNotUsable."""
        return secret_of(self._key(make=make), subscription)

    def verified(self, subscription: str, sha256: str) -> bytes:
        """The secret, if it is the one that was given out. Raises EventsKeyNotUsable."""
        found = self.secret(subscription)
        if not hmac.compare_digest(fingerprint(found), sha256):
            raise EventsKeyNotUsable(
                "the key of the events is not the one from which the subscription's secret was derived",
                found=subscription,
                where=str(self.home / KEY_FILE),
                advice="restore the key from its backup (ASSETLIGHT_EVENTS_KEY or the file), or remove the "
                "subscription and add it again; nothing was sent and nothing is lost",
            )
        return found

    def _key(self, *, make: bool) -> bytes:
        path = self.home / KEY_FILE
        if self.given is not None:
            key = self.given.encode()
        elif path.is_file():
            key = path.read_bytes().strip()
        elif make:
            key = make_key(self.home, KEY_FILE)
        else:
            raise EventsKeyNotUsable(
                "there is no key from which to derive signing secrets",
                where=str(path),
                advice="restore it from its backup, or set ASSETLIGHT_EVENTS_KEY",
            )
        if len(key) < SHORTEST_KEY:
            raise EventsKeyNotUsable(
                "the key of the events is too short", expected=f"at least {SHORTEST_KEY} bytes", where=str(path)
            )
        return key


def secret_of(key: bytes, subscription: str) -> bytes:
    """The secret of a subscription under a key of the installation."""
    return hmac.digest(key, f"webhook {subscription}".encode(), "sha256")


def fingerprint(secret: bytes) -> str:
    """SHA-256 of a secret, as the database keeps it."""
    return hashlib.sha256(secret).hexdigest()


def secret_text(secret: bytes) -> str:
    """A secret as the specification writes it and its libraries read it."""
    return PREFIX + base64.b64encode(secret).decode()


def signature(secret: bytes, event: str, timestamp: int, body: bytes) -> str:
    """The value of the header webhook-signature."""
    signed = hmac.digest(secret, f"{event}.{timestamp}.".encode() + body, "sha256")
    return "v1," + base64.b64encode(signed).decode()


def headers(secret: bytes, event: str, timestamp: int, body: bytes) -> dict[str, str]:
    """What goes with an event. `timestamp`: seconds since 1970 of this attempt."""
    return {
        "webhook-id": event,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, event, timestamp, body),
    }
