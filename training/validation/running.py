"""One validation run: evidence from bundle and records, the report in its folder, and what a person sees of it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from models.bundle import Bundle
from models.canonical import canonical_json
from models.default_probability import score_features
from models.lake import Lake
from models.money import fen_from_yuan
from training.validation.evidence import Evidence, People
from training.validation.feature_rows import feature_rows
from training.validation.from_training import Surroundings
from training.validation.redo import Redo, redo_evidence
from training.validation.rendering.files import report_folder, write_report
from training.validation.rendering.texts import Language, light_text
from training.validation.report import ValidationReport
from training.validation.reporting import judged
from training.validation.sections.findings import SEVERITY_WORDS

LATENCY = "latency.json"
ALONE = 200  # rows scored one by one


@dataclass(frozen=True)
class Wanted:
    """What a person asked for on the command line."""

    redo: Redo
    bundle: Path | None = None
    language: Language = "zh"
    out: Path | None = None
    developer: str | None = None
    validator: str | None = None
    owner: str | None = None
    exposure_yuan: str | None = None
    as_json: bool = False


def run(wanted: Wanted) -> ValidationReport:
    """Redo, judge, write, show."""
    bundle = Bundle.load(wanted.bundle) if wanted.bundle else Bundle.load_current(wanted.redo.home)
    around = Surroundings(
        lake=Lake(wanted.redo.home),
        directory=wanted.bundle or wanted.redo.home / "bundles" / bundle.digest[:12],
        people=People(
            developer=wanted.developer,
            validator=wanted.validator,
            owner=wanted.owner,
            exposure_fen=fen_from_yuan(wanted.exposure_yuan) if wanted.exposure_yuan else None,
        ),
    )
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(), console=console, disable=wanted.as_json or not console.is_terminal, transient=True,
    ) as bar:  # fmt: skip
        tasks = {}

        def progress(words: str, done: int, total: int) -> None:
            if words not in tasks:
                tasks[words] = bar.add_task(words, total=total)
            bar.update(tasks[words], completed=done, total=total)

        evidence = redo_evidence(bundle, wanted.redo, around, progress)
        report = judged(evidence, progress)
    folder = wanted.out or report_folder(wanted.redo.home, bundle.digest)
    files = write_report(report, folder, wanted.language)
    timing = latency(evidence)
    (folder / LATENCY).write_bytes(canonical_json(timing))
    if wanted.as_json:
        facts = {
            "bundle": bundle.digest,
            "verdict": report.opinion.verdict,
            "passed": report.passed,
            "failed_gates": [gate.code for gate in report.failed_gates],
            "findings": len(report.findings),
            "report": report.digest,
            "files": {name: str(path) for name, path in files.items()},
            "latency": timing,
        }
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        show(report, files, wanted.language, timing)
    return report


def latency(evidence: Evidence) -> dict[str, float]:
    """Milliseconds to score and explain one row alone, and rows a second among many; of this machine at this moment."""
    rows = feature_rows(evidence.test.matrix[:ALONE], evidence.bundle)
    score_features(rows, evidence.bundle)
    single = []
    for row in range(len(rows)):
        one = rows.slice(row, 1)
        begun = time.perf_counter()
        score_features(one, evidence.bundle)
        single.append(1000 * (time.perf_counter() - begun))
    many = feature_rows(evidence.test.matrix, evidence.bundle)
    begun = time.perf_counter()
    score_features(many, evidence.bundle)
    took = time.perf_counter() - begun
    middle, late = (round(float(value), 3) for value in np.quantile(single, [0.5, 0.99]))
    return {"one_row_ms_median": middle, "one_row_ms_p99": late, "rows_per_second": round(len(many) / took)}


def show(report: ValidationReport, files: dict[str, Path], language: Language, timing: dict[str, float] | None) -> None:
    """Caution, opinion, gates that are not green, the foremost findings, where the report is."""
    console = Console(soft_wrap=True)

    def say(words: object) -> str:
        return str(getattr(words, language))

    if report.subject.caution:
        console.print(say(report.subject.caution), style="bold")
    console.print(f"{say(report.opinion.words)}: {'; '.join(say(reason) for reason in report.opinion.reasons)}")
    table = Table(show_header=False)
    for heading in ("", "", "", ""):
        table.add_column(heading)
    for gate in report.gates:
        if gate.light != "green":
            table.add_row(light_text(gate.light, language), say(gate.words), say(gate.found), say(gate.line))
    green = sum(gate.light == "green" for gate in report.gates)
    console.print(f"{green}/{len(report.gates)} {light_text('green', language)}")
    if table.row_count:
        console.print(table)
    for finding in report.findings[:5]:
        console.print(
            f"  {finding.rank}. {say(SEVERITY_WORDS[finding.severity])} · {say(finding.words)}: {say(finding.evidence)}"
        )
    if timing:
        console.print(
            f"  one row / 单行 {timing['one_row_ms_median']:g} ms (p99 {timing['one_row_ms_p99']:g}), "
            f"{timing['rows_per_second']:,.0f} rows/s"
        )
    console.print(f"→ {files['report.html']}")
