"""Every planted leak is caught, and an honest panel passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models.features import CATALOGUE, Feature, compute_features, feature
from models.lake import Lake
from models.tables import Tables
from tests.loan_books import economy
from training.hindsight import future_blind
from training.leakage import LeakFound, audit, id_order, label_copies, refuse_leaks, too_good
from training.panel.panel import Panel, build_panel
from training.panel.population import quarter_ends
from training.panel.sample import gather_panel, sample_of
from training.sample import Sample

DAYS = quarter_ends(date(2022, 3, 31), date(2023, 12, 31))
FEATURES = tuple(feature(name) for name in ("sales_12m_fen", "void_rate_12m", "max_gap_days_12m", "sales_growth_yoy"))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake of the small economy."""
    stored = Lake(tmp_path_factory.mktemp("lake"))
    with stored.writing() as writing:
        for kind, rows in economy().by_kind.items():
            assert isinstance(rows, pa.Table)
            writing.append(kind, rows)
    return stored


@pytest.fixture(scope="module")
def panel(lake: Lake) -> Panel:
    """Its panel."""
    return build_panel(lake, DAYS, features=FEATURES)


def with_column(panel: Panel, name: str, values: np.ndarray) -> Sample:
    """The sample of the panel with one more feature."""
    added = replace(CATALOGUE[0], name=name)
    return sample_of(replace(panel, features=(*panel.features, added), matrix=np.column_stack([panel.matrix, values])))


def test_an_honest_panel_passes_every_check(panel: Panel, lake: Lake) -> None:
    """Nothing is found, and the kinds that labels come from are named."""
    gathered = gather_panel(panel, lake)
    findings = [*audit(gathered.sample), *gathered.findings]
    refuse_leaks(findings)
    assert [finding.check for finding in findings] == [
        "label_copy", "too_good", "id_order", "future_blind", "shared_kinds",
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["as it is", "turned round", "known for defaults only"])
def test_a_copy_of_the_label_is_caught(panel: Panel, form: str) -> None:
    """Under any name and in any coding, missing values included."""
    values = {"as it is": panel.outcome, "turned round": 7 - 2 * panel.outcome}.get(
        form, np.where(panel.outcome == 1, 3.0, np.nan)
    )
    leaky = with_column(panel, "harmless_name", values)
    assert label_copies(leaky).found == "harmless_name"
    with pytest.raises(LeakFound, match="copy of the label"):
        refuse_leaks(audit(leaky))


def test_a_single_feature_too_good_to_be_true_is_caught(panel: Panel) -> None:
    """Days to default with noise on top is no copy, but orders them almost perfectly; a strong honest one passes."""
    noise = np.random.default_rng(0).normal(size=len(panel))
    assert "days_left (AUC 0.9" in too_good(with_column(panel, "days_left", noise + 4 * panel.outcome)).found
    assert too_good(with_column(panel, "strong", noise + 1.5 * panel.outcome)).passed
    assert not too_good(with_column(panel, "gone", np.where((panel.outcome == 1) & (noise < 2), np.nan, noise))).passed


def test_ids_in_label_order_are_caught(panel: Panel) -> None:
    """Enterprises that default numbered first, as text or as digits behind a random prefix."""
    bad = {name for name, flag in zip(panel.enterprise_ids.tolist(), panel.outcome, strict=True) if flag}
    everyone = sorted(set(panel.enterprise_ids.tolist()), key=lambda name: (name not in bad, name))
    place = {name: f"{number:05d}" for number, name in enumerate(everyone)}
    ids = np.array([place[name] for name in panel.enterprise_ids.tolist()])
    assert "order of the ids" in id_order(replace(sample_of(panel), entity=ids)).found
    letters = np.array([f"{'XAQ'[int(name) % 3]}{name}" for name in ids.tolist()])
    assert "digits of the ids" in id_order(replace(sample_of(panel), entity=letters)).found
    assert id_order(sample_of(panel)).passed


def test_a_value_that_was_learned_after_the_day_is_caught(panel: Panel, lake: Lake) -> None:
    """A panel computed a month later than it says: taking away what was learned since changes it."""
    later = [day + timedelta(days=31) for day in panel.days]
    table = compute_features(lake.tables(), later, features=FEATURES)
    shifted = dict(zip(later, panel.days, strict=True))
    rows = {(row["enterprise_id"], shifted[row["as_of"]]): row for row in table.to_pylist()}
    hindsight = [
        [rows[name, day][item.name] for item in FEATURES]
        for name, day in zip(panel.enterprise_ids.tolist(), panel.as_of.tolist(), strict=True)
    ]
    leaky = replace(panel, matrix=np.array(hindsight, dtype=float))
    finding = future_blind(sample_of(leaky), leaky.features, lake)
    assert not finding.passed
    assert "sales_12m_fen of" in finding.found


def test_a_feature_that_looks_at_later_rows_is_caught(panel: Panel, lake: Lake) -> None:
    """A computation that ignores when things were learned gives other values once later rows are gone."""

    def peeking(tables: Tables, days: date | Sequence[date], features: Sequence[Feature]) -> pa.Table:
        table = compute_features(tables, days, features=features)
        rows: Any = tables.by_kind["invoice"]
        grouped = rows.group_by("enterprise_id").aggregate([("amount_fen", "sum")])
        total = dict(zip(grouped["enterprise_id"].to_pylist(), grouped["amount_fen_sum"].to_pylist(), strict=True))
        peeked = [float(total.get(name, 0)) for name in table.column("enterprise_id").to_pylist()]
        return table.set_column(table.column_names.index("sales_12m_fen"), "sales_12m_fen", pa.array(peeked))

    finding = future_blind(sample_of(panel), panel.features, lake, compute=peeking)
    assert not finding.passed
    assert finding.found.startswith("sales_12m_fen of")
