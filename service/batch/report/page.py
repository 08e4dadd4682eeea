"""The report as one HTML file: styles and charts inside, no script, nothing fetched."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from service.batch.report.cells import FIXED, cell_text
from service.batch.report.charts import chart_svg
from service.batch.report.value import Chart, Language, PortfolioReport

TEMPLATE = "page.html.j2"


def page_html(report: PortfolioReport, language: Language) -> bytes:
    """The page in one language, UTF-8."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["j2"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def svg(chart: Chart) -> Markup:
        return Markup(chart_svg(chart, language))  # noqa: S704  (drawn here; its texts are escaped by matplotlib)

    text = environment.get_template(TEMPLATE).render(
        report=report,
        language=language,
        say=lambda words: words.say(language),
        fixed=lambda code: FIXED[code].say(language),
        cell_text=lambda cell, column: cell_text(cell, column, language),
        svg=svg,
    )
    return text.encode()
