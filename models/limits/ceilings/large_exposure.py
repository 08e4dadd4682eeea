"""Single name and group: the bank's own capital bounds what it lends to one client. DOMAIN 1.5.

Capital is a policy value of the bank; 0 says that it is not stated. Then the single name is pending where the product
requires it, and not applicable elsewhere, which `policy check` and `status` say aloud; a group is always pending.
"""

from __future__ import annotations

import numpy as np

from models.limits.arithmetic import FenColumn
from models.limits.case import Cases
from models.limits.rule import AmountColumns, Document, status_column
from models.limits.standing import fact_inputs, standing
from models.policy.product import UNUSED

_CAPITAL, _TIER_ONE = "bank.net_capital", "bank.tier_one"
_LOANS, _CLIENT, _GROUP = (
    "ceiling.single_name_share",
    "ceiling.single_client_tier_one_share",
    "ceiling.group_tier_one_share",
)

_MEMBERSHIP = ("group.control_share", "group.guarantee_steps", "group.maximum_age_days")


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
    """Exposure to the group of connected clients: other members' exposure and guarantees given count, too.

    A guarantee for a member is left out, since the member's debt counts. A named group of which the exposure, or the
    bank's capital, is not known is pending at nothing: nobody can say that there is room.
    """
    tier_one = cases.policy.fen(_TIER_ONE)
    others, known = cases.amount("group_exposure_fen")
    inside: FenColumn = np.maximum(cases.amount("group_guaranteed_fen")[0], 0)
    guarantees = np.maximum(cases.amount("bureau_guarantees_fen")[0] - inside, 0)
    outside = cases.use_is("group", UNUSED) | ~(cases.known_fact("group_member") > 0)
    pending = ~outside & (~known | (tier_one == 0))
    room = _share(cases, _GROUP, tier_one) - cases.own_exposure - np.maximum(others, 0) - guarantees
    return AmountColumns(
        code="group",
        value=np.where(outside | pending, 0, np.maximum(room, 0)),
        status=status_column(pending=pending, not_applicable=outside),
        policy_names=(_TIER_ONE, _GROUP, *_MEMBERSHIP),
        document=np.where(known, np.int8(Document.BANK_CAPITAL), np.int8(Document.GROUP_EXPOSURE)),
        inputs=fact_inputs(
            cases,
            group_exposure_fen="fen",
            group_on_file_fen="fen",
            group_stated_fen="fen",
            group_others="count",
            group_guaranteed_fen="fen",
            bureau_guarantees_fen="fen",
        ),
    )


def _share(cases: Cases, name: str, capital: int) -> int:
    return int(cases.policy.number(name) * capital)
