"""Scores that a person names: the Parquet of `assetlight score`, or whatever `assetlight batch` wrote.

A batch is read as one table, its files in the order of the manifest and checked by its digests. One bucket of several
is refused: shares of the budget would be taken of a part of the portfolio that a hash chose.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from models.allocation.scores import SCORES as COLUMNS
from models.allocation.scores import ScoresNotUsable, as_scores
from service.batch.bucket import FACTS, FAILURES, SCORES, SHADOW
from service.batch.elsewhere import copy_of
from service.batch.files import Output
from service.batch.folder import MANIFEST, RUN, RunFolder
from service.errors import ScoresMissing

BUCKET = "bucket="  # how the files of a batch are called
Words = tuple[str, str]  # Chinese, English


@dataclass(frozen=True)
class GivenScores:
    """The scores of one day as one table of declared types, and what whoever reads the plan should know of them."""

    table: pa.Table
    files: int
    cautions: tuple[Words, ...] = ()


def read_scores(place: str | Path) -> GivenScores:
    """A Parquet file of scores; or a batch: its folder by path or URL, its folder of scores, its only file.

    Raises ScoresMissing, ScoresNotUsable, BatchNotFinished, StorageUnusable.
    """
    path = copy_of(place) if isinstance(place, str) else place
    if path.is_dir():
        return _of_folder(path.resolve())
    if not path.is_file():
        raise ScoresMissing(
            "there are no scores to share a budget over",
            where=str(place),
            advice="Run `assetlight score --as-of DATE` first, or name with --scores its Parquet or the folder of a "
            "batch",
        )
    run = path.resolve().parent.parent
    if path.resolve().parent.name in (SCORES, SHADOW, FACTS, FAILURES) and _is_run(run):
        return _of_run_file(run, path.resolve())
    loose = path.name.find(BUCKET) >= 0
    return GivenScores(as_scores(_read(path)), 1, (_loose(path),) if loose else ())


def _of_folder(path: Path) -> GivenScores:
    if _is_run(path):
        return _of_run(path)
    if _is_run(path.parent):
        if path.name == SCORES:
            return _of_run(path.parent)
        raise _no_scores(path, path.parent)
    raise ScoresMissing(
        "the folder is no batch",
        where=str(path),
        expected=f"the folder of a batch, with {RUN} and {MANIFEST}, or its folder {SCORES}",
        found=", ".join(sorted(each.name for each in path.iterdir())[:5]) or "an empty folder",
        advice="Name the folder that `assetlight batch --out` was given, or one Parquet file of scores",
    )


def _is_run(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (RUN, MANIFEST))


def _outputs(run: Path) -> list[Output]:
    """The files of scores of a finished run, in the order of its manifest. Raises BatchNotFinished, BatchNotFound."""
    return [Output.read(one) for one in RunFolder(run).manifest()["outputs"] if one["kind"] == SCORES]


def _of_run(run: Path) -> GivenScores:
    outputs = _outputs(run)
    failed = int(RunFolder(run).manifest()["counters"]["failed"])
    if not outputs:
        raise ScoresMissing(
            "the batch scored nobody", where=str(run), found=f"{failed} enterprises that could not be scored",
            advice=f"See its folder {FAILURES}",
        )  # fmt: skip
    for output in outputs:
        if not output.is_whole(run):
            raise ScoresNotUsable(
                "a result of the batch is not what its manifest says",
                where=str(run / output.path),
                expected=f"{output.size} bytes, sha256 {output.sha256[:12]}",
                advice="Run the same assetlight batch again: it makes anew what was lost or changed",
            )
    table = pa.concat_tables([as_scores(_read(run / output.path)) for output in outputs])
    return GivenScores(table, len(outputs), (_failed(failed),) if failed else ())


def _of_run_file(run: Path, path: Path) -> GivenScores:
    outputs = _outputs(run)
    name = path.relative_to(run).as_posix()
    if name not in {output.path for output in outputs}:
        raise _no_scores(path, run)
    if len(outputs) > 1:
        raise ScoresNotUsable(
            f"the file is one bucket of {len(outputs)} of a batch, so the whole budget would go to a part of the "
            "portfolio that a hash chose",
            where=str(path),
            expected=f"the batch: {run}",
            found=name,
            advice="Name the folder of the batch with --scores: its files are read as one table",
            field="scores",
        )
    return _of_run(run)


def _read(path: Path) -> pa.Table:
    try:
        file = pq.ParquetFile(path)
        return file.read(
            columns=[name for name in file.schema_arrow.names if name in COLUMNS], use_pandas_metadata=False
        )
    except pa.ArrowInvalid as error:
        raise ScoresNotUsable("not a Parquet file of scores", where=str(path), found=str(error)) from None


def _no_scores(path: Path, run: Path) -> ScoresNotUsable:
    return ScoresNotUsable(
        "these are no scores of the batch",
        where=str(path),
        expected=f"the batch: {run}",
        found=path.name,
        advice="Name the folder of the batch with --scores",
        field="scores",
    )


def _loose(path: Path) -> Words:
    return (
        f"{path.name} 是批次中一个分桶的文件名，批次清单不在旁边：无法核对摘要，组合的其他部分可能未参与分配。",
        f"{path.name} is called like one bucket of a batch, whose manifest is not beside it: nothing checks its "
        "digest, and other parts of the portfolio may get nothing of the budget.",
    )


def _failed(number: int) -> Words:
    return (
        f"批次中有 {number:,} 户未能评分，未参与分配。",
        f"The batch could not score {number:,} enterprises; they get nothing of the budget.",
    )
