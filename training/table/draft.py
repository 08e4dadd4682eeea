"""A first schema for a table: types guessed from its values, what only a person knows left to be filled in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from models.prepared.repeats import check_whole
from models.prepared.rows import BAD, GOOD, NO, YES
from models.sheets import read_sheets

ENTITY = ("enterprise_id", "企业代号", "企业编号", "统一社会信用代码", "uscc", "company_id", "customer_id", "id")
DAY = ("as_of", "day", "时点", "日期", "date", "observation_date")
KNOWN = ("known_at", "获知日期", "reported_on", "report_date")
LABEL = ("是否违约", "违约", "default", "defaulted", "is_default", "default_flag", "bad", "label")
MOST_LEVELS = 50
HEAD = """\
# Drafted from {file}: check every line. 草稿，请逐行核对。
# type: number, flag (1/0, yes/no, 是/否) or category. direction: 1 more is riskier, -1 more is safer, 0 not known.
# missing: codes that mean "no value"; genuine: numbers that look like such codes and are true values.
schema_version: "1"
origin: own table        # who supplied it; with the word "simulated" every figure is marked so
entity: {entity}
{day}
{known}
{label}
# repeats: once         # rows that are in the file twice: once (copies) or keep (different loans that look alike)
columns:
"""


def draft_schema(path: Path, label: str | None = None) -> str:
    """The text of a schema that reads the table; what could not be told stands as a comment."""
    first = next(iter(read_sheets(path)))
    headers = [header for header in first.headers if header]
    check_whole([first], headers)
    entity = _one_of(headers, ENTITY) or headers[0]
    day, known = _one_of(headers, DAY), _one_of(headers, KNOWN)
    outcome = label or _one_of(headers, LABEL)
    head = HEAD.format(
        file=path.name,
        entity=_quoted(entity),
        day=f"day: {_quoted(day)}" if day else "# day: COLUMN          # the day a row is about",
        known=f"known_at: {_quoted(known)}" if known else "# known_at: COLUMN     # the day from which on it was known",
        label=f"label: {{column: {_quoted(outcome)}, horizon_months: 12}}" if outcome
        else "# label: {column: COLUMN, yes: [1], no: [0], horizon_months: 12}",
    )  # fmt: skip
    taken = {entity, day, known, outcome}
    lines: list[str] = []
    for header in headers:
        if header not in taken:
            values = [_text(cell) for cell in first.column(header).to_pylist()]
            lines.append(_entry(header, [value for value in values if value], {line.split()[2] for line in lines}))
    return head + "".join(lines)


def _entry(header: str, values: Sequence[str], taken: set[str]) -> str:
    name = _name(header)
    while name in taken:
        name += "_"
    kind = _type(values)
    asked = f", header: {_quoted(header)}" if name != header else ""
    words = f"words: {{zh: {_quoted(header)}, en: {_quoted(header)}}}"
    line = f"  - {{name: {name}{asked}, type: {kind}, unit: '', direction: 0, {words}, missing: []}}"
    many = len(set(values))
    note = f"  # {many} different values: an identifier?" if kind == "category" and many > MOST_LEVELS else ""
    return line + note + "\n"


def _type(values: Sequence[str]) -> str:
    plain = {value.casefold() for value in values}
    if plain and plain <= YES | NO | BAD | GOOD and plain <= YES | NO:
        return "flag"
    return "number" if values and all(_is_number(value) for value in values) else "category"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _name(header: str) -> str:
    name = re.sub(r"\W+", "_", header).strip("_") or "column"
    return f"c_{name}" if name[0].isdigit() else name


def _one_of(headers: Sequence[str], wanted: Sequence[str]) -> str | None:
    plain = {header.strip().casefold().replace(" ", "_"): header for header in headers}
    return next((plain[name] for name in wanted if name in plain), None)


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[^\W\d]\w*", text) else "'" + text.replace("'", "''") + "'"


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()
