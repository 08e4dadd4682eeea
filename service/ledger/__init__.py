"""The ledger: every assessment, change and access to a case as an entry that is appended, chained and never changed.

Inside a transaction of your own: `append(connection, kind, subject, actor, content, at=moment)`, last.
"""

from __future__ import annotations

from service.ledger.appending import Work, append, append_all
from service.ledger.contents import Content, ContentAltered, ContentMissing, read_contents
from service.ledger.entry import Draft, Entry, Kind, draft
from service.ledger.group_commit import LedgerWriter

__all__ = [
    "Content",
    "ContentAltered",
    "ContentMissing",
    "Draft",
    "Entry",
    "Kind",
    "LedgerWriter",
    "Work",
    "append",
    "append_all",
    "draft",
    "read_contents",
]
