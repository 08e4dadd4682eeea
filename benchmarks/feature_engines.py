"""The same 24 invoice features by hand in DuckDB, polars and pandas, as an engineer in a hurry to be fast writes them.

The day is a month end, so that month slots are calendar months. Each engine reads only the columns it needs and only
rows visible on the day. DuckDB and polars stream; pandas goes file by file (no enterprise straddles two), which is
the kindest to its memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from models.features.windows import months_before
from models.tables import end_of_day

AS_OF = date(2024, 5, 31)
SUBSET = (
    *("sales_3m_fen", "sales_6m_fen", "sales_12m_fen", "sales_24m_fen", "sales_growth_yoy", "sales_recent_share_3m"),
    *("sales_cv_12m", "peak_month_share_12m", "active_months_12m", "days_since_last_sale", "days_since_first_sale"),
    *("sales_invoices_12m", "average_ticket_12m_fen", "void_rate_12m", "red_rate_12m", "largest_invoice_share_12m"),
    *("round_amount_rate_12m", "customer_hhi_12m", "customer_top1_share_12m", "customers_12m"),
    *("purchases_12m_fen", "active_purchase_months_12m", "supplier_hhi_12m", "suppliers_12m"),
)
COLUMNS = (
    *("enterprise_id", "direction", "counterparty_id", "issued_on", "status", "amount_fen", "total_fen"),
    *("known_at", "superseded_at"),
)


def days(as_of: date) -> dict[str, date]:
    """The days after which windows of k months begin."""
    return {f"d{months}": months_before(as_of, months) for months in (3, 6, 12, 24)}


def by_duckdb(paths: Sequence[str], as_of: date = AS_OF) -> pa.Table:
    """One query."""
    d = {name: f"DATE '{day}'" for name, day in days(as_of).items()}
    before = f"TIMESTAMPTZ '{end_of_day(as_of).astimezone(UTC):%Y-%m-%d %H:%M:%S}+00'"
    files = ", ".join(f"'{path}'" for path in paths)
    text = f"""
    WITH v AS (
        SELECT enterprise_id AS e, direction = 'sales' AS sale, counterparty_id AS cp, issued_on AS d,
            status = 'void' AS void, CASE WHEN status = 'valid' THEN amount_fen ELSE 0 END AS net,
            status = 'valid' AND amount_fen > 0 AS blue, total_fen
        FROM read_parquet([{files}])
        WHERE issued_on <= DATE '{as_of}' AND known_at < {before}
            AND (superseded_at IS NULL OR superseded_at >= {before})
    ), m AS (
        SELECT e, sale, year(d) * 12 + month(d) AS slot, min(d) AS d, sum(net)::BIGINT AS net, count(*) AS n,
            count(*) FILTER (void) AS void_n, count(*) FILTER (blue) AS blue_n,
            coalesce(sum(net) FILTER (blue), 0)::BIGINT AS blue, coalesce(max(net) FILTER (blue), 0) AS top,
            count(*) FILTER (blue AND total_fen % 100000 = 0) AS round_n,
            min(d) FILTER (blue) AS first, max(d) FILTER (blue) AS last
        FROM v GROUP BY ALL
    ), t AS (
        SELECT e, sale, coalesce(sum(net) FILTER (d > {d["d3"]}), 0) AS n3,
            coalesce(sum(net) FILTER (d > {d["d6"]}), 0) AS n6, coalesce(sum(net) FILTER (d > {d["d12"]}), 0) AS n12,
            coalesce(sum(net) FILTER (d > {d["d24"]}), 0) AS n24,
            coalesce(sum(net::HUGEINT * net) FILTER (d > {d["d12"]}), 0) AS sq,
            greatest(max(net) FILTER (d > {d["d12"]}), 0) AS peak,
            count(*) FILTER (d > {d["d12"]} AND blue_n > 0) AS active, max(last) AS last, min(first) AS first,
            coalesce(sum(blue_n) FILTER (d > {d["d12"]}), 0) AS blue_n,
            coalesce(sum(blue) FILTER (d > {d["d12"]}), 0) AS blue, coalesce(sum(n) FILTER (d > {d["d12"]}), 0) AS n,
            coalesce(sum(void_n) FILTER (d > {d["d12"]}), 0) AS void_n,
            coalesce(sum(round_n) FILTER (d > {d["d12"]}), 0) AS round_n,
            coalesce(max(top) FILTER (d > {d["d12"]}), 0) AS top
        FROM m GROUP BY e, sale
    ), c AS (SELECT e, sale, cp, sum(net)::BIGINT AS net FROM v WHERE d > {d["d12"]} GROUP BY ALL),
    h AS (
        SELECT e, sale, count(*) AS cps, sum(net) AS net, sum(net::HUGEINT * net) AS sq, max(net) AS top
        FROM c WHERE net > 0 GROUP BY ALL
    ), j AS (SELECT t.*, h.cps, h.net AS h_net, h.sq AS h_sq, h.top AS h_top FROM t LEFT JOIN h USING (e, sale)),
    k AS (SELECT DISTINCT e FROM j)
    SELECT k.e AS enterprise_id, s.n3::DOUBLE, s.n6::DOUBLE, s.n12::DOUBLE, s.n24::DOUBLE,
        CASE WHEN s.n24 - s.n12 > 0 THEN s.n12::DOUBLE / (s.n24 - s.n12)::DOUBLE - 1 END,
        CASE WHEN s.n12 > 0 THEN s.n3::DOUBLE / s.n12::DOUBLE END,
        CASE WHEN s.n12 > 0 THEN sqrt((12 * s.sq - s.n12 * s.n12)::DOUBLE) / s.n12::DOUBLE END,
        CASE WHEN s.n12 > 0 THEN s.peak::DOUBLE / s.n12::DOUBLE END, s.active::DOUBLE,
        (DATE '{as_of}' - s.last)::DOUBLE, (DATE '{as_of}' - s.first)::DOUBLE, s.blue_n::DOUBLE,
        CASE WHEN s.blue_n > 0 THEN s.blue::DOUBLE / s.blue_n::DOUBLE END,
        CASE WHEN s.n > 0 THEN s.void_n::DOUBLE / s.n::DOUBLE END,
        CASE WHEN s.blue > 0 THEN (s.blue - s.n12)::DOUBLE / s.blue::DOUBLE END,
        CASE WHEN s.blue > 0 THEN s.top::DOUBLE / s.blue::DOUBLE END,
        CASE WHEN s.blue_n > 0 THEN s.round_n::DOUBLE / s.blue_n::DOUBLE END,
        s.h_sq::DOUBLE / (s.h_net::DOUBLE * s.h_net::DOUBLE), s.h_top::DOUBLE / s.h_net::DOUBLE,
        CASE WHEN s.e IS NOT NULL THEN coalesce(s.cps, 0) END::DOUBLE,
        p.n12::DOUBLE, p.active::DOUBLE, p.h_sq::DOUBLE / (p.h_net::DOUBLE * p.h_net::DOUBLE),
        CASE WHEN p.e IS NOT NULL THEN coalesce(p.cps, 0) END::DOUBLE
    FROM k LEFT JOIN j s ON s.e = k.e AND s.sale LEFT JOIN j p ON p.e = k.e AND NOT p.sale ORDER BY k.e
    """
    with duckdb.connect(config={"memory_limit": "3GB", "preserve_insertion_order": False}) as connection:
        found = connection.sql(text).to_arrow_table()
    return found.rename_columns(["enterprise_id", *SUBSET])


def by_polars(paths: Sequence[str], as_of: date = AS_OF) -> pa.Table:
    """One lazy query on the streaming engine."""
    d, col, before = days(as_of), pl.col, pl.lit(end_of_day(as_of).astimezone(UTC))
    year = col("d") > d["d12"]
    rows = (
        pl.scan_parquet(list(paths))
        .select(COLUMNS)
        .filter(
            (col("issued_on") <= as_of)
            & (col("known_at") < before)
            & (col("superseded_at").is_null() | (col("superseded_at") >= before))
        )
        .select(
            col("enterprise_id").alias("e"),
            (col("direction") == "sales").alias("sale"),
            col("counterparty_id").alias("cp"),
            col("issued_on").alias("d"),
            (col("status") == "void").alias("void"),
            pl.when(col("status") == "valid").then(col("amount_fen")).otherwise(0).alias("net"),
            ((col("status") == "valid") & (col("amount_fen") > 0)).alias("is_blue"),
            (col("total_fen") % 100_000 == 0).alias("round"),
        )
    )
    blue = pl.when(col("is_blue")).then(col("net")).otherwise(0)
    slot = (col("d").dt.year() * 12 + col("d").dt.month()).alias("slot")
    month = rows.group_by("e", "sale", slot).agg(
        col("d").min(),
        col("net").sum(),
        pl.len().alias("n"),
        col("void").sum().alias("void_n"),
        col("is_blue").sum().alias("blue_n"),
        blue.sum().alias("blue"),
        blue.max().alias("top"),
        (col("is_blue") & col("round")).sum().alias("round_n"),
        pl.when(col("is_blue")).then(col("d")).min().alias("first"),
        pl.when(col("is_blue")).then(col("d")).max().alias("last"),
    )
    real = col("net").cast(pl.Float64)
    trade = month.group_by("e", "sale").agg(
        *(pl.when(col("d") > d[f"d{k}"]).then(col("net")).otherwise(0).sum().alias(f"n{k}") for k in (3, 6, 12, 24)),
        pl.when(year).then(real * real).otherwise(0.0).sum().alias("sq"),
        pl.when(year).then(col("net")).otherwise(0).max().alias("peak"),
        (year & (col("blue_n") > 0)).sum().alias("active"),
        col("first").min(),
        col("last").max(),
        *(pl.when(year).then(col(name)).otherwise(0).sum() for name in ("blue_n", "blue", "n", "void_n", "round_n")),
        pl.when(year).then(col("top")).otherwise(0).max(),
    )
    parties = (
        rows.filter(year).group_by("e", "sale", "cp").agg(col("net").sum()).filter(col("net") > 0)
        .group_by("e", "sale")
        .agg(
            pl.len().alias("cps"), col("net").sum().alias("h_net"), (real * real).sum().alias("h_sq"),
            col("net").max().alias("h_top"),
        )
    )  # fmt: skip
    sides = trade.join(parties, on=["e", "sale"], how="left")
    sales, purchases = sides.filter(col("sale")).drop("sale"), sides.filter(~col("sale")).drop("sale")
    wide = sales.join(purchases, on="e", how="full", coalesce=True, suffix="_p")

    def over(top: pl.Expr, under: pl.Expr) -> pl.Expr:
        return pl.when(under > 0).then(top / under)

    seen, seen_p = col("n12").is_not_null(), col("n12_p").is_not_null()
    values = [
        *(col(f"n{k}") for k in (3, 6, 12, 24)),
        over(col("n12"), col("n24") - col("n12")) - 1,
        over(col("n3"), col("n12")),
        over((12 * col("sq") - col("n12").cast(pl.Float64) ** 2).clip(0).sqrt(), col("n12")),
        over(col("peak"), col("n12")),
        col("active"),
        (pl.lit(as_of) - col("last")).dt.total_days(),
        (pl.lit(as_of) - col("first")).dt.total_days(),
        col("blue_n"),
        over(col("blue"), col("blue_n")),
        over(col("void_n"), col("n")),
        over(col("blue") - col("n12"), col("blue")),
        over(col("top"), col("blue")),
        over(col("round_n"), col("blue_n")),
        col("h_sq") / col("h_net").cast(pl.Float64) ** 2,
        col("h_top") / col("h_net"),
        pl.when(seen).then(col("cps").fill_null(0)),
        col("n12_p"),
        col("active_p"),
        col("h_sq_p") / col("h_net_p").cast(pl.Float64) ** 2,
        pl.when(seen_p).then(col("cps_p").fill_null(0)),
    ]
    named = [value.cast(pl.Float64).alias(name) for value, name in zip(values, SUBSET, strict=True)]
    found = wide.select(col("e").alias("enterprise_id"), *named).sort("enterprise_id").collect(engine="streaming")
    return found.to_arrow()


def by_pandas(paths: Sequence[str], as_of: date = AS_OF) -> pa.Table:
    """File by file."""
    each = (pd.read_parquet(path, columns=list(COLUMNS), dtype_backend="pyarrow") for path in paths)
    parts = [pandas_rows(rows, as_of) for rows in each]
    found = pd.concat(parts).sort_index()
    table = pa.table({name: pa.array(found[name].to_numpy(float), from_pandas=True) for name in SUBSET})
    return table.add_column(0, "enterprise_id", pa.array(found.index.astype(str).tolist()))


def pandas_rows(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The subset of the enterprises of some invoices, all of theirs."""
    before = pd.Timestamp(end_of_day(as_of))
    day = rows["issued_on"].astype("datetime64[s]")
    d = {name: pd.Timestamp(value) for name, value in days(as_of).items()}
    late = rows["superseded_at"].isna() | (rows["superseded_at"] >= before)
    seen = ((day <= pd.Timestamp(as_of)) & (rows["known_at"] < before) & late).to_numpy(bool)
    rows, day = rows[seen], day[seen]
    valid, amount = (rows["status"] == "valid").to_numpy(bool), rows["amount_fen"].to_numpy(np.int64)
    blue = valid & (amount > 0)
    net = np.where(valid, amount, 0)
    frame = pd.DataFrame(
        {
            "e": rows["enterprise_id"].astype("category").to_numpy(),
            "sale": (rows["direction"] == "sales").to_numpy(bool),
            "cp": rows["counterparty_id"].astype("category").to_numpy(),
            "d": day.to_numpy(),
            "slot": (day.dt.year * 12 + day.dt.month).to_numpy(),
            "net": net,
            "n": 1,
            "void_n": (rows["status"] == "void").to_numpy(bool).astype(np.int64),
            "blue_n": blue.astype(np.int64),
            "blue": np.where(blue, net, 0),
            "top": np.where(blue, net, 0),
            "round_n": (blue & (rows["total_fen"].to_numpy(np.int64) % 100_000 == 0)).astype(np.int64),
            "sold": np.where(blue, day.to_numpy(), np.datetime64("NaT")),
        }
    )
    keys = ["e", "sale"]
    year = frame[frame["d"] > d["d12"]]
    totals: dict[str, Any] = {
        f"n{k}": frame[frame["d"] > d[f"d{k}"]].groupby(keys, observed=True)["net"].sum() for k in (3, 6, 12, 24)
    }
    sums = year.groupby(keys, observed=True)[["n", "void_n", "blue_n", "blue", "round_n"]].sum()
    totals |= {name: sums[name] for name in sums}
    totals["top"] = year.groupby(keys, observed=True)["top"].max()
    month = year.groupby([*keys, "slot"], observed=True)[["net", "blue_n"]].sum()
    month["sq"], month["active"] = month["net"].astype(float) ** 2, month["blue_n"] > 0
    months = month.groupby(keys, observed=True)
    totals |= {"sq": months["sq"].sum(), "peak": months["net"].max().clip(lower=0), "active": months["active"].sum()}
    party = year.groupby([*keys, "cp"], observed=True)["net"].sum()
    party = party[party > 0].to_frame()
    party["sq"] = party["net"].astype(float) ** 2
    parties = party.groupby(keys, observed=True)
    totals["cps"] = parties.size()
    all_sides = frame.groupby(keys, observed=True)["sold"].agg(["min", "max"])
    side = pd.DataFrame(totals).reindex(all_sides.index).fillna(0)
    side["h_net"], side["h_sq"], side["h_top"] = parties["net"].sum(), parties["sq"].sum(), parties["net"].max()
    side["first"], side["last"] = all_sides["min"], all_sides["max"]
    listed = pd.Index(sorted(frame["e"].unique()), name="e")
    s, p = (_side(side, flag).reindex(listed) for flag in (True, False))
    today = pd.Timestamp(as_of)
    values = [
        *(s[f"n{k}"] for k in (3, 6, 12, 24)),
        _over(s["n12"], s["n24"] - s["n12"]) - 1,
        _over(s["n3"], s["n12"]),
        _over(np.sqrt((12 * s["sq"] - s["n12"].astype(float) ** 2).clip(lower=0)), s["n12"]),
        _over(s["peak"], s["n12"]),
        s["active"],
        (today - s["last"]).dt.days,
        (today - s["first"]).dt.days,
        s["blue_n"],
        _over(s["blue"], s["blue_n"]),
        _over(s["void_n"], s["n"]),
        _over(s["blue"] - s["n12"], s["blue"]),
        _over(s["top"], s["blue"]),
        _over(s["round_n"], s["blue_n"]),
        s["h_sq"] / s["h_net"].astype(float) ** 2,
        s["h_top"] / s["h_net"],
        s["cps"],
        p["n12"],
        p["active"],
        p["h_sq"] / p["h_net"].astype(float) ** 2,
        p["cps"],
    ]
    return pd.DataFrame(dict(zip(SUBSET, values, strict=True)), index=listed)


def _side(side: pd.DataFrame, sale: bool) -> pd.DataFrame:
    found = side[side.index.get_level_values("sale") == sale]
    return found.droplevel("sale")


def _over(top: Any, under: Any) -> Any:  # noqa: ANN401
    return (top / under).where(under > 0)
