"""What a verification finds: the place, what is wrong there, how it should be and how it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written. `sequence`: the entry, or the one after which something is wrong.

    Of a row of another table: which `table`, which `row` by its key, and which `column`, where one is meant.
    """

    sequence: int
    what: str
    expected: str | None = None
    found: str | None = None
    subject: str | None = None
    table: str | None = None
    row: str | None = None
    column: str | None = None
