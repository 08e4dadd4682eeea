"""The leakage audit: what a model must not know, looked for in every panel before anything is learned from it.

Each check knows one way in which a panel flatters: a column that is the label, a single feature that is too good, ids
handed out in the order of the outcome, values that change when what was learned after the day is taken away, and
enterprises on both sides of a split. The kinds that labels are made from are named, so that figures without the
features that read them stand beside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.stats import rankdata

from models.errors import AssetlightError
from models.features import Feature, compute_features
from models.features.catalogue import ROLLUPS
from models.features.family import mentioned
from models.lake import Lake
from models.records import KINDS
from models.tables import Tables, end_of_day
from training.panel.defaults import KINDS_READ
from training.panel.features import reads_others
from training.panel.panel import Panel

Matrix = NDArray[np.float64]
Compute = Callable[..., pa.Table]

TOO_GOOD_AUC = 0.97  # of one feature alone; dpd on the day, honestly known, reaches about 0.9
FEWEST_KNOWN_DEFAULTS = 10  # below this an AUC of one proves nothing
ID_ORDER_AUC, ID_ORDER_ERRORS = 0.1, 4.0  # distance from one half, and in standard errors
DEBT = "debt"  # also the bureau's view of the same loans
SAMPLE = 24  # enterprises that are computed again without what was learned after each day
_NOT_FEATURES = frozenset({"enterprise_id", "as_of"})


class LeakFound(AssetlightError):
    """Something in the panel knows the outcome, or the future."""


@dataclass(frozen=True)
class Finding:
    """One thing the audit looked at."""

    check: str
    passed: bool
    zh: str
    en: str
    found: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For a card."""
        return {"check": self.check, "passed": self.passed, "zh": self.zh, "en": self.en, "found": self.found}


def audit(panel: Panel, lake: Lake | None = None, *, compute: Compute = compute_features) -> list[Finding]:
    """Every check on a panel, in order; with a lake also whether the features see the future. Nothing is raised."""
    findings = [label_copies(panel), too_good(panel), id_order(panel)]
    if lake is not None:
        findings.append(future_blind(panel, lake, compute=compute))
    return [*findings, shared_kinds(panel.features)]


def refuse_leaks(findings: Sequence[Finding]) -> None:
    """Raise LeakFound for the first check that failed."""
    for finding in findings:
        if not finding.passed:
            raise LeakFound(
                f"{finding.en} / {finding.zh}",
                field=finding.check,
                found=finding.found,
                advice="Leave it out with --without once you know why, or mend its source; nothing was learned",
            )


def label_copies(panel: Panel) -> Finding:
    """A column whose values, or whose being missing, tell the outcome of every row apart."""
    copies = [name for place, name in enumerate(panel.names) if _is_copy(panel.matrix[:, place], panel.outcome)]
    return Finding("label_copy", not copies, "特征是标签的副本", "a feature is a copy of the label", ", ".join(copies))


def too_good(panel: Panel) -> Finding:
    """A feature that alone, or by being missing, orders defaults almost perfectly."""
    found = []
    for place, name in enumerate(panel.names):
        column = panel.matrix[:, place]
        missing = np.isnan(column)
        by_value, defaults = _strength(column[~missing], panel.outcome[~missing])
        by_absence, _ = _strength(missing.astype(np.float64), panel.outcome)
        best = max(by_value if defaults >= FEWEST_KNOWN_DEFAULTS else 0.5, by_absence)
        if best >= TOO_GOOD_AUC:
            found.append(f"{name} (AUC {best:.3f})")
    return Finding(
        "too_good", not found, "单个特征好得不真实", "a single feature is too good to be true", ", ".join(found)
    )


def id_order(panel: Panel) -> Finding:
    """Enterprise ids that were handed out in the order of the outcome: anything made from them would know it."""
    ids, first = np.unique(panel.enterprise_ids, return_index=True)
    del first
    ever = np.zeros(len(ids))
    np.maximum.at(ever, panel.enterprise, panel.outcome)
    orders = {"order of the ids": np.arange(len(ids), dtype=np.float64), "digits of the ids": _digits(ids)}
    found = []
    for name, values in orders.items():
        area, defaults = _auc(values, ever)
        error = np.sqrt((len(ids) + 1) / (12 * max(defaults, 1) * max(len(ids) - defaults, 1)))
        if abs(area - 0.5) >= ID_ORDER_AUC and abs(area - 0.5) >= ID_ORDER_ERRORS * error:
            found.append(f"{name} (AUC {area:.3f})")
    return Finding(
        "id_order", not found, "企业编号按标签排序", "enterprise ids are in the order of the outcome", ", ".join(found)
    )


def future_blind(panel: Panel, lake: Lake, *, sample: int = SAMPLE, compute: Compute = compute_features) -> Finding:
    """Compute a sample again with everything learned after each day taken away: the panel must hold the same values.

    Features that read other enterprises' books are compared with themselves on the sample's own rows.
    """
    ids = np.unique(panel.enterprise_ids)
    chosen = [str(name) for name in ids[:: max(1, len(ids) // sample)][:sample]]
    tables = lake.tables(enterprises=chosen)
    whole = compute(tables, panel.days, features=panel.features)
    wrong: dict[str, str] = {}
    for day in panel.days:
        blind = _by_id(compute(known_by(tables, day), day, features=panel.features), day)
        again = _by_id(whole, day)
        stored = _panel_rows(panel, day)
        for name in chosen:
            if name not in stored:
                continue
            for place, feature in enumerate(panel.features):
                values = [again[name][place], blind.get(name, _nothing(panel))[place]]
                values += [] if reads_others(feature) else [stored[name][place]]
                if not _all_same(values):
                    wrong.setdefault(feature.name, f"{feature.name} of {name} on {day.isoformat()}")
    return Finding(
        "future_blind",
        not wrong,
        "特征值会因时点之后获知的信息而改变",
        "values change when what was learned after the day is taken away",
        "; ".join(wrong.values()),
    )


def shared_kinds(features: Sequence[Feature]) -> Finding:
    """Names the features that read kinds labels are made from: known on the day, so allowed, but to be seen without."""
    families = sorted({feature.family for feature in features if tells_of_repayment(feature)})
    kinds = ", ".join(kind.name for kind in KINDS_READ)
    return Finding(
        "shared_kinds",
        passed=True,
        zh=f"标签来自 {kinds}；同源特征族仅使用时点前已知内容，另列剔除后的结果",
        en=f"labels are made from {kinds}; families that read them too see only what was known on the day, and figures "
        "without them stand beside",
        found=", ".join(families),
    )


def tells_of_repayment(feature: Feature) -> bool:
    """Whether a feature reads a kind that labels are made from, or is of the family that tells of debt."""
    made_from = {kind.name for kind in KINDS_READ}
    rollups = (ROLLUPS[name] for name in mentioned(feature.expression) if name in ROLLUPS)
    return feature.family == DEBT or any(made_from & set(rollup.reads) for rollup in rollups)


def known_by(tables: Tables, day: date) -> Tables:
    """The tables as they stood at the end of a day: later rows gone, versions not yet superseded standing again."""
    until = pa.scalar(end_of_day(day), pa.timestamp("us", tz="UTC"))
    by_kind: dict[str, Any] = {}
    for name, source in tables.by_kind.items():
        if not isinstance(source, pa.Table):
            raise TypeError("only tables in memory can be cut")
        rows = source.filter(pc.less(source.column("known_at"), until))
        place = rows.schema.get_field_index("superseded_at")
        ended = rows.column(place)
        standing = pc.if_else(pc.less(ended, until), ended, pa.scalar(None, ended.type))
        by_kind[name] = rows.set_column(place, rows.schema.field(place), standing).cast(KINDS[name].schema)
    return Tables(by_kind)


def _is_copy(column: Matrix, outcome: Matrix) -> bool:
    """Whether two disjoint sets of at most a few values belong to the two outcomes."""
    values, place = np.unique(np.nan_to_num(column, nan=-1.7e308), return_inverse=True)
    if not 2 <= len(values) <= 8:
        return False
    bad = np.bincount(place, weights=outcome)
    count = np.bincount(place)
    return bool(((bad == 0) | (bad == count)).all())


def _strength(values: Matrix, outcome: Matrix) -> tuple[float, int]:
    area, defaults = _auc(values, outcome)
    return max(area, 1 - area), defaults


def _auc(values: Matrix, outcome: Matrix) -> tuple[float, int]:
    defaults = int(outcome.sum())
    good = len(outcome) - defaults
    if not defaults or not good:
        return 0.5, defaults
    above = float(rankdata(values)[outcome == 1].sum()) - defaults * (defaults + 1) / 2
    return above / (defaults * good), defaults


def _digits(ids: NDArray[np.str_]) -> Matrix:
    return np.array([float("".join(sign for sign in name if sign.isdigit()) or "0") for name in ids.tolist()])


def _by_id(table: pa.Table, day: date) -> dict[str, list[float | None]]:
    rows = table.filter(pc.equal(table.column("as_of"), pa.scalar(day, pa.date32())))
    names = [name for name in rows.column_names if name not in _NOT_FEATURES]
    values = zip(*(rows.column(name).to_pylist() for name in names), strict=True)
    return dict(zip(rows.column("enterprise_id").to_pylist(), map(list, values), strict=True))


def _panel_rows(panel: Panel, day: date) -> dict[str, list[float | None]]:
    where = panel.as_of == np.datetime64(day, "D")
    rows = [[None if np.isnan(value) else value for value in row] for row in panel.matrix[where].tolist()]
    return dict(zip(panel.enterprise_ids[where].tolist(), rows, strict=True))


def _nothing(panel: Panel) -> list[float | None]:
    return [None] * len(panel.features)


def _all_same(values: Sequence[float | None]) -> bool:
    return all(value == values[0] for value in values)
