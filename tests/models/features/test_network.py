"""The network beyond its oracle: the neighbourhood that the store finds, many rows, and hand-drawn cycles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from models.features import compute_features
from models.features.neighbourhood import network_facts
from models.features.network import NETWORK_FAMILY
from models.lake import Lake
from models.records import KINDS
from models.tables import Tables
from tests.models.features.invoices import invoice, table
from tests.record_rows import record_row, record_table

AS_OF = date(2023, 12, 31)
Trade = tuple[str, str, int, date]


def economy(trades: Sequence[Trade], *, both_books: bool = True) -> dict[str, pa.Table]:
    """Invoices of each (seller, buyer, fen, day) in the seller's book, and in the buyer's too unless told not."""
    rows = []
    for number, (seller, buyer, fen, day) in enumerate(trades):
        common: dict[str, Any] = {"invoice_no": str(number)}
        rows.append(invoice(day, fen, enterprise_id=seller, counterparty_id=buyer, **common))
        if both_books:
            rows.append(invoice(day, fen, enterprise_id=buyer, counterparty_id=seller, direction="purchase", **common))
    empty = {name: KINDS[name].schema.empty_table() for name in ("relation", "risk_event")}
    return {"invoice": table(rows), **empty}


def circular(trades: Sequence[Trade], enterprise: str, *, both_books: bool = True) -> float | None:
    books = economy(trades, both_books=both_books)
    features = compute_features(Tables(books, neighbours={}), AS_OF, features=NETWORK_FAMILY.features)
    row = features.filter(pc.equal(features["enterprise_id"], enterprise)).to_pylist()[0]
    return row["circular_share_12m"]


def ring(names: str, amounts: Sequence[int], days: Sequence[date]) -> list[Trade]:
    return [(name, names[(i + 1) % len(names)], amounts[i], days[i]) for i, name in enumerate(names)]


NOV, DEC, OCT = date(2023, 11, 10), date(2023, 12, 10), date(2023, 10, 10)


@pytest.mark.parametrize("names", ["AB", "ABC", "ABCD", "ABCDE"])
def test_rings_of_two_to_five_are_found_in_either_book(names: str) -> None:
    """A ring of like amounts in two months counts in full, from whatever side it is recorded."""
    trades = ring(names, [1000] * len(names), [NOV, DEC] * 3)
    assert circular(trades, "A") == 1
    assert circular(trades, "A", both_books=False) == 1


def test_what_is_no_cycle() -> None:
    """A ring of six, one that took three months, one that loses its amount, and a chain are none."""
    assert circular(ring("ABCDEF", [1000] * 6, [NOV] * 6), "A") == 0
    assert circular(ring("ABC", [1000] * 3, [OCT, NOV, DEC]), "A") == 0
    assert circular(ring("ABC", [1000, 1000, 500], [NOV] * 3), "A") == 0
    assert circular(ring("ABC", [1000] * 3, [NOV] * 3)[:2], "A") == 0


def test_a_walk_through_one_enterprise_twice_is_no_cycle() -> None:
    """A ring of unlike amounts does not become a cycle by a detour from B to D and back that evens out the mean."""
    trades = [*ring("ABC", [800, 1200, 1200], [NOV] * 3), *ring("BD", [900, 900], [NOV] * 2)]
    assert circular(trades, "A") == 0
    assert circular(trades, "D") == 1


def test_the_tolerance_is_inclusive() -> None:
    """Amounts of exactly 0.8 and 1.2 of the mean still count, a fen beyond does not."""
    assert circular(ring("AB", [800, 1200], [NOV, NOV]), "A") == 1
    assert circular(ring("AB", [799, 1201], [NOV, NOV]), "A") == 0


def test_a_link_on_two_cycles_is_credited_once() -> None:
    """A sells to B once; it comes back by two ways; the share stays that of the one sale."""
    trades = [
        *ring("ABC", [1000] * 3, [NOV] * 3),
        ("B", "D", 1000, NOV),
        ("D", "A", 1000, NOV),
        ("A", "X", 3000, NOV),
    ]
    assert circular(trades, "A") == 0.25


def random_books(seed: int, enterprises: int = 40, trades: int = 700) -> dict[str, pa.Table]:
    """A random economy of small firms with some ties and risk events."""
    rng = Random(seed)  # noqa: S311
    names = [f"E{n:02d}" for n in range(enterprises)]
    made = [
        (
            *rng.sample([*names, "outside"], 2),
            rng.choice((900, 1000, 1100)),
            AS_OF - timedelta(rng.randint(0, 500)),
        )
        for _ in range(trades)
    ]
    books = economy([trade for trade in made if trade[0] != "outside"], both_books=seed % 2 == 0)
    ties = [
        record_row(KINDS["relation"], enterprise_id=name, party_id=rng.choice("PQRSTUVW"), until_on=None)
        for name in rng.sample(names, 20)
    ]
    events = [
        record_row(KINDS["risk_event"], enterprise_id=name, event="bankruptcy", happened_on=date(2023, 5, 5))
        for name in rng.sample(names, 8)
    ]
    known = date(2023, 6, 30)
    stamped = [row | {"known_at": invoice(known)["known_at"]} for row in (*ties, *events)]
    books["relation"] = record_table(KINDS["relation"], stamped[:20])
    books["risk_event"] = record_table(KINDS["risk_event"], stamped[20:])
    return books


@pytest.mark.parametrize("seed", [0, 1])
def test_many_rows_go_another_way_to_the_same_bits(seed: int) -> None:
    """With components split off first, as for many rows, the numbers are those of the plain statement."""
    tables = Tables(random_books(seed), neighbours={})
    small, large = (network_facts(tables, AS_OF, small=small).sort_by("e") for small in (True, False))
    assert small.num_rows >= 40
    assert pc.sum(small["circular"]).as_py() > 0
    assert pc.sum(small["trouble_far"]).as_py() > 0
    assert pc.sum(small["related"]).as_py() > 0
    assert small.equals(large)


@pytest.mark.parametrize("seed", [2, 3])
def test_one_enterprise_with_its_neighbourhood_has_the_bits_of_the_whole(seed: int, tmp_path: Path) -> None:
    """The store finds enough around each enterprise, and around each bucket, for the values of the whole economy."""
    lake = Lake(tmp_path, buckets=3)
    for kind, rows in random_books(seed).items():
        lake.append(kind, rows)
    everything = lake.tables(neighbourhood=True)
    whole = compute_features(everything, AS_OF, features=NETWORK_FAMILY.features)
    assert pc.max(whole["circular_share_12m"]).as_py() > 0
    for name in whole["enterprise_id"].to_pylist()[::7]:
        one = lake.tables(enterprises=[name], neighbourhood=True)
        alone = compute_features(one, AS_OF, [name], NETWORK_FAMILY.features)
        assert alone.equals(whole.filter(pc.equal(whole["enterprise_id"], name))), name
    buckets = [
        compute_features(lake.bucket(n, neighbourhood=True), AS_OF, features=NETWORK_FAMILY.features) for n in range(3)
    ]
    assert pa.concat_tables(buckets).sort_by("enterprise_id").equals(whole)


def test_without_the_neighbourhood_nothing_is_said() -> None:
    """Tables that do not know the neighbourhood leave the network null; what the own books show stays."""
    books = economy(ring("AB", [1000, 1000], [NOV, NOV]))
    row = compute_features(Tables(books), AS_OF, features=NETWORK_FAMILY.features).to_pylist()[0]
    assert row.pop("reciprocal_share_12m") == 1
    assert {value for name, value in row.items() if name.endswith("_12m")} == {None}


@pytest.mark.parametrize(("days_ago", "trouble"), [(29, 0), (30, 1)])
def test_trouble_of_a_partner_counts_after_its_lag(days_ago: int, trouble: float) -> None:
    """What happened to the only partner 30 days ago counts in full, a day later not yet."""
    books = economy([("A", "B", 1000, NOV)])
    event = record_row(
        KINDS["risk_event"],
        enterprise_id="B",
        event="bankruptcy",
        happened_on=AS_OF - timedelta(days=days_ago),
        known_at=invoice(NOV)["known_at"],
    )
    books["risk_event"] = record_table(KINDS["risk_event"], [event])
    features = compute_features(Tables(books, neighbours={}), AS_OF, features=NETWORK_FAMILY.features)
    assert features["neighbour_trouble_12m"].to_pylist() == [trouble, 0]


@pytest.mark.parametrize(("more_days", "share"), [(0, 0), (1, 1)])
def test_a_tie_ends_on_its_day(more_days: int, share: float) -> None:
    """A relation that ends on as_of ties no longer, one that ends a day later still does."""
    books = economy([("A", "B", 1000, NOV)])
    tie = record_row(
        KINDS["relation"],
        enterprise_id="A",
        party_id="B",
        began_on=NOV,
        until_on=AS_OF + timedelta(days=more_days),
        known_at=invoice(NOV)["known_at"],
    )
    books["relation"] = record_table(KINDS["relation"], [tie])
    features = compute_features(Tables(books, neighbours={}), AS_OF, features=NETWORK_FAMILY.features)
    assert features["related_sales_share_12m"].to_pylist()[0] == share


def test_a_party_without_books_closes_no_cycle() -> None:
    """A sells to X and X to B in the books of A and B, B sells to A: X keeps no books here, so nothing goes round."""
    books = economy([("B", "A", 1000, NOV)])
    outside = [
        invoice(NOV, 1000, enterprise_id="A", counterparty_id="X", invoice_no="8"),
        invoice(NOV, 1000, enterprise_id="B", counterparty_id="X", direction="purchase", invoice_no="9"),
    ]
    books["invoice"] = pa.concat_tables([books["invoice"], table(outside)])
    features = compute_features(Tables(books, neighbours={}), AS_OF, features=NETWORK_FAMILY.features)
    assert features["circular_share_12m"].to_pylist() == [0, 0]
