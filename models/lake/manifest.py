"""The manifest: the one small file that says which part files are the lake. Replacing it is the commit.

    lake/manifest.json                          the state; replaced atomically, so a reader sees the old or the new
    lake/writer.lock                            held by the one writer
    lake/<kind>/bucket=03/g000012-01.parquet    a part: rows of one kind and bucket, written by generation 12

Part files are never changed. A file that no manifest names is left over from a crash; the next writer removes it.
Files that the last generations named stay for a while, for readers that are still under way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from models.durable import replace_durably
from models.errors import AssetlightError

MANIFEST = "manifest.json"
SCHEMA_VERSION = 1
DEFAULT_BUCKETS = 16
KEPT_GENERATIONS = 8  # how many commits a reader may sleep through and still find its files


class LakeBusy(AssetlightError):
    """Another process is writing to the lake."""


class LakeDamaged(AssetlightError):
    """The manifest cannot be read, or names a file that is not there."""


@dataclass(frozen=True, order=True)
class Part:
    """One Parquet file: path below the lake, rows, bytes."""

    path: str
    rows: int
    size_bytes: int


@dataclass(frozen=True)
class Manifest:
    """The state of the lake. `parts`: (kind, bucket) -> its files. `retired`: path -> generation that left it out."""

    generation: int = 0
    buckets: int = DEFAULT_BUCKETS
    parts: Mapping[tuple[str, int], tuple[Part, ...]] = field(default_factory=dict)
    retired: Mapping[str, int] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds that have been delivered, sorted."""
        return tuple(sorted({kind for kind, _ in self.parts}))

    def of(self, kind: str, buckets: Iterable[int] | None = None) -> list[Part]:
        """The parts of a kind, in path order."""
        wanted = None if buckets is None else set(buckets)
        return sorted(
            part
            for (of_kind, bucket), parts in self.parts.items()
            if of_kind == kind and (wanted is None or bucket in wanted)
            for part in parts
        )

    def paths(self) -> set[str]:
        """Every file that the manifest needs or still keeps."""
        return {part.path for parts in self.parts.values() for part in parts} | set(self.retired)

    def succeeded_by(self, parts: Mapping[tuple[str, int], tuple[Part, ...]]) -> Manifest:
        """The next generation with these parts."""
        generation = self.generation + 1
        now = {part.path for each in parts.values() for part in each}
        gone = {part.path: generation for each in self.parts.values() for part in each if part.path not in now}
        kept = {path: when for path, when in self.retired.items() if generation - when < KEPT_GENERATIONS}
        return replace(self, generation=generation, parts=dict(parts), retired={**kept, **gone})

    def to_bytes(self) -> bytes:
        """JSON, sorted, so that equal states are equal bytes."""
        content = {
            "schema_version": SCHEMA_VERSION,
            "generation": self.generation,
            "buckets": self.buckets,
            "parts": [
                {"kind": kind, "bucket": bucket, "path": part.path, "rows": part.rows, "bytes": part.size_bytes}
                for (kind, bucket), parts in sorted(self.parts.items())
                for part in sorted(parts)
            ],
            "retired": dict(sorted(self.retired.items())),
        }
        return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()

    @classmethod
    def from_bytes(cls, content: bytes, where: str) -> Manifest:
        """Read what `to_bytes` wrote; LakeDamaged if it is anything else."""
        try:
            facts = json.loads(content)
            if facts["schema_version"] != SCHEMA_VERSION:
                raise LakeDamaged(
                    "the lake was written by another version",
                    where=where,
                    expected=f"schema_version {SCHEMA_VERSION}",
                    found=facts["schema_version"],
                )
            parts: dict[tuple[str, int], tuple[Part, ...]] = {}
            for row in facts["parts"]:
                key = (str(row["kind"]), int(row["bucket"]))
                parts[key] = (*parts.get(key, ()), Part(str(row["path"]), int(row["rows"]), int(row["bytes"])))
            return cls(int(facts["generation"]), int(facts["buckets"]), parts, dict(facts["retired"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LakeDamaged(
                "the lake's manifest cannot be read",
                where=where,
                found=str(error),
                advice="Restore the directory from its backup, or import the records again into a new one",
            ) from error


def read_manifest(root: Path, buckets: int) -> Manifest:
    """The present state; an absent lake is an empty one."""
    path = root / MANIFEST
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Manifest(buckets=buckets)
    return Manifest.from_bytes(content, str(path))


def write_manifest(root: Path, manifest: Manifest) -> None:
    """Commit: the new state is on disk in full before it takes the old one's name."""
    replace_durably(root / MANIFEST, manifest.to_bytes())


def bucket_of(enterprise_id: str, buckets: int) -> int:
    """The bucket of an enterprise: the same on every machine, in every version."""
    return int.from_bytes(hashlib.sha256(enterprise_id.encode()).digest()[:8], "big") % buckets
