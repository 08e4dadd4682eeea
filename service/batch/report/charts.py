"""Charts as inline SVG: text stays text, the same chart is the same bytes."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from service.batch.report.value import Chart, Language

FONTS = "'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei','WenQuanYi Micro Hei',sans-serif"
COLORS = ("#1d3557", "#b8c1cc", "#b23a48")
MOST_WIDTH = 44  # letters that stand side by side below a chart
HATCHES = ("", "////", "....")
SETTINGS: Mapping[str, object] = {
    "svg.fonttype": "none",  # the reader's own fonts draw the text, Chinese included
    "svg.hashsalt": "assetlight",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "legend.frameon": False,
}


def chart_svg(chart: Chart, language: Language) -> str:
    """One chart as an <svg> element."""
    with mpl.rc_context(dict(SETTINGS)), warnings.catch_warnings():  # type: ignore[arg-type]
        # Its own font has no Chinese glyphs; it only measures with it, the reader's fonts draw.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        tall = 0.3 * len(chart.labels) + 1.3 if chart.kind == "bars" else 4.4 if chart.kind == "heat" else 3.2
        figure = Figure(figsize=(6.4, tall))
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        {"columns": _columns, "bars": _bars, "heat": _heat}[chart.kind](axes, chart, language)
        left = 0.4 if chart.kind == "bars" else 0.14
        figure.subplots_adjust(left=left, right=0.97, bottom=min(0.32, 0.6 / tall) if left > 0.2 else 0.2, top=0.95)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _element(out.getvalue(), chart.code, chart.words.say(language))


def _element(document: str, code: str, title: str) -> str:
    """The <svg> alone, with a name for those who do not see it; ids of charts must not meet on a page."""
    body = document[document.index("<svg") :]
    body = re.sub(r"'DejaVu Sans'[^;\"]*sans-serif", FONTS, body)
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'id="([^"]+)"', rf'id="{code}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{code}-\1)", body)
    body = re.sub(r'href="#([^"]+)"', rf'href="#{code}-\1"', body)
    safe = title.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return body.replace("<svg ", f'<svg role="img" aria-label="{safe}" ', 1).strip()


def _columns(axes: Axes, chart: Chart, language: Language) -> None:
    places = np.arange(len(chart.labels))
    width = 0.8 / len(chart.series)
    for at, series in enumerate(chart.series):
        axes.bar(
            places + (at - (len(chart.series) - 1) / 2) * width, series.values, width=width, color=COLORS[at],
            hatch=HATCHES[at], edgecolor="white", linewidth=0.4, label=series.words.say(language),
        )  # fmt: skip
    texts = [label.say(language) for label in chart.labels]
    axes.set_xticks(places, texts)
    if len(texts) > 6 or sum(map(_width, texts)) > MOST_WIDTH:
        for label in axes.get_xticklabels():
            label.set_rotation(35)
            label.set_rotation_mode("anchor")
            label.set_horizontalalignment("right")
    axes.set_ylabel(chart.axis.say(language))
    if chart.percent:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g}%"))
    if len(chart.series) > 1:
        axes.legend()


def _bars(axes: Axes, chart: Chart, language: Language) -> None:
    places = np.arange(len(chart.labels))
    axes.barh(places, chart.series[0].values, color=COLORS[0], height=0.62)
    most = 18 if language == "zh" else 32
    axes.set_yticks(places, [_short(label.say(language), most) for label in chart.labels])
    axes.invert_yaxis()
    axes.set_xlabel(chart.axis.say(language))
    if chart.percent:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g}%"))
    if chart.line is not None and chart.line <= 3 * max([*chart.series[0].values, 1e-9]):
        axes.axvline(chart.line, color=COLORS[2], linestyle="--", linewidth=1)


def _heat(axes: Axes, chart: Chart, language: Language) -> None:
    cells = np.array([series.values for series in chart.series])
    axes.imshow(cells, cmap="Blues", vmin=0.0, vmax=1.0, aspect="auto")
    for row, column in zip(*np.nonzero(cells >= 0.005), strict=True):
        value = cells[row, column]
        color = "white" if value > 0.55 else "black"
        axes.text(column, row, f"{value * 100:.0f}", ha="center", va="center", fontsize=8, color=color)
    axes.set_xticks(range(len(chart.labels)), [label.say(language) for label in chart.labels])
    axes.set_yticks(range(len(chart.series)), [series.words.say(language) for series in chart.series])
    axes.set_xlabel(chart.axis.say(language))


def _width(text: str) -> int:
    """About how wide a text is in Latin letters: a Chinese character takes two."""
    return sum(2 if letter > "\u2e80" else 1 for letter in text)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
