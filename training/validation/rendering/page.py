"""The report as one HTML file: styles and charts inside, no script, nothing fetched."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from training.validation.rendering.charts import chart_svg
from training.validation.rendering.texts import (
    SIGNS,
    Language,
    cell_text,
    fixed,
    in_language,
    is_number,
    light_text,
)
from training.validation.report import Chart, ValidationReport, Words
from training.validation.sections.findings import SEVERITY_WORDS

TEMPLATE = "page.html.j2"
FOREMOST = 5  # findings named on the first page
SHOWN_ROWS = 25  # of a table; the others open on request, and the workbook has all


def page_html(report: ValidationReport, language: Language) -> bytes:
    """The page in one language, UTF-8."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["j2"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def say(words: Words) -> str:
        return in_language(words, language)

    def svg(chart: Chart) -> Markup:
        return Markup(chart_svg(chart, language))  # noqa: S704  (drawn here; its texts are escaped by matplotlib)

    text = environment.get_template(TEMPLATE).render(
        report=report,
        language=language,
        say=say,
        fixed=lambda code: fixed(code, language),
        light_text=lambda light: light_text(light, language),
        cell_text=lambda cell, column: cell_text(cell, column, language),
        severity=lambda code: say(SEVERITY_WORDS[code]),
        is_number=is_number,
        svg=svg,
        signs=SIGNS,
        foremost=report.findings[:FOREMOST],
        shown_rows=SHOWN_ROWS,
    )
    return text.encode()
