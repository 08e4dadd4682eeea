"""The sections in order, and the files in which they are written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from models.bundle import SIMULATED, Bundle
from models.policy import Policy
from service.batch.files import write_bytes
from service.batch.report.changes import drift, lineage, migration
from service.batch.report.moving import movers
from service.batch.report.page import page_html
from service.batch.report.rows import Pair, RunRows
from service.batch.report.sections import (
    concentration,
    early_warning,
    grades_and_limits,
    summary,
    vintage_and_loss,
    waiting,
)
from service.batch.report.value import Language, PortfolioReport
from service.batch.report.workbook import workbook_bytes

LOSS_SHARE = "allocation.loss_given_default"


def portfolio_report(run: RunRows, before: RunRows | None, policy: Policy, bundle: Bundle | None) -> PortfolioReport:
    """The report of a run. `policy`: of its day, for the loss given default and the lines of drift; `bundle`: the
    model of the run, where it is at hand."""
    share = float(policy.number(LOSS_SHARE))
    pair = None if before is None else Pair(run, before)
    sections = [summary(run, before, share), grades_and_limits(run, before, share)]
    if pair is not None:
        sections += [migration(pair), movers(pair)]
    sections += [
        concentration(run, share),
        early_warning(run, pair),
        drift(run, bundle, policy),
        vintage_and_loss(run, share),
        waiting(run),
        lineage(pair, run),
    ]
    origins = run.origins() | (set() if before is None else before.origins())
    return PortfolioReport(
        as_of=date.fromisoformat(run.manifest["as_of"]),
        run=run.manifest["run"],
        before=None if before is None else date.fromisoformat(before.manifest["as_of"]),
        before_run=None if before is None else before.manifest["run"],
        simulated=any(SIMULATED in origin for origin in origins),
        sections=tuple(sections),
    )


def write_report(report: PortfolioReport, folder: Path, language: Language) -> dict[str, Path]:
    """`portfolio-LANGUAGE.html` and `.xlsx`, each in one step; the same report gives the same bytes."""
    contents = {"html": page_html(report, language), "xlsx": workbook_bytes(report, language)}
    found = {}
    for kind, content in contents.items():
        name = f"portfolio-{language}.{kind}"
        write_bytes(folder, name, content)
        found[kind] = folder / name
    return found
