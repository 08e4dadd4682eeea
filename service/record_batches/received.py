"""Idempotency keys: a batch that is sent again counts as received when it was received first.

That makes a repeat exact: every row has the instant of learning that it had the first time, so that the merge of
versions finds it, also when a correction has come in between. Without the key the same rows, sent again after a
correction and without `known_at` of their own, would be a return to the earlier content.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from models.canonical import canonical_json, sha256_hex
from models.errors import AssetlightError


class IdempotencyKeyReused(AssetlightError):
    """A key that was sent with one batch comes with another."""


@dataclass(frozen=True)
class ReceivedKeys:
    """One small file per key: what came with it, and when it came first. Kept with the data they protect."""

    directory: Path

    def first_received(self, key: str, content: dict[str, str], now: datetime) -> datetime:
        """When this batch came first. `content`: what tells it from others. Raises IdempotencyKeyReused."""
        path = self.directory / f"{sha256_hex(key.encode())[:32]}.json"
        entry = {**content, "received_at": now.astimezone(UTC).isoformat()}
        self.directory.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=self.directory, suffix=".draft") as draft:
            draft.write(canonical_json(entry))
            draft.flush()
            os.fsync(draft.fileno())
            try:
                os.link(draft.name, path)  # fails if the key is known, also when two requests race
            except FileExistsError:
                entry = json.loads(path.read_bytes())
        if {name: entry.get(name) for name in content} != content:
            raise IdempotencyKeyReused(
                "this Idempotency-Key came with another batch before",
                field="Idempotency-Key",
                found=key,
                expected="a key of its own for every batch",
                advice="Send the batch with a new key",
            )
        return datetime.fromisoformat(entry["received_at"])
