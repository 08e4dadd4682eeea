"""Settlement: how late the buyers pay the enterprise, what is still open, and how late it pays itself (DOMAIN 2.1).

*Late* = days from due to settled, 0 when settled in time: an early payer does not make up for a late one. *Open* = not
settled by as_of; what is outstanding of it is as stated, else face less settled, credited and written off. A receivable
without an agreed term (`due_on` null) is never late and never overdue. Amounts are with tax, as receivables are.
"""

from __future__ import annotations

from functools import partial

from models.features.family import Family, Rollup
from models.features.feature import RAISES_RISK, Feature, ratio

FAMILY = "settlement"
DAYS_OF_A_YEAR = 360  # Chinese bank turnover formulas (DOMAIN, first page)

_RECEIVABLES = Rollup(
    name="settlement",
    kinds=("receivable",),
    sql="""
        SELECT e,
            sum(face_fen) FILTER (paid AND settled_on > {ago_12}) AS paid_12m,
            sum(face_fen::HUGEINT * late) FILTER (paid AND settled_on > {ago_12}) AS late_12m,
            sum(face_fen) FILTER (paid AND settled_on > {ago_3}) AS paid_3m,
            sum(face_fen::HUGEINT * late) FILTER (paid AND settled_on > {ago_3}) AS late_3m,
            quantile_disc(late, [0.75, 0.9]) FILTER (paid AND settled_on > {ago_12}) AS late_quantiles,
            sum(left_open) AS left_open,
            sum(left_open) FILTER (past_due > 0) AS overdue,
            sum(left_open) FILTER (past_due > 30) AS overdue_30,
            sum(left_open) FILTER (past_due > 60) AS overdue_60,
            sum(left_open) FILTER (past_due > 90) AS overdue_90,
            max(past_due) FILTER (left_open > 0) AS past_due,
            sum(face_fen) FILTER (arisen_on > {ago_12}) AS face_12m,
            sum(lost) FILTER (arisen_on > {ago_12}) AS lost_12m,
            sum(face_fen) FILTER (arisen_on > {ago_12} AND disputed IS NOT NULL) AS said_12m,
            sum(face_fen) FILTER (arisen_on > {ago_12} AND disputed) AS disputed_12m
        FROM (
            SELECT e, face_fen, arisen_on, settled_on, disputed,
                coalesce(settled_on <= {as_of} AND due_on IS NOT NULL, false) AS paid,
                greatest(settled_on - due_on, 0) AS late,
                greatest({as_of} - due_on, 0) AS past_due,
                coalesce(credited_fen, 0) + coalesce(written_off_fen, 0) AS lost,
                CASE WHEN settled_on <= {as_of} THEN 0 ELSE greatest(coalesce(outstanding_fen, face_fen
                    - coalesce(settled_fen, 0) - coalesce(credited_fen, 0) - coalesce(written_off_fen, 0)), 0)
                END AS left_open
            FROM {receivable}
        ) GROUP BY e""",
)
_OWN = Rollup(
    name="own_payments",
    kinds=("payment", "invoice"),
    where={
        "payment": "r.direction = 'paid' AND r.invoice_no IS NOT NULL AND r.returned IS NOT TRUE",
        "invoice": "r.direction = 'purchase' AND r.status = 'valid' AND r.due_on IS NOT NULL",
    },
    sql="""
        SELECT e, sum(amount_fen) AS paid_12m, sum(amount_fen::HUGEINT * greatest(paid_on - due_on, 0)) AS late_12m,
            sum(amount_fen) FILTER (paid_on > due_on + 30) AS late_30_12m
        FROM (SELECT e, invoice_no, counterparty_id, paid_on, amount_fen FROM {payment} WHERE paid_on > {ago_12})
        JOIN (SELECT e, invoice_no, counterparty_id, min(due_on) AS due_on FROM {invoice}
            GROUP BY e, invoice_no, counterparty_id) USING (e, invoice_no, counterparty_id) GROUP BY e""",
)


_feature = partial(Feature, family=FAMILY, needs=(), direction=RAISES_RISK, source="DOMAIN 2.1")
_NOTHING_PAID = "null when no receivable with a due date was settled in the window, or no receivable was ever seen"
_NOTHING_OPEN = "null when nothing is outstanding, or no receivable was ever seen"
_NOTHING_NEW = "null when no receivable arose in the window, or none was ever seen"
_MEAN_12M = ratio("settlement.late_12m", "settlement.paid_12m")


def _overdue(days: int) -> Feature:
    return _feature(
        name=f"overdue_{days}d_share",
        unit="fraction",
        window=None,
        zh=f"逾期{days}天以上应收占比",
        en=f"share of open receivables more than {days} days past due",
        reason_zh=f"应收账款逾期{days}天以上占比高",
        reason_en=f"much of the open receivables is more than {days} days past due",
        definition=f"outstanding more than {days} days past due on as_of / all that is outstanding",
        empty=_NOTHING_OPEN,
        expression=ratio(f"coalesce(settlement.overdue_{days}, 0)", "settlement.left_open"),
        source="DOMAIN 1.3, 2.1",
    )


def _quantile(percent: int, place: int) -> Feature:
    return _feature(
        name=f"days_late_p{percent}_12m",
        unit="days",
        window=12,
        zh=f"买方付款逾期天数（{percent}分位）",
        en=f"days late of the buyers, {percent}th percentile",
        reason_zh="部分买方付款严重拖延",
        reason_en="some buyers pay very late",
        definition=f"smallest number of days that {percent} % of the receivables settled in the window kept within",
        empty=_NOTHING_PAID,
        expression=f"settlement.late_quantiles[{place}]",
    )


_FEATURES = (
    _feature(
        name="days_late_mean_12m",
        unit="days",
        window=12,
        zh="买方付款平均逾期天数",
        en="days late of the buyers, weighted by amount",
        reason_zh="买方普遍延迟付款",
        reason_en="buyers pay late",
        definition="sum of face x days late / sum of face, over receivables settled in the window",
        empty=_NOTHING_PAID,
        expression=_MEAN_12M,
    ),
    _quantile(75, 1),
    _quantile(90, 2),
    _feature(
        name="days_late_change_3m",
        unit="days",
        window=12,
        zh="近3个月付款逾期变化（天）",
        en="change of days late, last 3 months against 12",
        reason_zh="买方付款近期明显变慢",
        reason_en="buyers have begun to pay later",
        definition="mean days late weighted by amount of the last 3 months - the same of 12 months",
        empty="null when nothing with a due date was settled in one of the two windows, or no receivable was ever seen",
        expression=f"{ratio('settlement.late_3m', 'settlement.paid_3m')} - {_MEAN_12M}",
    ),
    _feature(
        name="dso_12m",
        unit="days",
        window=12,
        zh="应收账款周转天数（DSO）",
        en="days sales outstanding",
        reason_zh="应收账款回收慢",
        reason_en="receivables are collected slowly",
        definition=f"outstanding on as_of / face of the receivables that arose in 12 months x {DAYS_OF_A_YEAR}",
        empty=_NOTHING_NEW,
        expression=ratio(f"{DAYS_OF_A_YEAR} * settlement.left_open", "settlement.face_12m"),
    ),
    _feature(
        name="unpaid_past_due_share",
        unit="fraction",
        window=None,
        zh="已到期未收应收占比",
        en="share of open receivables that is past due",
        reason_zh="到期未收的应收账款占比高",
        reason_en="much of the open receivables is past due",
        definition="outstanding past its due date on as_of / all that is outstanding",
        empty=_NOTHING_OPEN,
        expression=ratio("coalesce(settlement.overdue, 0)", "settlement.left_open"),
    ),
    *(_overdue(days) for days in (30, 60, 90)),
    _feature(
        name="receivable_dpd_max",
        unit="days",
        window=None,
        zh="应收账款最长逾期天数",
        en="longest days past due of an open receivable",
        reason_zh="存在长期逾期未收的应收账款",
        reason_en="a receivable is long past due",
        definition="largest number of days from due to as_of among receivables with something outstanding",
        empty="0 when nothing outstanding is past due; null when no receivable was ever seen",
        expression="CASE WHEN settlement.e IS NOT NULL THEN coalesce(settlement.past_due, 0) END",
    ),
    _feature(
        name="dilution_12m",
        unit="fraction",
        window=12,
        zh="应收账款稀释率",
        en="dilution of receivables",
        reason_zh="退货、折让或核销比例高",
        reason_en="returns, discounts or write-offs eat the receivables",
        definition="credited and written off / face, of the receivables that arose in the window",
        empty=_NOTHING_NEW,
        expression=ratio("settlement.lost_12m", "settlement.face_12m"),
        source="DOMAIN 1.3 step 9",
    ),
    _feature(
        name="disputed_share_12m",
        unit="fraction",
        window=12,
        zh="争议应收占比",
        en="share of disputed receivables",
        reason_zh="应收账款争议多",
        reason_en="many receivables are disputed",
        definition="face of the disputed / face of those of which somebody said whether, arisen in the window",
        empty="null when nobody said so of any receivable of the window, or none was ever seen",
        expression=ratio("coalesce(settlement.disputed_12m, 0)", "settlement.said_12m"),
        source="DOMAIN 1.3 step 6, 2.1",
    ),
    _feature(
        name="own_days_late_mean_12m",
        unit="days",
        window=12,
        zh="企业自身付款平均逾期天数",
        en="days late of the enterprise itself towards suppliers",
        reason_zh="企业对供应商付款拖延",
        reason_en="the enterprise pays its suppliers late",
        definition=(
            "sum of paid amount x days after the due date of the purchase invoice that the payment names / sum of paid "
            "amount, payments of the window"
        ),
        empty="null when no payment of the window names a purchase invoice with a due date, or a feed is missing",
        expression=ratio("own_payments.late_12m", "own_payments.paid_12m"),
    ),
    _feature(
        name="own_late_30d_share_12m",
        unit="fraction",
        window=12,
        zh="企业自身逾期30天以上付款占比",
        en="share of own payments more than 30 days late",
        reason_zh="企业多笔付款逾期超过30天",
        reason_en="much is paid to suppliers more than 30 days late",
        definition="paid more than 30 days after the due date of the purchase invoice named / all paid so",
        empty="null when no payment of the window names a purchase invoice with a due date, or a feed is missing",
        expression=ratio("coalesce(own_payments.late_30_12m, 0)", "own_payments.paid_12m"),
    ),
)

SETTLEMENT = Family(name=FAMILY, rollups=(_RECEIVABLES, _OWN), features=_FEATURES)
