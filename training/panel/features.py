"""The features of the panel's rows, computed a few lake buckets at a time and kept as Parquet."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from models import __version__
from models.canonical import digest
from models.errors import AssetlightError
from models.features import CATALOGUE, Feature, compute_features
from models.features.catalogue import ROLLUPS
from models.features.family import mentioned
from models.lake import Lake
from models.tables import ParquetFiles, Tables
from training.panel.population import Population

ROWS_AT_ONCE = 6_000_000  # stored rows of the buckets that are computed together: bounds memory, not the result
Progress = Callable[[int, int], None]
_KEYS = ["as_of", "enterprise_id"]
_PACKAGES = ("models.features", "models.tables", "models.records")


class PanelRowsLost(AssetlightError):
    """The features and the population do not have the same rows."""


def panel_features(
    lake: Lake,
    people: Population,
    *,
    features: Sequence[Feature] = CATALOGUE,
    neighbourhood: bool = False,
    cache: Path | None = None,
    progress: Progress = lambda *_: None,
) -> pa.Table:
    """enterprise_id, as_of and every feature for the rows of the population, in their order.

    `neighbourhood`: with the books of the other enterprises, over the whole lake at once; without it features of the
    network are null, as they are wherever enterprises are scored without their neighbours: both sides must agree.
    Kept under `cache` by the digests of the lake, of the code that computes features, of the rows and of the features;
    reading it back gives the same bits. Raises PanelRowsLost.
    """
    days = people.days
    key = panel_key(lake, people, features, neighbourhood=neighbourhood)
    path = None if cache is None else cache / f"{key}.parquet"
    if path is not None and path.exists():
        progress(1, 1)
        return _in_order(pq.read_table(path), people)
    lake = lake.pinned()
    chunks = list(bucket_groups(lake))
    apart = [item for item in features if neighbourhood and reads_others(item)]
    alone = [item for item in features if item not in apart]
    wanted = pa.table({"enterprise_id": people.enterprise_ids, "as_of": people.as_of})
    parts = []
    for done, buckets in enumerate(chunks):
        progress(done, len(chunks) + bool(apart))
        parts.append(_rows_of(compute_features(merged(lake, buckets), days, features=alone), wanted))
    table = pa.concat_tables(parts)
    if apart:  # they look into the books of enterprises of other buckets
        progress(len(chunks), len(chunks) + 1)
        network = _rows_of(compute_features(lake.tables(neighbourhood=True), days, features=apart), wanted)
        table = table.join(network, keys=_KEYS, join_type="left outer")
    table = _in_order(table.select(["enterprise_id", "as_of", *(item.name for item in features)]), people)
    progress(1, 1)
    if path is not None:
        _write(table, path)
    return table


def panel_key(lake: Lake, people: Population, features: Sequence[Feature], *, neighbourhood: bool = False) -> str:
    """What the features depend on, as a name of 24 hexadecimal digits."""
    return digest(
        {
            "lake": hashlib.sha256(lake.manifest().to_bytes()).hexdigest(),
            "code": _code_digest(),
            "version": __version__,
            "days": [day.isoformat() for day in people.days],
            "horizon_months": people.horizon_months,
            "last_day_known": people.last_day_known.isoformat(),
            "neighbourhood": neighbourhood,
            "features": [item.name for item in features],
        }
    )[:24]


def bucket_groups(lake: Lake, rows_at_once: int = ROWS_AT_ONCE) -> Iterator[list[int]]:
    """The buckets of the lake in groups of at most so many stored rows (at least one bucket each)."""
    manifest = lake.manifest()
    group: list[int] = []
    held = 0
    for bucket in range(manifest.buckets):
        rows = sum(part.rows for kind in manifest.kinds for part in manifest.of(kind, [bucket]))
        if group and held + rows > rows_at_once:
            yield group
            group, held = [], 0
        group.append(bucket)
        held += rows
    yield group


def merged(lake: Lake, buckets: Sequence[int]) -> Tables:
    """The tables of some buckets, as files. A kind that is connected is there even if these buckets have none of it."""
    each = [lake.bucket(bucket).by_kind for bucket in buckets]
    by_kind: dict[str, pa.Table | ParquetFiles] = {}
    for kind in each[0]:
        paths = tuple(
            path for tables in each if isinstance(source := tables[kind], ParquetFiles) for path in source.paths
        )
        by_kind[kind] = ParquetFiles(paths) if paths else each[0][kind]
    return Tables(by_kind)


def reads_others(feature: Feature) -> bool:
    """Whether the feature of an enterprise reads rows of other enterprises, so that no bucket may be computed alone."""
    return any(ROLLUPS[name].network for name in mentioned(feature.expression) if name in ROLLUPS)


def _rows_of(features: pa.Table, wanted: pa.Table) -> pa.Table:
    return features.join(wanted, keys=_KEYS, join_type="inner")


def _in_order(table: pa.Table, people: Population) -> pa.Table:
    table = table.sort_by([(key, "ascending") for key in _KEYS]).combine_chunks()
    same = table.num_rows == len(people.enterprise_ids) and (
        pc.all(pc.equal(table.column("enterprise_id"), people.enterprise_ids)).as_py() is not False
        and pc.all(pc.equal(table.column("as_of"), people.as_of)).as_py() is not False
    )
    if not same:
        raise PanelRowsLost(
            "the features do not have the rows of the population",
            expected=f"{len(people.enterprise_ids)} rows",
            found=table.num_rows,
            advice="Delete HOME/panels and build the panel again",
        )
    return table


def _write(table: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    pq.write_table(table, draft, compression="zstd", compression_level=1)
    draft.replace(path)


def _code_digest() -> str:
    """Of every source file that decides what a feature is, so that a changed formula never meets an old cache."""
    total = hashlib.sha256()
    for package in _PACKAGES:
        for entry in sorted(resources.files(package).iterdir(), key=lambda each: each.name):
            if entry.name.endswith(".py"):
                total.update(entry.name.encode() + b"\0" + entry.read_bytes() + b"\0")
    return total.hexdigest()
