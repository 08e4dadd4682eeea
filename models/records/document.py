"""The page of all record kinds, and their schemas as plain values: both made from the declarations, never by hand."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from models.records.kind import UNKNOWN_WORDS, Field, RecordKind

TYPE_WORDS = {
    "text": "text 文本",
    "choice": "choice 选项",
    "date": "date 日期",
    "timestamp": "instant 时间",
    "money": "money 金额",
    "number": "number 数值",
    "integer": "whole number 整数",
    "flag": "yes/no 是/否",
}

PREFACE = """# Records 记录

Made from the declarations in `models/records` by `python -m models.records.document`; a test says when it is stale.

- Every record carries when it happened (**occurred**) and when the bank learned it (`known_at`); it counts at a day
  only if both are not later. A later row with the same **key** is a new version: what was known before stays known.
- Files are workbooks, CSV, NDJSON (one flat JSON object a line) or Parquet: `assetlight import FILE...`.
- Money is CNY: decimal yuan, or the unit that the header names: `注册资本（万元）`. It is stored as integer fen (1/100
  yuan) in a column of the same name with `_fen` behind it, and a file with that header holds fen. Shares, rates and
  scores are fractions: 0.35, or 35% in a file.
- A header may be the Chinese or the English word, the name, or one of the aliases; blanks, capitals, underscores and
  full width do not matter.
- An enterprise id may be any code. One written like the 统一社会信用代码 of a business is refused (`enterprise_code`)
  when its check character or a character fails GB 32100-2015: one digit mistyped would be another enterprise.
- Empty is unknown, never zero and never no. A kind that no feed delivers is not connected, which is not bad.
- Read as empty: UNKNOWN.
- ● required, ○ optional, ◆ part of the key, ▷ may lie in the future (due, expiry); no other date may lie after the day
  on which the bank learned the row.
"""


def records_page(kinds: Iterable[RecordKind]) -> str:
    """Markdown of all kinds, in both languages."""
    kinds = tuple(kinds)
    unknown = ", ".join(f"`{word}`" for word in UNKNOWN_WORDS)
    lines = [PREFACE.replace("UNKNOWN", unknown), "| kind | 类别 | occurred | fields |", "| --- | --- | --- | --- |"]
    lines += [f"| [`{k.name}`](#{k.name}) | {k.zh} | `{k.occurred}` | {len(k.fields)} |" for k in kinds]
    return "\n".join([*lines, "", *(section(kind) for kind in kinds)]).rstrip() + "\n"


def section(kind: RecordKind) -> str:
    """One kind: meaning, key, fields, checks."""
    lines = [
        f"## {kind.name}",
        "",
        kind.meaning.strip(),
        "",
        f"Key 主键: {', '.join(f'`{name}`' for name in kind.natural_key)}. Occurred 发生: `{kind.occurred}`.",
        "",
        "| | name | 中文 | English | type | also written as | range, values | note | example |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(field_row(kind, field) for field in kind.fields),
        "",
    ]
    if kind.checks:
        lines += ["Refused 拒收:", ""]
        lines += [f"- `{check.code}`: {check.zh} / {check.en}" for check in kind.checks]
        lines += [""]
    return "\n".join(lines)


def field_row(kind: RecordKind, field: Field) -> str:
    """One field as a row of the table."""
    marks = ("●" if field.required else "○") + ("◆" if field.name in kind.natural_key else "")
    note = field.note + (f" From `{field.filled_from}` if there is no such column." if field.filled_from else "")
    cells = (
        marks + ("▷" if field.planned else ""),
        f"`{field.key}`",
        field.zh,
        field.en,
        TYPE_WORDS[field.type],
        ", ".join(field.aliases),
        allowed(field),
        note.strip(),
        field.example,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def allowed(field: Field) -> str:
    """Range or values of a field in words."""
    if field.choices is not None:
        values = dict.fromkeys(field.choices.values())
        return "; ".join(
            f"{value} ({', '.join(s for s, v in field.choices.items() if v == value and s != value.casefold())})"
            for value in values
        ).replace(" ()", "")
    low, high = (f"{bound:g}" if bound is not None else "" for bound in (field.minimum, field.maximum))
    return f"{low or '…'} to {high or '…'}" if low or high else ""


def schemas(kinds: Iterable[RecordKind]) -> Mapping[str, Any]:
    """What is stored of each kind, as plain values: what a reader of old files depends on."""
    return {
        kind.name: {
            "columns": [[c.name, str(c.type), "optional" if c.nullable else "required"] for c in kind.schema],
            "natural_key": list(kind.natural_key),
            "occurred": kind.occurred,
            "choices": {f.name: sorted(set(f.choices.values())) for f in kind.fields if f.choices is not None},
        }
        for kind in kinds
    }


def schemas_text(kinds: Iterable[RecordKind]) -> str:
    """The schemas as JSON with one column a line, for the golden file."""
    text = json.dumps(schemas(kinds), ensure_ascii=False, indent=1)
    return re.sub(r'\[\s+"([^"]+)",\s+"([^"]+)",\s+"([^"]+)"\s+\]', r'["\1", "\2", "\3"]', text) + "\n"


if __name__ == "__main__":
    from models.records import KINDS

    written = schemas_text if "--schemas" in sys.argv else records_page
    sys.stdout.write(written(KINDS.values()))
