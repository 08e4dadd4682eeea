"""One bucket of a run: paths in, files out, digests back. Any process on any machine that sees the paths may do it.

Nothing is kept between buckets but what was read of the plan's inputs, and those are checked against its digests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from models import __version__
from models.allocation.terms import GROUPS
from models.bundle import Bundle
from models.decision import Decisions, detail_columns
from models.lake import Lake, Manifest, bucket_of
from models.policy import Policy
from models.scoring import score, score_beside, score_facts
from models.tables import ParquetFiles, Tables
from service.batch.books import books_in, read_books, write_books
from service.batch.cutting import tables_of
from service.batch.errors import BatchInputChanged
from service.batch.facts import facts_table, read_facts
from service.batch.files import Output, write_rows
from service.batch.inputs import (
    BOOKS,
    LAKE_MANIFEST,
    books_files,
    books_name,
    bundle_in,
    check_readable,
    lines_in,
    neighbourhood_in,
    network_in,
    overlay_in,
)
from service.batch.isolating import Failure, survivors
from service.batch.plan import Bucket, Plan
from service.batch.remote import lake_at
from service.batch.vintages import Vintages, vintages_of
from service.credit_lines import with_lines
from service.errors import EnterpriseUnknown
from service.groups import groups_in
from service.policies import policy_on
from service.shadow import beside_columns

SCORES, FAILURES, SHADOW, FACTS = "scores", "failures", "shadow", "facts"
MOST_BUNDLES = 4
_BUNDLES: dict[str, Bundle] = {}
Keep = Callable[[Decisions, Tables], Sequence[str]]
FAILURE_SCHEMA = pa.schema([(name, pa.string()) for name in ("enterprise_id", "error", "field", "reason")])


@dataclass(frozen=True)
class Task:
    """One bucket to do: the plan, the bucket, and the folder of the run. `prepares`: its books, which others need."""

    plan: Plan
    bucket: Bucket
    folder: str
    prepares: bool = False


@dataclass(frozen=True)
class Receipt:
    """What a bucket came to. `planned` is `scored + failed`; referred cases are among the scored."""

    run: str
    bucket: str
    planned: int
    scored: int
    referred: int
    failed: int
    outcomes: Mapping[str, int]
    files: Mapping[str, Output]
    vintages: Vintages = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "files": {kind: output.as_dict() for kind, output in self.files.items()}}

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Receipt:
        """What `as_dict` gave."""
        return cls(**{**facts, "files": {kind: Output.read(output) for kind, output in facts["files"].items()}})


def do_bucket(task: Task, keep: Keep | None = None, policy: Policy | None = None) -> Receipt:
    """Decide on every enterprise of the bucket and write its files. `keep`: called with decisions of records and the
    tables before they are written; gives their ids. `policy`: the plan's, where the caller has it already.

    Raises BucketUnreadable, BatchDiskFull, BatchInputChanged and the errors `OF_THE_RUN`; an enterprise that cannot be
    scored is a row of the failures.
    """
    plan, bucket, folder = task.plan, task.bucket, Path(task.folder)
    if task.prepares:
        return _prepare(plan, bucket, folder)
    policy = _policy(plan, folder) if policy is None else policy
    found = (
        _from_facts(plan, bucket, folder, policy) if plan.inputs.facts else _from_records(plan, bucket, folder, policy)
    )
    parts, failures, groups = found.parts, found.failures, found.groups
    order = _order(parts)
    ids = [plan.decision_ids if keep is None else keep(part, found.tables) for part in parts]
    scores = _together(
        [flat_rows(part, groups, decision_ids=named) for part, named in zip(parts, ids, strict=True)], order
    )
    name = f"bucket={bucket.name}.parquet"
    files = {}
    if scores is not None:
        files[SCORES] = write_rows(folder, f"{SCORES}/{name}", scores)
    if plan.inputs.challenger is not None and parts:
        challenger = _bundle(folder, plan.inputs.challenger)
        beside = [beside_columns(part, score_beside(part, challenger)) for part in parts]
        files[SHADOW] = write_rows(folder, f"{SHADOW}/{name}", pa.concat_tables(beside).take(order))
    if plan.keeps_facts and parts:
        kept = [facts_table(part, _of(groups, part.enterprise_ids)) for part in parts]
        files[FACTS] = write_rows(folder, f"{FACTS}/{name}", pa.concat_tables(kept).take(order))
    if failures:
        rows = [asdict(one) for one in sorted(failures, key=lambda one: one.enterprise_id)]
        files[FAILURES] = write_rows(folder, f"{FAILURES}/{name}", pa.Table.from_pylist(rows, FAILURE_SCHEMA))
    scored = 0 if scores is None else scores.num_rows
    outcomes = Counter[str]() if scores is None else Counter[str](scores.column("outcome").to_pylist())
    return Receipt(
        run=plan.digest,
        bucket=bucket.name,
        planned=scored + len(failures),
        scored=scored,
        referred=outcomes["refer"],
        failed=len(failures),
        outcomes=dict(sorted(outcomes.items())),
        files=files,
        vintages={} if scores is None else vintages_of(found.tables, plan.as_of, scores),
    )


def _prepare(plan: Plan, bucket: Bucket, folder: Path) -> Receipt:
    """Keep the books of one hash bucket with the inputs."""
    lake = _lake(plan.places.lake, str(folder), plan.digest)
    try:
        books = books_in(lake, bucket.lake[0], plan.as_of)
    except Exception:
        check_readable(_own_files(lake, bucket))
        raise
    kept = write_books(books, folder, books_name(bucket))
    return Receipt(plan.digest, bucket.name, 0, 0, 0, 0, {}, {BOOKS: kept})


def flat_rows(decisions: Decisions, groups: pa.Table, *, decision_ids: bool | Sequence[str]) -> pa.Table:
    """One row per decision: the flat columns, the groups of the enterprise, the decision in full."""
    table = decisions.to_arrow(decision_ids=decision_ids)
    own = _of(groups, decisions.enterprise_ids)
    detail = detail_columns(decisions)
    for part in (own, detail):
        for name in part.column_names:
            table = table.append_column(name, part.column(name))
    return table


@dataclass(frozen=True)
class _Found:
    """What became of a bucket: decisions in parts, who failed, the groups of all, and the records if there are any."""

    parts: list[Decisions]
    failures: list[Failure]
    groups: pa.Table
    tables: Tables


def _from_records(plan: Plan, bucket: Bucket, folder: Path, policy: Policy) -> _Found:
    lake = _lake(plan.places.lake, str(folder), plan.digest)
    bundle = _bundle(folder, plan.inputs.bundle)
    found = None if bucket.enterprises is not None else network_in(folder)
    try:
        stored, ids = tables_of(lake, bucket, trading=found is None)
    except EnterpriseUnknown:
        raise
    except Exception:
        check_readable(_own_files(lake, bucket))
        raise
    books = None if bucket.enterprises is not None else read_books(books_files(plan, folder), ids)
    network = None if found is None else found.filter(pc.is_in(found.column("e"), pa.array(ids, pa.string())))
    lines = lines_in(folder, plan.inputs.lines)
    tables = _with_lines(stored, ids, lines, lake)

    def decide(some: Sequence[str]) -> Decisions:
        held = tables
        if len(some) < len(ids):
            held = _with_lines(lake.tables(enterprises=some, neighbourhood=True), some, lines, lake)
        requests = dict.fromkeys(some, plan.request) if plan.request else None
        return score(
            held, plan.as_of, bundle, policy,
            requests=requests, enterprises=some, books=books, network=network,
        )  # fmt: skip

    parts, failures = survivors(decide, ids, lambda: check_readable(files_in(tables))) if ids else ([], [])
    return _Found(parts, failures, groups_in(tables, plan.as_of), tables)


def _with_lines(stored: Tables, ids: Sequence[str], lines: pa.Table, lake: Lake) -> Tables:
    """Records with the lines that were approved here, of the enterprises and of whoever may be in their groups."""
    if not len(lines):
        return stored
    near = pa.array(sorted({*ids, *lake.fellows(ids)}), pa.string())
    return with_lines(stored, ids, lines.filter(pc.is_in(lines.column("enterprise_id"), value_set=near)))


def _from_facts(plan: Plan, bucket: Bucket, folder: Path, policy: Policy) -> _Found:
    path = Path(plan.places.facts[bucket.file])
    bundle = _bundle(folder, plan.inputs.bundle)
    facts = read_facts(path, bucket, plan.as_of, bundle.features)

    def decide(some: Sequence[str]) -> Decisions:
        requests = dict.fromkeys(some, plan.request) if plan.request else None
        return score_facts(facts.of(some), plan.as_of, bundle, policy, requests=requests)

    names = facts.enterprises
    parts, failures = survivors(decide, names, lambda: None) if names else ([], [])
    return _Found(parts, [*facts.failures, *failures], facts.groups, Tables({}))


def _own_files(lake: Lake, bucket: Bucket) -> list[Path]:
    """The files of the bucket's own enterprises."""
    numbers = bucket.lake or sorted({bucket_of(name, lake.buckets) for name in bucket.enterprises or ()})
    return lake.files(buckets=numbers)


def files_in(tables: Tables) -> list[Path]:
    """The files that a bucket reads, those of its neighbours among them."""
    sources = [*tables.by_kind.values(), *(tables.neighbours or {}).values()]
    return [Path(path) for source in sources if isinstance(source, ParquetFiles) for path in source.paths]


@lru_cache(maxsize=2)
def _lake(place: str, folder: str, _run: str) -> Lake:
    path = Path(folder, LAKE_MANIFEST)
    return lake_at(place, Manifest.from_bytes(path.read_bytes(), str(path)), neighbourhood_in(Path(folder)))


def _bundle(folder: Path, digest: str) -> Bundle:
    """Read once by a process, whatever the run."""
    if digest not in _BUNDLES:
        bundle = bundle_in(folder, digest)
        _same("bundle", digest, bundle.digest)
        if len(_BUNDLES) >= MOST_BUNDLES:
            _BUNDLES.clear()
        _BUNDLES[digest] = bundle
    return _BUNDLES[digest]


def _policy(plan: Plan, folder: Path) -> Policy:
    _same("code", plan.inputs.code_version, __version__)
    policy = policy_on(plan.as_of, overlay_in(folder))
    _same("policy", plan.inputs.policy, policy.digest)
    return policy


def _same(what: str, planned: str, found: str) -> None:
    if planned != found:
        raise BatchInputChanged(
            f"the {what} is not the one that the run was planned with",
            expected=planned,
            found=found,
            advice="Start a new run in another folder",
        )


def _order(parts: list[Decisions]) -> pa.Array:
    """The places of all enterprises in the order of their ids, whatever the parts."""
    ids = pa.chunked_array([part.enterprise_ids for part in parts], pa.string())
    return pc.sort_indices(ids)


def _together(tables: list[pa.Table], order: pa.Array) -> pa.Table | None:
    if not tables:
        return None
    table = tables[0] if len(tables) == 1 else pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    places = order.to_numpy()
    return table if (places[1:] > places[:-1]).all() else table.take(order)


def _of(groups: pa.Table, ids: pa.Array) -> pa.Table:
    """The groups of enterprises in their order; null where nothing is said."""
    if not groups.num_rows:
        return pa.table({name: pa.nulls(len(ids), pa.string()) for name in GROUPS})
    rows = pc.index_in(ids, value_set=groups.column("enterprise_id").cast(pa.string()).combine_chunks())
    return pa.table(
        {
            name: groups.column(name).cast(pa.string()).combine_chunks().take(rows)
            if name in groups.column_names
            else pa.nulls(len(ids), pa.string())
            for name in GROUPS
        }
    )
