"""Invoices for the feature benchmark: as many as asked, heavy-tailed over enterprises, the same for the same seed.

They prove speed, not meaning (the simulated economy is for that): a few enterprises have tens of thousands, most a few
dozen; counterparties are shared and concentrated; 4 % void, 2 % red-letter, 1 % superseded later, 2 % learned late.
Written in files of whole enterprises, sorted by enterprise and day, in row groups as the lake has them.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.records.invoice import INVOICE

LAST_DAY = date(2024, 6, 30)
HISTORY_DAYS = 4 * 365
CHUNK_ROWS = 1_000_000
ROW_GROUP_ROWS = 16_384
DAY_US = 86_400_000_000
Ints = npt.NDArray[np.int64]


def counts_of(enterprises: int, invoices: int, seed: int) -> Ints:
    """Invoices of each enterprise: lognormal, at least one, `invoices` in all."""
    weights = np.random.default_rng(seed).lognormal(0.0, 1.6, enterprises)
    counts = np.maximum(1, np.floor(weights / weights.sum() * invoices)).astype(np.int64)
    counts[int(counts.argmax())] += invoices - int(counts.sum())
    return counts


def write_invoices(folder: Path, enterprises: int, invoices: int, seed: int = 7) -> list[str]:
    """Write the Parquet files; never more than about a million rows are in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    counts = counts_of(enterprises, invoices, seed)
    ends = np.cumsum(counts)
    paths = []
    low = 0
    while low < enterprises:
        done = int(ends[low - 1]) if low else 0
        high = max(low + 1, int(np.searchsorted(ends, done + CHUNK_ROWS, side="right")))
        path = folder / f"invoices-{len(paths):03d}.parquet"
        rows = invoice_rows(np.arange(low, high), counts[low:high], seed)
        pq.write_table(rows, path, compression="zstd", compression_level=1, row_group_size=ROW_GROUP_ROWS)
        paths.append(str(path))
        low = high
    return paths


def enterprise_name(number: int) -> str:
    """The id of an enterprise."""
    return f"E{number:07d}"


def invoice_rows(numbers: Ints, counts: Ints, seed: int) -> pa.Table:
    """The invoices of some enterprises, sorted by enterprise and day."""
    rng = np.random.default_rng([seed, int(numbers[0])])
    total = int(counts.sum())
    of = np.repeat(np.arange(len(numbers)), counts)
    born = rng.integers(0, HISTORY_DAYS - 200, len(numbers)) * (rng.random(len(numbers)) < 0.4)
    day = (born[of] + rng.random(total) * (HISTORY_DAYS - born[of])).astype(np.int64)
    order = np.lexsort((day, of))
    day = day[order]
    issued = np.datetime64(LAST_DAY - timedelta(days=HISTORY_DAYS - 1), "D").astype(np.int64) + day
    scale = rng.lognormal(13.5, 1.0, len(numbers))
    amount = np.maximum(100, scale[of] * rng.lognormal(0.0, 1.0, total)).astype(np.int64)
    rate = rng.choice([13, 13, 6, 3], len(numbers))[of]
    round_total = rng.random(total) < 0.15
    amount = np.where(round_total, (amount // 100_000 + 1) * 100_000 * 100 // (100 + rate), amount)
    whole = np.where(round_total, (amount * (100 + rate) // 100 + 50_000) // 100_000 * 100_000, 0)
    tax = np.where(round_total, whole - amount, amount * rate // 100)
    sign = np.where(rng.random(total) < 0.02, -1, 1)
    book = (2 + 3 * counts**0.5).astype(np.int64)[of]
    place = (book * rng.random(total) ** 2.5).astype(np.int64)
    party = (numbers[of] * 7919 + place * 104_729) % 400_000
    sale = rng.random(total) < 0.5
    learned = issued * DAY_US + DAY_US // 2 + np.where(rng.random(total) < 0.02, rng.integers(1, 60, total) * DAY_US, 0)
    corrected = rng.random(total) < 0.01
    superseded = learned + rng.integers(1, 90, total) * DAY_US
    instant = pa.timestamp("us", tz="UTC")
    number = pa.array(int(numbers[0]) * 1_000_000 + np.arange(total)).cast(pa.string())
    columns = {
        "enterprise_id": _named(of, [enterprise_name(n) for n in numbers.tolist()]),
        "direction": _named(sale.astype(np.int64), ["purchase", "sales"]),
        "invoice_no": number,
        "issued_on": pa.array(issued.astype(np.int32)).cast(pa.date32()),
        "counterparty_id": pc.binary_join_element_wise("C", pa.array(party).cast(pa.string()), ""),
        "amount_fen": pa.array(amount * sign),
        "tax_fen": pa.array(tax * sign),
        "total_fen": pa.array((amount + tax) * sign),
        "status": _named((rng.random(total) < 0.04).astype(np.int64), ["valid", "void"]),
        "known_at": pa.array(learned).cast(instant),
        "superseded_at": pa.array(superseded, mask=~corrected).cast(instant),
        "origin": pa.repeat(pa.scalar("benchmark"), total),
    }
    schema = INVOICE.schema
    return pa.table([columns.get(f.name, pa.nulls(total, f.type)) for f in schema], schema=schema)


def _named(places: Ints, names: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(places), pa.array(names)).dictionary_decode()
