"""The section about who moved most between two runs, by money and by probability, and what moved them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from models.explanation.catalogue import OUTCOME_WORDS, rule_words
from models.explanation.features import FeatureWords, feature_words
from models.explanation.wording import Words as RuleWords
from service.batch.report.changes import grade_words, known
from service.batch.report.rows import GRADE_LABELS, Pair, Vector
from service.batch.report.value import Cell, Section, Table, Words, change, percent, text, yuan

MOST_MOVERS, MOST_FEATURES = 20, 3


def movers(pair: Pair) -> Section:
    """Who moved most by money, and by probability, with the features that moved them and their reasons now."""
    here, there = pair.common
    before, now = pair.before.limits[there], pair.now.limits[here]
    gained, exposed = now - before, np.maximum(before, now)
    likelier = np.nan_to_num(pair.now.probability[here] - pair.before.probability[there])
    said = [] if pair.comparable else [
        Words(
            "两次所用模型或比较对象不同，无法逐特征比较。",
            "The runs used different models, or compared with others, so features cannot be compared.",
        ),
    ]  # fmt: skip
    changed = gained != 0
    more, less = (float(np.abs(gained[way]).sum()) / 100 for way in (gained > 0, gained < 0))
    said.append(
        Words(
            f"两次都评的企业中，{changed.sum():,} 户额度有变动：增加 {more:,.0f} 元，减少 {less:,.0f} 元。",
            f"Of the enterprises in both runs {changed.sum():,} have another limit: {more:,.0f} yuan more, "
            f"{less:,.0f} yuan less.",
        )
    )
    tables = (
        _movers(
            pair,
            "movers",
            Words(
                f"额度变动最大的企业（前 {MOST_MOVERS}，先按额度变动的元数，再按两次额度中较大者排序）",
                f"Who moved most by money (first {MOST_MOVERS}; by change of limit in yuan, then by the larger of both "
                "limits)",
            ),
            _first((np.abs(gained), exposed), changed),
        ),
        _movers(
            pair,
            "movers_by_probability",
            Words(
                f"违约概率变动最大的企业（前 {MOST_MOVERS}，先按违约概率变动，再按两次额度中较大者排序）",
                f"Who moved most by probability (first {MOST_MOVERS}; by change of the default probability, then by "
                "the larger of both limits)",
            ),
            _first((np.abs(likelier), exposed), likelier != 0),
        ),
    )
    return Section("movers", Words("变动最大的企业及理由", "Top movers with their reasons"), tuple(said), tables)


def _first(keys: tuple[Vector, ...], among: Vector) -> Vector:
    """The places of the largest by the keys, the first key first; ties by enterprise."""
    order = np.lexsort(tuple(-key for key in reversed(keys)))
    found: Vector = order[among[order]][:MOST_MOVERS]
    return found


def _movers(pair: Pair, code: str, words: Words, order: Vector) -> Table:
    """`order`: places among the enterprises of both runs."""
    here, there = (rows[order] for rows in pair.common)
    points = pair.now.numbers("points")[here] - pair.before.numbers("points")[there]
    enterprises = [str(one) for one in pair.now.table["enterprise_id"].take(pa.array(here)).to_pylist()]
    of_points, of_limit = _points_because(pair, enterprises), _limit_because(pair, enterprises, here, there)
    rows: list[tuple[Cell, ...]] = []
    for place, (i, j) in enumerate(zip(here.tolist(), there.tolist(), strict=True)):
        was, given = float(pair.before.limits[j]), float(pair.now.limits[i])
        rows.append(
            (
                enterprises[place],
                was,
                given,
                given - was,
                of_limit[place],
                grade_words(GRADE_LABELS[pair.before.grades[j]]),
                grade_words(GRADE_LABELS[pair.now.grades[i]]),
                known(pair.before.probability[j]),
                known(pair.now.probability[i]),
                known(points[place]),
                of_points[place],
                Words(pair.now.table["reasons_zh"][i].as_py(), pair.now.table["reasons_en"][i].as_py()),
            )
        )
    return Table(
        code,
        words,
        (
            text("企业", "enterprise"), yuan("上次额度（元）", "limit before, yuan"),
            yuan("本次额度（元）", "limit now, yuan"), yuan("额度变动（元）", "change of limit, yuan"),
            text("额度变动来源（元）", "what changed the limit, yuan"),
            text("上次等级", "grade before"), text("本次等级", "grade now"), percent("上次违约概率", "PD before"),
            percent("本次违约概率", "PD now"), change("分数变动", "points"),
            text("分数变动来源", "what moved the points"), text("本次主要理由", "reasons now"),
        ),
        tuple(rows),
    )  # fmt: skip


def _points_because(pair: Pair, enterprises: list[str]) -> list[Words]:
    """For each the features whose contribution changed most, with the change in points."""
    if not pair.comparable:
        return [Words("", "")] * len(enterprises)
    names = pair.now.names("points_")
    moved = _changes(pair, enterprises, [f"points_{name}" for name in names])
    return [
        _largest([(_said(feature_words(name)), value) for name, value in zip(names, row, strict=True)], "{:+.1f}")
        for row in moved
    ]


def _limit_because(pair: Pair, enterprises: list[str], here: Vector, there: Vector) -> list[Words]:
    """For each its outcome where that changed, and the steps of the limit that changed most, in yuan."""
    codes = pair.now.names("step_")
    moved = _changes(pair, enterprises, [f"step_{code}" for code in codes]) / 100
    now, before = pair.now.texts("outcome"), pair.before.texts("outcome")
    found = []
    for row, i, j in zip(moved, here.tolist(), there.tolist(), strict=True):
        steps = [(_said(rule_words(code.removesuffix("_fen"))), value) for code, value in zip(codes, row, strict=True)]
        said = _largest(steps, "{:+,.0f}")
        is_now, was = now[i] or "", before[j] or ""
        if is_now != was:
            ours, theirs = OUTCOME_WORDS[is_now], OUTCOME_WORDS[was]
            said = Words(
                "；".join(filter(None, (f"{theirs.zh}→{ours.zh}", said.zh))),
                "; ".join(filter(None, (f"{theirs.en} → {ours.en}", said.en))),
            )
        found.append(said)
    return found


def _said(words: FeatureWords | RuleWords) -> Words:
    return Words(words.zh, words.en)


def _changes(pair: Pair, enterprises: list[str], names: list[str]) -> Vector:
    """[enterprise, column]: now less before; what does not concern a case counts as 0."""
    now, before = (run.some(enterprises, names) for run in (pair.now, pair.before))
    return (
        np.array([np.nan_to_num(now[name]) - np.nan_to_num(before[name]) for name in names])
        .reshape(len(names), len(enterprises))
        .T
    )


def _largest(changes: Sequence[tuple[Words, float]], form: str) -> Words:
    """The largest changes with their names."""
    order = sorted((change for change in changes if change[1]), key=lambda change: -abs(change[1]))[:MOST_FEATURES]
    return Words(
        "；".join(f"{words.zh} {form.format(value)}" for words, value in order),
        "; ".join(f"{words.en} {form.format(value)}" for words, value in order),
    )
