"""Debt and repayment: how much is owed, to how many, how punctually it is paid (DOMAIN 1.5, 2.2, 10).

Guarantees and letters of credit issued are not counted as debt. A balance nobody reported is taken as the principal.
"""

from __future__ import annotations

from functools import partial

from models.features.family import Family, Rollup
from models.features.feature import RAISES_RISK, Feature, Unit, ratio

NAME = "debt"

LOANS = Rollup(
    name="loans",
    kinds=("bank_loan",),
    sql="""
    SELECT e, count(*) AS n, coalesce(sum(owed) FILTER (open), 0) AS owed,
        coalesce(sum(owed) FILTER (open AND own_bank), 0) AS own,
        sum(owed) FILTER (open AND matures_on <= ({as_of} + to_months(3))::DATE) AS maturing
    FROM (
        SELECT *, coalesce(balance_fen, principal_fen) AS owed, (closed_on IS NULL OR closed_on > {as_of})
            AND coalesce(credit_type NOT IN ('guarantee', 'letter_of_credit'), true) AS open
        FROM {bank_loan}
    ) GROUP BY e
    """,
)
INSTALMENTS = Rollup(
    name="instalments",
    kinds=("loan_repayment",),
    sql="""
    SELECT e, max(late) FILTER (due_on > {ago_12} OR NOT paid OR paid_on > {ago_12}) AS late_max,
        count(*) FILTER (due_on > {ago_12}) AS due_12, count(*) FILTER (due_on > {ago_12} AND late > 0) AS late_12,
        sum(greatest(due_principal_fen + coalesce(due_interest_fen, 0) - coalesce(paid_fen, 0), 0))
            FILTER (NOT paid AND NOT extended AND due_on < {as_of}) AS overdue
    FROM (
        SELECT *, greatest(coalesce(days_past_due, 0), CASE WHEN extended THEN 0 WHEN paid THEN paid_on - due_on
            ELSE {as_of} - due_on END) AS late
        FROM (
            SELECT *, coalesce(paid_on <= {as_of}, false) AS paid, coalesce(waived, false) AS extended
            FROM {loan_repayment}
        )
    ) GROUP BY e
    """,
)
BUREAU = Rollup(
    name="bureau",
    kinds=("bureau_report",),
    sql="""
    SELECT e, max(struct_pack(on_day := reported_on, number := report_no, lenders := lenders, owed := debt_fen,
        lines := credit_lines_fen, guarantees := guarantees_fen, enquiries := enquiries_2m))
        FILTER (reported_on > {ago_12}) AS r
    FROM {bureau_report} GROUP BY e
    """,
)

_entry = partial(Feature, family=NAME, needs=(), direction=RAISES_RISK)
_NO_LOAN = "0 when loans are on record but none is open; null when no loan was ever reported"
_REPORT = "null when no bureau report of the last 12 months is on record or the latest has no such line"


def _of_bureau(
    name: str, unit: Unit, column: str, words: tuple[str, str, str, str], window: int | None = None
) -> Feature:
    zh, en, reason_zh, reason_en = words
    return _entry(
        name=name,
        unit=unit,
        window=window,
        zh=zh,
        en=en,
        reason_zh=reason_zh,
        reason_en=reason_en,
        source="DOMAIN 2.2, 10",
        definition=f"{en} by the latest bureau report, not older than 12 months",
        empty=_REPORT,
        expression=f"bureau.r.{column}",
    )


FEATURES: tuple[Feature, ...] = (
    _entry(
        name="own_bank_debt_fen",
        unit="fen",
        window=None,
        zh="本行贷款余额",
        en="debt to this bank",
        reason_zh="本行负债高",
        reason_en="high debt to this bank",
        source="DOMAIN 1.5",
        definition="balance of open loans of this bank",
        empty=_NO_LOAN,
        expression="loans.own",
    ),
    _entry(
        name="other_bank_debt_fen",
        unit="fen",
        window=None,
        zh="他行贷款余额",
        en="debt to other lenders",
        reason_zh="他行负债高",
        reason_en="high debt to other lenders",
        source="DOMAIN 1.5",
        definition="balance of open loans not marked as this bank's",
        empty=_NO_LOAN,
        expression="loans.owed - loans.own",
    ),
    _entry(
        name="debt_to_sales_12m",
        unit="ratio",
        window=12,
        zh="负债与近12个月销售之比",
        en="debt to sales of 12 months",
        reason_zh="负债相对销售过高",
        reason_en="debt is high against sales",
        source="DOMAIN 1.5",
        definition="balance of open loans / net invoiced sales of 12 months",
        empty="null when these sales are not positive or either feed is missing; 0 when no loan is open",
        expression=ratio("loans.owed", "s.net_0_12"),
    ),
    _entry(
        name="debt_maturing_soon_share",
        unit="fraction",
        window=None,
        zh="未来3个月到期负债占比",
        en="share of debt maturing within 3 months",
        reason_zh="负债集中到期",
        reason_en="much debt falls due soon",
        source="analyst, after DOMAIN 1.5",
        definition="balance of open loans that mature by as_of + 3 months, or have matured / balance of open loans",
        empty="null when nothing is owed; 0 when nothing falls due",
        expression=ratio("coalesce(loans.maturing, 0)", "loans.owed"),
    ),
    _entry(
        name="dpd_max_12m",
        unit="days",
        window=12,
        zh="近12个月最长逾期天数",
        en="longest days past due in 12 months",
        reason_zh="还款有逾期",
        reason_en="instalments were paid late",
        source="DOMAIN 2.1, 7",
        definition=(
            "most days past due of an instalment due, paid or unpaid in the window: as stated, or from "
            "the due day to the day of payment, else to as_of; of one waived or extended the stated days alone"
        ),
        empty="0 when instalments are on record but none is of the window; null when none was ever reported",
        expression="CASE WHEN instalments.due_12 IS NOT NULL THEN coalesce(instalments.late_max, 0) END",
    ),
    _entry(
        name="instalments_late_share_12m",
        unit="fraction",
        window=12,
        zh="近12个月逾期期数占比",
        en="share of instalments late in 12 months",
        reason_zh="逾期期数多",
        reason_en="many instalments were late",
        source="DOMAIN 2.2",
        definition="instalments due in the window that were past due a day or more / instalments due in the window",
        empty="null when none fell due in the window",
        expression=ratio("instalments.late_12", "instalments.due_12"),
    ),
    _entry(
        name="overdue_fen",
        unit="fen",
        window=None,
        zh="当前逾期金额",
        en="amount overdue",
        reason_zh="存在逾期未还",
        reason_en="instalments are overdue",
        source="DOMAIN 7",
        definition="principal and interest due before as_of and not paid, waived or extended, less what was paid of it",
        empty="0 when instalments are on record but none is overdue; null when none was ever reported",
        expression="CASE WHEN instalments.due_12 IS NOT NULL THEN coalesce(instalments.overdue, 0) END",
    ),
    _entry(
        name="credit_line_utilisation",
        unit="fraction",
        window=None,
        zh="授信使用率",
        en="utilisation of credit lines",
        reason_zh="授信使用率高",
        reason_en="its credit lines are nearly used up",
        source="DOMAIN 2.2 (orange above 95 %)",
        definition="outstanding debt / credit lines by the latest bureau report, not older than 12 months",
        empty=f"{_REPORT}, or there are no lines",
        expression=ratio("bureau.r.owed", "bureau.r.lines"),
    ),
    _of_bureau(
        "guarantees_given_fen",
        "fen",
        "guarantees",
        ("对外担保余额", "guarantees given", "对外担保多", "it guarantees others"),
    ),
    _of_bureau(
        "bureau_enquiries_2m",
        "count",
        "enquiries",
        ("近2个月征信查询次数", "bureau enquiries in 2 months", "近期征信查询频繁", "many recent bureau enquiries"),
        window=2,
    ),
    _of_bureau(
        "lenders", "count", "lenders", ("授信机构数", "number of lenders", "多头借贷", "it borrows from many lenders")
    ),
)

DEBT = Family(name=NAME, rollups=(LOANS, INSTALMENTS, BUREAU), features=FEATURES)
