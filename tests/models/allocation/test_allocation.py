"""Who gets how much at what rate: against every plan there is, within every bound, never below a simple rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.allocation_oracle import best_profit_fen
from models.allocation import (
    SIMPLE_RULES,
    Allocation,
    Applicants,
    BudgetNotUsable,
    LendingTerms,
    RateMenu,
    RateMenuInvalid,
    allocate,
    applicants_of,
    read_rate_menu,
    simple_rule,
)
from models.allocation.applicants import ScoresNotUsable
from models.allocation.words import BECAUSE, sentences
from models.grades import GRADES
from models.policy import load_policy

WAN = 1_000_000  # fen
TERMS = LendingTerms(
    loss_given_default=0.45, funding_rate=0.02, handling_cost_fen=150_000, minimum_fen=10 * WAN, maximum_fen=100 * WAN,
    step_fen=10 * WAN, enterprise_share=1.0, rating_of_grade=(0,) * 6 + (1,) * 3 + (2,) * (len(GRADES) - 9),
    group_share={"industry": 0.5, "region": 1.0, "park": 1.0, "core_enterprise": 1.0},
)  # fmt: skip
MENU = RateMenu(np.array([0.04, 0.06, 0.10]), np.array([[0.0, 0.4, 0.72], [0.0, 0.33, 0.68], [0.0, 0.31, 0.66]]))


def firms(pds: list[float], limits_wan: list[int], industries: list[str] | None = None) -> Applicants:
    """Applicants whose grade follows from their PD."""
    bounds = (0.0005, 0.00086, 0.00149, 0.00256, 0.00442, 0.00762, 0.0131, 0.0226, 0.039, 0.0673, 0.116)
    return Applicants(
        enterprise_id=tuple(f"E{number:03d}" for number in range(len(pds))),
        pd=np.array(pds),
        grade=np.searchsorted(bounds, pds),
        limit_fen=np.array(limits_wan, dtype=np.int64) * WAN,
        groups={} if industries is None else {"industry": tuple(industries)},
        left_out={},
    )


def best_of_all(applicants: Applicants, budget_fen: int) -> float:
    """Every amount in steps and every rate of every applicant: the most that any plan earns, in fen."""
    choices: list[list[tuple[int, float]]] = []
    for row in range(len(applicants)):
        rating = TERMS.rating_of_grade[int(applicants.grade[row])]
        offers = [(0, 0.0)]
        for amount in range(
            TERMS.minimum_fen, int(min(applicants.limit_fen[row], TERMS.maximum_fen)) + 1, TERMS.step_fen
        ):
            for rate, lost in zip(MENU.rates, MENU.lost[rating], strict=True):
                p = applicants.pd[row]
                earned = amount * ((1 - p) * rate - p * 0.45 - 0.02) - 150_000
                offers.append((amount, (1 - lost) * earned))
        choices.append(offers)
    best = 0.0
    for plan in product(*choices):
        if sum(amount for amount, _ in plan) > budget_fen:
            continue
        for name in set(applicants.groups.get("industry", ())):
            within = sum(plan[i][0] for i, each in enumerate(applicants.groups["industry"]) if each == name)
            if within > TERMS.group_share["industry"] * budget_fen:
                break
        else:
            best = max(best, sum(earned for _, earned in plan))
    return best


def held(plan: Allocation) -> None:
    """Every bound of a plan."""
    amounts = plan.amount_fen
    assert amounts.sum() <= plan.budget_fen
    assert (amounts <= plan.applicants.limit_fen).all()
    assert (amounts <= plan.terms.maximum_fen).all()
    offered = amounts > 0
    assert (amounts[offered] >= plan.terms.minimum_fen).all()
    assert (amounts % plan.terms.step_fen == 0).all()
    assert (amounts <= plan.terms.enterprise_share * plan.budget_fen).all()
    assert ((plan.rate >= 0) == offered).all()
    for kind, names in plan.applicants.groups.items():
        for name in set(names) - {""}:
            assert amounts[np.array(names) == name].sum() <= plan.terms.group_share[kind] * plan.budget_fen


@settings(max_examples=30, deadline=None)
@given(
    drawn=st.lists(
        st.tuples(st.floats(0.0005, 0.12), st.integers(5, 45), st.sampled_from("AB")), min_size=1, max_size=3
    ),
    budget=st.integers(10, 90),
)
def test_no_plan_earns_more(drawn: list[tuple[float, int, str]], budget: int) -> None:
    """On small cases the plan is the best of all that exist."""
    applicants = firms([d[0] for d in drawn], [d[1] for d in drawn], [d[2] for d in drawn])
    plan = allocate(applicants, MENU, TERMS, budget * WAN)
    held(plan)
    assert plan.expected_profit_fen == pytest.approx(best_of_all(applicants, budget * WAN), rel=1e-6, abs=1)


@settings(max_examples=25, deadline=None)
@given(
    drawn=st.lists(
        st.tuples(st.floats(0.0005, 0.2), st.integers(0, 300), st.sampled_from("ABC")), min_size=1, max_size=25
    ),
    budget=st.integers(10, 1500),
)
def test_within_every_bound_and_never_below_a_simple_rule(drawn: list[tuple[float, int, str]], budget: int) -> None:
    """Bounds hold; the simple rules keep them too and earn no more; more budget never earns less."""
    applicants = firms([d[0] for d in drawn], [d[1] for d in drawn], [d[2] for d in drawn])
    plan = allocate(applicants, MENU, TERMS, budget * WAN)
    held(plan)
    assert plan.expected_profit_fen <= plan.bound_fen * (1 + 1e-6) + 1
    assert set(plan.because) <= set(BECAUSE)
    for rule in SIMPLE_RULES:
        amounts, profit = simple_rule(rule, applicants, MENU, TERMS, budget * WAN)
        held(replace(plan, amount_fen=amounts, rate=np.where(amounts > 0, 0, -1)))
        assert profit <= plan.expected_profit_fen * (1 + 1e-6) + 1
    assert plan.next_million_fen is not None
    assert plan.next_million_fen >= 0


@settings(max_examples=25, deadline=None)
@given(
    drawn=st.lists(st.tuples(st.floats(0.0005, 0.2), st.integers(0, 300)), min_size=1, max_size=40),
    budget=st.integers(10, 1500),
)
def test_dynamic_programming_finds_the_same_profit(drawn: list[tuple[float, int]], budget: int) -> None:
    """Without groups the best plan can be found without a solver: the oracle of the benchmark, and brute force."""
    applicants = firms([d[0] for d in drawn], [d[1] for d in drawn])
    plan = allocate(applicants, MENU, TERMS, budget * WAN)
    oracle = best_profit_fen(applicants, MENU, TERMS, budget * WAN)
    assert plan.expected_profit_fen == pytest.approx(oracle, rel=1e-6, abs=1)
    few = firms([d[0] for d in drawn[:2]], [min(d[1], 60) for d in drawn[:2]])
    assert best_profit_fen(few, MENU, TERMS, budget * WAN) == pytest.approx(best_of_all(few, budget * WAN), abs=1e-6)


def test_what_one_more_million_earns_is_what_it_earns() -> None:
    """The sentence's figure is the profit of the plan with that million less that of this one."""
    applicants = firms([0.004] * 5, [100] * 5)
    plan = allocate(applicants, MENU, TERMS, 300 * WAN)
    richer = allocate(applicants, MENU, TERMS, 400 * WAN)
    assert plan.next_million_fen == pytest.approx(richer.expected_profit_fen - plan.expected_profit_fen, rel=1e-6)
    assert plan.next_million_fen > 0
    zh, en = sentences(plan)[0]
    assert "再增加100万元" in zh
    assert "one more million yuan would earn about" in en


def test_a_full_industry_says_what_more_room_would_earn() -> None:
    """The dual of a binding concentration bound is told in words, and names the group."""
    applicants = firms([0.001, 0.001, 0.03], [100, 100, 100], ["C39", "C39", "A01"])
    plan = allocate(applicants, MENU, TERMS, 200 * WAN)
    assert plan.amount_fen[:2].sum() == 100 * WAN
    assert plan.rooms["industry", "C39"] > 0
    assert any("industry C39" in en for _, en in sentences(plan))
    assert "industry" in plan.because


def test_money_that_nobody_repays_at_a_profit_stays_unspent() -> None:
    """A loss at every rate means no offer, and the sentence says so."""
    plan = allocate(firms([0.19, 0.18], [100, 100]), MENU, TERMS, 500 * WAN)
    assert plan.offered_fen == 0
    assert plan.because == ("no_rate_pays", "no_rate_pays")
    assert "2 would be lent to at a loss at every rate" in sentences(plan)[0][1]
    assert "2户任何利率均无预期利润" in sentences(plan)[0][0]


def told(plan: Allocation) -> tuple[str, str]:
    """The sentence about the budget."""
    return sentences(plan)[0]


def test_unused_money_has_its_true_cause_when_every_limit_is_full() -> None:
    """Not that nobody can be lent to at a profit; and how many wait for facts or were declined."""
    left = {"R1": "refer", "R2": "refer", "R3": "refer", "D1": "decline", "N1": "not_graded"}
    plan = allocate(replace(firms([0.004] * 3, [40, 50, 60]), left_out=left), MENU, TERMS, 500 * WAN)
    assert plan.offered_fen == 150 * WAN
    assert told(plan) == (
        "预算剩余3,500,000元未用：可授信的3户均已用足各自额度。另有3户待补充材料后才能授信，1户被政策规则拒绝，1户无评级。"
        "再增加100万元预算，预期每年多赚约0元。",
        "3,500,000 yuan of the budget stay unused: all 3 enterprises that may be lent to have the whole of their "
        "limits. Besides, 3 wait for facts (referred), 1 are declined, 1 are not graded. "
        "One more million of budget would earn about 0 yuan a year.",
    )


def test_unused_money_has_its_true_cause_when_nobody_may_be_lent_to() -> None:
    """No applicant at all: it is neither limits nor profit."""
    plan = allocate(replace(firms([], []), left_out={"R1": "refer"}), MENU, TERMS, 500 * WAN)
    assert "没有可授信的企业。另有1户待补充材料后才能授信。" in told(plan)[0]
    assert "no enterprise may be lent to. Besides, 1 wait for facts (referred)." in told(plan)[1]


def test_unused_money_has_its_true_causes_one_by_one() -> None:
    """A full limit, the product's maximum, a full industry, no profit, a limit below the minimum: each is counted."""
    applicants = firms(
        [0.004, 0.004, 0.001, 0.001, 0.19, 0.004], [40, 300, 100, 100, 50, 5], ["A", "B", "C39", "C39", "D", "E"]
    )
    terms = replace(TERMS, group_share={**TERMS.group_share, "industry": 0.25})
    plan = allocate(applicants, MENU, terms, 400 * WAN)
    assert sorted(plan.because) == [
        "industry", "limit", "limit", "limit_below_minimum", "no_rate_pays", "product_maximum",
    ]  # fmt: skip
    zh, en = told(plan)
    for words in (
        "of 6 enterprises that may be lent to, 2 have the whole of their limit, 1 have the product's maximum, 1 are "
        "held by a share of the budget",
        "1 would be lent to at a loss at every rate",
        "1 have a limit below the product's minimum",
    ):
        assert words in en
    for words in (
        "2户已用足额度",
        "1户达到产品上限",
        "1户受占比上限",
        "1户任何利率均无预期利润",
        "1户额度低于产品起点",
    ):
        assert words in zh
    assert "Besides" not in en


def test_a_share_of_one_below_the_least_loan_is_a_share_and_no_small_limit() -> None:
    """The enterprise's limit is large enough; the bank's share of one is what leaves nothing for it."""
    plan = allocate(firms([0.004], [100]), MENU, replace(TERMS, enterprise_share=0.01), 500 * WAN)
    assert plan.because == ("enterprise_share",)
    assert "1 are held by a share of the budget" in told(plan)[1]


def test_room_of_a_group_that_does_not_pay_for_itself_is_the_groups_bound() -> None:
    """Money is left, and so is room for a loan of the least size, but it would not earn its handling cost."""
    terms = replace(TERMS, handling_cost_fen=80 * WAN // 100, group_share={**TERMS.group_share, "industry": 0.3})
    plan = allocate(firms([0.004, 0.004], [50, 50], ["C39", "C39"]), MENU, terms, 200 * WAN)
    assert plan.offered_fen == 50 * WAN
    assert sorted(plan.because) == ["industry", "limit"]


def test_the_same_input_gives_the_same_plan() -> None:
    """One thread and a fixed seed: bytes equal."""
    rng = np.random.default_rng(3)
    applicants = firms(list(rng.uniform(0.001, 0.1, 60)), [int(n) for n in rng.integers(20, 200, 60)])
    first, second = (allocate(applicants, MENU, TERMS, 2000 * WAN).to_arrow() for _ in range(2))
    assert first.equals(second)


def test_only_lendable_and_graded_enterprises_apply() -> None:
    """Declined, referred and ungraded ones are listed with their reason and get nothing."""
    scores = pa.table(
        {
            "enterprise_id": ["d", "c", "b", "a"],
            "outcome": ["approve", "decline", "refer", "reduce"],
            "pd": pa.array([None, 0.1, 0.01, 0.01]),
            "grade": pa.array([None, "G11", "G7", "G7"]),
            "limit_fen": pa.array([100 * WAN] * 4, pa.int64()),
        }
    )
    applicants = applicants_of(scores)
    assert applicants.enterprise_id == ("a",)
    assert applicants.left_out == {"b": "refer", "c": "decline", "d": "not_graded"}
    table = allocate(applicants, MENU, TERMS, 100 * WAN).to_arrow()
    assert table["enterprise_id"].to_pylist() == ["a", "b", "c", "d"]
    assert table["offered_fen"].to_pylist() == [100 * WAN, 0, 0, 0]
    with pytest.raises(ScoresNotUsable, match="listed twice"):
        applicants_of(pa.concat_tables([scores, scores]))
    with pytest.raises(ScoresNotUsable, match="without pd"):
        applicants_of(scores.drop_columns("pd"))


def test_a_budget_below_one_loan_is_refused() -> None:
    """The sentence says how much is needed."""
    with pytest.raises(BudgetNotUsable, match=r"at least 100000\.00 yuan"):
        allocate(firms([0.01], [100]), MENU, TERMS, 9 * WAN)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("annual_rate,churn_A,churn_B\n0.04,0,0\n", "lacks columns"),
        ("annual_rate,churn_A,churn_B,churn_C\n4,0,0,0\n", "line 2.*never a percentage"),
        ("annual_rate,churn_A,churn_B,churn_C\n0.04,0,0,0\n0.04,0,0,0\n", "line 3"),
        ("annual_rate,churn_A,churn_B,churn_C\n0.04,0,,0\n", "not a fraction"),
        ("annual_rate,churn_A,churn_B,churn_C\n0.04,x,0,0\n", "cannot be read"),
        ("annual_rate,churn_A,churn_B,churn_C\n", "lacks columns or rows"),
    ],
)
def test_a_broken_menu_is_refused_with_its_place(tmp_path: Path, text: str, complaint: str) -> None:
    """What was expected, what came, and in which line."""
    path = tmp_path / "rates.csv"
    path.write_text(text)
    with pytest.raises(RateMenuInvalid, match=complaint):
        read_rate_menu(path)


def test_terms_come_from_policy_and_move_no_decision() -> None:
    """Grades map to the loss curve's ratings; the digest of decisions does not read them."""
    policy = load_policy(date(2024, 1, 1))
    terms = LendingTerms.of(policy, "invoice_credit")
    assert [terms.rating_of_grade[GRADES.index(each)] for each in ("G1", "G6", "G7", "G9", "G10", "D")] == [
        0, 0, 1, 1, 2, 2,
    ]  # fmt: skip
    others = {name: each for name, each in policy.parameters.items() if not name.startswith("allocation.")}
    assert replace(policy, parameters=others).digest == policy.digest


@pytest.mark.shared_data
def test_the_contest_menu_reads(shared_data: Path) -> None:
    """29 rates, three ratings."""
    menu = read_rate_menu(shared_data / "cumcm2020c" / "rate_churn.csv")
    assert menu.rates.shape == (29,)
    assert menu.lost.shape == (3, 29)
