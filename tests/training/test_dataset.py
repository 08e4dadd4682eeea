"""From records and labels to training rows: who counts, as what, and who is told to have been left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from models.features import CATALOGUE, feature
from models.lake import Lake
from models.tables import Tables
from tests import factories
from training.dataset import NothingKnownThen, assemble
from training.hindsight import future_blind
from training.labels import Label, Labels
from training.leakage import LeakFound
from training.outcomes import OneClassOnly, TooFewDefaults
from training.pipeline import train
from training.plan import Plan
from training.selection import choose_features

AS_OF = factories.AS_OF
FEATURES = choose_features(CATALOGUE)


@cache
def records() -> tuple[Tables, dict[str, bool]]:
    return factories.trading_enterprises(60)


def labelled(by_enterprise: dict[str, Label], *, dated: bool = False) -> Labels:
    return Labels(
        by_enterprise=by_enterprise,
        rows=len(by_enterprise),
        without_flag=0,
        repeated=0,
        dated=dated,
        ignored_columns=(),
        origin="simulated",
        where="labels.csv",
        sha256="0" * 64,
    )


def plain_labels() -> dict[str, Label]:
    return {name: Label(flag, None) for name, flag in records()[1].items()}


def test_every_labelled_enterprise_with_records_is_a_row() -> None:
    """Unlabelled and unknown enterprises are counted, not guessed."""
    labels = plain_labels()
    del labels["T0003"]
    labels["NOBODY"] = Label(False, None)
    data = assemble(records()[0], labelled(labels), AS_OF, FEATURES)
    assert len(data.sample) == data.facts["trained_on"] == 59
    assert (data.facts["without_label"], data.facts["without_records"]) == (1, 1)
    assert data.facts["defaults"] == sum(flag.defaulted for name, flag in labels.items())
    assert data.sample.data_origin == ("simulated",)


def test_the_order_of_labels_does_not_matter() -> None:
    """Shuffled labels give the same rows: nothing can learn from the order of a file."""
    labels = plain_labels()
    names = list(labels)
    np.random.default_rng(1).shuffle(names)
    one = assemble(records()[0], labelled(labels), AS_OF, FEATURES)
    two = assemble(records()[0], labelled({name: labels[name] for name in names}), AS_OF, FEATURES)
    assert one.sample.sha256 == two.sample.sha256


def test_default_dates_decide_who_is_in_default_already_and_who_defaults_in_time() -> None:
    """Default on the day or before: nothing to predict. Within 12 months after: bad. Later: good."""
    labels = plain_labels()
    labels["T0000"] = Label(True, AS_OF)
    labels["T0001"] = Label(True, AS_OF + timedelta(days=1))
    labels["T0002"] = Label(True, date(2021, 2, 28))
    labels["T0003"] = Label(True, date(2021, 3, 1))
    data = assemble(records()[0], labelled(labels, dated=True), AS_OF, FEATURES)
    outcome = dict(zip(data.sample.entity.tolist(), data.sample.outcome, strict=True))
    assert "T0000" not in outcome
    assert (outcome["T0001"], outcome["T0002"], outcome["T0003"]) == (1.0, 1.0, 0.0)
    assert (data.facts["already_defaulted"], data.facts["beyond_horizon"]) == (1, 1)


def test_a_day_before_all_records_says_so() -> None:
    """What the bank learned later does not count, and the error tells that."""
    with pytest.raises(NothingKnownThen, match="learned after the day does not count"):
        assemble(records()[0], labelled(plain_labels()), date(2010, 1, 1), FEATURES)


def test_an_empty_store_says_so() -> None:
    """No import yet: the advice is to import."""
    with pytest.raises(NothingKnownThen, match="Import the records first"):
        assemble(Tables({}), labelled(plain_labels()), AS_OF, FEATURES)


@pytest.mark.parametrize("flag", [True, False])
def test_one_class_only_is_refused(flag: bool) -> None:
    """Nothing can be told apart where all are alike."""
    with pytest.raises(OneClassOnly, match="same outcome"):
        assemble(records()[0], labelled({name: Label(flag, None) for name in records()[1]}), AS_OF, FEATURES)


def test_too_few_defaults_are_refused_with_the_count() -> None:
    """Nine defaults are not enough."""
    labels = {name: Label(number < 9, None) for number, name in enumerate(records()[1])}
    with pytest.raises(TooFewDefaults, match=r"at least 10.*9 defaults"):
        assemble(records()[0], labelled(labels), AS_OF, FEATURES)


def test_a_feature_without_any_value_or_difference_is_left_out_with_the_reason() -> None:
    """A feed that is not connected costs its features, not the model."""
    tables, _ = records()
    sales = tables.by_kind["invoice"].filter(
        np.array(tables.by_kind["invoice"].column("direction").to_pylist()) == "sales"
    )
    data = assemble(
        Tables({"invoice": sales}),
        labelled(plain_labels()),
        AS_OF,
        [feature("sales_12m_fen"), feature("supplier_hhi_12m")],
    )
    assert data.sample.names == ("sales_12m_fen",)
    assert "not connected" in data.sample.left_out["supplier_hhi_12m"]


def test_features_that_look_past_the_day_are_caught_on_labels_too(tmp_path: Path) -> None:
    """Rows computed a month after the day they name: taking away what was learned since gives other values."""
    tables = records()[0]
    lake = Lake(tmp_path)
    lake.append("invoice", tables.by_kind["invoice"])
    wanted = [feature("sales_3m_fen"), feature("sales_12m_fen")]
    early = AS_OF - timedelta(days=60)
    honest = assemble(lake.tables(), labelled(plain_labels()), early, wanted, lake=lake)
    assert [finding.passed for finding in honest.findings] == [True]
    later = assemble(lake.tables(), labelled(plain_labels()), AS_OF, wanted)
    day = np.full(len(later.sample), np.datetime64(early, "D"))
    leaky = replace(later, sample=replace(later.sample, day=day), findings=())
    finding = future_blind(leaky.sample, wanted, lake)
    assert not finding.passed
    with pytest.raises(LeakFound, match="learned after the day"):
        train(replace(leaky, findings=(finding,)), Plan(repeats=1, folds=3, challengers=()))
