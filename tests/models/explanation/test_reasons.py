"""Reasons: what decides is said first, why this probability and why this amount are kept apart."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from models.explanation import Reason, primary_reasons, probability_reasons, select_reasons
from models.explanation.catalogue import BELOW_MINIMUM, BINDING_REASONS, DOCUMENTS, GATE_REASONS, ROUNDED, RULE_WORDS
from models.explanation.figures import figure, money
from models.explanation.joining import joined_texts, text_where
from models.limits import compute_limits
from tests.limit_cases import DAY, cases, default_policy, probability

NAMES = ("void_rate_12m", "sales_12m_fen", "customer_hhi_12m", "max_gap_days_12m", "sales_cv_12m", "unheard_of")


def reasons_of(row: dict[str, Any], points: list[float] | None = None) -> tuple[list[Reason], list[Reason]]:
    """Primary reasons and probability reasons of one case."""
    found = probability(row, points=[points or [-9.0, -3.0, 2.0, -0.4, -7.0, -1.0]], names=NAMES)
    limits = compute_limits(cases(row))
    columns = select_reasons(limits, found, default_policy())
    return (
        primary_reasons(columns, limits, found, default_policy(), DAY, 0),
        probability_reasons(columns, found, DAY, 0),
    )


def test_the_features_that_cost_most_come_first_and_tiny_ones_not_at_all() -> None:
    """Four reasons by points lost; a gain and a loss below half a point are no reasons."""
    _, why = reasons_of({})
    assert [reason.fact for reason in why] == ["void_rate_12m", "sales_cv_12m", "sales_12m_fen", "unheard_of"]
    assert [reason.points for reason in why] == [-9.0, -7.0, -3.0, -1.0]
    assert (why[0].value, why[0].unit, why[0].window_months, why[0].facts_on) == ("0.03", "fraction", 12, DAY)
    assert "3.0%" in why[0].zh
    assert "9.0 points" in why[0].en


def test_when_the_request_binds_the_probability_is_no_reason_of_the_amount() -> None:
    """Asking for less than the evidence carries: the request is the reason, the points lost are kept apart."""
    primary, why = reasons_of({"requested_fen": 30_000_000})
    assert [reason.code for reason in primary] == ["LIM-REQ-02"]
    assert why


def test_when_a_grade_cap_binds_the_points_lost_follow() -> None:
    """Where the grade decides the amount, the features behind the grade fill the remaining places, four in all."""
    primary, _ = reasons_of({})
    assert [reason.code for reason in primary] == [
        "LIM-SRC-01", "PD-VOID_RATE_12M", "PD-SALES_CV_12M", "PD-SALES_12M_FEN",
    ]  # fmt: skip
    assert "近12个月净销售额 800.00万元 × 20.0%" in primary[0].zh
    assert "20.0% of net 12-month sales of CNY 8,000,000" in primary[0].en
    assert primary[0].value == "1600000.00"


def test_a_knock_out_names_value_threshold_and_policy() -> None:
    """A decline names its rule, the observed value, the threshold, and the policy value with its first day."""
    primary, _ = reasons_of({"void_rate_12m": 0.25})
    (only,) = primary
    assert (only.code, only.value, only.threshold, only.unit) == ("KO-INV-03", "0.25", "0.2", "fraction")
    assert (only.policy, only.policy_from) == ("eligibility.maximum_void_rate", date(2015, 1, 1))
    assert "25.0%" in only.zh
    assert "20.0%" in only.en


def test_a_missing_document_is_named_in_both_languages() -> None:
    """A referral says what is missing and which document settles it."""
    primary, _ = reasons_of({"days_since_first_sale": 100.0})
    (only,) = primary
    assert (only.code, only.about, only.document) == ("DAT-HIS-03", "evidence", "older_invoices")
    assert "纳税申报表" in only.zh
    assert "tax returns" in only.en


@pytest.mark.parametrize(
    "row",
    [
        {"pd": None, "sales_12m_fen": None},
        {"days_since_last_sale": 200.0, "days_since_last_purchase": None},
        {"sales_12m_fen": 40_000_000.0},
        {"pd": 0.5},
        {"sales_12m_fen": -1.0},
        {"days_since_last_sale": 100.0},
        {"pd": 0.0001, "sales_12m_fen": 1e12},
    ],
)
def test_every_sentence_is_whole(row: dict[str, Any]) -> None:
    """No reason leaves a gap or a brace behind, in either language, and no more than four are given."""
    primary, why = reasons_of(row)
    assert 1 <= len(primary) <= 4
    for reason in (*primary, *why):
        for text in (reason.zh, reason.en, reason.title_zh, reason.title_en):
            assert text
            assert not re.search(r"[{}]|nan|None|\( |  ", text), text


def test_the_catalogue_is_bilingual_and_its_codes_are_unique() -> None:
    """Each code stands once, with Chinese in the Chinese text and none in the English one."""
    texts = [*GATE_REASONS.values(), *BINDING_REASONS.values(), ROUNDED, BELOW_MINIMUM]
    assert len({text.code for text in texts}) == len(texts)
    pairs = [(text.zh, text.en) for text in texts] + [(text.title_zh, text.title_en) for text in texts]
    pairs += [(words.zh, words.en) for words in (*RULE_WORDS.values(), *DOCUMENTS.values())]
    for zh, en in pairs:
        assert re.search(r"[一-鿿]", zh), zh
        assert not re.search(r"[一-鿿]", en), en


def test_figures_read_in_their_unit() -> None:
    """Money in 万元 and yuan, rates in per cent, days counted, the unknown named as missing."""
    assert money(123_456_750) == ("1234567.50", "123.46万元", "CNY 1,234,567.50")
    assert figure(0.2, "fraction") == ("0.2", "20.0%", "20.0%")
    assert figure(1.0, "days") == ("1", "1天", "1 day")
    assert figure(float("nan"), "days").zh == "缺失"
    assert figure(7.0, "grade").text == "G8"
    assert figure(1.23456, "ratio") == ("1.23456", "1.23", "1.23")


def test_texts_are_joined_row_by_row() -> None:
    """Missing texts leave no separator, and a row of nothing stays a row."""
    import numpy as np  # noqa: PLC0415

    parts = [
        text_where(np.array(mask), text) for mask, text in (([True, False, True], "a"), ([True, False, False], "b"))
    ]
    assert joined_texts(parts, "; ", 3).to_pylist() == ["a; b", "", "a"]
