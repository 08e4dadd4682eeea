"""Every family beside the invoices against a pandas oracle of its own, and its point in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.features import compute_features
from models.features.catalogue import FAMILIES
from models.features.family import Family
from models.records import KINDS
from models.tables import Tables, end_of_day
from tests.models.features import oracle_assets, oracle_debt_and_trouble, oracle_people_and_money
from tests.models.features.invoices import EDGE_DAYS
from tests.models.features.kind_rows import Books, family_books, frames_of, tables_of
from tests.models.features.oracle_core_enterprise import core_enterprise
from tests.models.features.oracle_money import closed_loop, orders, tax_and_cash
from tests.models.features.oracle_network import network
from tests.models.features.oracle_settlement import settlement
from tests.models.features.oracles import Values

Oracle = Callable[[Books, str, date], Values]
EXACT_UNITS = {"fen", "count", "grade"}


@dataclass(frozen=True)
class Case:
    """How a family is tested: its oracle, and what its rows are made of."""

    oracle: Oracle
    given: Mapping[str, Mapping[str, Sequence[Any]]] = field(default_factory=dict)
    network: bool = False


def alone(oracle: Callable[[dict[str, pd.DataFrame], date], Values]) -> Oracle:
    """An oracle that needs no more than what is seen of the one enterprise."""
    return lambda rows, enterprise, as_of: oracle(frames_of(rows, enterprise, as_of), as_of)


INVOICES: Mapping[str, Sequence[Any]] = {
    "direction": ["sales", "sales", "purchase"],
    "counterparty_id": "123",
    "status": ["valid", "valid", "valid", "void"],
}
RECEIPTS: Mapping[str, Sequence[Any]] = {
    "direction": ["received", "received", "paid"],
    "purpose": [None, "goods", "loan"],
    "account_id": ["1", "2", None],
}
# Few months, so that statements of a day and of the same day a year before meet.
STATEMENTS: Mapping[str, Sequence[Any]] = {"months": [6, 12], "equity_fen": [None, -5, 0, 70_000, 10**9]}
CASES: dict[str, Case] = {
    "settlement": Case(
        alone(settlement),
        {
            "payment": {
                "direction": ["paid", "paid", "received"],
                "invoice_no": ["1", "1", None],
                "counterparty_id": "1",
            },
            "invoice": {**INVOICES, "direction": ["sales", "purchase"], "invoice_no": "1", "counterparty_id": "1"},
        },
    ),
    "closed_loop": Case(alone(closed_loop), {"payment": RECEIPTS, "invoice": INVOICES}),
    "core_enterprise": Case(
        alone(core_enterprise),
        {
            "anchor_programme": {
                "anchor_id": "12",
                "anchor_rating": ["AAA", "AA-", "B", "D", "unrated", None],
                "left_on": [None, None, *EDGE_DAYS],
            },
            "receivable": {"debtor_id": "123"},
            "invoice": INVOICES,
        },
    ),
    "network": Case(
        network,
        {
            "invoice": {
                "enterprise_id": "ABCDEF",
                "counterparty_id": "ABCDEFX",
                "amount_fen": [100, 100, 110, 90, 120, 80, 100_000, -50],
                "status": ["valid", "valid", "valid", "void"],
            },
            "relation": {"enterprise_id": "ABCD", "party_id": "ABCDPPQ", "until_on": [None, None, *EDGE_DAYS]},
            "risk_event": {"enterprise_id": "BCDEF", "event": ["bankruptcy", "lawsuit"]},
        },
        network=True,
    ),
    "orders": Case(alone(orders), {"trade_order": {"direction": ["sales", "sales", "purchase"]}, "invoice": INVOICES}),
    "tax_and_cash": Case(
        alone(tax_and_cash),
        {"payment": RECEIPTS, "invoice": INVOICES, "tax_return": {"tax": ["vat", "vat", "cit", "stamp"]}},
    ),
    **{name: Case(alone(oracle), {"invoice": INVOICES}) for name, oracle in oracle_assets.ORACLES.items()},
    **{name: Case(alone(oracle)) for name, oracle in oracle_people_and_money.ORACLES.items()},
    **{
        name: Case(alone(oracle), {"invoice": INVOICES, "financial_statement": STATEMENTS})
        for name, oracle in oracle_debt_and_trouble.ORACLES.items()
    },
}
BY_NAME = {family.name: family for family in FAMILIES}
families = pytest.mark.parametrize("name", sorted(BY_NAME))


def books(name: str, as_of: date) -> st.SearchStrategy[Books]:
    return family_books(BY_NAME[name], as_of, given=CASES[name].given)


def given_tables(name: str, rows: Books) -> Tables:
    return tables_of(rows, network=CASES[name].network)


def computed(family: Family, tables: Tables, days: date | list[date]) -> pa.Table:
    return compute_features(tables, days, ["A", "B"], family.features)


def assert_equals_oracle(family: Family, case: Case, rows: Books, table: pa.Table) -> None:
    """Exactly for counts and sums, to 1e-9 for quotients."""
    units = {feature.name: feature.unit for feature in family.features}
    for row in table.to_pylist():
        values = case.oracle(rows, row["enterprise_id"], row["as_of"])
        assert set(values) == set(units)
        for name, value in values.items():
            where = f"{name} of {row['enterprise_id']} at {row['as_of']}"
            if value is None or units[name] in EXACT_UNITS:
                assert row[name] == value, where
            else:
                assert row[name] == pytest.approx(value, rel=1e-9, abs=1e-12), where


def test_every_family_has_an_oracle() -> None:
    """No family goes without one."""
    assert set(CASES) == set(BY_NAME)


@families
@settings(max_examples=25)
@given(st.data())
def test_dirty_tables(name: str, data: st.DataObject) -> None:
    """On any dirty tables, at any edge of the calendar, every feature equals the pandas oracle."""
    as_of = data.draw(st.sampled_from(EDGE_DAYS))
    rows = data.draw(books(name, as_of))
    assert_equals_oracle(BY_NAME[name], CASES[name], rows, computed(BY_NAME[name], given_tables(name, rows), as_of))


@families
@settings(max_examples=8)
@given(st.data())
def test_many_days(name: str, data: st.DataObject) -> None:
    """Many days at once, on one month grid or several, give the bits of each day alone."""
    days = data.draw(st.lists(st.sampled_from(EDGE_DAYS), min_size=2, max_size=5, unique=True))
    tables = given_tables(name, data.draw(books(name, days[0])))
    one_by_one = pa.concat_tables(computed(BY_NAME[name], tables, day) for day in sorted(days))
    assert computed(BY_NAME[name], tables, days).equals(one_by_one)


@families
@settings(max_examples=12)
@given(st.data())
def test_rows_of_the_future_change_nothing(name: str, data: st.DataObject) -> None:
    """Rows that happen or are learned after as_of can be added, edited or removed, and known ones corrected later."""
    as_of = data.draw(st.sampled_from(EDGE_DAYS))
    known = data.draw(books(name, as_of))
    late = data.draw(books(name, as_of))
    night = end_of_day(as_of)
    rng = Random(data.draw(st.integers(0, 2**32)))  # noqa: S311
    changed: Books = {}
    for kind, rows in known.items():
        future = []
        for row in late[kind]:
            learned_late = rng.random() < 0.5
            moved = dict(row)
            if learned_late:
                moved["known_at"] = night + timedelta(minutes=rng.choice((0, 1, 9999)))
            if not learned_late or rng.random() < 0.5:
                moved[KINDS[kind].occurred] = as_of + timedelta(days=rng.randint(1, 40))
            future.append(moved | {"superseded_at": None})
        corrected = [
            row | {"superseded_at": night} if row["superseded_at"] is None and rng.random() < 0.5 else row
            for row in rows
        ]
        changed[kind] = [*corrected, *future]
    family = BY_NAME[name]
    before, after = (
        computed(family, given_tables(name, known), as_of),
        computed(family, given_tables(name, changed), as_of),
    )
    assert before.equals(after)


@families
@settings(max_examples=8)
@given(st.data())
def test_alone_among_others_and_in_any_order(name: str, data: st.DataObject) -> None:
    """An enterprise has the same bits alone, among others, and with its rows in any order."""
    as_of = data.draw(st.sampled_from(EDGE_DAYS))
    rows = data.draw(books(name, as_of))
    shuffled = {kind: of[::-1] for kind, of in rows.items()}
    own = {kind: [row for row in of if row["enterprise_id"] == "A"] for kind, of in rows.items()}
    others = {kind: [row for row in of if row["enterprise_id"] != "A"] for kind, of in rows.items()}
    table = computed(BY_NAME[name], given_tables(name, shuffled), as_of)
    one = Tables(tables_of(own).by_kind, tables_of(others).by_kind if CASES[name].network else None)
    only = compute_features(one, as_of, ["A"], BY_NAME[name].features)
    assert table.filter(pc.equal(table["enterprise_id"], "A")).equals(only)


@families
def test_absent_feeds_are_null(name: str) -> None:
    """Without any feed every feature of the family is null: not connected is not bad."""
    row = compute_features(Tables({}), EDGE_DAYS[0], ["A"], BY_NAME[name].features).to_pylist()[0]
    assert set(row.values()) == {"A", EDGE_DAYS[0], None}
