"""The decision record: canonical bytes, an id of the content, one parse, and the golden files of both versions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decision import (
    DecisionAltered,
    DecisionRecord,
    Decisions,
    DecisionUnreadable,
    DecisionVersionUnknown,
    cap_rows,
    gate_rows,
    outcome_words,
    parse,
    waterfall_rows,
)
from models.explanation import select_reasons
from models.limits import compute_limits
from models.reference_population import ReferencePopulation
from tests.factories import bundle
from tests.limit_cases import DAY, cases, default_policy, probability

PAYING = ReferencePopulation("performing", "付款企业", "enterprises that pay", drawn_from=9, text="a\n1\n2\n")
GOLDEN = Path(__file__).resolve().parents[2] / "golden"


def decisions(*rows: dict[str, object], against: ReferencePopulation | None = None) -> Decisions:
    """Decisions on rows of limit cases, as the composer would put them together."""
    held = cases(*rows)
    limits, found = compute_limits(held), replace(probability(*rows), against=against)
    return Decisions(
        enterprise_ids=pa.array([f"E{at}" for at in range(len(rows))]),
        as_of=DAY,
        cases=held,
        probability=found,
        limits=limits,
        reasons=select_reasons(limits, found, default_policy()),
        input_sha256=pa.array(["0" * 64] * len(rows)),
        record_origins=pa.array([["bank"]] * len(rows), pa.list_(pa.string())),
        bundle=bundle(),
        policy=default_policy(),
    )


def record(**row: object) -> DecisionRecord:
    return decisions(row).record(0)


def test_a_record_comes_back_from_its_bytes() -> None:
    """Parse of the canonical bytes gives an equal record with equal bytes."""
    one = record(requested_fen=100_000_000)
    assert parse(one.to_json()) == one
    assert parse(one.to_json()).to_json() == one.to_json()
    assert one.decision_id == one.computed_id()


@given(st.floats(0, 1), st.one_of(st.just(-0.0), st.floats(0, 1, allow_subnormal=True)))
def test_numbers_come_back_bit_for_bit(pd: float, rate: float) -> None:
    """A probability and a feature value survive the canonical JSON with every bit; a negative zero becomes zero."""
    back = parse(record(pd=pd, void_rate_12m=rate).to_json())
    assert back.pd is not None
    assert back.pd.hex() == (pd + 0.0).hex()
    found = back.feature_values["void_rate_12m"]
    assert found is not None
    assert found.hex() == (rate + 0.0).hex()


@pytest.mark.parametrize("against", [None, PAYING], ids=["version 2", "version 3"])
def test_an_id_without_the_record_is_the_id_of_the_record(
    against: ReferencePopulation | None,
) -> None:
    """Of granted, cut, referred and declined cases, with facts missing, tiny, large, whole, or a minus zero."""
    found = decisions(
        {},
        {"requested_fen": 250_000_050},
        {"requested_fen": 100, "void_rate_12m": -0.0},
        {"pd": 0.9},
        {"pd": float("nan"), "void_rate_12m": float("nan")},
        {"void_rate_12m": 1e-7, "sales_12m_fen": 0.0},
        {"void_rate_12m": 1.0, "sales_12m_fen": 3e15},
        {"sales_12m_fen": float("nan")},
        against=against,
    )
    found = replace(found, record_origins=pa.array([["bank"], ["simulated"], []] + [["bank", "contest"]] * 5))
    outcomes = set(found.to_arrow(decision_ids=False)["outcome"].to_pylist())
    assert outcomes >= {"refer", "decline"}
    ids = [found.record(row).decision_id for row in range(len(found))]
    assert [found.decision_id(row) for row in range(len(found))] == ids
    assert found.to_arrow()["decision_id"].to_pylist() == ids
    assert len(set(ids)) == len(ids)


def test_another_content_is_another_id() -> None:
    """One changed fact changes the id."""
    assert record().decision_id != record(void_rate_12m=0.031).decision_id


def test_altered_bytes_are_noticed() -> None:
    """A record whose limit was edited in the store does not parse as a decision."""
    tree = json.loads(record().to_json())
    tree["limit_yuan"] = "9999999.00"
    with pytest.raises(DecisionAltered, match="not what the decision id names"):
        parse(json.dumps(tree).encode())


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"schema_version": 4}, DecisionVersionUnknown, r"unknown version.*Found: 4"),
        ({"schema_version": 3}, DecisionUnreadable, r"version 3 says with whom it compares"),
        ({"compared_with": None}, DecisionUnreadable, r"version 2 has none of compared_with"),
        ({"schema_version": 1}, DecisionUnreadable, r"version 1.*has none of pd_low, pd_high"),
        ({"schema_version": 0}, DecisionVersionUnknown, "unknown version"),
        ({"schema_version": "1"}, DecisionUnreadable, "no schema version"),
        ({"schema_version": True}, DecisionUnreadable, "no schema version"),
        ({"surprise": 1}, DecisionUnreadable, "not a decision record of version 2"),
        ({"outcome": "maybe"}, DecisionUnreadable, "'approve', 'reduce', 'refer' or 'decline'"),
        ({"pd": "high"}, DecisionUnreadable, "valid number"),
    ],
)
def test_bytes_of_another_shape_are_refused(change: dict[str, object], error: type[Exception], match: str) -> None:
    """An unknown version, an unknown key and a wrong value each raise, with what was expected."""
    tree = {**json.loads(record().to_json()), **change}
    with pytest.raises(error, match=match):
        parse(json.dumps(tree).encode())


def test_bytes_that_are_not_json_are_refused() -> None:
    """Half a record and a list are not records."""
    with pytest.raises(DecisionUnreadable, match="not JSON"):
        parse(b'{"schema_version": 1')
    with pytest.raises(DecisionUnreadable, match="no schema version"):
        parse(b"[]")


@pytest.mark.parametrize(("version", "interval"), [(1, (None, None)), (2, (0.009, 0.027)), (3, (0.009, 0.027))])
def test_the_golden_record_of_every_version_still_parses(version: int, interval: tuple[float, float]) -> None:
    """A record that any version wrote is read for ever, byte for byte."""
    golden = (GOLDEN / f"decision_v{version}.json").read_bytes().rstrip(b"\n")
    old = parse(golden)
    assert old.to_json() == golden
    assert old.schema_version == version
    assert (old.pd_low, old.pd_high) == pytest.approx(interval)
    assert old.outcome == "reduce"


def test_only_a_decision_that_compares_with_a_population_is_of_version_3() -> None:
    """It says with whom, comes back from its bytes, and in the form of version 2 it says nothing of it."""
    row = {"requested_fen": 250_000_050}
    plain, against = decisions(row).record(0), decisions(row, against=PAYING).record(0)
    assert (plain.schema_version, against.schema_version) == (2, 3)
    assert against.compared_with is not None
    assert against.compared_with.model_dump() == {
        "name": "performing", "zh": "付款企业", "en": "enterprises that pay", "enterprises": 2,
    }  # fmt: skip
    assert parse(against.to_json()) == against
    assert "points off against enterprises that pay" in against.probability_reasons[0].en
    assert "相对付款企业使评分减少" in against.probability_reasons[0].zh
    older = against.as_version(2)
    assert parse(older.to_json()) == older
    assert json.loads(against.to_json()).keys() - json.loads(older.to_json()).keys() == {"compared_with"}
    assert plain.as_version(3) == plain
    golden = parse((GOLDEN / "decision_v3.json").read_bytes().rstrip(b"\n"))
    assert golden.compared_with == against.compared_with


def test_a_decision_in_the_form_of_version_1_says_nothing_of_the_interval() -> None:
    """The older form is what version 1 would have kept: the same but the interval, with its own id, and it parses."""
    one = record(requested_fen=250_000_050)
    older = one.as_version(1)
    assert parse(older.to_json()) == older
    assert b"pd_low" not in older.to_json()
    assert older.decision_id == older.computed_id() != one.decision_id
    assert json.loads(one.to_json()).keys() - json.loads(older.to_json()).keys() == {"pd_low", "pd_high"}
    assert one.as_version(2) == one


def test_the_rows_for_reading_say_what_the_record_says() -> None:
    """The waterfall, the caps and the gates become rows of text in both languages."""
    one = record(requested_fen=250_000_050)
    steps = waterfall_rows(one)
    assert (steps[0].zh, steps[0].en) == ("发票销售额来源", "invoice turnover")
    assert (steps[0].delta, steps[-1].running) == ("+1,600,000", "1,600,000")
    caps = cap_rows(one)
    assert [(row.en, row.value, row.slack, row.rank, row.binding) for row in caps][:3] == [
        ("sources together", "1,600,000", "0", "1", True),
        ("grade maximum", "2,000,000", "400,000", "2", False),
        ("requested amount", "2,500,000.50", "900,000.50", "3", False),
    ]
    gates = gate_rows(one)
    assert {row.status_zh for row in gates[:-2]} == {"通过"}
    assert [row.status_zh for row in gates[-2:]] == ["不适用", "不适用"]  # nobody looked for circular trade
    assert outcome_words(one) == ("减额同意", "reduce")


def test_caps_that_do_not_apply_come_last_without_figures() -> None:
    """Without a request the requested amount is not applicable: no value, no slack, no rank."""
    rows = cap_rows(record())
    last = next(row for row in rows if row.en == "requested amount")
    assert not any(row.rank for row in rows[rows.index(last) :])
    assert (last.en, last.value, last.slack, last.rank, last.status_en) == (
        "requested amount",
        "",
        "",
        "",
        "not applicable",
    )
