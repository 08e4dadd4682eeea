"""Signatures are those of the specification, and a changed key signs nothing."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from service.outbox.errors import EventsKeyNotUsable
from service.outbox.signing import signature
from tests.service.outbox.conftest import Bank


def test_a_changed_key_signs_nothing(bank: Bank, tmp_path: Path) -> None:
    """The database knows no secret; another key is noticed before anything is sent, and nothing is lost."""
    bank.subscribe()
    bank.happen()
    key = (tmp_path / "events.key").read_bytes()
    assert (tmp_path / "events.key").stat().st_mode & 0o077 == 0
    (tmp_path / "events.key").write_bytes(b"f" * 64)
    with bank.consumer.up():
        with pytest.raises(EventsKeyNotUsable, match="not the one"):
            bank.drain()
        (tmp_path / "events.key").write_bytes(key)
        bank.drain()
    assert len(bank.consumer.taken) == 1


def test_the_signature_is_that_of_the_specification() -> None:
    """The worked example of the reference libraries of Standard Webhooks."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    found = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
