"""Which assets of a pool count: class, knock-outs and what is still open, per asset (DOMAIN.md 5).

A fact nobody stated is open: the asset counts for nothing until the named document is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from models.valuation.columns import EvidenceColumns, Known, by_choice, day_number
from models.valuation.facts import months_later
from models.valuation.pool_parameters import CASH, POOL_CLASSES, PoolParameters
from models.valuation.rates import Flags, Int64
from models.valuation.words import Vocabulary, Word

POOL_KNOCK_OUTS = Vocabulary(
    Word("no_register_no", "无登记编号", "no register number"),
    Word("not_entered", "尚未入池", "offered, not yet in the pool"),
    Word("released", "已出池", "released from the pool"),
    Word("class_not_accepted", "资产类别不可入池", "class not accepted"),
    Word("pledged_elsewhere", "已质押他处", "pledged elsewhere"),
    Word("matured", "已到期或临近到期", "matured, or about to"),
    Word("tenor_too_long", "剩余期限过长", "matures later than its class may"),
    Word("endorsement_broken", "背书不连续", "endorsements not complete"),
    Word("issuer_overdue", "承兑人在逾期名单", "issuer on the overdue list"),
    Word("not_insured", "出口应收未投保", "export receivable not insured"),
    Word("not_redeemable", "不可赎回", "not redeemable"),
    Word("no_custodian", "无保管方", "no custodian of the goods"),
)
POOL_PENDING = Vocabulary(
    Word("pledge_search", "质押登记查询", "search of the pledge register"),
    Word("maturity", "到期日", "day of maturity"),
    Word("endorsement", "背书查验", "check of endorsements"),
    Word("issuer_list", "承兑人逾期名单查询", "check of the overdue list"),
    Word("insurance", "保单", "insurance policy"),
    Word("redemption", "赎回条款", "terms of redemption"),
    Word("revaluation", "重新估值", "a fresh valuation"),
    Word("issuer", "发行人", "issuer"),
)
_BILLS = ("bank_bill_large", "bank_bill_regional", "commercial_bill")
_MUST_MATURE = (*_BILLS, "letter_of_credit", "receivable_confirmed", "receivable_unconfirmed", "export_receivable")
_LARGE_BANKS = ("own_bank", "state_bank", "joint_stock_bank")
_RECORD_CLASSES = tuple(
    dict.fromkeys(name for name in POOL_CLASSES if name not in _BILLS and "receivable_" not in name)
)


@dataclass(frozen=True)
class PoolEligibility:
    """Class (index of POOL_CLASSES, -1: none) and masks of each asset."""

    kind: Int64
    knock_outs: Int64
    pending: Int64


def pool_class(rows: EvidenceColumns) -> Int64:
    """Index into POOL_CLASSES. A bank bill of an unknown bank is regional, an unconfirmed receivable unconfirmed."""
    names = (*_RECORD_CLASSES, "bank_bill", "commercial_bill", "receivable")
    place = rows.choice("asset_class", names)
    large, confirmed = rows.choice("issuer_type", _LARGE_BANKS) >= 0, rows.flags("confirmed").true
    own = np.array([POOL_CLASSES.index(name) if name in POOL_CLASSES else -1 for name in names] + [-1], np.int64)
    kind = own[place]
    large_bill, regional = POOL_CLASSES.index("bank_bill_large"), POOL_CLASSES.index("bank_bill_regional")
    kind = np.where(place == names.index("bank_bill"), np.where(large, large_bill, regional), kind)
    sure, unsure = POOL_CLASSES.index("receivable_confirmed"), POOL_CLASSES.index("receivable_unconfirmed")
    return np.where(place == names.index("receivable"), np.where(confirmed, sure, unsure), kind)


def is_one_of(kind: Int64, names: tuple[str, ...]) -> Flags:
    """Where the class is one of the names."""
    return np.asarray(np.isin(kind, [POOL_CLASSES.index(name) for name in names]), bool)


def _inside(rows: EvidenceColumns, today: int) -> tuple[Flags, Flags]:
    entered, released = rows.days("entered_on"), rows.days("released_on")
    return np.asarray(entered.known & (entered.values <= today), bool), np.asarray(
        released.known & (released.values <= today), bool
    )


def held_by_pool(rows: EvidenceColumns, as_of: date) -> Flags:
    """Entered and not released by the end of `as_of`."""
    inside, gone = _inside(rows, day_number(as_of))
    return np.asarray(inside & ~gone, bool)


def pool_eligibility(rows: EvidenceColumns, as_of: date, parameters: PoolParameters) -> PoolEligibility:
    """Every rule of the pool on every asset. Coming into force and maturing are judged at the end of `as_of`."""
    today, kind = day_number(as_of), pool_class(rows)
    inside, gone = _inside(rows, today)
    pledged = rows.flags("pledged_elsewhere")
    unnumbered = ~rows.filled("register_no")
    knock = (
        POOL_KNOCK_OUTS.mask("no_register_no", unnumbered)
        | POOL_KNOCK_OUTS.mask("not_entered", ~inside)
        | POOL_KNOCK_OUTS.mask("released", gone)
        | POOL_KNOCK_OUTS.mask("class_not_accepted", kind < 0)
        | POOL_KNOCK_OUTS.mask("pledged_elsewhere", pledged.true)
        | POOL_KNOCK_OUTS.mask(
            "no_custodian", is_one_of(kind, ("warehouse_receipt", "bill_of_lading")) & ~rows.filled("custodian")
        )
    )
    pending = POOL_PENDING.mask("pledge_search", ~pledged.known & ~is_one_of(kind, CASH))
    pending |= POOL_PENDING.mask("issuer", is_one_of(kind, _MUST_MATURE) & ~rows.filled("issuer_id"))
    for word, open_word, field, names, wanted in (
        ("endorsement_broken", "endorsement", "endorsement_complete", _BILLS, True),
        ("issuer_overdue", "issuer_list", "overdue_issuer", ("commercial_bill",), False),
        ("not_insured", "insurance", "insured", ("export_receivable",), True),
        ("not_redeemable", "redemption", "redeemable", ("wealth_product",), True),
    ):
        flag, concerned = rows.flags(field), is_one_of(kind, names)
        knock |= POOL_KNOCK_OUTS.mask(word, concerned & (flag.false if wanted else flag.true))
        pending |= POOL_PENDING.mask(open_word, concerned & ~flag.known)
    more, still = _time(rows, kind, as_of, parameters)
    knock, pending = knock | more, pending | still
    return PoolEligibility(kind, knock, np.where(knock == 0, pending, 0))


def _time(rows: EvidenceColumns, kind: Int64, as_of: date, parameters: PoolParameters) -> tuple[Int64, Int64]:
    today = day_number(as_of)
    matures, valued = rows.days("matures_on"), rows.days("valued_on")
    cash = is_one_of(kind, CASH)
    over = matures.known & ~cash & (matures.values <= today + parameters.age_out_days)
    longest = by_choice(kind, {name: item.longest_months for name, item in parameters.classes.items()}, POOL_CLASSES)
    latest = months_later(as_of, longest)
    life = by_choice(kind, {name: item.value_life_days for name, item in parameters.classes.items()}, POOL_CLASSES)
    stale = _stale(valued, life, today)
    knock = POOL_KNOCK_OUTS.mask("matured", over) | POOL_KNOCK_OUTS.mask(
        "tenor_too_long", matures.known & (longest > 0) & (matures.values > latest)
    )
    pending = POOL_PENDING.mask("maturity", ~matures.known & is_one_of(kind, _MUST_MATURE))
    return knock, pending | POOL_PENDING.mask("revaluation", stale)


def _stale(valued: Known, life: Int64, today: int) -> Flags:
    return np.asarray((life > 0) & (~valued.known | (today - valued.values > life)), bool)
