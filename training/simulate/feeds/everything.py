"""All tables of a block of enterprises, one kind after the other."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from training.simulate.feeds import accounts, lending, machines, payments, standing, tax, technology, trade
from training.simulate.feeds.block import block_of
from training.simulate.feeds.deals import deals
from training.simulate.feeds.invoices import invoices
from training.simulate.world import World


def tables_of(world: World, low: int, high: int, *, invoices_only: bool) -> Iterator[tuple[str, pa.Table]]:
    """(kind, table) of enterprises low..high-1; a kind may come several times."""
    sold = deals(world, low, high, sale=True)
    bought = deals(world, low, high, sale=False)
    yield "invoice", invoices(world, sold)
    yield "invoice", invoices(world, bought)
    block = None
    if not invoices_only:
        yield "payment", payments.goods_payments(world, sold)
        yield "payment", payments.goods_payments(world, bought)
        yield "payment", payments.other_payments(world, low, high)
        yield "trade_order", trade.orders(world, sold)
        yield "receivable", trade.receivables(world, sold)
        del sold, bought
        yield "machine_day", machines.machine_days(block := block_of(world, low, high))
        yield "anchor_programme", trade.programmes(world, low, high)
        yield "tax_return", tax.tax_returns(block)
        yield "tax_grade", tax.tax_grades(block)
        yield "ip_right", technology.ip_rights(block)
        yield "data_asset", technology.data_assets(block)
        yield "qualification", technology.qualifications(block)
        yield "expert_opinion", technology.expert_opinions(block)
        yield "headcount", accounts.headcounts(block)
        yield "financial_statement", accounts.statements(block)
        yield "relation", standing.relations(block)
        yield "risk_event", standing.risk_events(block)
        yield "funding_round", standing.funding_rounds(block)
        yield "pool_asset", standing.pool_assets(block)
    block = block or block_of(world, low, high)
    yield "enterprise", standing.enterprises(block)
    due = lending.instalments_of(block)
    yield "bank_loan", lending.bank_loans(block, due)
    yield "loan_repayment", lending.repayments(block, due)
    if not invoices_only:
        yield "bureau_report", lending.bureau_reports(block, due)
