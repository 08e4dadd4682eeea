"""Ids in files and requests follow the one rule of identifiers."""

from __future__ import annotations

from datetime import date
from typing import Any

from models.records import KINDS
from models.tables import accept_rows

INVOICE = KINDS["invoice"]


def taken(*changes: dict[str, Any]) -> Any:
    """What becomes of some rows that differ from the example of the kind."""
    rows = [{**INVOICE.example, **change} for change in changes]
    return accept_rows(rows, INVOICE, received_on=date(2030, 1, 1))


def test_one_invoice_in_five_writings_is_one_record() -> None:
    """Full width, zero width, blanks and line breaks in id and number make nothing twice."""
    number = INVOICE.example["invoice_no"]
    wide = "".join(chr(ord(one) + 0xFEE0) for one in number)
    found = taken(
        {"enterprise_id": "E 12"},
        {"enterprise_id": "Ｅ　１２"},
        {"enterprise_id": "E\u200b 12", "invoice_no": wide},
        {"enterprise_id": " E\n12 ", "invoice_no": f"\ufeff{number}"},
        {"enterprise_id": "E \t 12"},
    )
    assert (len(found.rows), found.duplicates, len(found.quarantined)) == (1, 4, 0)
    assert found.rows["enterprise_id"].to_pylist() == ["E 12"]
    assert found.rows["invoice_no"].to_pylist() == [number]


def test_what_cannot_be_seen_is_quarantined_with_its_reason() -> None:
    """A control character inside an id is a defect of its own; nothing but invisible characters is an empty id."""
    found = taken({"enterprise_id": "E\x0112"}, {"enterprise_id": "\u200b"}, {"enterprise_id": "Ｎ／Ａ"})
    assert len(found.rows) == 0
    codes = found.quarantined.select(["row", "field", "code"]).to_pylist()
    assert [(line["row"], line["field"], line["code"]) for line in codes] == [
        (1, "enterprise_id", "invisible_character"),
        (2, "enterprise_id", "empty"),
        (3, "enterprise_id", "empty"),
    ]


def test_a_name_keeps_what_it_says() -> None:
    """Words that name nothing by a code are only trimmed."""
    found = taken({"enterprise_id": "E1", "goods_name": " ＬＥＤ  灯 "})
    assert found.rows["goods_name"].to_pylist() == ["ＬＥＤ  灯"]
