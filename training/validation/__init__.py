"""Validation: evidence about a fitted bundle -> a validator's report in seventeen parts, gates, findings, opinion."""

from training.validation.evidence import (
    CalibrationFacts,
    Challenger,
    Evidence,
    EvidenceDoesNotFit,
    Lineage,
    People,
    ScoredSample,
    Split,
)
from training.validation.rendering.files import report_folder, write_report
from training.validation.report import ReportNotReadable, ValidationReport, parse_report
from training.validation.validating import validate

__all__ = [
    "CalibrationFacts",
    "Challenger",
    "Evidence",
    "EvidenceDoesNotFit",
    "Lineage",
    "People",
    "ReportNotReadable",
    "ScoredSample",
    "Split",
    "ValidationReport",
    "parse_report",
    "report_folder",
    "validate",
    "write_report",
]
