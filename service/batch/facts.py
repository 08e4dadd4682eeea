"""Tables of facts: features and evidence that were computed before, one row for an enterprise, as Parquet.

enterprise_id    text, once in a file
as_of            the day of the facts, where the file says it
input_sha256     what the row was made from; without it the row itself is digested
data_origin      where the records came from, several joined by "; "; without it: not stated
industry, region, park, core_enterprise    text, for concentration
every other      a number: a fact by its name (features of the catalogue, evidence of the limit rules)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models.allocation.terms import GROUPS
from models.decision import Decisions
from models.features.catalogue import CATALOGUE
from models.scoring import OF_MODEL
from service.batch.errors import BucketUnreadable, FactsNotUsable
from service.batch.isolating import Failure
from service.batch.plan import Bucket

NOT_STATED = "not stated"
TEXTS = ("enterprise_id", "as_of", "input_sha256", "data_origin", *GROUPS)


@dataclass(frozen=True)
class Facts:
    """The rows of one bucket: sound ones as `score_facts` takes them, their groups, and the unsound ones."""

    rows: pa.Table
    groups: pa.Table
    failures: list[Failure]

    @property
    def enterprises(self) -> list[str]:
        """The sound ones, in the order of the file."""
        found: list[str] = self.rows.column("enterprise_id").to_pylist()
        return found

    def of(self, enterprises: Sequence[str]) -> pa.Table:
        """The rows of some of them."""
        if len(enterprises) == len(self.rows):
            return self.rows
        return self.rows.filter(pc.is_in(self.rows.column("enterprise_id"), pa.array(enterprises, pa.string())))


def read_facts(path: Path, bucket: Bucket, as_of: date, needed: Collection[str]) -> Facts:
    """The rows of a bucket. A feature of the catalogue that no column holds is not known, unless it is `needed` by the
    model: then whoever scores refuses. Raises BucketUnreadable, FactsNotUsable."""
    try:
        table = _rows(path, bucket)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise BucketUnreadable(
            "a table of facts cannot be read",
            where=f"{path}, rows {bucket.start} to {bucket.start + bucket.rows - 1}",
            found=str(error).split("\n", 1)[0],
            advice="Restore the file as it was and run the same command again: only this bucket is left to do",
        ) from error
    ids = _identifiers(table, path)
    _check_day(table, as_of, path)
    names = [name for name in table.column_names if name not in TEXTS and name not in OF_MODEL]
    columns = {name: _number(table, name, path) for name in names}
    infinite = np.zeros(len(ids), dtype=np.bool_)
    fields = np.zeros(len(ids), dtype=np.int64)
    for place, column in enumerate(columns.values()):
        wrong = np.isinf(column)
        if wrong.any():
            fields[wrong & ~infinite] = place
            infinite |= wrong
    sound = pa.table(
        {
            "enterprise_id": ids,
            **{name: pa.array(column, from_pandas=True) for name, column in columns.items()},
            **_unstated({*columns, *needed}, len(ids)),
            "input_sha256": _digests(table, columns),
            "origins": _origins(table),
        }
    )
    groups = table.select([name for name in ("enterprise_id", *GROUPS) if name in table.column_names])
    if not infinite.any():
        return Facts(sound, groups, [])
    failures = [
        Failure(
            ids[int(row)].as_py(),
            "FactNotFinite",
            f"A fact is infinite. Expected: a finite number, or null where it is not known. Found: "
            f"{float(columns[names[fields[row]]][row])}.",
            names[fields[row]],
        )
        for row in np.flatnonzero(infinite)
    ]
    return Facts(sound.filter(pa.array(~infinite)), groups, failures)


def facts_table(decisions: Decisions, groups: pa.Table) -> pa.Table:
    """The facts of decisions, in the form that `read_facts` takes."""
    table = pa.table(
        {
            "enterprise_id": decisions.enterprise_ids,
            "as_of": pa.repeat(pa.scalar(decisions.as_of, pa.date32()), len(decisions)),
            "input_sha256": decisions.input_sha256,
            "data_origin": pc.fill_null(pc.binary_join(decisions.record_origins, "; "), ""),
            **{
                name: pa.array(column, from_pandas=True)
                for name, column in decisions.cases.facts.items()
                if name not in OF_MODEL
            },
        }
    )
    for name in GROUPS:
        table = table.append_column(name, groups.column(name))
    return table


def _rows(path: Path, bucket: Bucket) -> pa.Table:
    with pq.ParquetFile(path) as file:
        before, groups, skipped = 0, [], 0
        for group in range(file.metadata.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if before + rows <= bucket.start:
                skipped = before + rows
            elif before < bucket.start + bucket.rows:
                groups.append(group)
            before += rows
        if before < bucket.start + bucket.rows:
            raise pa.ArrowInvalid(f"the file has {before} rows")
        return pa.Table.from_batches(list(_wanted(file, groups, bucket.start - skipped, bucket.rows)))


def _wanted(file: pq.ParquetFile, groups: list[int], first: int, rows: int) -> Iterator[pa.RecordBatch]:
    """Batches of some row groups, what is before the first row dropped as it comes."""
    place = 0
    for batch in file.iter_batches(batch_size=rows, row_groups=groups):
        low, high = max(first - place, 0), min(first + rows - place, batch.num_rows)
        if low < high:
            yield batch.slice(low, high - low)
        place += batch.num_rows
        if place >= first + rows:
            return


def _identifiers(table: pa.Table, path: Path) -> pa.Array:
    if "enterprise_id" not in table.column_names:
        raise FactsNotUsable(
            "the table of facts has no enterprises", where=str(path), expected="a column enterprise_id"
        )
    ids = table.column("enterprise_id").cast(pa.string()).combine_chunks()
    if ids.null_count or pc.count_distinct(ids).as_py() != len(ids):
        raise FactsNotUsable(
            "an enterprise has no id, or several rows", where=str(path), expected="one row for an enterprise"
        )
    return ids


def _check_day(table: pa.Table, as_of: date, path: Path) -> None:
    if "as_of" in table.column_names:
        days = pc.unique(table.column("as_of").cast(pa.date32())).to_pylist()
        if days != [as_of]:
            raise FactsNotUsable(
                "the facts are of another day",
                where=str(path),
                expected=as_of.isoformat(),
                found=", ".join(str(day) for day in days[:3]),
                advice="give the day of the facts: --as-of",
            )


def _number(table: pa.Table, name: str, path: Path) -> npt.NDArray[np.float64]:
    column = table.column(name)
    if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)):
        raise FactsNotUsable(
            "a column of the table of facts is no number",
            where=str(path),
            field=name,
            expected=f"numbers, or one of {', '.join(TEXTS)}",
            found=str(column.type),
        )
    found: npt.NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy()
    return found


def _unstated(stated: Collection[str], rows: int) -> dict[str, pa.Array]:
    """Features of the catalogue that the table lacks; a rule that needs one refers."""
    nothing = pa.nulls(rows, pa.float64())
    return {feature.name: nothing for feature in CATALOGUE if feature.name not in stated}


def _digests(table: pa.Table, columns: dict[str, npt.NDArray[np.float64]]) -> pa.Array:
    if "input_sha256" in table.column_names:
        return table.column("input_sha256").cast(pa.string()).combine_chunks()
    names = sorted(columns)
    start = sha256("\n".join(names).encode())
    matrix = np.empty((table.num_rows, len(names)))
    for place, name in enumerate(names):
        matrix[:, place] = columns[name] + 0.0
    matrix[np.isnan(matrix)] = np.nan  # one NaN for all
    rows = memoryview(matrix.astype("<f8", copy=False).tobytes())
    width = matrix.shape[1] * 8
    found = []
    for row in range(len(matrix)):
        one = start.copy()
        one.update(rows[row * width : (row + 1) * width])
        found.append(one.hexdigest())
    return pa.array(found, pa.string())


def _origins(table: pa.Table) -> pa.Array:
    if "data_origin" not in table.column_names:
        return pa.array([[NOT_STATED]], pa.list_(pa.string())).take(pa.array(np.zeros(len(table), dtype=np.int64)))
    stated = pc.fill_null(table.column("data_origin").cast(pa.string()), NOT_STATED)
    return pc.split_pattern(stated, "; ").combine_chunks()
