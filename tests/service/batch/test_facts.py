"""Tables of facts: the same decisions as from the records, bad rows named, whatever the row groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.default_probability import FeatureColumnsDiffer
from service.batch.errors import FactsNotUsable
from service.batch.running import ProcessPool, in_this_process, run_plan
from service.batch.starting import plan_facts
from service.bootstrap import Service
from tests.service.batch.runs import contents, ran, rows
from tests.service.conftest import AS_OF


@pytest.fixture
def kept(service: Service, tmp_path: Path) -> Path:
    """A run from records that keeps its facts."""
    ran(service, tmp_path / "records", keeps_facts=True)
    return tmp_path / "records"


def scored(service: Service, files: list[Path], folder: Path, rows_at_once: int = 5, *, workers: int = 1) -> pa.Table:
    plan = plan_facts(service.assessor, AS_OF, files, rows_at_once=rows_at_once)
    engine = in_this_process if workers == 1 else ProcessPool(workers)
    run_plan(plan.plan, folder, plan.lake, engine=engine)
    return rows(folder)


def test_facts_give_the_decisions_that_the_records_gave(service: Service, kept: Path, tmp_path: Path) -> None:
    """To the last bit: probability, limit, steps, reasons, digests of the inputs; in files, one file, row by row."""
    expected = rows(kept)
    assert scored(service, [kept / "facts"], tmp_path / "folder").equals(expected)
    whole = rows(kept, "facts")
    pq.write_table(whole.select(list(reversed(whole.column_names))), tmp_path / "one.parquet", row_group_size=7)
    for at_once in (1, 4, 100):
        found = scored(service, [tmp_path / "one.parquet"], tmp_path / f"by{at_once}", at_once)
        assert found.equals(expected), at_once


def test_files_are_sorted_by_enterprise_whatever_the_order_of_the_facts(
    service: Service, kept: Path, tmp_path: Path
) -> None:
    """A table in another order gives the same rows in the same file."""
    table = rows(kept, "facts")
    shuffled = np.random.default_rng(1).permutation(len(table))
    pq.write_table(table.take(pa.array(shuffled)), tmp_path / "facts.parquet")
    scored(service, [tmp_path / "facts.parquet"], tmp_path / "run", 100)
    (file,) = (tmp_path / "run" / "scores").iterdir()
    assert pq.read_table(file).equals(rows(kept))


def test_the_bytes_do_not_depend_on_the_processes(service: Service, kept: Path, tmp_path: Path) -> None:
    """One or two."""
    scored(service, [kept / "facts"], tmp_path / "one")
    scored(service, [kept / "facts"], tmp_path / "two", workers=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_infinite_facts_are_failures_with_their_column(service: Service, kept: Path, tmp_path: Path) -> None:
    """Also where the model does not read the column; amounts that are no fen fail alone, the others are decided."""
    table = rows(kept, "facts")
    unread = "days_since_last_sale"
    assert unread not in service.bundles.current().features
    rate = table.column(unread).to_numpy().copy()
    rate[2] = np.inf
    sales = table.column("sales_12m_fen").to_numpy().copy()
    sales[7] = 0.5
    for name, values in ((unread, rate), ("sales_12m_fen", sales)):
        table = table.set_column(table.column_names.index(name), name, pa.array(values, from_pandas=True))
    pq.write_table(table, tmp_path / "facts.parquet")
    found = scored(service, [tmp_path / "facts.parquet"], tmp_path / "run")
    names = table.column("enterprise_id").to_pylist()
    failures = {row["enterprise_id"]: row for row in rows(tmp_path / "run", "failures").to_pylist()}
    assert {name: row["field"] for name, row in failures.items()} == {
        names[2]: unread,
        names[7]: "sales_12m_fen",
    }
    others = ~np.isin(rows(kept).column("enterprise_id"), list(failures))
    assert found.equals(rows(kept).filter(pa.array(others)))


def test_without_digests_the_row_itself_is_digested(service: Service, kept: Path, tmp_path: Path) -> None:
    """Another value is another digest; the order of columns is not."""
    table = rows(kept, "facts").drop_columns(["input_sha256"])
    pq.write_table(table, tmp_path / "a.parquet")
    pq.write_table(table.select(list(reversed(table.column_names))), tmp_path / "b.parquet")
    values = table.column("void_rate_12m").to_numpy().copy()
    values[3] = 0.5
    changed = table.set_column(table.column_names.index("void_rate_12m"), "void_rate_12m", pa.array(values))
    pq.write_table(changed, tmp_path / "c.parquet")
    first, second, third = (
        np.array(scored(service, [tmp_path / f"{name}.parquet"], tmp_path / name)["input_sha256"].to_pylist())
        for name in "abc"
    )
    assert (first == second).all()
    assert np.flatnonzero(first != third).tolist() == [3]


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda t: t.drop_columns(["enterprise_id"]), FactsNotUsable, "no enterprises"),
        (lambda t: pa.concat_tables([t, t.slice(0, 1)]), FactsNotUsable, "several rows"),
        (lambda t: t.append_column("note", pa.array(["x"] * len(t))), FactsNotUsable, "note|no number"),
        (lambda t: t.drop_columns(["void_rate_12m"]), FeatureColumnsDiffer, "void_rate_12m"),
        (
            lambda t: t.set_column(1, "as_of", pa.array([AS_OF.replace(year=2019, day=28)] * len(t))),
            FactsNotUsable,
            "another day",
        ),
    ],
    ids=["no id", "twice", "text", "no feature of the model", "another day"],
)
def test_a_table_that_is_none_is_refused(
    service: Service, kept: Path, tmp_path: Path, change: object, error: type[Exception], said: str
) -> None:
    """Before anything is written, with the column and what was expected."""
    pq.write_table(change(rows(kept, "facts")), tmp_path / "facts.parquet")  # type: ignore[operator]
    with pytest.raises(error, match=said):
        scored(service, [tmp_path / "facts.parquet"], tmp_path / "run", 100)
