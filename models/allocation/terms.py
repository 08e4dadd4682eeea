"""What lending costs and which bounds hold, from policy and a product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.grades import GRADES
from models.policy import Policy

GROUPS = ("industry", "region", "park", "core_enterprise")


@dataclass(frozen=True)
class LendingTerms:
    """Fractions a year, fen, and shares of the budget; `rating_of_grade`: 0 A, 1 B, 2 C for each grade of the scale."""

    loss_given_default: float
    funding_rate: float
    handling_cost_fen: int
    minimum_fen: int
    maximum_fen: int
    step_fen: int
    enterprise_share: float
    group_share: Mapping[str, float]
    rating_of_grade: tuple[int, ...]

    @classmethod
    def of(cls, policy: Policy, product: str) -> LendingTerms:
        """The terms in force on the policy's day. Raises ProductUnknown."""
        terms = policy.product(product)
        last = [GRADES.index(policy.text(f"allocation.last_grade_of_{rating}")) for rating in ("a", "b")]
        return cls(
            loss_given_default=float(policy.number("allocation.loss_given_default")),
            funding_rate=float(policy.number("allocation.funding_rate")),
            handling_cost_fen=policy.fen("allocation.handling_cost"),
            minimum_fen=terms.minimum_fen,
            maximum_fen=terms.maximum_fen,
            step_fen=terms.step_fen,
            enterprise_share=float(policy.number("allocation.share_of_enterprise")),
            group_share={name: float(policy.number(f"allocation.share_of_{name}")) for name in GROUPS},
            rating_of_grade=tuple(sum(grade > bound for bound in last) for grade in range(len(GRADES))),
        )
