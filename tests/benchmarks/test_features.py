"""The feature benchmark compares like with like: every way gives the same figures, from the same rows each time."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import feature_rows
from benchmarks.feature_engines import SUBSET
from benchmarks.features import INVOICE_FEATURES, PANEL, WAYS, differences, one_firm, ours
from models.records.invoice import INVOICE

INVOICES, ENTERPRISES = 40_000, 400


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The small form, in several files."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(feature_rows, "CHUNK_ROWS", 12_000)
        return feature_rows.write_invoices(tmp_path_factory.mktemp("rows"), ENTERPRISES, INVOICES)


def test_the_rows_are_as_many_as_asked_and_the_same_each_time(paths: list[str], tmp_path: Path) -> None:
    """Every invoice is written once, heavy-tailed over the enterprises; the bytes depend on the seed alone."""
    assert len(paths) > 2
    rows = pa.concat_tables([pq.read_table(path) for path in paths])
    assert rows.schema.equals(INVOICE.schema)
    assert rows.num_rows == INVOICES
    counts = sorted(rows["enterprise_id"].value_counts().field("counts").to_pylist())
    assert len(counts) == ENTERPRISES
    assert sum(counts[-ENTERPRISES // 10 :]) > INVOICES / 3
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(feature_rows, "CHUNK_ROWS", 12_000)
        again = feature_rows.write_invoices(tmp_path, ENTERPRISES, INVOICES)
    assert [Path(path).read_bytes() for path in again] == [Path(path).read_bytes() for path in paths]


def test_every_way_gives_the_same_figures(paths: list[str]) -> None:
    """Ours, DuckDB by hand, polars and pandas agree on 24 features: nulls exactly, values to rounding."""
    answers = [WAYS[way](paths) for way in WAYS if way.startswith("subset")]
    assert all(answer.num_rows > 0.9 * ENTERPRISES for answer in answers)
    assert set(differences(answers)) == {way for way in WAYS if way.startswith("subset")} - {"subset: ours"}
    spoilt = answers[1].set_column(1, SUBSET[0], pa.compute.add(answers[1].column(1), 1.0))
    with pytest.raises(AssertionError, match="DuckDB by hand differs"):
        differences([answers[0], spoilt, *answers[2:]])


def test_the_panel_is_each_of_its_days(paths: list[str]) -> None:
    """Sixteen quarters at once have the bits of each quarter alone."""
    panel = ours(paths, INVOICE_FEATURES, PANEL)
    assert len(PANEL) == 16
    for day in PANEL[3::4]:
        alone = ours(paths, INVOICE_FEATURES, day)
        assert panel.filter(pa.compute.equal(panel["as_of"], pa.scalar(day))).equals(alone)


def test_one_enterprise_of_every_kind() -> None:
    """The benchmark of one enterprise checks itself against the batch, over every kind of record."""
    found = one_firm(calls=1)
    assert found["rows"] > 2000
    assert set(found["ms"]) == {"features", "input digest", "origins"}
