"""What the bank's own books and the credit bureau say: loans, repayments, reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.records.bank_loan import BANK_LOAN
from models.records.bureau_report import BUREAU_REPORT
from models.records.loan_repayment import LOAN_REPAYMENT
from training.simulate.economy import ANNUAL_RATE
from training.simulate.feeds.block import Block
from training.simulate.rows import NEVER_DAY, pick_text, records, text
from training.simulate.weeks import INSTALMENT_DAY
from training.simulate.world import month_end

Whole = npt.NDArray[np.int64]
STAGES = (1, 31, 61, 91, 181)  # days after the due day on which an unpaid instalment is reported again
CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")


@dataclass(frozen=True)
class Instalments:
    """Instalments of a block that fell due: one element each."""

    enterprise: Whole
    loan: Whole
    number: Whole
    due_day: Whole
    paid_day: Whole  # NEVER_DAY: not paid
    principal: Whole
    interest: Whole


def instalments_of(block: Block) -> Instalments:
    """Every instalment of the block's enterprises, by enterprise and month."""
    h, when, world = block.world.history, block.when, block.world
    loan = h.loan_of_instalment[:, block.low : block.high]
    who, month = np.nonzero(loan.T >= 0)
    number_of = loan[month, who].astype(np.int64)
    paid_week = h.paid_week[month, who + block.low].astype(np.int64)
    due = month_end(when, month - 1) + INSTALMENT_DAY
    paid = np.where(paid_week < 0, NEVER_DAY, np.maximum(due, when.monday(paid_week)))
    same_week = (paid_week >= 0) & (when.monday(paid_week) <= due)
    paid = np.where(same_week, due, paid)
    first = np.flatnonzero(np.diff(number_of, prepend=-1))
    run = np.arange(len(who)) - first[np.cumsum(np.diff(number_of, prepend=-1) != 0) - 1] if len(who) else who
    del world
    return Instalments(
        who + block.low, number_of, run + 1, due, paid,
        h.due_principal[month, who + block.low], h.due_interest[month, who + block.low],
    )  # fmt: skip


def repayments(block: Block, due: Instalments) -> pa.Table:
    """Each instalment as the bank saw it: paid on time once, else again every month that it grew older."""
    parts = []
    last = block.when.last_day
    following = np.array([*STAGES[1:], 10**6])
    for stage, after in enumerate(STAGES):
        seen = due.due_day + after
        open_ = (due.paid_day == NEVER_DAY) | (due.paid_day >= seen)
        rows = np.flatnonzero(open_ & (seen <= last))
        next_report = due.due_day[rows] + following[stage]
        paid_report = np.where(due.paid_day[rows] > NEVER_DAY, due.paid_day[rows] + 1, 10**7)
        superseded = np.minimum(next_report, paid_report)
        superseded = np.where(superseded > last, NEVER_DAY, superseded)
        parts.append((rows, np.zeros(len(rows), dtype=bool), seen[rows], superseded, np.full(len(rows), after)))
    paid = np.flatnonzero(due.paid_day > NEVER_DAY)
    lateness = due.paid_day[paid] - due.due_day[paid]
    parts.append(
        (paid, np.ones(len(paid), dtype=bool), due.paid_day[paid] + 1, np.full(len(paid), NEVER_DAY), lateness)
    )
    rows, is_paid, known, superseded, past_due = (np.concatenate(part) for part in zip(*parts, strict=True))
    return records(
        LOAN_REPAYMENT,
        {
            "enterprise_id": block.world.id_of(due.enterprise[rows]),
            "loan_no": text("L", due.loan[rows] + 100_000),
            "instalment_no": due.number[rows],
            "due_on": due.due_day[rows],
            "due_principal_fen": due.principal[rows],
            "due_interest_fen": due.interest[rows],
            "paid_on": np.where(is_paid, due.paid_day[rows], NEVER_DAY),
            "paid_fen": np.where(is_paid, due.principal[rows] + due.interest[rows], 0),
            "days_past_due": past_due,
            "waived": False,
        },
        known,
        superseded,
        last_day=last,
    )


def _standing(due: Instalments, loans: Whole, day: Whole) -> tuple[Whole, Whole]:
    """(principal repaid, days past due) of each loan on a day of its own; `loans` is sorted, as instalments are."""
    place = np.searchsorted(loans, due.loan)
    place = np.minimum(place, len(loans) - 1)
    mine = loans[place] == due.loan
    at = day[place]
    paid = mine & (due.paid_day > NEVER_DAY) & (due.paid_day <= at)
    repaid = np.bincount(place[paid], weights=due.principal[paid], minlength=len(loans)).astype(np.int64)
    late = mine & (due.due_day < at) & ~paid
    oldest = np.full(len(loans), 10**7)
    np.minimum.at(oldest, place[late], due.due_day[late])
    return repaid, np.where(oldest < 10**7, day - oldest, 0)


def risk_class(days_past_due: Whole) -> Whole:
    """Index of the five classes by days past due (金融资产风险分类办法 2023: over 90, 270, 360)."""
    return np.searchsorted(np.array([1, 91, 271, 361]), days_past_due, side="right")


def bank_loans(block: Block, due: Instalments) -> pa.Table:
    """Each loan at drawing and at every quarter's end until it is repaid."""
    h, when = block.world.history, block.when
    everyone = h.loans
    loans = np.flatnonzero((everyone.enterprise >= block.low) & (everyone.enterprise < block.high))
    parts = []
    drawn = when.monday(everyone.drawn_week[loans]) + 2
    closed_before = np.zeros(len(loans), dtype=bool)
    quarter_ends = block.ends[2::3]
    for snapshot in range(-1, len(quarter_ends)):
        day = drawn if snapshot < 0 else np.full(len(loans), quarter_ends[snapshot])
        # `_standing` wants loans sorted by number, which they are: numbers count in order of drawing.
        repaid, late = _standing(due, loans, day) if len(loans) and len(due.loan) else (day * 0, day * 0)
        balance = everyone.principal_fen[loans] - repaid
        there = (day > drawn) | (snapshot < 0)
        rows = np.flatnonzero(there & ~closed_before)
        closed_before |= there & (balance == 0)
        parts.append((rows, day[rows], balance[rows], late[rows]))
    rows, day, balance, late = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((day, rows))
    rows, day, balance, late = rows[order], day[order], balance[order], late[order]
    if len(rows):
        following = np.concatenate([np.where(rows[1:] == rows[:-1], day[1:] + 1, NEVER_DAY), [NEVER_DAY]])
    else:
        following = day
    loan = loans[rows]
    d = block.draws("loan", everyone.enterprise[loan], loan)
    return records(
        BANK_LOAN,
        {
            "enterprise_id": block.world.id_of(everyone.enterprise[loan]),
            "loan_no": text("L", loan + 100_000),
            "lender": "模拟银行",
            "own_bank": True,
            "credit_type": "working_capital",
            "drawn_on": drawn[rows],
            "matures_on": drawn[rows] + (everyone.tenor_months[loan] * 30.5).astype(np.int64) + 31,
            "principal_fen": everyone.principal_fen[loan],
            "balance_fen": balance,
            "annual_rate": np.full(len(rows), ANNUAL_RATE),
            "repayment_method": "instalments",
            "security": pick_text(("unsecured", "guarantee", "pledge"), d.pick("security", (0.6, 0.3, 0.1))),
            "limit_fen": everyone.principal_fen[loan],
            "days_past_due": late,
            "risk_class": pick_text(CLASSES, risk_class(late)),
            "restructured": False,
            "closed_on": np.where(balance == 0, day, NEVER_DAY),
        },
        day + 1,
        following,
        last_day=when.last_day,
    )


def bureau_reports(block: Block, due: Instalments) -> pa.Table:
    """A bureau report each quarter: what is owed here and elsewhere, and how often credit was asked for."""
    world, when, h = block.world, block.when, block.world.history
    members = block.members
    covered = members[world.connected("bureau", members)]
    months = np.arange(2, world.months, 3)
    who, at = np.repeat(covered, len(months)), np.tile(np.arange(len(months)), len(covered))
    month = months[at]
    day = block.ends[month]
    d = block.draws("bureau", who, month)
    steady = block.draws("bureau", who)
    everyone = h.loans
    mine = np.flatnonzero((everyone.enterprise >= block.low) & (everyone.enterprise < block.high))
    debt, late, worst = (np.zeros((len(months), block.high - block.low), dtype=np.int64) for _ in range(3))
    for place, month_ in enumerate(months):
        moment = np.full(len(mine), block.ends[month_])
        if not len(mine) or not len(due.loan):
            break
        repaid, past = _standing(due, mine, moment)
        drawn = when.monday(everyone.drawn_week[mine]) + 2 <= moment
        owner = everyone.enterprise[mine] - block.low
        debt[place] = np.bincount(
            owner, weights=(everyone.principal_fen[mine] - repaid) * drawn, minlength=block.high - block.low
        )
        np.maximum.at(late[place], owner, past * drawn)
        worst[place] = np.maximum(late[place], late[max(0, place - 7) : place + 1].max(axis=0))
    elsewhere = np.where(steady.chance("other bank", 0.35), steady.uniform("other debt") * 0.8, 0.0)
    own = debt[at, who - block.low]
    total = (own * (1 + elsewhere)).astype(np.int64)
    # Whoever is short of cash asks around.
    strain = np.minimum(block.overdue[month, who - block.low], 20)
    enquiries = (d.exponential("enquiries") * (0.5 + 0.12 * strain)).astype(np.int64)
    past = late[at, who - block.low]
    past = np.minimum(past, 3000)
    return records(
        BUREAU_REPORT,
        {
            "enterprise_id": world.id_of(who),
            "report_no": text("CR", who * 1000 + month),
            "reported_on": day,
            "lenders": (own > 0).astype(np.int64) + (elsewhere > 0),
            "debt_fen": total,
            "credit_lines_fen": (total * 1.2).astype(np.int64),
            "overdue_fen": np.where(past > 0, own // 10, 0),
            "nonperforming_fen": np.where(past > 90, own, 0),
            "days_past_due": past,
            "days_past_due_max_24m": np.maximum(past, worst[at, who - block.low]),
            "worst_class": pick_text(CLASSES, risk_class(past)),
            "enquiries_2m": enquiries,
            "enquiries_6m": enquiries + (d.exponential("before") * 1.2).astype(np.int64),
            "guarantees_fen": np.where(steady.chance("guarantor", 0.1), total // 4, 0),
            "guarantees_overdue_fen": 0 * total,
        },
        np.maximum(day + 5, world.connected_day("bureau", who)),
        last_day=when.last_day,
    )
