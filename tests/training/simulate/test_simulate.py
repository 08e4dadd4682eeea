"""The first simulator: cash adds up, defaults follow from empty tills, files say that they are simulated."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from models.records.invoice import INVOICE
from training.simulate import cash, identity
from training.simulate.command import simulate, simulate_to

ENTERPRISES, MONTHS, SEED = 60, 30, 11


@pytest.fixture(scope="module")
def economy() -> cash.Economy:
    return cash.run(400, 40, np.random.default_rng(3), lambda _: None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated")
    simulate_to(out, enterprises=ENTERPRISES, months=MONTHS, seed=SEED, progress=lambda _: None)
    return out


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def check_character(code: str) -> str:
    """GB 32100 by the book, character by character."""
    total = sum("0123456789ABCDEFGHJKLMNPQRTUWXY".index(c) * 3**place % 31 for place, c in enumerate(code[:17]))
    return "0123456789ABCDEFGHJKLMNPQRTUWXY"[-total % 31]


def test_same_seed_same_bytes(folder: Path, tmp_path: Path) -> None:
    """The same seed gives the same bytes in every file; another seed gives other invoices."""
    simulate_to(tmp_path / "a", enterprises=ENTERPRISES, months=MONTHS, seed=SEED, progress=lambda _: None)
    simulate_to(tmp_path / "b", enterprises=ENTERPRISES, months=MONTHS, seed=SEED + 1, progress=lambda _: None)
    assert digests(tmp_path / "a") == digests(folder)
    assert digests(tmp_path / "b")["invoices.parquet"] != digests(folder)["invoices.parquet"]


def test_cash_moves_only_by_recorded_flows(economy: cash.Economy) -> None:
    """Closing cash is opening cash plus inflows minus outflows, to the fen, and never below zero."""
    before = np.vstack([economy.opening, economy.cash[:-1]])
    inflow = sum(economy.flows[name] for name in cash.INFLOWS)
    outflow = sum(flow for name, flow in economy.flows.items() if name not in cash.INFLOWS)
    np.testing.assert_array_equal(before + inflow - outflow, economy.cash)
    assert economy.cash.min() >= 0
    assert all(flow.min() >= 0 for flow in economy.flows.values())


def test_default_only_after_cash_ran_out(economy: cash.Economy) -> None:
    """Whoever defaults missed part of an instalment three months before, with an empty till every month since."""
    defaulted = np.flatnonzero(economy.default_month >= 0)
    assert len(defaulted) > 10
    due, paid = economy.instalment_due.cumsum(axis=0), economy.flows["loan_repaid"].cumsum(axis=0)
    for enterprise in defaulted:
        month = economy.default_month[enterprise]
        assert paid[month, enterprise] < due[month - cash.DEFAULT_MONTHS, enterprise]
        assert (economy.cash[month - cash.DEFAULT_MONTHS : month + 1, enterprise] == 0).all()


def test_nobody_in_arrears_is_forgotten(economy: cash.Economy) -> None:
    """Whoever has an instalment unpaid for three months is in default from that month on."""
    due, paid = economy.instalment_due.cumsum(axis=0), economy.flows["loan_repaid"].cumsum(axis=0)
    late = np.vstack([np.zeros((3, due.shape[1]), dtype=bool), paid[3:] < due[:-3]])
    first = np.where(late.any(axis=0), late.argmax(axis=0), -1)
    np.testing.assert_array_equal(first, economy.default_month)


def test_default_rate_is_enough_to_train_on() -> None:
    """The demo's economy has 8 to 12 defaults among 100 enterprises."""
    rates = [(cash.run(2000, 36, np.random.default_rng(s), lambda _: None).default_month >= 0).mean() for s in (1, 2)]
    assert all(0.07 < rate < 0.13 for rate in rates), rates


def test_valid_invoices_add_up_to_sales(folder: Path) -> None:
    """Valid sales and purchases over both files are exactly what the economy sold and bought."""
    economy = cash.run(ENTERPRISES, MONTHS, np.random.default_rng(SEED), lambda _: None)
    with (folder / "销项发票信息.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    kept = {
        tuple(value.strip() for value in (r["企业代号"], r["发票号码"], r["开票日期"], r["金额"], r["发票状态"]))
        for r in rows
    }
    by_sheet: dict[str, int] = defaultdict(int)
    for _, _, _, amount, status in kept:
        by_sheet["total"] += round(float(amount.replace(",", "")) * 100) if status == "有效发票" else 0
    table = pq.read_table(folder / "invoices.parquet")
    valid = table.filter(pc.equal(table["status"], "valid")).group_by("direction").aggregate([("amount_fen", "sum")])
    totals = dict(zip(valid["direction"].to_pylist(), valid["amount_fen_sum"].to_pylist(), strict=True))
    assert totals["purchase"] == economy.purchases.sum()
    assert totals["sales"] + by_sheet["total"] == economy.sales.sum()


def test_amount_and_tax_add_up(folder: Path) -> None:
    """In the Parquet every total is amount plus tax, and the schema is that of the record kind."""
    table = pq.read_table(folder / "invoices.parquet")
    assert table.schema.equals(INVOICE.schema)
    np.testing.assert_array_equal(
        table["amount_fen"].to_numpy() + table["tax_fen"].to_numpy(), table["total_fen"].to_numpy()
    )


def test_everything_says_simulated(folder: Path) -> None:
    """Parquet carries the origin in metadata and rows, CSV in a column, the report in a field."""
    for path in folder.glob("*.parquet"):
        assert pq.read_schema(path).metadata[b"assetlight.origin"] == b"simulated"
        assert set(pq.read_table(path)["origin"].to_pylist()) == {"simulated"}
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                assert row.get("origin", row.get("数据来源")) == "simulated"
    assert json.loads((folder / "simulation.json").read_text())["origin"] == "simulated"


def test_dirt_is_counted(folder: Path) -> None:
    """The dirty sheet has the stray spaces, repeats and wrong totals that the report names."""
    dirt = json.loads((folder / "simulation.json").read_text())["dirty_sheet"]
    with (folder / "销项发票信息.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    assert dirt["rows"] == len(rows)
    assert dirt["repeated"] == len(rows) - len(set(rows)) > 0
    number = [[round(float(row[k].replace(",", "")) * 100) for k in (4, 5, 6)] for row in set(rows)]
    assert dirt["total_off"] == sum(a + t != total for a, t, total in number)


def test_codes_have_valid_check_digits() -> None:
    """Every invented code is distinct and passes the check character of GB 32100."""
    serial = np.arange(5000, dtype=np.int64)
    codes = [code.decode() for code in identity.credit_codes(serial, serial % identity.REGIONS, 7)]
    assert len(set(codes)) == 5000
    assert {len(code) for code in codes} == {18}
    assert all(code[17] == check_character(code) for code in codes)


def test_labels_name_every_enterprise(folder: Path) -> None:
    """The label file has one row per enterprise, with a day exactly for those that defaulted."""
    with (folder / "labels.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["enterprise_id"] for row in rows}) == ENTERPRISES
    assert all((row["defaulted"] == "1") == bool(row["defaulted_on"]) for row in rows)


def test_command_prints_one_json_object(tmp_path: Path) -> None:
    """With --json the command prints one JSON object and nothing else."""
    commands = typer.Typer()
    commands.command()(simulate)
    result = CliRunner().invoke(commands, ["--enterprises", "5", "--months", "4", "--out", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["enterprises"] == 5
