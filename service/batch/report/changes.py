"""The sections about change: migration between grades, drift against training, lineage."""

from __future__ import annotations

import numpy as np
from scipy.special import logit

from models.bundle import Bundle
from models.explanation.features import feature_words
from models.monitoring.reference import ReferenceMissing, read_reference
from models.policy import Policy
from service.batch.report.rows import GRADE_LABELS, NO_GRADE, Pair, RunRows
from service.batch.report.value import (
    Chart,
    Section,
    Series,
    Table,
    Words,
    count,
    number,
    percent,
    text,
)

MOST_DRIFTS = 20
Vector = np.ndarray


def migration(pair: Pair) -> Section:
    """Rows: the grade before; columns: the grade now; of the enterprises that both runs scored."""
    here, there = pair.common
    size = len(GRADE_LABELS)
    now, was = pair.now.grades[here], pair.before.grades[there]
    cells = np.bincount(was * size + now, minlength=size * size).reshape(size, size)
    graded = (now < size - 1) & (was < size - 1)
    used = [place for place in range(size) if cells[place].sum() or cells[:, place].sum()]
    names = [grade_words(GRADE_LABELS[place]) for place in used]
    table = Table(
        "migration",
        Words("等级迁徙（户数；行为上次，列为本次）", "Migration (enterprises; rows: before, columns: now)"),
        (text("上次", "before"), *(count(name.zh, name.en) for name in names), count("合计", "all")),
        tuple(
            (grade_words(GRADE_LABELS[row]), *(int(cells[row, column]) for column in used), int(cells[row].sum()))
            for row in used
        ),
    )
    heat = Chart(
        "migration", Words("等级迁徙（行占比）", "Migration, share of the row"), tuple(names),
        tuple(
            Series(
                grade_words(GRADE_LABELS[row]),
                tuple(cells[row, column] / max(cells[row].sum(), 1) for column in used),
            )
            for row in used
        ),
        Words("本次等级", "grade now"), kind="heat", percent=True,
    )  # fmt: skip
    worse, better = int((now > was)[graded].sum()), int((now < was)[graded].sum())
    new, gone = len(pair.now) - len(here), len(pair.before) - len(there)
    said = Words(
        f"两次都评的 {len(here):,} 户中，上调 {better:,} 户，下调 {worse:,} 户；新增 {new:,} 户，消失 {gone:,} 户。",
        f"Of {len(here):,} enterprises in both runs {better:,} have a better grade and {worse:,} a worse one; "
        f"{new:,} are new and {gone:,} are gone.",
    )
    return Section("migration", Words("等级迁徙", "Migration"), (said,), (table,), (heat,))


def drift(run: RunRows, bundle: Bundle | None, policy: Policy) -> Section:
    """PSI of the score and of every feature against the training population, as the card keeps it."""
    title = Words("与训练总体的漂移", "Drift against the training population")
    if bundle is None:
        return Section(
            "drift", title, (Words("模型包不在，无法比较。", "The bundle is not here, so nothing is compared."),)
        )
    try:
        reference = read_reference(bundle.card, bundle.features)
    except ReferenceMissing:
        return Section(
            "drift", title, (Words("模型卡没有训练总体的分布。", "The card does not hold the training population."),)
        )
    amber, red = (float(line) for line in policy.table("validation.psi"))
    found = {name: reference.shift_of(name, run.column(f"feature_{name}")) for name in bundle.features}
    known = run.probability[~np.isnan(run.probability)]
    found["score"] = reference.shift_of("score", logit(np.clip(known, 1e-12, 1 - 1e-12)))
    order = sorted(found, key=lambda name: (name != "score", -found[name].psi))[:MOST_DRIFTS]
    beyond = [name for name, shift in found.items() if shift.psi > amber and shift.beyond_chance]
    rows = tuple(
        (
            _feature(name), found[name].psi, found[name].critical, _light(found[name].psi, amber, red)
            if found[name].beyond_chance else Words("在随机范围内", "within chance"),
            found[name].missing_before, found[name].missing_now,
        )
        for name in order
    )  # fmt: skip
    table = Table(
        "drift",
        Words("群体稳定性指数（前二十）", "Population stability index (the twenty largest)"),
        (
            text("变量", "variable"), number("PSI", "PSI"), number("随机上限（99%）", "by chance, 99 %"),
            text("判断", "judgement"), percent("训练缺失率", "missing then"), percent("当前缺失率", "missing now"),
        ),
        rows,
    )  # fmt: skip
    chart = Chart(
        "drift", Words("群体稳定性指数", "Population stability index"), tuple(_feature(name) for name in order),
        (Series(Words("PSI", "PSI"), tuple(found[name].psi for name in order)),), Words("PSI", "PSI"), kind="bars",
        line=amber,
    )  # fmt: skip
    said = Words(
        f"{len(beyond)} 个变量超过 {amber:g} 且超出随机范围（红线 {red:g}）。",
        f"{len(beyond)} variables are above {amber:g} and beyond chance (red from {red:g}).",
    )
    return Section("drift", title, (said,), (table,), (chart,))


def lineage(pair: Pair | None, run: RunRows) -> Section:
    """What the run was made from."""
    inputs = run.manifest["inputs"]
    rows = [("run", run.manifest["run"], "" if pair is None else pair.before.manifest["run"])]
    for name, value in sorted(inputs.items()):
        other = "" if pair is None else pair.before.manifest["inputs"].get(name)
        rows.append((name, _shown(value), _shown(other)))
    table = Table(
        "lineage",
        Words("输入与版本", "Inputs and versions"),
        (text("项目", "item"), text("本次", "this run"), text("上次", "the run before")),
        tuple(rows),
    )
    return Section("lineage", Words("来源", "Lineage"), tables=(table,))


def _shown(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(f"{name} {digest[:12]}" for name, digest in value[:3]) + ("; ..." if len(value) > 3 else "")
    return "" if value is None else str(value)


def _light(psi: float, amber: float, red: float) -> Words:
    if psi > red:
        return Words("✖ 漂移", "✖ drifted")
    return Words("▲ 关注", "▲ watch") if psi > amber else Words("✔ 稳定", "✔ stable")


def _feature(name: str) -> Words:
    if name == "score":
        return Words("评分", "score")
    words = feature_words(name)
    return Words(words.zh, words.en)


def grade_words(label: str) -> Words:
    """A grade, or that there is none."""
    return Words("无等级", "no grade") if label == NO_GRADE else Words(label, label)


def known(value: float) -> float | None:
    """A number, None where it is NaN."""
    return None if np.isnan(value) else float(value)
