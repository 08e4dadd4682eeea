"""Whether features see what was learned after their day, asked of the stored records themselves.

A sample of the enterprises is computed again with everything learned after each day taken away; the rows that a model
would learn from must hold the same values. Also names the features that read the kinds labels are made from, so that
figures without them stand beside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.features import Feature, compute_features
from models.features.catalogue import ROLLUPS
from models.features.family import mentioned
from models.lake import Lake
from models.records import KINDS
from models.tables import Tables, end_of_day
from training.leakage import Finding
from training.panel.defaults import KINDS_READ
from training.panel.features import reads_others
from training.sample import Sample

Compute = Callable[..., pa.Table]

DEBT = "debt"  # also the bureau's view of the same loans
SAMPLE = 24  # enterprises that are computed again without what was learned after each day
_NOT_FEATURES = frozenset({"enterprise_id", "as_of"})


def future_blind(
    sample: Sample, features: Sequence[Feature], lake: Lake, *, size: int = SAMPLE, compute: Compute = compute_features
) -> Finding:
    """Compute a sample again with everything learned after each day taken away: the sample must hold the same.

    Features that read other enterprises' books are compared with themselves on the sample's own rows.
    """
    sample = sample.columns([feature.name for feature in features])
    ids = np.unique(sample.entity)
    chosen = [str(name) for name in ids[:: max(1, len(ids) // size)][:size]]
    tables = lake.tables(enterprises=chosen)
    whole = compute(tables, sample.days, features=features)
    wrong: dict[str, str] = {}
    for day in sample.days:
        blind = _by_id(compute(known_by(tables, day), day, features=features), day)
        again = _by_id(whole, day)
        stored = _sample_rows(sample, day)
        for name in chosen:
            if name not in stored:
                continue
            for place, feature in enumerate(features):
                values = [again[name][place], blind.get(name, [None] * len(features))[place]]
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


def _by_id(table: pa.Table, day: date) -> dict[str, list[float | None]]:
    rows = table.filter(pc.equal(table.column("as_of"), pa.scalar(day, pa.date32())))
    names = [name for name in rows.column_names if name not in _NOT_FEATURES]
    values = zip(*(rows.column(name).to_pylist() for name in names), strict=True)
    return dict(zip(rows.column("enterprise_id").to_pylist(), map(list, values), strict=True))


def _sample_rows(sample: Sample, day: date) -> dict[str, list[float | None]]:
    where = np.full(len(sample), True) if sample.day is None else sample.day == np.datetime64(day, "D")
    rows = [[None if np.isnan(value) else value for value in row] for row in sample.matrix[where].tolist()]
    return dict(zip(sample.entity[where].tolist(), rows, strict=True))


def _all_same(values: Sequence[float | None]) -> bool:
    return all(value == values[0] for value in values)
