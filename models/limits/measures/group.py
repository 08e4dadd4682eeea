"""The group of connected clients (集团客户): who belongs under the policy, and what the other members owe. DOMAIN 1.5.

    members = those joined by control (a holding of at least the policy's share, a controlling party, a named group),
              to the end of the chain; where the policy counts guarantees, also who is tied to one of them by one
    others' exposure = max( group-credit statement + lines granted after it, sum of the others' loans and lines here )

The statement of the bank's group-credit system and what is on file overlap, so they do not add: the larger counts. A
line that was granted after the day of the statement cannot be in it. A fresh statement settles what is not on file;
without one, a member without a loan record leaves the exposure unknown.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.limits.arithmetic import FenColumn, FloatColumn, Mask, fen_column
from models.policy import Policy
from models.positions.group import Group
from models.tables.members import CONTROL, GUARANTEE, NAMED, Ties

_SHARE, _GUARANTEES, _AGE = "group.control_share", "group.guarantee_steps", "group.maximum_age_days"


def group_facts(group: Group, policy: Policy) -> Mapping[str, FloatColumn]:
    """`group_member` (1, 0), `group_exposure_fen` of the others (NaN: not known), and what they rest on."""
    ties = group.ties
    counted = (ties.kind == NAMED) | (
        (ties.kind == CONTROL) & ~(ties.share < float(policy.number(_SHARE)))  # a share that nobody states counts
    )
    label = ties.components(counted)
    size = int(label.max(initial=-1)) + 1
    named = ties.named()
    member = ~ties.person & ~named
    owed, known = fen_column(group.owed_fen, "owed_fen")
    owed = owed + fen_column(group.lines.beyond_loans_fen, "beyond_loans_fen")[0]
    of, asked = label[ties.asked], ties.asked
    members = np.bincount(label[member], minlength=size)
    unknown = np.bincount(label[member & ~known], minlength=size)
    sums: FenColumn = np.zeros(size, dtype=np.int64)
    np.add.at(sums, label, owed)
    counts = policy.whole(_GUARANTEES) > 0
    depends, lent = _guaranteed(ties, label, size, owed, active=counts)
    others = members[of] - member[asked]
    silent = unknown[of] - (member & ~known)[asked] > 0
    on_file = sums[of] - owed[asked] + lent[of]
    by_name = np.bincount(label[named], minlength=size)[of] > 0
    stated, has_statement = fen_column(group.stated_fen, "stated_fen")
    fresh = has_statement & (group.stated_age_days <= policy.whole(_AGE))
    belongs = (others > 0) | by_name | depends[of]
    settled = fresh | (~silent & ((others > 0) | ~by_name))
    exposure = np.maximum(np.where(has_statement, stated + _since_statement(group, label), 0), on_file)
    inside = _given_inside(ties, label, owed, active=counts)
    facts = {
        "group_exposure_fen": np.where(belongs & settled, exposure, np.nan),
        "group_on_file_fen": np.where(belongs, on_file, np.nan),
        "group_stated_fen": np.where(belongs & has_statement, stated, np.nan),
        "group_guaranteed_fen": np.where(belongs, inside, np.nan),
        "group_others": np.where(belongs, others, np.nan),
    }
    return {"group_member": np.where(group.told, belongs.astype(np.float64), np.nan), **facts}


def _since_statement(group: Group, label: FenColumn) -> FenColumn:
    """By enterprise asked, the lines that fellow members were granted after the day of its group's statement."""
    found: FenColumn = np.zeros(len(group.ties.asked), dtype=np.int64)
    lines = group.lines
    if not len(lines.of):
        return found
    amount = fen_column(lines.amount_fen, "line_amount_fen")[0]
    for at in np.flatnonzero(~np.isnan(group.stated_day)):
        asked = group.ties.asked[at]
        later = (label[lines.of] == label[asked]) & (lines.of != asked) & (lines.granted_day > group.stated_day[at])
        found[at] = amount[later].sum()
    return found


def _guaranteed(ties: Ties, label: FenColumn, size: int, owed: FenColumn, *, active: bool) -> tuple[Mask, FenColumn]:
    """By group, whether someone outside it is tied to a member by a guarantee and owes this bank, and how much."""
    depends, lent = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.int64)
    at = np.flatnonzero(ties.kind == GUARANTEE)
    if not active or not len(at):
        return depends, lent
    ends = np.concatenate([np.stack([ties.one[at], ties.other[at]]), np.stack([ties.other[at], ties.one[at]])], axis=1)
    pairs = np.unique(np.stack([label[ends[0]], ends[1]]), axis=1)
    outside = (label[pairs[1]] != pairs[0]) & (owed[pairs[1]] > 0)
    np.add.at(lent, pairs[0][outside], owed[pairs[1][outside]])
    depends[pairs[0][outside]] = True
    return depends, lent


def _given_inside(ties: Ties, label: FenColumn, owed: FenColumn, *, active: bool) -> FenColumn:
    """By enterprise asked, what it guarantees of debts that count already as those of a member."""
    given: FenColumn = np.zeros(len(ties.names), dtype=np.int64)
    at = (ties.kind == GUARANTEE) & ties.gives & ~np.isnan(ties.amount_fen)
    at &= active | (label[ties.one] == label[ties.other])
    amount = ties.amount_fen[at].astype(np.int64)
    np.add.at(given, ties.one[at], np.minimum(amount, owed[ties.other[at]]))
    result: FenColumn = given[ties.asked]
    return result
