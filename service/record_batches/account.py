"""What became of a posted batch: the same account as an import's, and the refused rows by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from models.errors import AssetlightError
from models.records.kind import RecordKind

MOST_NAMED = 100  # refused rows that one answer names; the file has them all
LONGEST_SHOWN = 200  # characters of a refused value in the answer; the file has more


@dataclass(frozen=True)
class BatchAccount:
    """`accepted + duplicates + quarantined + withheld == received`; `corrections` are among the accepted.

    `withheld`: sound rows that were not stored because the batch was to be stored whole and could not be.
    `refused`: the first quarantined rows. `quarantine`: id of the file with all of them, if there are any.
    """

    kind: RecordKind
    received_at: datetime
    received: int
    accepted: int
    duplicates: int
    quarantined: int
    corrections: int
    withheld: int
    refused: tuple[Mapping[str, Any], ...]
    quarantine: str | None
    stored: bool = True

    @property
    def words(self) -> dict[str, str]:
        """The account as a sentence, Chinese and English."""
        if not self.stored:
            zh, en = "整批未入库", "nothing of the batch was stored"
        elif not self.accepted:
            zh, en = "没有新内容，库中数据不变", "nothing new: what is stored did not change"
        else:
            zh, en = (
                f"入库{self.accepted}行，其中更正{self.corrections}行",
                f"{self.accepted} rows stored, {self.corrections} of them corrections",
            )
        if self.quarantined:
            zh, en = f"{zh}；隔离{self.quarantined}行", f"{en}; {self.quarantined} rows quarantined"
        return {"zh": zh, "en": en}

    def as_dict(self) -> dict[str, Any]:
        """The same facts for a machine."""
        link = {"id": self.quarantine, "href": f"/v1/quarantine/{self.quarantine}"} if self.quarantine else None
        return {
            "kind": self.kind.name,
            "received_at": self.received_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
            "received": self.received,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "quarantined": self.quarantined,
            "corrections": self.corrections,
            "withheld": self.withheld,
            "changed": self.stored and self.accepted > 0,
            "message": self.words,
            "refused": list(self.refused),
            "quarantine": link,
        }


def refused_row(kind: RecordKind, line: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the quarantine for the answer: the field has the name that the request has it under."""
    key = next((field.key for field in kind.fields if field.name == line["field"]), line["field"])
    value = line["value"]
    if value is not None and len(value) > LONGEST_SHOWN:
        value = f"{value[:LONGEST_SHOWN]}... ({len(value)} characters)"
    names = ("code", "reason_zh", "reason_en", "expected")
    return {
        "row": line["row"],
        "field": key,
        "column": line["column"],
        "value": value,
        **{name: line[name] for name in names},
    }


class BatchRefused(AssetlightError):
    """Nothing of a batch was stored: no row of it is sound, or it should be stored whole and some row is not."""

    def __init__(self, account: BatchAccount) -> None:
        first = account.refused[0]
        self.members = {"batch": account.as_dict()}
        self.errors = [
            {
                "field": f"rows[{row['row'] - 1}]" + (f".{row['field']}" if row["field"] else ""),
                "value": row["value"],
                "expected": f"{row['expected']} ({row['reason_en']})" if row["expected"] else row["reason_en"],
                "code": row["code"],
            }
            for row in account.refused
        ]
        super().__init__(
            f"{account.quarantined} of {account.received} rows cannot be accepted; nothing of the batch was stored",
            field=self.errors[0]["field"],
            found=first["value"],
            expected=self.errors[0]["expected"],
            advice="Correct these rows and send the batch again; the quarantine file names every one of them",
        )
