"""The validation report as a value: schema version 1, canonical JSON, in both languages at once.

Sections hold tables, charts and statements in one form, so that a page, a workbook and a machine read the same figures.
Numbers are kept to six significant digits, so that another processor's last bit makes no other report.
"""

from __future__ import annotations

import json
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from models.canonical import canonical_json, sha256_hex
from models.errors import AssetlightError

Light: TypeAlias = Literal["green", "amber", "red", "grey"]
Severity: TypeAlias = Literal["critical", "high", "medium", "low"]
Format: TypeAlias = Literal["text", "words", "count", "number", "percent", "p_value", "light", "interval", "rate"]
Verdict: TypeAlias = Literal["approve", "conditional", "reject"]
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")


class ReportNotReadable(AssetlightError):
    """A stored report is not one that this release knows how to read."""


class Frozen(BaseModel):
    """A part of a report: never changed, nothing unknown in it, no infinite number."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Words(Frozen):
    """The same in Chinese and English."""

    zh: str
    en: str


class Interval(Frozen):
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


Cell: TypeAlias = bool | int | float | str | Words | Interval | None


class Column(Frozen):
    """A column of a table: its name for machines, its heading, and how its cells are shown."""

    code: str
    words: Words
    format: Format


class Table(Frozen):
    """A table of figures."""

    code: str
    words: Words
    note: Words | None
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def records(self) -> list[dict[str, Cell]]:
        """The rows as mappings from the columns' codes."""
        return [{column.code: cell for column, cell in zip(self.columns, row, strict=True)} for row in self.rows]


class Series(Frozen):
    """Points of a chart; `low` and `high` where they have intervals, `labels` where x counts named things."""

    code: str
    words: Words
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    labels: tuple[Words, ...] = ()


class Chart(Frozen):
    """What a plot shows. `lines`: values of a threshold, drawn across."""

    code: str
    kind: Literal["roc", "calibration", "histogram", "bars", "rates", "over_time"]
    words: Words
    x_words: Words
    y_words: Words
    series: tuple[Series, ...]
    lines: tuple[float, ...] = ()


class Statement(Frozen):
    """A sentence of the report, with a light where it judges."""

    words: Words
    light: Light | None = None


class Section(Frozen):
    """One of the seventeen parts of a validator's report."""

    number: int
    code: str
    words: Words
    light: Light
    statements: tuple[Statement, ...]
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...]

    def table(self, code: str) -> Table:
        """A table by its code."""
        return next(table for table in self.tables if table.code == code)


class Gate(Frozen):
    """A line the model is held against. A blocking gate that is not passed bars the model from use."""

    code: str
    section: int
    words: Words
    found: Words
    line: Words
    value: float | None
    light: Light
    passed: bool
    blocking: bool


class Finding(Frozen):
    """What is wrong or not shown, ranked: the first is the worst."""

    rank: int
    code: str
    severity: Severity
    section: int
    words: Words
    evidence: Words
    owner: Words
    due: Words
    due_days: int
    control: Words


class Opinion(Frozen):
    """The validator's opinion and what it rests on."""

    verdict: Verdict
    words: Words
    reasons: tuple[Words, ...]


class Subject(Frozen):
    """What was validated, with what, and when."""

    bundle_digest: str
    trained_as_of: str
    code_version: str
    as_of: str
    policy_on: str  # day of the policy: its scale of grades and its lines
    policy_digest: str
    validation_policy_digest: str
    data_origin: tuple[str, ...]
    label_origin: str
    simulated: bool
    caution: Words | None


class ValidationReport(Frozen):
    """The whole report, schema version 1."""

    schema_version: Literal[1]
    subject: Subject
    opinion: Opinion
    gates: tuple[Gate, ...]
    findings: tuple[Finding, ...]
    sections: tuple[Section, ...]

    @property
    def passed(self) -> bool:
        """Whether every blocking gate is passed."""
        return not self.failed_gates

    @property
    def failed_gates(self) -> tuple[Gate, ...]:
        """The blocking gates that are not passed."""
        return tuple(gate for gate in self.gates if gate.blocking and not gate.passed)

    def section(self, number: int) -> Section:
        """A section by its number, 1 to 17."""
        return next(section for section in self.sections if section.number == number)

    def gate(self, code: str) -> Gate:
        """A gate by its code."""
        return next(gate for gate in self.gates if gate.code == code)

    def to_json(self) -> bytes:
        """Canonical JSON: the same report is the same bytes."""
        return canonical_json(self.model_dump(mode="json"))

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: what an approval refers to."""
        return sha256_hex(self.to_json())


def parse_report(content: bytes) -> ValidationReport:
    """A stored report. Raises ReportNotReadable."""
    try:
        read: Any = json.loads(content)
        version = read.get("schema_version") if isinstance(read, dict) else None
        if version != 1:
            raise ReportNotReadable(
                "the validation report has a schema version that this release does not know",
                expected="1",
                found=version,
                advice="Read it with the release that wrote it, or validate again",
            )
        return ValidationReport.model_validate(read)
    except (ValueError, ValidationError) as error:
        raise ReportNotReadable("the validation report cannot be read", found=str(error)[:200]) from None
