"""The waterfall as an inline SVG: text stays text, ids are salted the same every time, no date is written."""

from __future__ import annotations

import io
import re
import warnings

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from models.decision.record import DecisionRecord
from models.explanation.catalogue import rule_words
from models.money import FEN_PER_YUAN, fen_from_yuan, yuan_for_reading
from service.notices.words import Language

FONTS = "'WenQuanYi Micro Hei','Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif"
UP, DOWN, LEFT = "#2a6f6b", "#b23a48", "#1d3557"
SETTINGS = {
    "svg.fonttype": "none",  # the fonts of whoever shows it draw the text, Chinese included
    "svg.hashsalt": "assetlight",
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
}


def waterfall_svg(decision: DecisionRecord, language: Language) -> str:
    """Each step that changes the amount as a bar from the running amount before to after; the limit last."""
    bars = _bars(decision, language)
    with mpl.rc_context(SETTINGS), warnings.catch_warnings():  # type: ignore[arg-type]
        # Its own font has no Chinese glyphs; it only measures with it.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        figure = Figure(figsize=(7.2, 0.36 * len(bars) + 0.75))
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        span = max(1, *(max(start, end) for _, start, end, _, _ in bars)) / FEN_PER_YUAN
        for place, (_, start, end, colour, text) in enumerate(bars):
            low, high = sorted((start / FEN_PER_YUAN, end / FEN_PER_YUAN))
            axes.barh(place, max(high - low, span * 0.003), left=low, color=colour, height=0.58)
            axes.text(high + span * 0.012, place, text, va="center", ha="left", color="#333333")
            if place + 1 < len(bars):
                axes.plot([end / FEN_PER_YUAN] * 2, [place, place + 1], color="#999999", linewidth=0.7, zorder=0)
        axes.set_yticks(range(len(bars)), [name for name, *_ in bars])
        axes.tick_params(axis="y", length=0)
        axes.invert_yaxis()
        axes.set_xlim(0, span * 1.22)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.set_xlabel(language.say("元", "CNY"))
        figure.subplots_adjust(left=0.27, right=0.985, bottom=0.52 / figure.get_figheight(), top=0.99)
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    body = out.getvalue()
    body = body[body.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"'DejaVu Sans'[^;\"]*sans-serif", FONTS, body)
    label = language.say("额度形成过程", "How the limit came about")
    return body.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1).strip()


def _bars(decision: DecisionRecord, language: Language) -> list[tuple[str, int, int, str, str]]:
    bars, running = [], 0
    for step in decision.waterfall:
        delta, after = fen_from_yuan(step.delta_yuan), fen_from_yuan(step.running_yuan)
        if delta != 0:
            words = rule_words(step.code)
            text = ("+" if delta > 0 else "−") + yuan_for_reading(abs(delta))
            bars.append((language.say(words.zh, words.en), running, after, UP if delta > 0 else DOWN, text))
        running = after
    limit = fen_from_yuan(decision.limit_yuan)
    bars.append((language.say("评估额度", "assessed limit"), 0, limit, LEFT, yuan_for_reading(limit)))
    return bars
