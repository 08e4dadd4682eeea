"""Where the report is written: `report.json` in both languages, the page and the workbook in one."""

from __future__ import annotations

import os
from pathlib import Path

from training.validation.rendering.page import page_html
from training.validation.rendering.texts import Language
from training.validation.rendering.workbook import workbook_bytes
from training.validation.report import ValidationReport

JSON, PAGE, BOOK = "report.json", "report.html", "report.xlsx"


def write_report(report: ValidationReport, folder: Path, language: Language = "zh") -> dict[str, Path]:
    """Write the three files, each in one step, and return where they are. The same report gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = {JSON: report.to_json(), PAGE: page_html(report, language), BOOK: workbook_bytes(report, language)}
    written = {}
    for name, content in contents.items():
        draft = folder / f".{name}.{os.getpid()}"
        draft.write_bytes(content)
        written[name] = draft.replace(folder / name)
    return written


def report_folder(home: Path, bundle_digest: str) -> Path:
    """Where the report on a bundle lies: `<home>/validations/<bundle12>`."""
    return home / "validations" / bundle_digest[:12]
