"""The invoices of deals: sizes, void and red-letter invoices as calibrated, the same paper in both parties' books."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.records.invoice import INVOICE, PURCHASE, SALES, VALID, VOID
from training.simulate import calibration
from training.simulate.draws import Draws
from training.simulate.feeds.deals import Deals, day_in_week
from training.simulate.rows import NEVER_DAY, pick_text, records, text
from training.simulate.world import World

Whole = npt.NDArray[np.int64]
GOODS = (
    "*通用设备*机床部件", "*金属制品*结构件", "*电动机*伺服电机", "*塑料制品*注塑件", "*软件*工业软件",
    "*电子元件*传感器",
    "*物流辅助服务*装卸", "*食品*预包装食品", "*建筑服务*工程", "*环保设备*过滤装置", "*医疗器械*耗材", "*纸制品*包装",
)  # fmt: skip
ROUND_FEN = 100_000  # 1,000 yuan
GOODS_CODES = tuple(f"1{number:02d}0512990000000000" for number in range(len(GOODS)))


def split_exactly(total: Whole, cell: Whole, weight: npt.NDArray[np.float64]) -> Whole:
    """Whole parts of `total[cell]` in proportion to `weight`, adding up exactly; `cell` is sorted and complete."""
    if len(cell) == 0:
        return np.zeros(0, dtype=np.int64)
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    sums = np.add.reduceat(weight, first)
    part = np.floor(total[cell] * (weight / sums[cell])).astype(np.int64)
    part[first] += total - np.add.reduceat(part, first)
    return part


@dataclass(frozen=True)
class Paper:
    """Invoices as written, one element each. `cell`: the deal; `sort`: 0 plain, 1 void, 2 red-letter."""

    cell: Whole
    sort: Whole
    day: Whole
    amount: Whole  # fen
    tax: Whole
    number: Whole
    red_of: Whole  # number of the invoice taken back, NEVER_DAY
    reported_after: Whole  # days
    corrected_after: Whole  # days after the first report on which a void invoice is known to be void, 0: at once


def _plain(world: World, deals: Deals) -> tuple[Whole, Whole, Whole, Whole, Draws]:
    """(deal, fen, tax, day, draws) of the invoices that deals are split into, adding up to them exactly."""
    e = world.network
    cell_draws = Draws(world.seed, "invoices of deal", e.key[deals.edge], deals.week)
    count = 1 + np.minimum(cell_draws.exponential("count") * 0.8, np.minimum(9, deals.yuan // 50)).astype(np.int64)
    cell = np.repeat(np.arange(len(count)), count)
    first = np.cumsum(count) - count
    place = np.arange(len(cell)) - first[cell]
    edge, week = deals.edge[cell], deals.week[cell]
    d = Draws(world.seed, "invoice", e.key[edge], week, place)
    spread = np.where(e.seller[edge] >= 0, calibration.SALES_SPLIT_LOG_SD, calibration.PURCHASE_SPLIT_LOG_SD)
    amount = 100 + split_exactly(deals.yuan * 100 - 100 * count, cell, np.exp(spread * d.normal("size")))
    # Tax is rounded on the running sum, so that the tax of a deal is exact too.
    running = np.cumsum(amount)
    before = (running - amount)[first[cell]]
    percent = deals.percent[cell]
    tax = ((running - before) * percent + 50) // 100 - ((running - amount - before) * percent + 50) // 100
    _make_round(world, deals, first, amount, tax, cell_draws)
    day = np.where(place == 0, deals.day[cell], day_in_week(world, week, d.uniform("day")))
    return cell, amount, tax, day, d


def _make_round(world: World, deals: Deals, first: Whole, amount: Whole, tax: Whole, draws: Draws) -> None:
    """Where a deal has several invoices, make the first one's total a whole thousand and let the second one differ.

    Some sellers do so habitually. Changes `amount` and `tax` in place; their sums over each deal stay.
    """
    last = np.append(first[1:], len(amount)) - 1
    habit = Draws(world.seed, "round habit", world.network.seller[deals.edge]).uniform("share")
    deal = np.flatnonzero((last > first) & draws.chance("round", np.minimum(1.0, 1.5 * habit)))
    one, percent = first[deal], deals.percent[deal]
    total = (amount[one] + tax[one] + ROUND_FEN // 2) // ROUND_FEN * ROUND_FEN
    net = (total * 200 + 100 + percent) // (2 * (100 + percent))
    more, more_tax = net - amount[one], total - net - tax[one]
    fits = (total > 0) & (amount[one + 1] - more >= 100) & (tax[one + 1] - more_tax >= 0)
    one, more, more_tax = one[fits], more[fits], more_tax[fits]
    amount[one] += more
    tax[one] += more_tax
    amount[one + 1] -= more
    tax[one + 1] -= more_tax


def _papers(world: World, deals: Deals) -> Paper:
    """The plain invoices with the void and red-letter ones that life adds."""
    p, e = world.population, world.network
    cell, amount, tax, day, d = _plain(world, deals)
    seller = e.seller[deals.edge[cell]]
    own, percent = np.maximum(seller, 0), deals.percent[cell]
    void_rate = np.where(seller >= 0, p.void_rate[own], calibration.STRANGERS_VOID_RATE)
    red_rate = np.where(seller >= 0, p.red_rate[own], calibration.STRANGERS_RED_RATE)
    seen = 1.0 if deals.sale else calibration.VOID_SEEN_BY_BUYER  # a buyer rarely sees what was cancelled at once
    void = np.flatnonzero(d.chance("void", void_rate / (1 - void_rate)) & d.chance("void seen", seen))
    red = np.flatnonzero(d.chance("red", red_rate) & (amount > 0))
    share = np.where(d.chance("wholly", calibration.RED_WHOLLY), 1.0, d.uniform("red share"))[red]
    back = np.rint(amount[red] * share).astype(np.int64)
    back_tax = (back * percent[red] + 50) // 100
    amount[red] += back  # what came back had been invoiced on top of what was kept
    tax[red] += back_tax
    number = 10_000_000 + d.below("number", 89_000_000)
    source = np.concatenate([np.arange(len(cell)), void, red])
    sort = np.repeat(np.arange(3), [len(cell), len(void), len(red)])
    # A third of the void invoices were first reported as valid and corrected when the month was filed.
    corrected = np.where(d.chance("corrected", 0.33), 10 + d.below("correction", 20), 0)[source]
    return Paper(
        cell=cell[source],
        sort=sort,
        day=day[source] + np.where(sort == 2, 5 + d.below("red after", 50)[source], 0),
        amount=np.concatenate([amount, amount[void], -back]),
        tax=np.concatenate([tax, tax[void], -back_tax]),
        number=number[source] + sort * 1_000_003,
        red_of=np.where(sort == 2, number[source], NEVER_DAY),
        reported_after=1 + (d.exponential("late") * 1.5).astype(np.int64)[source],
        corrected_after=np.where(sort == 1, corrected, 0),
    )


def invoices(world: World, deals: Deals) -> pa.Table:
    """Every invoice of the deals, in the books of the deals' enterprises, in the versions that the bank learned."""
    e, p, last = world.network, world.population, world.when.last_day
    paper = _papers(world, deals)
    enterprise = deals.enterprise[paper.cell]
    first_known = np.maximum(paper.day + paper.reported_after, world.connected_day("invoice", enterprise))
    corrected = np.flatnonzero(paper.corrected_after > 0)
    rows = np.concatenate([np.arange(len(enterprise)), corrected])
    early = np.arange(len(rows)) >= len(enterprise)  # the version before its correction
    final_known = first_known + paper.corrected_after
    known = np.where(early, first_known[rows], final_known[rows])
    superseded = np.where(early, final_known[rows], NEVER_DAY)

    keep = np.flatnonzero((paper.day[rows] <= last) & (known <= last))
    keep = keep[np.lexsort((known[keep], paper.day[rows[keep]], enterprise[rows[keep]]))]
    rows, known, superseded, early = rows[keep], known[keep], superseded[keep], early[keep]
    edge, sort, day = deals.edge[paper.cell[rows]], paper.sort[rows], paper.day[rows]
    seller = e.seller[edge]
    trade = np.where(seller >= 0, p.industry[np.maximum(seller, 0)], e.key[edge] % len(GOODS)) % len(GOODS)
    red_of = paper.red_of[rows]
    return records(
        INVOICE,
        {
            "enterprise_id": world.id_of(enterprise[rows]),
            "direction": SALES if deals.sale else PURCHASE,
            "invoice_no": text("", paper.number[rows]),
            "issued_on": day,
            "counterparty_id": world.counterparty(e.buyer[edge] if deals.sale else seller, e.outsider[edge]),
            "amount_fen": paper.amount[rows],
            "tax_fen": paper.tax[rows],
            "total_fen": paper.amount[rows] + paper.tax[rows],
            "goods_code": pick_text(GOODS_CODES, trade),
            "goods_name": pick_text(GOODS, trade),
            "red_of": pa.array(red_of, mask=red_of == NEVER_DAY).cast(pa.string()),
            "due_on": np.where(sort == 2, NEVER_DAY, day + 7 * (e.terms[edge] + 1)),
            "status": pick_text((VALID, VOID), ((sort == 1) & ~early).astype(np.int64)),
        },
        known,
        superseded,
        last_day=last,
    )
