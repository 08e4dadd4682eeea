"""The bank statement: every movement of money on the enterprise's accounts that the bank can see."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.records.payment import PAYMENT
from training.simulate.draws import Draws
from training.simulate.feeds.deals import Deals
from training.simulate.rows import NEVER_DAY, pick_text, records, text, where_null
from training.simulate.weeks import INSTALMENT_DAY, TAX_DAY, WAGE_DAY
from training.simulate.world import World, month_end

Whole = npt.NDArray[np.int64]
METHODS = ("transfer", "bank_bill", "commercial_bill", "e_receivable")


def _known(world: World, enterprise: Whole, day: Whole, draws: Draws) -> Whole:
    """Most statements come the next day; one enterprise in ten sends a file after the month has ended."""
    monthly = Draws(world.seed, "statement habit", enterprise).chance("monthly file", 0.1)
    months = day.astype("datetime64[D]").astype("datetime64[M]") + 1
    file_day = months.astype("datetime64[D]").astype(np.int64) + 9
    known = np.where(monthly, file_day, day + 1 + (draws.uniform("delay") < 0.1))
    return np.maximum(known, world.connected_day("bank account", enterprise))


def _account(world: World, enterprise: Whole, draws: Draws, month: Whole) -> tuple[pa.Array, pa.Array]:
    """The account and whether it is the collection account; owners in trouble steer money to another one."""
    has_controlled = Draws(world.seed, "accounts", enterprise).chance("controlled", 0.5)
    overdue = world.history.overdue_weeks[month, enterprise] - world.population.culture_weeks[enterprise]
    steers = Draws(world.seed, "accounts", enterprise).chance("steers", 0.5)
    away = draws.chance("away", np.where((overdue > 5) & steers, 0.7, 0.06))
    controlled = has_controlled & ~away
    return text("ACC-", enterprise * 10 + np.where(controlled, 1, 2 + away)), pa.array(controlled)


def goods_payments(world: World, deals: Deals) -> pa.Table:
    """Money received for sales (or paid for purchases), one row per settled deal."""
    e = world.network
    connected = world.connected_day("bank account", deals.enterprise)
    rows = np.flatnonzero((deals.paid_day > NEVER_DAY) & (connected <= world.when.last_day))
    edge, enterprise, day = deals.edge[rows], deals.enterprise[rows], deals.paid_day[rows]
    d = Draws(world.seed, "received" if deals.sale else "paid", e.key[edge], deals.week[rows])
    month = np.minimum(world.when.month_of_week[np.clip((day - world.when.first_day) // 7, 0, world.when.weeks - 1)],
                       world.months - 1)  # fmt: skip
    account, controlled = _account(world, enterprise, d, month)
    other = world.counterparty((e.buyer if deals.sale else e.seller)[edge], e.outsider[edge])
    unreferenced = d.chance("no reference", 0.25)
    numbers = deals.number[rows]
    return records(
        PAYMENT,
        {
            "enterprise_id": world.id_of(enterprise),
            "direction": "received" if deals.sale else "paid",
            "payment_no": text("T", numbers),
            "paid_on": day,
            "amount_fen": deals.gross[rows],
            "counterparty_id": where_null(other, d.chance("unknown payer", 0.02)),
            "account_id": account,
            "controlled": controlled,
            "order_no": where_null(text("PO", numbers), unreferenced),
            "receivable_no": where_null(text("AR", numbers), unreferenced) if deals.sale else None,
            "method": pick_text(METHODS, d.pick("method", (0.78, 0.13, 0.04, 0.05))),
            "purpose": "goods",
        },
        _known(world, enterprise, day, d),
        last_day=world.when.last_day,
    )


def _monthly(world: World, low: int, high: int) -> list[tuple[str, str, Whole, Whole, Whole]]:
    """(purpose, direction, enterprise, day, fen) of wages, taxes, loans, income and owners' money."""
    h, when = world.history, world.when
    ends = month_end(when, np.arange(world.months))
    starts = month_end(when, np.arange(world.months) - 1)
    found = []
    for name, purpose, direction, day in (
        ("wages", "wages", "paid", starts + WAGE_DAY),
        ("taxes", "tax", "paid", starts + TAX_DAY),
        ("loan_repaid", "loan", "paid", starts + INSTALMENT_DAY),
        ("other_income", "other", "received", starts + TAX_DAY),
        ("investment", "other", "paid", ends),
        ("dividends", "internal", "paid", ends),
    ):
        block = h.flows[name][:, low:high]
        month, who = np.nonzero(block)
        found.append((purpose, direction, who + low, day[month], block[month, who]))
    for purpose, week, who, fen in (
        ("loan", h.loans.drawn_week, h.loans.enterprise, h.loans.principal_fen),
        ("equity", *h.equity_events),
    ):
        mine = np.flatnonzero((who >= low) & (who < high))
        found.append((purpose, "received", who[mine], when.monday(week[mine]) + 2, fen[mine]))
    return found


def other_payments(world: World, low: int, high: int) -> pa.Table:
    """Wages, taxes, loans, licence and data income, owners' money: the rest of the statement."""
    parts = []
    for place, (purpose, direction, *movement) in enumerate(_monthly(world, low, high)):
        connected = world.connected("bank account", movement[0])
        who, day, fen = (part[connected] for part in movement)
        day = np.minimum(day, world.when.last_day)
        d = Draws(world.seed, "other payment", who, day, np.full(len(who), place))
        account = text("ACC-", who * 10 + 2)
        parts.append(
            records(
                PAYMENT,
                {
                    "enterprise_id": world.id_of(who),
                    "direction": direction,
                    "payment_no": text("M", (d.bits >> np.uint64(14)).astype(np.int64)),
                    "paid_on": day,
                    "amount_fen": fen,
                    "account_id": account,
                    "controlled": False,
                    "method": "transfer",
                    "purpose": purpose,
                },
                _known(world, who, day, d),
                last_day=world.when.last_day,
            )
        )
    return pa.concat_tables(parts)
