"""The value of information: how far a document can move the limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.explanation.catalogue import DOCUMENTS
from models.explanation.information import RangesNotInForce, load_ranges, value_of_information
from models.explanation.levers import find_levers
from models.explanation.situation import Situation
from models.limits import Cases, compute_limits, measure
from models.limits.vocabulary import facts_read
from models.policy import PolicyFileInvalid
from models.positions import read_positions
from tests.limit_cases import DAY, cases, default_policy
from tests.position_rows import AS_OF, claim, tables

RANGES = load_ranges(DAY)


def limit_with(case: Cases, **facts: float) -> int:
    """The limit with some facts set by hand."""
    grade = np.array([facts.pop("grade")], dtype=np.int16) if "grade" in facts else case.grade
    changed = {**case.facts, **{name: np.array([value]) for name, value in facts.items()}}
    return int(compute_limits(replace(case, facts=changed, grade=grade)).limit_fen[0])


def test_older_invoices_are_worth_the_whole_limit() -> None:
    """A short history stops the case: at best the limit is what it would be without that gate, at worst nothing."""
    case = cases({"days_since_first_sale": 200.0})
    found = {item.code: item for item in value_of_information(Situation(case), RANGES)}["older_invoices"]
    assert found.pending
    assert (found.prudent_fen, found.best_fen) == (0, limit_with(case, days_since_first_sale=730.0))
    assert found.width_fen == found.best_fen > 0
    assert found.binding_at_best
    assert found.sources_at_best_fen >= found.best_fen


def test_the_widest_item_comes_first_and_missing_ones_are_told_apart() -> None:
    """Pending and merely missing items are ranked by how far they move the limit; what moves nothing is left out."""
    found = value_of_information(Situation(cases({"days_since_first_sale": 200.0})), RANGES)
    widths = [item.width_fen for item in found]
    assert widths == sorted(widths, reverse=True)
    assert all(item.pending or item.width_fen for item in found)


def test_two_pending_documents_are_worth_something_together() -> None:
    """Where one document alone settles nothing, its width is measured with the others at their best."""
    case = cases({"days_since_first_sale": 200.0, "pd": None})
    found = {item.code: item for item in value_of_information(Situation(case), RANGES)}
    for code in ("older_invoices", "model_inputs"):
        assert (found[code].best_fen, found[code].pending) == (0, True)
        assert found[code].together_best_fen == limit_with(case, days_since_first_sale=730.0, grade=7) > 0
        assert found[code].width_fen > 0
    levers = [lever for lever in find_levers(Situation(case), tuple(found.values())) if lever.subject == "model_inputs"]
    assert [lever.gain_fen for lever in levers] == [found["model_inputs"].together_best_fen]
    assert levers[0].up_to


def test_confirmations_are_measured_claim_by_claim() -> None:
    """Unconfirmed receivables: at best every debtor confirms, measured with concentration and all."""
    policy = default_policy(AS_OF)
    rows = [claim(f"U{at}", f"D{at}", 30, confirmed=at < 2) for at in range(6)]
    limits = []
    for confirmed in (rows, [row | {"confirmed": True} for row in rows]):
        positions = read_positions(tables(receivable=confirmed), AS_OF, pa.array(["E"]))
        measured = {name: float(column[0]) for name, column in measure(positions, policy).items()}
        case = cases({**measured, "pd": 0.0005, "product": "technology_credit"}, policy=policy)
        limits.append((Situation(case, positions), int(compute_limits(case).limit_fen[0])))
    found = {item.code: item for item in value_of_information(limits[0][0], RANGES)}["confirmations"]
    assert (found.prudent_fen, found.best_fen) == (limits[0][1], limits[1][1])
    assert found.width_fen > 0
    assert "confirmations" not in {item.code for item in value_of_information(limits[1][0], RANGES)}


def test_a_knock_out_leaves_nothing_to_learn() -> None:
    """Where a policy rule declines on known facts no document moves the limit."""
    assert value_of_information(Situation(cases({"void_rate_12m": 0.6})), RANGES) == ()


ROWS = st.fixed_dictionaries(
    {
        "pd": st.sampled_from([0.004, 0.018, 0.06, None]),
        "sales_12m_fen": st.sampled_from([None, 90_000_000.0, 812_345_678.0, 9_000_000_001.0]),
        "days_since_last_sale": st.sampled_from([3.0, 200.0, None]),
        "days_since_first_sale": st.sampled_from([100.0, 900.0]),
        "receivables_fen": st.sampled_from([None, 30_000_000.0]),
        "debt_debt_fen": st.sampled_from([None, 0.0]),
        "product": st.sampled_from(["invoice_credit", "technology_credit"]),
    }
)


@settings(max_examples=60)
@given(ROWS)
def test_a_document_at_its_prudent_end_never_beats_its_best(row: dict[str, Any]) -> None:
    """Whatever is missing: the ends are in order, the width is their distance, and nothing is granted beyond caps."""
    found = value_of_information(Situation(cases(row)), RANGES)
    for item in found:
        assert 0 <= item.prudent_fen <= item.best_fen
        assert 0 <= item.together_prudent_fen <= item.together_best_fen
        assert item.width_fen == max(
            item.best_fen - item.prudent_fen, item.together_best_fen - item.together_prudent_fen
        )
        assert item.zh
        assert item.en


def test_every_range_names_a_document_of_the_catalogue_once() -> None:
    """The ranges speak of documents that rules wait for."""
    assert set(RANGES.by_document) <= {words.code for words in DOCUMENTS.values()}
    assert {"yearly_statement", "confirmations", "tax_grade", "loan_list"} <= set(RANGES.by_document)


def test_every_fact_of_a_range_is_read_by_the_engine() -> None:
    """A range on a name that no rule reads would say that a document is worth nothing."""
    read = facts_read(default_policy()) | {"grade"}
    named = {item.fact for items in RANGES.by_document.values() for item in items}
    shared = {item.of for items in RANGES.by_document.values() for item in items if item.of is not None}
    assert named - read == set()
    assert shared - read - {"supplier_settled_12m_fen", "orders_open_fen", "pool_gross_fen"} == set()


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("prudent: 300000,", "prudent: many,", "not a number"),
        ("grade: {prudent: G12", "grade: {prudent: G99", "not one of the choices"),
        ("older_invoices:", "nice_words:", "unknown key"),
        ("best: 5, replaces: true", "best: 5, replaces: maybe", "not one of the choices"),
    ],
)
def test_a_bad_range_is_refused_by_key(tmp_path: Path, old: str, new: str, match: str) -> None:
    """The ranges are read as strictly as every policy file."""
    shipped = Path("models/policy/plausible_ranges/default.yaml").read_text(encoding="utf-8")
    assert old in shipped
    (tmp_path / "default.yaml").write_text(shipped.replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyFileInvalid, match=match):
        load_ranges(DAY, tmp_path)


def test_no_ranges_before_their_first_day() -> None:
    """A day before the first version is refused."""
    with pytest.raises(RangesNotInForce, match="2015-01-01"):
        load_ranges(date(2014, 1, 1))


def test_a_loan_list_is_not_asked_for_where_the_bureau_told_the_debt() -> None:
    """Debt by the bureau is debt: the loan list is worth asking for only where no source has told it."""
    row = {"product": "technology_credit", "pd": 0.0001, "sales_12m_fen": 1_600_000_000.0}

    def asked(**facts: float) -> set[str]:
        return {item.code for item in value_of_information(Situation(cases({**row, **facts})), RANGES)}

    assert "loan_list" in asked()
    for told in ("bureau_debt_fen", "statement_short_term_debt_fen", "debt_debt_fen"):
        assert "loan_list" not in asked(**{told: 0.0})
