# ruff: noqa: S608  (the SQL is made of the kinds' own field names)
"""What the simulator writes: every kind to its contract, the same bytes for a seed, its origin everywhere."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from models.records import KINDS
from models.records.uscc import is_valid_uscc
from models.sheets import read_sheets
from models.tables import accept, map_columns
from training.simulate import identity
from training.simulate.command import DIRTY_SHEET, simulate, simulate_to
from training.simulate.feeds.deals import deals
from training.simulate.feeds.everything import tables_of
from training.simulate.feeds.invoices import _papers
from training.simulate.rows import KIND_KEY
from training.simulate.world import Plan, World, build

# The group system of the bank is not simulated: there, members' exposure comes from their loans.
SIMULATED = KINDS.keys() - {"credit_line", "group_credit"}
PLAN = Plan(enterprises=150, months=26, seed=11, invoices_per_month=4.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated")
    simulate_to(out, PLAN, lambda *_: None)
    return out


@pytest.fixture(scope="module")
def world() -> World:
    return build(PLAN, lambda _: None)


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def count(sql: str) -> int:
    return int(duckdb.sql(sql).fetchall()[0][0])


def test_same_seed_same_bytes(folder: Path, tmp_path: Path) -> None:
    """The same seed gives the same bytes in every file; another seed gives other invoices."""
    simulate_to(tmp_path / "a", PLAN, lambda *_: None)
    assert digests(tmp_path / "a") == digests(folder)
    simulate_to(tmp_path / "b", replace(PLAN, seed=12), lambda *_: None)
    assert digests(tmp_path / "b")["invoices.parquet"] != digests(folder)["invoices.parquet"]


def test_the_parquet_of_the_folder_is_the_records_and_nothing_else(folder: Path) -> None:
    """`assetlight import OUT/*.parquet` takes all kinds: what a bank never sees lies in a folder of its own."""
    kinds = {pq.read_schema(path).metadata[KIND_KEY].decode() for path in folder.glob("*.parquet")}
    assert kinds == set(SIMULATED)
    assert (folder / "truth" / "cash_book.parquet").is_file()


def test_rows_do_not_depend_on_blocks(world: World) -> None:
    """The rows of a kind are the same in one block as in several."""

    def rows(size: int) -> dict[str, pa.Table]:
        found: dict[str, list[pa.Table]] = {}
        for low in range(0, 150, size):
            for kind, table in tables_of(world, low, min(low + size, 150), invoices_only=False):
                found.setdefault(kind, []).append(table)
        keys = {kind: [(name, "ascending") for name in (*KINDS[kind].natural_key, "known_at")] for kind in found}
        return {kind: pa.concat_tables(parts).sort_by(keys[kind]) for kind, parts in found.items()}

    whole, parts = rows(150), rows(40)
    assert whole.keys() == parts.keys() == SIMULATED
    for kind, table in whole.items():
        assert table.combine_chunks().equals(parts[kind].combine_chunks()), kind


@pytest.mark.parametrize("name", sorted(SIMULATED))
def test_kind_keeps_its_contract(folder: Path, name: str) -> None:
    """Schema, required fields, choices, ranges, row checks, and nothing known before it happened or after the end."""
    kind, path = KINDS[name], folder / f"{name}s.parquet"
    table = pq.read_table(path)
    assert table.schema.equals(kind.schema)
    assert table.num_rows > 0
    duckdb.register(f"t_{name}", table)
    faults = [check.sql for check in kind.checks]
    for field in kind.fields:
        if field.choices:
            allowed = ", ".join(f"'{value}'" for value in sorted(set(field.choices.values())))
            faults.append(f"{field.name} IN ({allowed})")
        if field.minimum is not None:
            faults.append(f"{field.name} >= {field.minimum}")
        if field.maximum is not None:
            faults.append(f"{field.name} <= {field.maximum}")
        if field.type == "date" and not field.planned:
            faults.append(f"{field.name} <= known_at::DATE")
        if field.required:
            faults.append(f"{field.name} IS NOT NULL")
    faults += [
        f"{kind.occurred} <= known_at::DATE",
        "known_at < TIMESTAMPTZ '2023-03-01 00:00:00+08'",
        "origin = 'simulated'",
    ]
    for fault in faults:
        assert count(f"SELECT count(*) FROM t_{name} WHERE NOT ({fault})") == 0, fault


@pytest.mark.parametrize("name", sorted(SIMULATED))
def test_versions_form_a_chain(folder: Path, name: str) -> None:
    """A version is superseded exactly when the next version of the same key was learned; one version stands."""
    table = pq.read_table(folder / f"{name}s.parquet")
    duckdb.register(f"v_{name}", table)
    key = ", ".join(f'"{column}"' for column in KINDS[name].natural_key)
    following = f"lead(known_at) OVER (PARTITION BY {key} ORDER BY known_at) AS following"
    chain = f"SELECT known_at, superseded_at, {following} FROM v_{name}"
    assert count(f"SELECT count(*) FROM ({chain}) WHERE superseded_at IS DISTINCT FROM following") == 0
    assert count(f"SELECT count(*) FROM v_{name} WHERE superseded_at <= known_at") == 0


def test_invoices_of_a_deal_add_up(world: World) -> None:
    """Plain minus red-letter invoices are exactly what was kept of each deal, and so is the tax; none is of nothing."""
    for sale in (True, False):
        booked = deals(world, 0, 150, sale=sale)
        paper = _papers(world, booked)
        counted = paper.sort != 1
        for amounts, expected in ((paper.amount, booked.yuan * 100), (paper.tax, booked.yuan * booked.percent)):
            total = np.zeros(len(booked.yuan), dtype=np.int64)
            np.add.at(total, paper.cell[counted], amounts[counted])
            np.testing.assert_array_equal(total, expected)
        assert (paper.amount[paper.sort != 2] >= 100).all()


def test_both_parties_hold_the_same_paper(world: World) -> None:
    """A plain invoice between two simulated enterprises has the same number, day and amount in both books."""
    sales, purchases = deals(world, 0, 150, sale=True), deals(world, 0, 150, sale=False)

    def paper_of(booked: object) -> set[tuple[int, ...]]:
        paper = _papers(world, booked)  # type: ignore[arg-type]
        edge = booked.edge[paper.cell]  # type: ignore[attr-defined]
        e = world.network
        plain = (paper.sort == 0) & (e.seller[edge] >= 0) & (e.buyer[edge] >= 0)
        return set(zip(*(x[plain].tolist() for x in (edge, paper.number, paper.day, paper.amount)), strict=True))

    assert len(paper_of(sales)) > 50
    assert paper_of(sales) == paper_of(purchases)


def test_feeds_are_missing_late_and_corrected(folder: Path) -> None:
    """Some enterprises have no bank feed, some rows come months late, some invoices were corrected to void."""
    banked = count(f"SELECT count(DISTINCT enterprise_id) FROM '{folder}/payments.parquet'")
    assert 50 < banked < 130
    invoices = f"'{folder}/invoices.parquet'"
    assert count(f"SELECT count(*) FROM {invoices} WHERE known_at::DATE > issued_on + 90") > 100
    assert count(f"SELECT count(*) FROM {invoices} WHERE superseded_at IS NOT NULL AND status = 'valid'") > 20


def test_everything_says_simulated(folder: Path) -> None:
    """Parquet carries the origin in metadata and rows, CSV in a column, the report in a field."""
    for path in folder.glob("*.parquet"):
        assert pq.read_schema(path).metadata[b"assetlight.origin"] == b"simulated"
        assert pc.unique(pq.read_table(path)["origin"]).to_pylist() == ["simulated"]
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            assert {row["origin"] for row in csv.DictReader(file)} == {"simulated"}
    assert json.loads((folder / "simulation.json").read_text())["origin"] == "simulated"


def test_the_dirty_sheet_is_imported_as_simulated(folder: Path) -> None:
    """An import reads the sheet's own origin column, so that no row passes for one of the bank."""
    for sheet in read_sheets(folder / DIRTY_SHEET):
        constants = {"direction": "sales"}
        taken = accept(sheet, map_columns(sheet.headers, KINDS["invoice"], constants), received_on=date(2030, 1, 1))
        assert taken.rows.num_rows > 0
        assert pc.unique(taken.rows["origin"]).to_pylist() == ["simulated"]


def test_dirt_is_counted(folder: Path) -> None:
    """The dirty sheet has the stray spaces, repeats, zeros and wrong totals that the report names."""
    dirt = json.loads((folder / "simulation.json").read_text())["dirty_sheet"]
    with (folder / dirt["file"]).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    distinct = {tuple(row.values()) for row in rows}
    fen = [[round(float(row[k].replace(",", "")) * 100) for k in (4, 5, 6)] for row in distinct]
    assert dirt["rows"] == len(rows)
    assert dirt["repeated"] == len(rows) - len(distinct) > 0
    assert dirt["total_off"] == sum(amount + tax != total for amount, tax, total in fen) > 0
    assert {row["发票状态"].strip() for row in rows if row["价税合计"] == "0.00"} == {"作废发票"}
    assert dirt["total_zero"] == sum(total == 0 for _, _, total in fen) > 0
    in_parquet = pq.read_table(folder / "invoices.parquet", filters=[("direction", "=", "sales")])["enterprise_id"]
    assert not {row["企业代号"] for row in rows} & set(in_parquet.to_pylist())


def test_codes_are_valid_and_distinct() -> None:
    """Every invented code is distinct and valid by GB 32100."""
    serial = np.arange(5000, dtype=np.int64)
    codes = [code.decode() for code in identity.credit_codes(serial, serial % identity.REGIONS, 7)]
    assert len(set(codes)) == 5000
    assert all(is_valid_uscc(code) for code in codes)


def test_labels_name_every_borrower(folder: Path) -> None:
    """The label file has one row per enterprise with a loan, with a day exactly for those that defaulted on it."""
    with (folder / "labels.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    borrowers = set(pq.read_table(folder / "bank_loans.parquet")["enterprise_id"].to_pylist())
    assert len(rows) == len({row["enterprise_id"] for row in rows})
    assert {row["enterprise_id"] for row in rows} == borrowers
    assert all((row["defaulted"] == "1") == bool(row["defaulted_on"]) for row in rows)
    assert all(row["first_loan_on"] < row["defaulted_on"] for row in rows if row["defaulted"] == "1")


@pytest.mark.parametrize("enterprises", [1, 5])
def test_command_prints_one_json_object(tmp_path: Path, enterprises: int) -> None:
    """With --json the command prints one JSON object and nothing else, for the smallest economies too."""
    commands = typer.Typer()
    commands.command()(simulate)
    arguments = ["--enterprises", str(enterprises), "--months", "4", "--out", str(tmp_path), "--json"]
    result = CliRunner().invoke(commands, arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["enterprises"] == enterprises
