"""What a source of rows hands to the one road of training: the sample, what was audited, and its provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from training.leakage import Finding
from training.sample import Sample, Words

LABELS, PANEL, TABLE = "labels", "panel", "table"


@dataclass(frozen=True)
class Subset:
    """Fewer columns to hold the model against: the same procedure without what `words` names."""

    name: str
    words: Words
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Gathered:
    """A sample and its provenance."""

    source: str  # LABELS, PANEL or TABLE
    title: Words
    sample: Sample
    as_of: date  # the last day on which anything that may be learned from was known
    facts: Mapping[str, Any]  # JSON values for the card's section on data
    findings: tuple[Finding, ...] = ()  # of the audit that only this source can make
    limits: tuple[Words, ...] = ()  # of use, because of how the rows came about
    subsets: tuple[Subset, ...] = ()
    test_from: date | None = None  # first day to test on unless somebody chooses; None: the last two quarterly days
    own_columns: Mapping[str, Any] = field(default_factory=dict)  # the schema of the bank's own columns; none: empty
    rejected: Sample | None = None  # applicants without outcome, with the columns of the sample
