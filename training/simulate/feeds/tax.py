"""The tax office: monthly VAT and quarterly income tax returns, and the grade that it publishes each April."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from models.records.tax_grade import TAX_GRADE
from models.records.tax_return import TAX_RETURN
from training.simulate.feeds.block import Block
from training.simulate.rows import NEVER_DAY, pick_text, records
from training.simulate.weeks import TAX_DAY


def tax_returns(block: Block) -> pa.Table:
    """Returns of every month: what was declared, what fell due and what cash allowed to pay."""
    world, when, h = block.world, block.when, block.world.history
    members = block.members[world.connected("tax", block.members)]
    months = np.arange(1, world.months)
    who, month = np.repeat(members, len(months)), np.tile(months, len(members))
    local, day = who - block.low, block.ends[month - 1]
    alive = block.alive_on(who, day + TAX_DAY)
    who, month, local, day = who[alive], month[alive], local[alive], day[alive]
    d = block.draws("return", who, month)
    vat, income = h.vat_due[month, who], h.income_tax_due[month, who]
    paid = h.flows["taxes"][month, who]
    paid_vat = np.minimum(paid, vat)
    paid_income = np.minimum(paid - paid_vat, income)
    # A ring declares a part of its paper, just enough to look plausible.
    sales = (block.sold[month - 1, local] + block.paper[month - 1, local] * 4 // 10) * 100
    percent = world.population.tax_percent[who]
    late = np.where(d.chance("late", np.where(paid_vat < vat, 0.14, 0.04)), (d.exponential("days late") * 20), 0)
    filed = day + 4 + d.below("filed", 11) + late.astype(np.int64)
    known = np.maximum(np.maximum(filed, day + TAX_DAY) + 2, world.connected_day("tax", who))
    starts = (day.astype("datetime64[D]").astype("datetime64[M]")).astype("datetime64[D]").astype(np.int64)
    tables = []
    for tax, payable, settled, rows in (
        ("vat", vat, paid_vat, np.arange(len(who))),
        ("cit", income, paid_income, np.flatnonzero(month % 3 == 0)),
    ):
        tables.append(
            records(
                TAX_RETURN,
                {
                    "enterprise_id": world.id_of(who[rows]),
                    "tax": tax,
                    "period_start": starts[rows],
                    "period_end": day[rows],
                    "filed_on": filed[rows],
                    "due_on": day[rows] + TAX_DAY,
                    "declared_sales_fen": sales[rows],
                    "output_tax_fen": (sales * percent // 100)[rows] if tax == "vat" else None,
                    "input_tax_fen": (sales * percent // 100 - vat)[rows] if tax == "vat" else None,
                    "payable_fen": payable[rows],
                    "paid_fen": settled[rows],
                    "paid_on": np.where(settled[rows] > 0, np.maximum(filed, day + TAX_DAY)[rows], NEVER_DAY),
                    "refund_fen": np.zeros(len(rows), dtype=np.int64),
                    "arrears_fen": (payable - settled)[rows],
                    "late_fee_fen": (late.astype(np.int64) * payable // 2000)[rows],
                },
                known[rows],
                last_day=when.last_day,
            )
        )
    return pa.concat_tables(tables)


def tax_grades(block: Block) -> pa.Table:
    """A grade for each year, from how punctually taxes were paid in it."""
    world, when, h = block.world, block.when, block.world.history
    members = block.members[world.connected("tax", block.members)]
    years = np.arange(-1, world.months // 12)
    who, year = np.repeat(members, len(years)), np.tile(years, len(members))
    due, paid = h.vat_due[:, block.low : block.high], h.flows["taxes"][:, block.low : block.high]
    short = (paid < due) & (due > 0)
    bad_months = np.stack(
        [short[max(0, 12 * y) : 12 * y + 12].sum(axis=0) if y >= 0 else short[:0].sum(axis=0) for y in years]
    )
    d = block.draws("grade", who, year + 1)
    score = np.clip(96 - 12 * d.exponential("score") * 0.5 - 7 * bad_months[year + 1, who - block.low], 5, 100)
    first_year = int(np.datetime64(when.first_day, "D").astype("datetime64[Y]").astype(int)) + 1970
    age = world.population.age_days[who] + 365 * (year + 1)
    grade = np.where((age < 1095) & (score >= 70), 4, np.searchsorted([-90, -70, -40], -score, side="right"))
    published = np.array([np.datetime64(f"{first_year + y + 1}-04-{15}", "D").astype(np.int64) for y in years])[
        year + 1
    ]
    alive = block.alive_on(who, published - 120)
    ended = ~block.alive_on(who, published)
    rows = np.flatnonzero(alive & (published <= when.last_day))
    return records(
        TAX_GRADE,
        {
            "enterprise_id": world.id_of(who[rows]),
            "year": (first_year + year)[rows],
            "grade": pick_text(("A", "B", "C", "D", "M"), grade[rows]),
            "published_on": published[rows],
            "score": np.round(score[rows], 1),
            "taxpayer_status": pick_text(("normal", "abnormal"), ended[rows].astype(np.int64)),
        },
        np.maximum(published + 5, world.connected_day("tax", who))[rows],
        last_day=when.last_day,
    )
