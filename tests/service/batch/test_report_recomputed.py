"""Every figure of the portfolio report made again with pandas from the rows of two runs on 300 enterprises."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.special import logit

from models.bundle import Bundle
from models.default_probability import score_features
from models.explanation.catalogue import rule_words
from models.explanation.features import feature_words
from models.grades import GRADES
from models.monitoring.reference import CARD_KEY, reference_of
from models.policy import load_policy
from service.batch.report.building import portfolio_report
from service.batch.report.rows import RunRows
from service.batch.report.value import PortfolioReport, Table, Words
from service.batch.running import in_this_process, run_plan
from service.batch.starting import plan_facts
from service.bootstrap import Service, build
from service.settings import read_settings
from tests import factories
from tests.service.batch.runs import ran, rows
from tests.service.conftest import AS_OF, still_clock

POLICY = load_policy(AS_OF)
SHARE = float(POLICY.number("allocation.loss_given_default"))
NAMES = tuple(name for name, _ in factories.SIGNED_FEATURES)
VALUES = {
    "industry": ["C39", "I65", "A01", "F51", "M73", "G60", "C13", "C26", "J66", "E50", "L72", "K70"],
    "region": ["3301", "3302", "5101"],
    "park": ["binjiang", "yuhang"],
    "core_enterprise": ["ANCHOR-A", "ANCHOR-B", "ANCHOR-C"],
}
ENTERPRISES, NEW = 300, 17


def model() -> Bundle:
    """The factory's bundle, with a card that says what a training population looked like."""
    made = factories.bundle()
    table = factories.feature_table(400, seed=6, missing=0.1)
    matrix = np.column_stack([table.column(name).to_numpy() for name in NAMES])
    log_odds = logit(score_features(table, made).pd)
    return replace(made, card={**made.card, CARD_KEY: reference_of(NAMES, matrix, log_odds, 400).as_dict()})


def facts(base: pd.DataFrame, seed: int, first: int) -> pd.DataFrame:
    """Three hundred enterprises like the stored ones, larger and smaller, each with a group or none."""
    rng = np.random.default_rng(seed)
    frame = base.sample(ENTERPRISES, replace=True, random_state=seed).reset_index(drop=True)
    frame["enterprise_id"] = [f"P{number:04d}" for number in range(first, first + ENTERPRISES)]
    size = np.random.default_rng(first + 1).lognormal(0.0, 1.2, ENTERPRISES) * rng.lognormal(0.0, 0.3, ENTERPRISES)
    for name in [name for name in frame.columns if name.endswith("_fen")]:
        frame[name] = np.floor(frame[name] * size)
    for name, values in VALUES.items():
        frame[name] = rng.choice([*values, None], ENTERPRISES)  # type: ignore[list-item]
    frame["bureau_enquiries_2m"] = rng.integers(0, 12, ENTERPRISES).astype(float)
    return frame


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, stocked: Path) -> Iterator[tuple[PortfolioReport, Any, Any]]:
    """The report of two runs, and the rows of both as frames (before, now)."""
    folder = tmp_path_factory.mktemp("recomputed")
    home = Path(shutil.copytree(stocked, folder / "home"))
    bundle = model()
    bundle.publish(home)
    service: Service = build(read_settings(home=home), still_clock)
    ran(service, folder / "records", keeps_facts=True)
    base = rows(folder / "records", "facts").to_pandas()
    for name, first in (("before", 0), ("now", NEW)):
        frame = facts(base, 5 + first, first)
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / f"{name}.parquet")
        plan = plan_facts(service.assessor, AS_OF, [folder / f"{name}.parquet"])
        run_plan(plan.plan, folder / name, plan.lake, engine=in_this_process)
    before, now = RunRows.read(folder / "before"), RunRows.read(folder / "now")
    now.manifest["vintages"] = {
        "2019Q1": {"loans": 3, "principal_fen": 900, "balance_fen": 400, "past_due_fen": 100, "pd_weighted_fen": 40},
        "2019Q2": {"loans": 1, "principal_fen": 500, "balance_fen": 0, "past_due_fen": 0, "pd_weighted_fen": 0},
    }
    made = portfolio_report(now, before, POLICY, bundle)
    frames = [rows(folder / name).to_pandas() for name in ("before", "now")]
    for frame in frames:
        frame["given"] = frame["limit_fen"].where(frame["outcome"].isin(["approve", "reduce"]), 0)
        frame["loss"] = frame["pd"].fillna(0.0) * SHARE * frame["given"]
        frame["graded"] = frame["grade"].fillna("no grade")
    yield made, frames[0], frames[1]
    service.close()


Made = tuple[PortfolioReport, Any, Any]


def table(report: PortfolioReport, code: str) -> Table:
    return next(one for part in report.sections for one in part.tables if one.code == code)


def plain(table: Table) -> list[tuple[Any, ...]]:
    """The rows with English words."""
    return [tuple(cell.en if isinstance(cell, Words) else cell for cell in row) for row in table.rows]


def said(report: PortfolioReport, code: str) -> str:
    return " ".join(words.en for part in report.sections if part.code == code for words in part.said)


def test_the_runs_are_worth_recomputing(report: Made) -> None:
    """Several grades, approved and referred, every group, some not stated: or the other tests would prove nothing."""
    _, _, now = report
    assert now["graded"].nunique() >= 4
    assert {"approve", "refer"} <= set(now["outcome"])
    assert (now["given"] > 0).sum() > 50
    for name, values in VALUES.items():
        assert set(now[name].dropna()) == set(values)
        assert now[name].isna().any()
    assert now["early_warning"].nunique() >= 2


@pytest.mark.parametrize("group", VALUES)
def test_concentration_is_that_of_the_rows(report: Made, group: str) -> None:
    """By group: the ten largest by limits with number, share and loss, who states none, and the Herfindahl index."""
    made, _, now = report
    by = now.groupby(group, dropna=False).agg(n=("given", "size"), given=("given", "sum"), loss=("loss", "sum"))
    total = now["given"].sum()
    known = by[by.index.notna()].sort_values(["given", "n"], ascending=False)
    shown = plain(table(made, f"by_{group}"))
    assert [row[0] for row in shown[:-1]] == known.index[:10].tolist()
    assert shown[-1][0] == "not stated"
    expected = [*known.head(10).itertuples(), *by[by.index.isna()].itertuples()]
    for row, its in zip(shown, expected, strict=True):
        assert row[1:3] == (its.n, its.given)
        assert row[3:] == pytest.approx((its.given / total, its.loss))
    herfindahl = ((known["given"] / total) ** 2).sum()
    words = {"core_enterprise": "Core enterprise"}.get(group, group.capitalize())
    assert f"{words}: Herfindahl index {herfindahl:.3f}; the largest holds {known['given'].max() / total:.1%}." in said(
        made, "concentration"
    )


def test_migration_is_the_crosstab(report: Made) -> None:
    """Enterprises in both runs by grade before and now, the sums of rows, and who came, went, rose and fell."""
    made, before, now = report
    both = before.merge(now, on="enterprise_id", suffixes=("_was", "_is"))
    cross = pd.crosstab(both["graded_was"], both["graded_is"])
    found = table(made, "migration")
    names = [column.words.en for column in found.columns[1:-1]]
    for row in plain(found):
        its = cross.loc[row[0]] if row[0] in cross.index else pd.Series(dtype=int)
        assert list(row[1:-1]) == [int(its.get(name, 0)) for name in names]
        assert row[-1] == int(its.sum())
    rank = {grade: number for number, grade in enumerate(GRADES)}
    was, now_is = both["graded_was"].map(rank), both["graded_is"].map(rank)
    words = said(made, "migration")
    assert f"Of {len(both)} enterprises in both runs {(now_is < was).sum()} have a better grade" in words
    assert f"and {(now_is > was).sum()} a worse one; {NEW} are new and {NEW} are gone." in words


def test_drift_is_siddiqis_psi(report: Made) -> None:
    """Shares of training by bin against those of the run, floored at 0.0001, missing a bin of its own."""
    made, _, now = report
    card = model().card[CARD_KEY]
    found = {row[0]: row for row in plain(table(made, "drift"))}
    seen = dict(zip(_english(), NAMES, strict=True))
    columns = {
        "score": (card["score"], logit(now["pd"].dropna())),
        **{words: (card["features"][name], now[f"feature_{name}"]) for words, name in seen.items()},
    }
    assert found.keys() == columns.keys()
    for words, (kept, values) in columns.items():
        bins = pd.cut(values, [-np.inf, *kept["edges"], np.inf]).value_counts(sort=False).tolist()
        is_now = np.maximum(np.array([*bins, values.isna().sum()]) / len(values), 1e-4)
        was = np.maximum(np.array(kept["shares"]), 1e-4)
        assert found[words][1] == pytest.approx(((is_now - was) * np.log(is_now / was)).sum(), rel=1e-9)
        assert found[words][5] == pytest.approx(values.isna().mean())
    assert next(iter(found)) == "score"
    order = [row[1] for words, row in found.items() if words != "score"]
    assert order == sorted(order, reverse=True)


def test_amounts_rates_and_losses_add_up(report: Made) -> None:
    """Limits given, expected loss and mean PD of both runs and their change; by grade they are the same in parts."""
    made, before, now = report
    amounts = {row[0]: row[1:] for row in plain(table(made, "amounts"))}
    for words, column in (("limits given, yuan", "given"), ("expected loss, yuan", "loss")):
        here, there = now[column].sum(), before[column].sum()
        assert amounts[words] == pytest.approx((here, there, here - there))
    rates = {row[0]: row[1:] for row in plain(table(made, "rates"))}
    assert rates["mean PD"][:2] == pytest.approx((now["pd"].mean(), before["pd"].mean()))
    assert rates["expected loss / limits"][0] == pytest.approx(now["loss"].sum() / now["given"].sum())
    by = now.groupby("graded").agg(n=("given", "size"), given=("given", "sum"), loss=("loss", "sum"))
    for grade, number, share, given, loss in plain(table(made, "by_grade")):
        assert (number, given) == (by.loc[grade, "n"], by.loc[grade, "given"])
        assert (share, loss) == pytest.approx((by.loc[grade, "n"] / len(now), by.loc[grade, "loss"]))
    classes = plain(table(made, "limit_classes"))
    bins = pd.cut(now["given"] / 100, [-np.inf, 0, 5e5, 1e6, 2e6, 5e6, 1e7, np.inf])
    assert [row[1] for row in classes] == bins.value_counts(sort=False).tolist()
    assert [row[2] for row in classes] == now.groupby(bins, observed=False)["given"].sum().tolist()


def test_warnings_are_counted_before_and_now(report: Made) -> None:
    """By level, and how many of those in both runs rose or fell."""
    made, before, now = report
    levels = ["normal", "yellow", "orange", "red"]
    for level, number, given, earlier in plain(table(made, "warnings")):
        mine = now[now["early_warning"] == level]
        assert (number, given) == (len(mine), mine["given"].sum())
        assert earlier == (before["early_warning"] == level).sum()
    both = before.merge(now, on="enterprise_id", suffixes=("_was", "_is"))
    was, now_is = (both[f"early_warning_{when}"].astype(str).map(levels.index) for when in ("was", "is"))
    assert said(made, "warnings") == f"{(now_is > was).sum()} went up a level, {(now_is < was).sum()} came down."


def limit_said(its: Any) -> str:
    """The outcome where it changed, then the three steps that changed most, in yuan."""
    steps = [name[:-3] for name in its.index if name.startswith("step_") and name.endswith("_is")]
    moved = {name: (np.nan_to_num(its[f"{name}_is"]) - np.nan_to_num(its[f"{name}_was"])) / 100 for name in steps}
    first = [name for name in sorted(steps, key=lambda name: -abs(moved[name]))[:3] if moved[name]]
    outcome = [] if its["outcome_is"] == its["outcome_was"] else [f"{its['outcome_was']} → {its['outcome_is']}"]
    named = [(rule_words(name.removeprefix("step_").removesuffix("_fen")).en, moved[name]) for name in first]
    return "; ".join([*outcome, *(f"{words} {value:+,.0f}" for words, value in named)])


@pytest.mark.parametrize("code", ["movers", "movers_by_probability"])
def test_the_movers_are_those_who_moved_most_and_by_what(report: Made, code: str) -> None:
    """Twenty by limit or by probability, then by the larger limit, with the three features that moved most."""
    made, before, now = report
    both = before.merge(now, on="enterprise_id", suffixes=("_was", "_is"))
    both["money"] = both["given_is"] - both["given_was"]
    both["exposed"] = both[["given_is", "given_was"]].max(axis=1)
    both["key"] = (both["money"] if code == "movers" else both["pd_is"] - both["pd_was"]).abs().fillna(0)
    order = both[both["key"] > 0].sort_values(
        ["key", "exposed", "enterprise_id"], ascending=[False, False, True], kind="stable"
    )
    shown = plain(table(made, code))
    assert len(shown) == 20
    assert [row[0] for row in shown] == order["enterprise_id"].head(20).tolist()
    words = dict(zip(NAMES, _english(), strict=True))
    for row, (_, its) in zip(shown, order.head(20).iterrows(), strict=True):
        assert row[1:4] == (its["given_was"], its["given_is"], its["money"])
        assert row[5:7] == (its["graded_was"], its["graded_is"])
        assert row[7:10] == pytest.approx((its["pd_was"], its["pd_is"], its["points_is"] - its["points_was"]))
        changes = {name: its[f"points_{name}_is"] - its[f"points_{name}_was"] for name in NAMES}
        first = sorted(changes, key=lambda name: -abs(changes[name]))[:3]
        assert row[10] == "; ".join(f"{words[name]} {changes[name]:+.1f}" for name in first if changes[name])
        assert row[11] == its["reasons_en_is"]
        assert row[4] == limit_said(its)
        assert sum(changes.values()) == pytest.approx(row[9], abs=1e-6)
    assert f"{(both['money'] != 0).sum():,} have another limit" in said(made, "movers")


def test_vintages_are_shares_of_the_balance(report: Made) -> None:
    """Past due of the balance, none where nothing is owed; expected loss from the PD-weighted balance."""
    made, _, _ = report
    assert plain(table(made, "vintage")) == [
        ("2019Q1", 3, 900, 400, 0.25, 40 * SHARE), ("2019Q2", 1, 500, 0, 0.0, 0.0),
    ]  # fmt: skip


def _english() -> list[str]:
    return [feature_words(name).en for name in NAMES]
