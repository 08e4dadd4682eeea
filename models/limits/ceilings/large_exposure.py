"""Single name and group: the bank's own capital bounds what it lends to one client. DOMAIN 1.5.

Capital is a policy value of the bank; 0 says that it is not stated. Then the ceiling is pending where the product
requires it, and not applicable elsewhere: unknown is never unlimited.
"""

from __future__ import annotations

import numpy as np

from models.limits.arithmetic import FenColumn
from models.limits.case import Cases
from models.limits.rule import AmountColumns, Document
from models.limits.standing import fact_inputs, standing

_CAPITAL, _TIER_ONE = "bank.net_capital", "bank.tier_one"
_LOANS, _CLIENT, _GROUP = (
    "ceiling.single_name_share",
    "ceiling.single_client_tier_one_share",
    "ceiling.group_tier_one_share",
)


def single_name(cases: Cases) -> AmountColumns:
    """The lower of loans within net capital and exposure within tier 1, less what this bank has lent already."""
    capital, tier_one = cases.policy.fen(_CAPITAL), cases.policy.fen(_TIER_ONE)
    most = min(_share(cases, _LOANS, capital), _share(cases, _CLIENT, tier_one))
    stated = np.full(len(cases), capital > 0 and tier_one > 0)
    return standing(
        cases,
        "single_name",
        most - cases.own_exposure,
        known=stated,
        document=Document.BANK_CAPITAL,
        policy_names=(_CAPITAL, _TIER_ONE, _LOANS, _CLIENT),
        inputs=fact_inputs(cases, debt_own_exposure_fen="fen"),
    )


def group(cases: Cases) -> AmountColumns:
    """Exposure to the group of connected clients: other members' exposure and guarantees given count, too."""
    tier_one = cases.policy.fen(_TIER_ONE)
    members, known = cases.amount("group_exposure_fen")
    guarantees: FenColumn = np.maximum(cases.amount("bureau_guarantees_fen")[0], 0)
    return standing(
        cases,
        "group",
        _share(cases, _GROUP, tier_one) - cases.own_exposure - np.maximum(members, 0) - guarantees,
        known=known & (tier_one > 0),
        document=Document.GROUP_EXPOSURE,
        policy_names=(_TIER_ONE, _GROUP),
        concerns=cases.known_fact("group_member") > 0,
        inputs=fact_inputs(cases, group_exposure_fen="fen", bureau_guarantees_fen="fen"),
    )


def _share(cases: Cases, name: str, capital: int) -> int:
    return int(cases.policy.number(name) * capital)
