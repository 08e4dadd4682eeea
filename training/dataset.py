"""The first source of rows: a file of labels, with the features of each enterprise on one day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from models.errors import AssetlightError
from models.features import CATALOGUE, Feature, compute_features
from models.features.windows import months_before
from models.lake import Lake
from models.tables import Tables
from training.feeds import described
from training.gathered import LABELS, Gathered
from training.hindsight import future_blind
from training.labels import Label, Labels
from training.outcomes import check_outcomes
from training.sample import Sample

TURNOVER = "sales_24m_fen"  # the bar: net valid sales over the longest window, one number and no model
BAR_WORDS = {"zh": f"仅用净销售额（{TURNOVER}）", "en": f"turnover alone ({TURNOVER})"}
UNDATED = {
    "zh": "标签没有违约日期：特征可能包含违约之后的信息，样本外指标可能偏乐观。",
    "en": "The labels have no default date: features may look past the default, so even out-of-fold figures may "
    "flatter.",
}


class NothingKnownThen(AssetlightError):
    """No labelled enterprise has a record that was known on the day."""


@dataclass(frozen=True)
class Counts:
    """What became of the labels, all in enterprises."""

    labelled: int
    trained_on: int
    defaults: int
    without_records: int  # labelled, but nothing about them was known on the day
    without_label: int  # records, but no label
    already_defaulted: int  # default on or before the day: nothing left to predict
    beyond_horizon: int  # default later than the horizon: counted as good


def assemble(
    tables: Tables,
    labels: Labels,
    as_of: date,
    features: Sequence[Feature],
    *,
    horizon_months: int = 12,
    lake: Lake | None = None,
) -> Gathered:
    """Features at `as_of` of every labelled enterprise about which something was known then, with its outcome.

    The outcome is default within `horizon_months` after `as_of` where the labels give a day, else the plain flag. With
    the lake the audit also asks whether the features see what was learned after the day. Raises NothingKnownThen,
    OneClassOnly, TooFewDefaults.
    """
    wanted = tuple(dict.fromkeys([*features, *(item for item in CATALOGUE if item.name == TURNOVER)]))
    table = compute_features(tables, as_of, features=wanted)
    known = table.column("enterprise_id").to_pylist()
    outcomes = {name: _outcome(label, as_of, horizon_months) for name, label in labels.by_enterprise.items()}
    rows = [row for row, name in enumerate(known) if outcomes.get(name) is not None]
    ids = tuple(known[row] for row in rows)
    if not ids:
        raise NothingKnownThen(
            f"no labelled enterprise has a record that was known on {as_of.isoformat()}",
            expected="records of the labelled enterprises, learned on or before the day",
            found=f"{len(known)} enterprises with records then, {len(labels.by_enterprise)} labelled",
            advice="Import the records first; if they are there, choose a later --as-of (what the bank learned after "
            "the day does not count) and check that labels and records use the same enterprise ids",
        )
    outcome = np.array([float(bool(outcomes[name])) for name in ids])
    check_outcomes(outcome)
    table = table.take(pa.array(rows, pa.int64()))
    used, left_out = _usable(table, features)
    stored = set(known)
    sample = Sample(
        matrix=np.column_stack([table.column(feature.name).to_numpy() for feature in used]),
        outcome=outcome,
        entity=np.array(ids, dtype=np.str_),
        day=np.full(len(ids), np.datetime64(as_of, "D")),
        data_origin=_origins(tables, ids),
        label_origin=labels.origin,
        bar=-np.nan_to_num(table.column(TURNOVER).to_numpy()),
        bar_words=BAR_WORDS,
        horizon_months=horizon_months if labels.dated else None,
        left_out=left_out,
        **described(used),
    )
    counts = Counts(
        labelled=len(labels.by_enterprise),
        trained_on=len(ids),
        defaults=int(outcome.sum()),
        without_records=sum(name not in stored for name in labels.by_enterprise),
        without_label=sum(name not in labels.by_enterprise for name in known),
        already_defaulted=sum(value is None for value in outcomes.values()),
        beyond_horizon=sum(label.defaulted and outcomes[name] is False for name, label in labels.by_enterprise.items()),
    )
    findings = () if lake is None else (future_blind(sample, used, lake),)
    return Gathered(
        source=LABELS,
        title={"zh": "中小企业违约概率模型", "en": "Default probability of small enterprises"},
        sample=sample,
        as_of=as_of,
        facts={
            "label_file_sha256": labels.sha256,
            "label_columns_ignored": list(labels.ignored_columns),
            "label_rows_without_flag": labels.without_flag,
            "default_dates": labels.dated,
            **asdict(counts),
        },
        findings=findings,
        limits=() if labels.dated else (UNDATED,),
    )


def _outcome(label: Label, as_of: date, horizon_months: int) -> bool | None:
    """True: default to come; False: none within the horizon; None: already in default, so nothing to predict."""
    if label.on is None:
        return label.defaulted
    if label.on <= as_of:
        return None
    return months_before(label.on, horizon_months) <= as_of


def _usable(table: pa.Table, features: Sequence[Feature]) -> tuple[tuple[Feature, ...], dict[str, str]]:
    left_out: dict[str, str] = {}
    for feature in features:
        values = table.column(feature.name).to_numpy()
        values = values[~np.isnan(values)]
        if not len(values):
            left_out[feature.name] = (
                "所有企业均无值，数据源未接入 / no value for any enterprise: its feed is not connected"
            )
        elif (values == values[0]).all():
            left_out[feature.name] = "所有企业取值相同 / the same value for every enterprise"
    used = tuple(feature for feature in features if feature.name not in left_out)
    if not used:
        raise NothingKnownThen("no feature differs between the enterprises", found=", ".join(left_out))
    return used, left_out


def _origins(tables: Tables, enterprises: Sequence[str]) -> tuple[str, ...]:
    """Every origin among the records of the enterprises, of any kind."""
    found: set[str] = set()
    with duckdb.connect() as connection:
        tables.attach(connection)
        connection.register("trained_on", pa.table({"enterprise_id": pa.array(enterprises, pa.string())}))
        for kind in tables.by_kind:
            query = f"SELECT DISTINCT origin FROM {kind} SEMI JOIN trained_on USING (enterprise_id)"  # noqa: S608
            found |= {row[0] for row in connection.sql(query).fetchall() if row[0] is not None}
    return tuple(sorted(found))
