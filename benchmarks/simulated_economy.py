"""Put the simulated invoices beside the contest's: the same statistics of both, aggregates only, as a page of docs.

python -m benchmarks.simulated_economy --simulated DIR --contest ../shared/data/cumcm2020c
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from python_calamine import CalamineWorkbook

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
# Invoices that count: neither void, red-letter nor of nothing.
BLUE = "status = 'valid' AND amount > 0"


def _shares(direction: str) -> str:
    return f"(SELECT e, cp, sum(amount) AS s FROM i WHERE dir = '{direction}' AND {BLUE} GROUP BY e, cp) GROUP BY e"


# Each query gives one column `x` over table i(e, d, cp, amount, total, status, dir); amounts are yuan.
DISTRIBUTIONS = {
    "sales invoice, yuan without tax": f"SELECT amount AS x FROM i WHERE dir = 'sales' AND {BLUE}",
    "purchase invoice, yuan without tax": f"SELECT amount AS x FROM i WHERE dir = 'purchase' AND {BLUE}",
    "an enterprise's median sales invoice": (
        f"SELECT median(amount) AS x FROM i WHERE dir = 'sales' AND {BLUE} GROUP BY e"
    ),
    "spread of its sales invoices (sd of log)": (
        f"SELECT stddev(ln(amount)) AS x FROM i WHERE dir = 'sales' AND {BLUE} GROUP BY e HAVING count(*) > 5"
    ),
    "spread of its purchase invoices (sd of log)": (
        f"SELECT stddev(ln(amount)) AS x FROM i WHERE dir = 'purchase' AND {BLUE} GROUP BY e HAVING count(*) > 5"
    ),
    "sales invoices a month": "SELECT count(*) / {months} AS x FROM i WHERE dir = 'sales' GROUP BY e",
    "sales a year, million yuan": (
        "SELECT sum(amount) / 1e6 / {months} * 12 AS x FROM i WHERE dir = 'sales' AND status = 'valid' GROUP BY e"
    ),
    "void rate of sales (count)": (
        "SELECT avg((status = 'void')::INT) AS x FROM i WHERE dir = 'sales' GROUP BY e HAVING count(*) > 20"
    ),
    "void rate of purchases (count)": (
        "SELECT avg((status = 'void')::INT) AS x FROM i WHERE dir = 'purchase' GROUP BY e HAVING count(*) > 20"
    ),
    "red-letter rate of sales (count)": (
        "SELECT avg((total < 0)::INT) AS x FROM i WHERE dir = 'sales' GROUP BY e HAVING count(*) > 20"
    ),
    "customers": "SELECT count(DISTINCT cp) AS x FROM i WHERE dir = 'sales' AND status = 'valid' GROUP BY e",
    "customer concentration (HHI)": f"SELECT sum(s * s) / sum(s) ** 2 AS x FROM {_shares('sales')}",
    "largest customer's share": f"SELECT max(s) / sum(s) AS x FROM {_shares('sales')}",
    "suppliers": "SELECT count(DISTINCT cp) AS x FROM i WHERE dir = 'purchase' AND status = 'valid' GROUP BY e",
    "supplier concentration (HHI)": f"SELECT sum(s * s) / sum(s) ** 2 AS x FROM {_shares('purchase')}",
    "variation of monthly sales": (
        "SELECT stddev(s) / avg(s) AS x FROM (SELECT e, date_trunc('month', d), sum(amount) AS s FROM i "
        f"WHERE dir = 'sales' AND {BLUE} GROUP BY ALL) GROUP BY e HAVING count(*) > 3"
    ),
    "purchases per yuan of sales": (
        "SELECT sum(amount) FILTER (dir = 'purchase') / sum(amount) FILTER (dir = 'sales') AS x FROM i "
        "WHERE status = 'valid' GROUP BY e HAVING sum(amount) FILTER (dir = 'sales') > 0"
    ),
}
SHARES = {
    "void among sales invoices": "avg((status = 'void')::INT)",
    "red-letter over blue amount": (
        "-sum(total) FILTER (total < 0 AND status = 'valid') / sum(total) FILTER (total > 0 AND status = 'valid')"
    ),
    "issued at a weekend": "avg((isodow(d) >= 6)::INT)",
    "issued after the 20th": "avg((day(d) > 20)::INT)",
    "total a whole thousand yuan": "avg((total > 0 AND round(total * 100) % 100000 = 0)::INT)",
    "issued in January": "avg((month(d) = 1)::INT)",
    "issued in February": "avg((month(d) = 2)::INT)",
    "taxed at 13, 16 or 17 %": "avg((amount > 0 AND total / amount > 1.125)::INT)",
    "taxed at 6 %": "avg((amount > 0 AND total / amount BETWEEN 1.055 AND 1.065)::INT)",
    "taxed at 3 %": "avg((amount > 0 AND total / amount BETWEEN 1.025 AND 1.035)::INT)",
}


LIMITS = (
    "## What differs, and what is left out",
    "",
    "- Fewer invoices a month by choice (`--invoices-per-month`, mean 12 where the contest has 36), hence fewer",
    "  partners and higher concentration of suppliers; sizes are as in the contest.",
    "- The contest's window holds four Januaries and three summers, so its January share is above one year's.",
    "- No firm is founded after the first day, and a relation that ends is followed by at most one other.",
    "- Payments settle a whole deal; no part payments by customers, no foreign currency, no groups.",
    "- Everybody's loans are at one bank and one rate; the bureau's debts elsewhere are drawn, not lived.",
    "- With few invoices a month deals are lumpy and the first two years' default rates rise (about 7 % at one).",
)


def contest(folder: Path) -> duckdb.DuckDBPyConnection:
    """The contest's 123 enterprises as table i."""
    book = CalamineWorkbook.from_path(folder / "with_credit_record.xlsx")
    parts = []
    for sheet, direction in (("销项发票信息", "sales"), ("进项发票信息", "purchase")):
        rows = book.get_sheet_by_name(sheet).to_python()[1:]
        code, _, day, other, amount, _, total, status = (list(column) for column in zip(*rows, strict=True))
        parts.append(
            pa.table(
                {
                    "e": code,
                    "d": pa.array(day, pa.date32()),
                    "cp": other,
                    "amount": pa.array([float(x) for x in amount]),
                    "total": pa.array([float(x) for x in total]),
                    "status": ["void" if "作废" in x else "valid" for x in status],
                    "dir": [direction] * len(rows),
                }
            )
        )
    connection = duckdb.connect()
    connection.register("i", pa.concat_tables(parts))
    return connection


def simulated(folder: Path, one_in: int) -> duckdb.DuckDBPyConnection:
    """The standing versions of one simulated enterprise in so many; anchors have no counterpart in the contest."""
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE i AS SELECT enterprise_id AS e, issued_on AS d, counterparty_id AS cp, "
        f"amount_fen / 100 AS amount, total_fen / 100 AS total, status, direction AS dir "
        f"FROM read_parquet('{folder}/invoices.parquet') "
        f"WHERE superseded_at IS NULL AND enterprise_id NOT IN "
        f"(SELECT enterprise_id FROM read_csv('{folder}/roles.csv') WHERE role = 'anchor') "
        f"AND hash(enterprise_id) % {one_in} = 0"
    )
    return connection


def quantiles(connection: duckdb.DuckDBPyConnection, sql: str, months: float) -> list[float]:
    query = f"SELECT quantile_cont(x, {list(QUANTILES)}) FROM ({sql.format(months=months)})"
    return list(connection.execute(query).fetchall()[0][0])


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def page(real: duckdb.DuckDBPyConnection, made: duckdb.DuckDBPyConnection, report: dict[str, Any], one_in: int) -> str:
    """The page, in Markdown."""
    rates = ", ".join(f"{year} {rate:.1%}" for year, rate in report["default_rate_by_year"].items())
    size = f"--enterprises {report['enterprises']} --months {report['months']} --seed {report['seed']}"
    lines = [
        "# The simulated economy beside the contest's data",
        "",
        "**模拟数据。Simulated data proves mechanics, not predictive power.** Real figures are aggregates over the",
        "contest's 123 enterprises (2016-10 to 2020-02), simulated ones come from the economy of `training/simulate`,",
        "which was given distribution parameters (`training/simulate/calibration.py`) and no row.",
        "",
        f"Made by `assetlight simulate {size} --out DIR` and",
        f"`python -m benchmarks.simulated_economy --simulated DIR`. Measured on one enterprise in {one_in},",
        "anchors left out.",
        "",
        f"- Default rate of borrowers by year: {rates}.",
        f"- Mean approved loan: {report['mean_loan_yuan']:,} yuan over {report['loans']:,} loans.",
        "",
        "Each cell is real / simulated, at a quantile over invoices (first two rows) or over enterprises.",
        "",
        "| statistic | " + " | ".join(f"{q:.0%}" for q in QUANTILES) + " |",
        "| --- |" + " ---: |" * len(QUANTILES),
    ]
    for name, sql in DISTRIBUTIONS.items():
        pair = zip(quantiles(real, sql, 37.0), quantiles(made, sql, float(report["months"])), strict=True)
        lines.append(f"| {name} | " + " | ".join(f"{number(a)} / {number(b)}" for a, b in pair) + " |")
    lines += ["", "| share of sales invoices | real | simulated |", "| --- | ---: | ---: |"]
    for name, expression in SHARES.items():
        sql = f"SELECT {expression} FROM i WHERE dir = 'sales'"
        a, b = (connection.execute(sql).fetchall()[0][0] for connection in (real, made))
        lines.append(f"| {name} | {a:.3f} | {b:.3f} |")
    lines += ["", *LIMITS]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulated", type=Path, required=True)
    parser.add_argument("--contest", type=Path, default=Path("../shared/data/cumcm2020c"))
    parser.add_argument("--one-in", type=int, default=5)
    parser.add_argument("--out", type=Path, default=Path("docs/simulated-economy.md"))
    options = parser.parse_args()
    report = json.loads((options.simulated / "simulation.json").read_text(encoding="utf-8"))
    text = page(contest(options.contest), simulated(options.simulated, options.one_in), report, options.one_in)
    options.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
