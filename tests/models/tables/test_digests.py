"""The digest of an enterprise's visible rows: sensitive to every byte, blind to order, division and where rows lie."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from models.lake import Lake
from models.records import KINDS
from models.tables import Tables, enterprises_of, input_digests, origins
from tests.record_rows import LEARNED, record_row, record_table

AS_OF = date(2024, 6, 1)


def invoices(count: int = 60) -> list[dict[str, object]]:
    kind = KINDS["invoice"]
    return [record_row(kind, enterprise_id=f"E{n % 7}", invoice_no=str(n)) for n in range(count)]


def digests(tables: Tables, **options: object) -> dict[str, str]:
    found = input_digests(tables, AS_OF, **options)  # type: ignore[arg-type]
    return {row["enterprise_id"]: row["input_sha256"] for row in found.to_pylist()}


def tables_of(rows: list[dict[str, object]], **more: pa.Table) -> Tables:
    return Tables({"invoice": record_table(KINDS["invoice"], rows), **more})


def test_order_does_not_matter() -> None:
    """Shuffled rows have the same digests."""
    rows = invoices()
    mixed = list(rows)
    random.Random(7).shuffle(mixed)  # noqa: S311
    assert digests(tables_of(rows)) == digests(tables_of(mixed))


def test_lake_and_memory_agree(tmp_path: Path) -> None:
    """In one part or many, on disk or in memory, all at once or one enterprise, the digest is the same."""
    rows = invoices()
    whole = digests(tables_of(rows))
    lake = Lake(tmp_path, buckets=4)
    for start in range(0, 60, 13):
        lake.append("invoice", record_table(KINDS["invoice"], rows[start : start + 13]))
    assert digests(lake.tables()) == whole
    for enterprise, digest in whole.items():
        assert digests(lake.tables(enterprises=[enterprise])) == {enterprise: digest}
        assert digests(lake.tables(), enterprises=[enterprise]) == {enterprise: digest}


@pytest.mark.parametrize(
    "change",
    [
        {"tax_fen": 2_600_001},
        {"counterparty_id": "91440300192317458f"},
        {"issued_on": date(2024, 2, 19)},
        {"goods_name": None},
        {"goods_name": ""},
        {"known_at": LEARNED + timedelta(microseconds=1)},
        {"origin": "bank"},
    ],
    ids=str,
)
def test_every_byte_matters(change: dict[str, object]) -> None:
    """One changed cell changes that enterprise's digest and no other's."""
    rows = invoices()
    other = [dict(row) for row in rows]
    other[3].update(change)
    before, after = digests(tables_of(rows)), digests(tables_of(other))
    assert {name for name in before if before[name] != after[name]} == {"E3"}


def test_cells_cannot_pretend_to_be_their_neighbours() -> None:
    """Moving text from one column into the next changes the digest."""
    first, second = invoices(1), invoices(1)
    first[0].update(goods_code="ab", goods_name="c")
    second[0].update(goods_code="a", goods_name="bc")
    assert digests(tables_of(first)) != digests(tables_of(second))


def test_invisible_rows_do_not_count() -> None:
    """A row learned after the day changes nothing; a row repeated in content counts."""
    rows = invoices(7)
    late = record_row(KINDS["invoice"], enterprise_id="E1", invoice_no="x", known_at=LEARNED + timedelta(days=60))
    assert digests(tables_of([*rows, late])) == digests(tables_of(rows))
    assert digests(tables_of([*rows, rows[0]])) != digests(tables_of(rows))


def test_every_kind_counts_and_is_named() -> None:
    """Rows of another kind change the digest; a named enterprise without rows has the digest of nothing."""
    rows = invoices(7)
    payment = record_table(KINDS["payment"], [record_row(KINDS["payment"], enterprise_id="E1")])
    both = digests(tables_of(rows, payment=payment))
    assert {name for name, digest in digests(tables_of(rows)).items() if both[name] != digest} == {"E1"}
    assert set(digests(tables_of(rows), enterprises=["E1", "nobody"])) == {"E1", "nobody"}
    assert digests(Tables({})) == {}


def test_enterprises_and_origins() -> None:
    """Both lists are sorted, distinct, over all kinds."""
    payment = record_table(KINDS["payment"], [record_row(KINDS["payment"], enterprise_id="A", origin="contest")])
    tables = tables_of(invoices(3), payment=payment)
    assert enterprises_of(tables) == ["A", "E0", "E1", "E2"]
    assert origins(tables) == ("contest", "test")
    assert origins(Tables({})) == ()
