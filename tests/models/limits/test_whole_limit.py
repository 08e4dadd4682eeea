"""The whole limit recomputed from raw evidence by a second, plain implementation in Decimal (tests/limit_oracle.py)."""

from __future__ import annotations

import numpy as np

from models.limits import compute_limits
from tests.limit_firms import cases_of, random_firms
from tests.limit_oracle import whole_limit

FIRMS = 500


def test_the_plain_recomputation_agrees_to_the_fen() -> None:
    """Sources and limit of 500 simulated firms agree to the fen, and every source and most ceilings matter in some."""
    firms = random_firms(FIRMS, seed=20240630)
    limits = compute_limits(cases_of(firms))
    carried = sum(np.where(source.counts, source.value, 0) for source in limits.sources)
    for row, firm in enumerate(firms):
        assert (int(carried[row]), int(limits.limit_fen[row])) == whole_limit(firm), firm
    matters = {source.code for source in limits.sources if (source.counts & (source.value > 0)).sum() > FIRMS // 50}
    assert matters == {source.code for source in limits.sources} - {"runway"}
    binding = {cap.code for cap in limits.caps if limits.binds(cap).sum() > FIRMS // 100}
    wanted = {"sources_total", "working_capital_need", "debt_service_capacity", "total_debt", "grade_maximum"}
    assert wanted | {"requested"} <= binding
