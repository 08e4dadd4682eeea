"""Contents by their SHA-256: what a decision was made from, compressed and stored once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import zstandard
from sqlalchemy import Connection, select

from models.canonical import canonical_json, sha256_hex
from models.errors import AssetlightError
from service.store.schema import CONTENTS

LEVEL = 3
MANIFEST = "manifest"  # canonical JSON whose "contents" lists the contents that belong to it
ROWS = "rows"  # Arrow stream of the rows of one kind
FILE = "file"  # a file as it was
MEDIA = (MANIFEST, ROWS, FILE)


class ContentMissing(AssetlightError):
    """A content that an entry names is not stored."""


class ContentAltered(AssetlightError):
    """A stored content is not the one that its SHA-256 names."""


@dataclass(frozen=True)
class Content:
    """Bytes under their SHA-256. They are compressed when they are first stored."""

    sha256: str
    media: str
    content: bytes

    @classmethod
    def of(cls, media: str, content: bytes) -> Content:
        """The content of some bytes."""
        return cls(sha256_hex(content), media, content)

    @classmethod
    def manifest(cls, facts: dict[str, object], contents: Iterable[str]) -> Content:
        """A manifest: facts, and the contents that belong to it."""
        return cls.of(MANIFEST, canonical_json({**facts, "contents": sorted(set(contents))}))

    @cached_property
    def row(self) -> tuple[str, str, int, bytes, str]:
        """The row of the table `contents`; compressing takes longer than writing, so do it before the transaction."""
        packed = zstandard.ZstdCompressor(level=LEVEL).compress(self.content)
        return self.sha256, self.media, len(self.content), packed, sha256_hex(packed)


def unpacked(sha256: str, media: str, size: int, packed: bytes, packed_sha256: str) -> bytes:
    """The bytes of a stored row, checked in every part. Raises ContentAltered."""
    problem = None
    content = b""
    if media not in MEDIA:
        problem = "its kind is unknown"
    elif sha256_hex(packed) != packed_sha256:
        problem = "its compressed bytes were changed"
    else:
        try:
            content = zstandard.ZstdDecompressor().decompress(packed, max_output_size=max(size, 1))
        except zstandard.ZstdError:
            problem = "it cannot be decompressed"
        else:
            if len(content) != size or sha256_hex(content) != sha256:
                problem = "its bytes are others"
    if problem is not None:
        raise ContentAltered(
            f"a stored content is not what its SHA-256 names: {problem}", expected=sha256, where="contents"
        )
    return content


def read_contents(connection: Connection, names: Sequence[str]) -> dict[str, bytes]:
    """The bytes of some contents by SHA-256. Raises ContentMissing, ContentAltered."""
    found: dict[str, bytes] = {}
    wanted = sorted(set(names))
    for start in range(0, len(wanted), 500):
        for row in connection.execute(select(CONTENTS).where(CONTENTS.c.sha256.in_(wanted[start : start + 500]))):
            found[row.sha256] = unpacked(row.sha256, row.media, row.size, bytes(row.packed), row.packed_sha256)
    for name in wanted:
        if name not in found:
            raise ContentMissing("a content that the ledger names is not stored", expected=name, where="contents")
    return found
