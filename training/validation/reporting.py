"""The report at the end of a training run, and what is said of it there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.lake import Lake
from training.pipeline import Progress, Trained
from training.validation.evidence import Evidence
from training.validation.from_training import Surroundings, evidence_of
from training.validation.rendering.files import PAGE, report_folder, write_report
from training.validation.rendering.texts import Language
from training.validation.report import ValidationReport
from training.validation.validating import STEPS, validate

VALIDATING = "validating / 验证"


@dataclass(frozen=True)
class Reporting:
    """Where the report goes and in which language. `folder` None: beside the data, by bundle."""

    folder: Path | None = None
    language: Language = "zh"


@dataclass(frozen=True)
class Written:
    """A report in its folder."""

    report: ValidationReport
    folder: Path

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "folder": str(self.folder),
            "digest": self.report.digest,
            "verdict": self.report.opinion.verdict,
            "failed_gates": [gate.code for gate in self.report.failed_gates],
            "findings": len(self.report.findings),
        }

    def lines(self) -> list[str]:
        """For a person, in both languages."""
        opinion, failed = self.report.opinion.words, self.report.failed_gates
        said = f"validation / 验证: {opinion.en} / {opinion.zh}, {len(self.report.findings)} findings / 项发现"
        gates = [f"  not passed / 未过: {gate.words.en} / {gate.words.zh}: {gate.found.en}" for gate in failed]
        return [said, *gates, f"report / 报告 → {self.folder / PAGE}"]


def report_on(
    trained: Trained,
    home: Path,
    directory: Path,
    wanted: Reporting,
    progress: Progress = lambda *_: None,
    against: Mapping[str, Any] | None = None,
) -> Written:
    """Judge what a run has made, and write the report. `against`: the comparison with the model in force."""
    lake = Lake(home) if (home / "lake").is_dir() else None
    evidence = evidence_of(trained, Surroundings(lake=lake, directory=directory))
    report = judged(replace(evidence, against=against), progress)
    folder = wanted.folder or report_folder(home, trained.bundle.digest)
    write_report(report, folder, wanted.language)
    return Written(report, folder)


def judged(evidence: Evidence, progress: Callable[[str, int, int], None] = lambda *_: None) -> ValidationReport:
    """The report on some evidence, with its steps told."""
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress(VALIDATING, done, STEPS)

    return validate(evidence, step)
