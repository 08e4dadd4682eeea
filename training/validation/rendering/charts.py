"""Charts as inline SVG: text stays text, ids are salted the same every time, and no date is written."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator

from training.validation.rendering.texts import Language, in_language
from training.validation.report import Chart, Series

SALT = "assetlight"
FONTS = "'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei','WenQuanYi Micro Hei',sans-serif"
INK, QUIET, BAD = "#1d3557", "#8d99ae", "#b23a48"
HATCHES = ("", "////")
SETTINGS: Mapping[str, object] = {
    "svg.fonttype": "none",  # the reader's own fonts draw the text, Chinese included
    "svg.hashsalt": SALT,
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.linewidth": 0.8,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
}


def chart_svg(chart: Chart, language: Language) -> str:
    """One chart as an <svg> element."""
    with mpl.rc_context(dict(SETTINGS)), warnings.catch_warnings():  # type: ignore[arg-type]
        # Its own font has no Chinese glyphs; it only measures with it, the reader's fonts draw.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        tall = 0.28 * len(chart.series[0].y) + 1.2 if chart.kind == "bars" else 3.6
        figure = Figure(figsize=(7.2 if chart.kind in ("bars", "over_time") else 5.4, tall))
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        _DRAW[chart.kind](axes, chart, language)
        figure.subplots_adjust(left=0.36 if chart.kind == "bars" else 0.12, right=0.97, bottom=_bottom(tall), top=0.97)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _element(out.getvalue(), chart.code, in_language(chart.words, language))


def _bottom(tall: float) -> float:
    return min(0.3, 0.55 / tall)


def _element(document: str, code: str, title: str) -> str:
    """The <svg> alone, with a name for those who do not see it, and fonts of the reader."""
    body = document[document.index("<svg") :]
    body = re.sub(r"'DejaVu Sans'[^;\"]*sans-serif", FONTS, body)
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    # Every chart numbers its parts from one: their ids must not meet on a page.
    body = re.sub(r'id="([^"]+)"', rf'id="{code}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{code}-\1)", body)
    body = re.sub(r'href="#([^"]+)"', rf'href="#{code}-\1"', body)
    safe = title.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return body.replace("<svg ", f'<svg role="img" aria-label="{safe}" ', 1).strip()


def _labelled(axes: Axes, chart: Chart, language: Language) -> None:
    axes.set_xlabel(in_language(chart.x_words, language))
    axes.set_ylabel(in_language(chart.y_words, language))


def _roc(axes: Axes, chart: Chart, language: Language) -> None:
    axes.plot([0, 1], [0, 1], color=QUIET, linestyle=":", linewidth=1)
    for series in chart.series:
        axes.plot(series.x, series.y, color=INK, linewidth=1.8, label=in_language(series.words, language))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.grid(visible=True)
    axes.set_aspect("equal")
    axes.legend(loc="lower right")
    _labelled(axes, chart, language)


def _errors(series: Series) -> np.ndarray:
    """What matplotlib's error bars take: how far down and up."""
    value = np.array(series.y)
    ends: np.ndarray = np.stack([value - np.array(series.low), np.array(series.high) - value])
    return ends.clip(min=0)


def _calibration(axes: Axes, chart: Chart, language: Language) -> None:
    series = chart.series[0]
    highest = max(*series.high, *series.x) * 1.05
    lowest = max(min([*(x for x in series.x if x > 0), *(y for y in series.y if y > 0)]) * 0.5, 1e-5)
    axes.plot([lowest, highest], [lowest, highest], color=QUIET, linestyle=":", linewidth=1)
    axes.errorbar(
        series.x,
        series.y,
        yerr=_errors(series),
        fmt="o",
        color=INK,
        markersize=4.5,
        capsize=3,
        linewidth=1.1,
        label=in_language(series.words, language),
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(lowest, highest)
    axes.set_ylim(lowest, highest)
    _percent(axes.xaxis)
    _percent(axes.yaxis)
    axes.grid(visible=True, which="major")
    _labelled(axes, chart, language)


def _percent(axis: object) -> None:
    formatter = FuncFormatter(lambda value, _: f"{value * 100:g}%")
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))  # type: ignore[attr-defined]
    axis.set_major_formatter(formatter)  # type: ignore[attr-defined]
    axis.set_minor_formatter(FuncFormatter(lambda *_: ""))  # type: ignore[attr-defined]


def _histogram(axes: Axes, chart: Chart, language: Language) -> None:
    for place, (series, color) in enumerate(zip(chart.series, (QUIET, BAD), strict=False)):
        width = series.x[1] - series.x[0] if len(series.x) > 1 else 1.0
        axes.bar(
            series.x,
            series.y,
            width=width,
            color=color,
            alpha=0.55,
            edgecolor=color,
            linewidth=0.6,
            hatch=HATCHES[place],
            label=in_language(series.words, language),
        )
    axes.legend(loc="upper right")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g}%"))
    _labelled(axes, chart, language)


def _bars(axes: Axes, chart: Chart, language: Language) -> None:
    first = chart.series[0]
    places = np.arange(len(first.y))
    axes.barh(places, first.y, color=INK, height=0.62)
    for series in chart.series[1:]:
        axes.plot(
            series.y,
            places,
            linestyle="none",
            marker="|",
            markersize=11,
            markeredgewidth=2,
            color=BAD,
        )
    largest = max([*first.y, 1e-9])
    for line in chart.lines:
        if line <= largest * 3:
            axes.axvline(line, color=QUIET, linestyle="--", linewidth=1)
            axes.annotate(f"{line:g}", (line, -0.9), ha="center", va="bottom", color="#555555", fontsize=8)
    axes.set_yticks(places, [_short(in_language(label, language), language) for label in first.labels])
    axes.invert_yaxis()
    axes.set_ylim(len(places) - 0.4, -1.0)
    axes.set_xlabel(in_language(chart.x_words, language))


def _short(text: str, language: Language) -> str:
    most = 18 if language == "zh" else 38
    return text if len(text) <= most else text[: most - 1] + "…"


def _rates(axes: Axes, chart: Chart, language: Language) -> None:
    predicted, observed = chart.series
    axes.plot(
        predicted.x,
        predicted.y,
        linestyle="none",
        marker="D",
        markersize=6,
        markerfacecolor="white",
        markeredgecolor=BAD,
        markeredgewidth=1.6,
        label=in_language(predicted.words, language),
    )
    axes.errorbar(
        observed.x,
        observed.y,
        yerr=_errors(observed),
        fmt="o",
        color=INK,
        markersize=4,
        capsize=3,
        linewidth=1.1,
        label=in_language(observed.words, language),
    )
    axes.set_xticks(observed.x, [in_language(label, language) for label in observed.labels])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g}%"))
    axes.set_ylim(0, 1.35 * max(*predicted.y, *observed.y, 1e-6))  # a grade of few rows has an interval beyond
    axes.grid(visible=True, axis="y")
    axes.legend(loc="upper left")
    _labelled(axes, chart, language)


def _over_time(axes: Axes, chart: Chart, language: Language) -> None:
    _rates(axes, chart, language)
    if len(chart.series[0].x) > 5:
        for label in axes.get_xticklabels():
            label.set_rotation(35)
            label.set_horizontalalignment("right")


_DRAW: Mapping[str, Callable[[Axes, Chart, Language], None]] = {
    "roc": _roc,
    "calibration": _calibration,
    "histogram": _histogram,
    "bars": _bars,
    "rates": _rates,
    "over_time": _over_time,
}
