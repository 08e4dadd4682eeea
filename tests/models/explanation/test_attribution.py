"""Who paid for the limit: the Shapley split through the real engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.explanation.attribution import (
    GROUPS,
    ReferenceEnterprise,
    ReferenceNotInForce,
    attribute,
    group_of,
    load_reference,
)
from models.explanation.attribution.groups import MOST_GROUPS
from models.grades import GRADES
from models.limits import Cases, compute_limits
from models.policy import PolicyFileInvalid
from tests.limit_cases import DAY, cases

REFERENCE = load_reference("invoice_credit", DAY)
ROWS = st.fixed_dictionaries(
    {
        "pd": st.sampled_from([0.0005, 0.004, 0.018, 0.06, 0.19, 0.5, None]),
        "sales_12m_fen": st.sampled_from([None, 0.0, 90_000_000.0, 300_000_000.0, 812_345_678.0, 9_000_000_001.0]),
        "days_since_last_sale": st.sampled_from([3.0, 15.0, 91.0, None]),
        "void_rate_12m": st.sampled_from([0.0, 0.05, 0.31]),
        "requested_fen": st.sampled_from([-1, 100_000_00, 3_333_333_33]),
        "product": st.sampled_from(["invoice_credit", "technology_credit"]),
        "receivables_fen": st.sampled_from([None, 0.0, 123_456_789.0, 700_000_000.0]),
        "debt_own_exposure_fen": st.sampled_from([None, 0.0, 31_000_000.0]),
    }
)


def limit_of(case: Cases, own: frozenset[str]) -> int:
    """The limit of a coalition, built by hand: facts of the named groups are the enterprise's own."""
    facts = {}
    for name in sorted(case.facts.keys() | REFERENCE.facts.keys()):
        mine = GROUPS[group_of(name)].code in own
        found = case.facts[name][0] if mine and name in case.facts else REFERENCE.facts.get(name, np.nan)
        facts[name] = np.array([np.nan if mine and name not in case.facts else found])
    grade = case.grade if "probability" in own else np.array([REFERENCE.grade], dtype=np.int16)
    return int(compute_limits(replace(case, facts=facts, grade=grade)).limit_fen[0])


@given(ROWS)
def test_the_shares_add_up_to_limit_minus_reference_to_the_fen(row: dict[str, Any]) -> None:
    """Whatever the case, the shares sum to the limit minus the reference's limit under the same request."""
    case = cases(row)
    found = attribute(case, 0, REFERENCE)
    assert sum(share.fen for share in found.shares) == found.limit_fen - found.reference_limit_fen
    assert found.limit_fen == int(compute_limits(case).limit_fen[0])
    assert found.reference_limit_fen == limit_of(case, frozenset())


@settings(max_examples=25)
@given(ROWS)
def test_the_shares_are_the_mean_over_every_order_of_arrival(row: dict[str, Any]) -> None:
    """An independent oracle: the average marginal gain over all orders in which groups arrive, within one fen."""
    case = cases(row)
    players = ["probability", "receivables", "debt", "turnover"]
    subsets = [frozenset(some) for size in range(len(players) + 1) for some in combinations(players, size)]
    limit = {own: limit_of(case, own) for own in subsets}
    total = {name: Fraction(0) for name in players}
    orders = list(permutations(players))
    for order in orders:
        here: frozenset[str] = frozenset()
        for name in order:
            total[name] += limit[here | {name}] - limit[here]
            here |= {name}
    shares = {share.code: share.fen for share in attribute(case, 0, REFERENCE).shares}
    for name in players:
        assert abs(shares[name] - total[name] / len(orders)) < 1


def test_fen_that_do_not_divide_are_given_to_the_largest_remainders() -> None:
    """Three groups and a step of 10,000 yuan leave thirds of a fen: they are given out, none is lost."""
    case = cases(
        {"pd": 0.004, "sales_12m_fen": 512_345_678.0, "product": "technology_credit", "receivables_fen": 123_456_789.0}
    )
    found = attribute(case, 0, REFERENCE)
    shares = [share.fen for share in found.shares if share.fen]
    assert len(shares) == 3
    assert any(fen % 100 for fen in shares), "no share has a part of a yuan: the case shows nothing"
    assert sum(shares) == found.limit_fen - found.reference_limit_fen


def test_ten_differing_groups_are_1024_coalitions() -> None:
    """Facts of every group present: all coalitions are evaluated, and unused groups get nothing."""
    case = cases({})
    column = np.array([1.0])
    extra = {f"{group.prefixes[-1]}_planted": column for group in GROUPS if group.prefixes[-1]}
    found = attribute(replace(case, facts={**case.facts, **extra}), 0, REFERENCE)
    assert found.coalitions == 1024
    assert {share.code for share in found.shares if share.fen} <= {"probability", "turnover"}


def test_the_reference_against_itself_splits_nothing() -> None:
    """An enterprise equal to the reference has one coalition and no share."""
    row = dict(REFERENCE.facts) | {"pd": 0.05}
    case = replace(cases(row), grade=np.array([REFERENCE.grade], dtype=np.int16))
    found = attribute(case, 0, REFERENCE)
    assert (found.coalitions, [share.fen for share in found.shares]) == (1, [0] * len(GROUPS))


def test_the_shipped_reference_has_a_name_a_version_and_a_digest() -> None:
    """The reference is frozen: its digest changes only with its content."""
    assert (REFERENCE.name, REFERENCE.version, GRADES[REFERENCE.grade]) == ("default", 1, "G10")
    assert len(REFERENCE.sha256) == 64


def test_a_day_before_the_first_version_is_refused() -> None:
    """A reference is never used before its first day."""
    with pytest.raises(ReferenceNotInForce, match="2015-01-01"):
        load_reference("invoice_credit", date(2014, 12, 31))


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("grade: G10", "grade: G99", "not one of the choices"),
        ("sales_12m_fen: 3000000", "sales_12m_fen: many", "not a number"),
        ("    grade: G10", "    grade: G10\n    colour: red", "unknown key"),
        ("from: 2015-01-01", "from: 2015-02-30", "not a day"),
    ],
)
def test_a_bad_reference_file_is_refused_by_key(tmp_path: Path, old: str, new: str, match: str) -> None:
    """The reference is read as strictly as every policy file."""
    shipped = Path("models/policy/reference_enterprises/default.yaml").read_text(encoding="utf-8")
    assert old in shipped
    (tmp_path / "default.yaml").write_text(shipped.replace(old, new), encoding="utf-8")
    with pytest.raises(PolicyFileInvalid, match=match):
        load_reference("invoice_credit", DAY, tmp_path)


def test_reference_is_a_value() -> None:
    """Two loads are equal."""
    assert isinstance(REFERENCE, ReferenceEnterprise)
    assert load_reference("invoice_credit", DAY) == REFERENCE


def test_there_are_few_enough_groups_for_every_coalition() -> None:
    """Another group doubles the coalitions that are computed: the bound is declared and held."""
    assert len(GROUPS) <= MOST_GROUPS
    assert len({group.code for group in GROUPS}) == len(GROUPS)
