"""Attachments on disk, by their SHA-256 and by nothing that a caller chose."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from models.durable import sync
from service.applications.errors import AttachmentRefused
from service.errors import StoreUnusable

ZIP, PDF, PNG, JPEG = b"PK\x03\x04", b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
OPEN_XML = "application/vnd.openxmlformats-officedocument."
# What is taken, with how such a file begins; None: text, which has no NUL.
TYPES: Mapping[str, tuple[str, bytes | None]] = {
    "application/pdf": (".pdf", PDF),
    "image/png": (".png", PNG),
    "image/jpeg": (".jpg", JPEG),
    OPEN_XML + "spreadsheetml.sheet": (".xlsx", ZIP),
    OPEN_XML + "wordprocessingml.document": (".docx", ZIP),
    "text/plain": (".txt", None),
    "text/csv": (".csv", None),
}
ENDINGS = {".jpeg": ".jpg"}
SHA256 = re.compile(r"[0-9a-f]{64}")
LONGEST_BEGINNING = 16  # bytes by which a type is known
LONGEST_NAME = 200  # bytes in UTF-8
FORBIDDEN = frozenset('/\\:*?"<>|')


@dataclass(frozen=True)
class Filed:
    """A file that was stored: its SHA-256 and its size in bytes."""

    sha256: str
    size: int


def checked_name(name: str, media_type: str) -> str:
    """A file name that leads nowhere, with the ending of its type. Raises AttachmentRefused."""
    known = TYPES.get(media_type)
    if known is None:
        raise AttachmentRefused(
            "files of this type are not taken", field="Content-Type", expected=", ".join(TYPES), found=media_type
        )
    normal = unicodedata.normalize("NFC", name)
    strange = any(one in FORBIDDEN or (unicodedata.category(one)[0] in "CZ" and one != " ") for one in normal)
    if (
        strange
        or not normal.strip()
        or normal != normal.strip()
        or normal[0] == "."
        or normal[-1] == "."
        or ".." in normal
    ):
        raise AttachmentRefused(
            "not a file name",
            field="name",
            expected='a plain name such as "site visit.pdf": no / \\ : * ? " < > |, no "..", no leading dot',
            found=name,
        )
    ending = Path(normal).suffix.lower()
    if len(normal.encode()) > LONGEST_NAME or ENDINGS.get(ending, ending) != known[0]:
        raise AttachmentRefused(
            "the name does not fit the file",
            field="name",
            expected=f"at most {LONGEST_NAME} bytes, ending in {known[0]}",
            found=name,
        )
    return normal


class Cabinet:
    """A folder of files by hash. A file is on the disk before anybody is told of it."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    async def file(self, pieces: AsyncIterator[bytes], media_type: str) -> Filed:
        """Store the bytes. Raises AttachmentRefused, StoreUnusable."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with NamedTemporaryFile(dir=self._folder, prefix="draft-", delete=False) as draft:
                try:
                    filed = await self._written(pieces, media_type, draft)
                    place = self._place(filed.sha256)
                    place.parent.mkdir(exist_ok=True, mode=0o700)
                    Path(draft.name).replace(place)
                    for folder in (place.parent, self._folder):
                        sync(folder)
                except BaseException:
                    Path(draft.name).unlink(missing_ok=True)
                    raise
        except OSError as refusal:
            raise StoreUnusable("the attachment cannot be written", found=refusal.strerror or str(refusal)) from None
        return filed

    async def _written(self, pieces: AsyncIterator[bytes], media_type: str, draft: IO[bytes]) -> Filed:
        digest, size, head, begins = hashlib.sha256(), 0, b"", TYPES[media_type][1]
        async for piece in pieces:
            size += len(piece)
            if size > self._most_bytes:
                raise AttachmentRefused(
                    "the file is too large", field="body", expected=f"at most {self._most_bytes} bytes"
                )
            if begins is None and b"\0" in piece:
                raise _other_content(media_type)
            head = head if len(head) >= LONGEST_BEGINNING else head + piece[:LONGEST_BEGINNING]
            digest.update(piece)
            draft.write(piece)
        if not size or (begins is not None and not head.startswith(begins)):
            raise _other_content(media_type)
        draft.flush()
        os.fsync(draft.fileno())
        return Filed(digest.hexdigest(), size)

    def path(self, sha256: str) -> Path:
        """Where a stored file lies. Raises StoreUnusable where it does not, or is another."""
        place = self._place(sha256)
        try:
            with place.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            found = "no such file"
        if found != sha256:
            raise StoreUnusable(
                "the attachment is not what was stored", expected=sha256, found=found, advice="restore it from a backup"
            )
        return place

    def _place(self, sha256: str) -> Path:
        assert SHA256.fullmatch(sha256)  # noqa: S101
        return self._folder / sha256[:2] / sha256


def _other_content(media_type: str) -> AttachmentRefused:
    return AttachmentRefused("the content is not of the declared type", field="Content-Type", expected=media_type)
