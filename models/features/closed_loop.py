"""Closed loop: whether the money of the sales comes home, and into the account that the bank holds (DOMAIN 1.4, 2.2).

*Receipts* are payments received for goods (or for a purpose nobody stated), returned ones left out. *Expected* is what
fell due in the window: face of the receivables less what was credited and written off. Invoiced sales are with tax, as
payments are.
"""

from __future__ import annotations

from functools import partial

from models.features.family import Family, Rollup
from models.features.feature import LOWERS_RISK, NO_DIRECTION, RAISES_RISK, Feature, ratio

FAMILY = "closed_loop"
# Shared with the family tax_and_cash, so that many days copy the receipts once.
RECEIPTS = "r.direction = 'received' AND r.returned IS NOT TRUE AND coalesce(r.purpose, 'goods') = 'goods'"

_RECEIPTS = Rollup(
    name="receipts",
    kinds=("payment",),
    where={"payment": RECEIPTS},
    sql="""
        SELECT e, max(last) AS last, min(first) AS first,
            sum(amount_12m) AS amount_12m, sum(amount_3m) AS amount_3m,
            sum(known_12m) AS known_12m, sum(controlled_12m) AS controlled_12m,
            sum(known_3m) AS known_3m, sum(controlled_3m) AS controlled_3m,
            count(account_id) FILTER (first > {ago_12}) AS new_accounts,
            sum(amount_12m) FILTER (account_id IS NOT NULL) AS by_account,
            max(amount_12m) FILTER (account_id IS NOT NULL) AS main_account, sum(told) AS told
        FROM (
            SELECT e, account_id, max(paid_on) AS last, min(paid_on) AS first, count(controlled) AS told,
                coalesce(sum(amount_fen) FILTER (paid_on > {ago_12}), 0) AS amount_12m,
                coalesce(sum(amount_fen) FILTER (paid_on > {ago_3}), 0) AS amount_3m,
                coalesce(sum(amount_fen) FILTER (paid_on > {ago_12} AND controlled IS NOT NULL), 0) AS known_12m,
                coalesce(sum(amount_fen) FILTER (paid_on > {ago_12} AND controlled), 0) AS controlled_12m,
                coalesce(sum(amount_fen) FILTER (paid_on > {ago_3} AND controlled IS NOT NULL), 0) AS known_3m,
                coalesce(sum(amount_fen) FILTER (paid_on > {ago_3} AND controlled), 0) AS controlled_3m
            FROM {payment} GROUP BY e, account_id
        ) GROUP BY e""",
)
_EXPECTED = Rollup(
    name="expected",
    kinds=("receivable",),
    sql="""
        SELECT e, coalesce(sum(due) FILTER (due_on > {ago_12}), 0) AS due_12m,
            coalesce(sum(due) FILTER (due_on > {ago_3}), 0) AS due_3m
        FROM (SELECT e, due_on,
            greatest(face_fen - coalesce(credited_fen, 0) - coalesce(written_off_fen, 0), 0) AS due
            FROM {receivable} WHERE due_on <= {as_of}) GROUP BY e""",
)

_feature = partial(Feature, family=FAMILY, needs=(), source="DOMAIN 1.4, 2.2")
_NO_RECEIPTS = "or no receipt was ever seen"


def _capture(months: int) -> Feature:
    return _feature(
        name=f"capture_rate_{months}m",
        unit="ratio",
        window=months,
        direction=LOWERS_RISK,
        zh=f"近{months}个月回款归集率",
        en=f"capture rate of {months} months",
        reason_zh="应收到期而未回到监管账户",
        reason_en="what falls due does not come into the controlled account",
        definition="receipts into controlled accounts / what fell due in the window",
        empty="0 when money came before but none in the window; null when nothing fell due, or no receipt ever said "
        "whether its account is controlled",
        expression="CASE WHEN receipts.told > 0 THEN "
        f"{ratio(f'receipts.controlled_{months}m', f'expected.due_{months}m')} END",
    )


def _diversion(months: int) -> Feature:
    return _feature(
        name=f"diversion_share_{months}m",
        unit="ratio",
        window=months,
        direction=RAISES_RISK,
        zh=f"近{months}个月回款旁流率",
        en=f"diverted share of {months} months",
        reason_zh="货款流入监管账户以外的账户",
        reason_en="sales are paid into accounts outside the bank's control",
        definition="receipts into accounts known not to be controlled / net invoiced sales with tax",
        empty="null when net sales are not positive, or no receipt ever said whether its account is controlled",
        expression="CASE WHEN receipts.told > 0 THEN "
        f"{ratio(f'receipts.known_{months}m - receipts.controlled_{months}m', _sales(months))} END",
    )


def _sales(months: int) -> str:
    return f"(s.net_0_{months} + s.tax_0_{months})"


def _bank_to_invoice(months: int) -> Feature:
    return _feature(
        name=f"bank_to_invoice_{months}m",
        unit="ratio",
        window=months,
        direction=NO_DIRECTION,
        zh=f"近{months}个月回款与开票比",
        en=f"receipts against invoiced sales, {months} months",
        reason_zh="银行回款与开票销售不符",
        reason_en="receipts do not match invoiced sales",
        source="DOMAIN 2.1 (band 0.8 to 1.1)",
        definition="receipts / net invoiced sales with tax",
        empty=f"null when net sales of the window are not positive, {_NO_RECEIPTS}",
        expression=ratio(f"receipts.amount_{months}m", _sales(months)),
    )


_FEATURES = (
    _capture(3),
    _capture(12),
    _diversion(3),
    _diversion(12),
    _feature(
        name="controlled_receipts_share_12m",
        unit="fraction",
        window=12,
        direction=LOWERS_RISK,
        zh="监管账户回款占比",
        en="share of receipts into controlled accounts",
        reason_zh="进入监管账户的回款占比低",
        reason_en="few receipts come into the controlled account",
        definition="receipts into controlled accounts / receipts that say whether their account is controlled",
        empty=f"null when it is known of no receipt of the window, {_NO_RECEIPTS}",
        expression=ratio("receipts.controlled_12m", "receipts.known_12m"),
    ),
    _feature(
        name="new_receipt_accounts_12m",
        unit="count",
        window=12,
        direction=RAISES_RISK,
        zh="新增收款账户数",
        en="new accounts that receive money",
        reason_zh="频繁更换收款账户",
        reason_en="money goes to new accounts",
        definition="accounts whose first receipt ever seen lies in the window",
        empty=f"null also while the first known receipt is less than 12 months old (then every account is new), "
        f"{_NO_RECEIPTS}",
        expression="CASE WHEN receipts.first <= {year_ago} THEN receipts.new_accounts END",
    ),
    _feature(
        name="main_account_share_12m",
        unit="fraction",
        window=12,
        direction=NO_DIRECTION,
        zh="主收款账户占比",
        en="share of the main account in receipts",
        reason_zh="收款账户分散",
        reason_en="receipts are spread over many accounts",
        source="DOMAIN 1.4 (unique collection account)",
        definition="receipts into the account with most of them / receipts with an account stated",
        empty=f"null when no receipt of the window states its account, {_NO_RECEIPTS}",
        expression=ratio("receipts.main_account", "receipts.by_account"),
    ),
    _bank_to_invoice(3),
    _bank_to_invoice(12),
    _feature(
        name="days_since_last_receipt",
        unit="days",
        window=None,
        direction=RAISES_RISK,
        zh="距最近一次回款天数",
        en="days since the last receipt",
        reason_zh="近期没有销售回款",
        reason_en="no recent receipt for goods",
        definition="days from the last receipt to as_of",
        empty="null when no receipt was ever seen",
        expression="{as_of} - receipts.last",
    ),
)

CLOSED_LOOP = Family(name=FAMILY, rollups=(_RECEIPTS, _EXPECTED), features=_FEATURES)
