"""A run from a service: what is decided and from which inputs, how it is run, what the ledger is told."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from models import __version__
from models.canonical import digest
from models.default_probability import population_of
from models.lake import Lake, Manifest
from models.lake.manifest import MANIFEST as LAKE_STATE
from models.scoring import CreditRequest
from service.assessing import Assessor, has_stored_rows, nothing_stored, product_of
from service.batch.cluster import RayCluster, ray_package
from service.batch.cutting import FACTS_AT_ONCE, ROWS_AT_ONCE, fact_buckets, lake_buckets, named_bucket
from service.batch.errors import FactsNotUsable
from service.batch.files import sha256_of
from service.batch.folder import MANIFEST
from service.batch.inputs import lines_file
from service.batch.plan import Inputs, Places, Plan
from service.batch.remote import lake_at
from service.batch.running import Engine, ProcessPool, Progress, Ran, in_this_process, run_plan
from service.batch.storage import Storage, is_remote, plain
from service.credit_lines import known_by
from service.ledger import Content, Kind, Work, draft
from service.ledger.contents import FILE
from service.store.schema import LEDGER

if TYPE_CHECKING:
    from service.bootstrap import Service


BATCHES = "batches"


@dataclass(frozen=True)
class Planned:
    """A plan, and what it reads of this moment: the state of the lake, the file of the lines approved here."""

    plan: Plan
    lake: Manifest | None
    lines: bytes | None = None


def plan_records(  # noqa: PLR0913  (one parameter per part of the question)
    assessor: Assessor,
    as_of: date,
    *,
    overlay: Path | None = None,
    enterprises: Sequence[str] | None = None,
    request: CreditRequest | None = None,
    decision_ids: bool = False,
    keeps_facts: bool = False,
    rows_at_once: int = ROWS_AT_ONCE,
    records: str | None = None,
) -> Planned:
    """Every stored enterprise, or those named, from the records. `records`: another data directory to read them from,
    by path or URL, as every machine sees it. Raises NothingStored, BundleNotFound, PopulationNotInBundle,
    StorageUnusable and so on."""
    home = assessor.lake.root.parent.resolve()  # a machine that helps may stand elsewhere
    lake = assessor.lake if records is None else lake_of(records)
    if not has_stored_rows(lake):
        raise nothing_stored(lake)
    manifest = lake.manifest()
    lines = lines_file(known_by(assessor.register(None, None), as_of))
    inputs = _inputs(
        assessor, as_of, request, lake=lake_digest(manifest), lake_generation=manifest.generation,
        lines=None if lines is None else sha256(lines).hexdigest(),
    )  # fmt: skip
    buckets = lake_buckets(lake, rows_at_once) if enterprises is None else named_bucket(enterprises)
    places = Places(str(home), None if overlay is None else str(overlay.resolve()), records=records)
    return Planned(_plan(as_of, inputs, places, buckets, request, decision_ids, keeps_facts), manifest, lines)


def plan_facts(
    assessor: Assessor,
    as_of: date,
    files: Sequence[Path],
    *,
    overlay: Path | None = None,
    request: CreditRequest | None = None,
    decision_ids: bool = False,
    rows_at_once: int = FACTS_AT_ONCE,
) -> Planned:
    """Every row of tables of facts, or of all of them in a folder. Raises FactsNotUsable."""
    paths = [path for one in files for path in (sorted(one.glob("*.parquet")) if one.is_dir() else [one])]
    if not paths:
        raise FactsNotUsable("no table of facts is there", where=", ".join(map(str, files)), expected="Parquet files")
    buckets = fact_buckets(paths, rows_at_once)
    digests = tuple((path.name, sha256_of(path)) for path in paths)
    inputs = _inputs(assessor, as_of, request, facts=digests)
    home = str(assessor.lake.root.parent.resolve())
    places = Places(
        home, None if overlay is None else str(overlay.resolve()), tuple(str(path.resolve()) for path in paths)
    )
    return Planned(_plan(as_of, inputs, places, buckets, request, decision_ids, keeps_facts=False), None)


def _plan(
    as_of: date,
    inputs: Inputs,
    places: Places,
    buckets: Any,  # noqa: ANN401
    request: CreditRequest | None,
    decision_ids: bool,
    keeps_facts: bool,
) -> Plan:
    asked = request or CreditRequest("")
    return Plan(
        as_of, inputs, places, buckets,
        product=asked.product or None, amount_fen=asked.amount_fen, forecast_growth=asked.forecast_growth,
        decision_ids=decision_ids, keeps_facts=keeps_facts,
    )  # fmt: skip


def _inputs(assessor: Assessor, as_of: date, request: CreditRequest | None, **more: Any) -> Inputs:  # noqa: ANN401
    policy = assessor.policy_on(as_of)
    product = product_of(request, policy)
    bundle, challenger = assessor.bundles.current(product), assessor.bundles.challenger(product)
    for each in (bundle, challenger):
        if each is not None:
            population_of(each, policy.compared_with)
    return Inputs(
        bundle=bundle.digest,
        challenger=None if challenger is None else challenger.digest,
        policy=policy.digest,
        code_version=__version__,
        **more,
    )


def lake_digest(manifest: Manifest) -> str:
    """The digest of the records that a state of the lake holds: part files never change, so their names say it."""
    return digest(
        [
            [kind, bucket, part.path, part.rows, part.size_bytes]
            for (kind, bucket), parts in sorted(manifest.parts.items())
            for part in sorted(parts)
        ]
    )


def lake_of(place: str) -> Lake:
    """The present state of the lake below a data directory, by path or URL. Raises StorageUnusable, LakeDamaged."""
    place = plain(place)
    if not is_remote(place):
        return Lake(place)
    name = f"lake/{LAKE_STATE}"
    content = Storage(place).read(name)
    return lake_at(place, Manifest() if content is None else Manifest.from_bytes(content, f"{place}/{name}"))


def run_folder(home: Path, plan: Plan) -> Path:
    """Where a run lies that nobody gave a folder: the same question finds it again."""
    return home / BATCHES / f"{plan.as_of.isoformat()}-{plan.digest[:12]}"


def engine_of(workers: int | None) -> Engine:
    """Processes of this machine: as many as it has cores, or as asked for."""
    number = workers or len(os.sched_getaffinity(0))
    return in_this_process if number == 1 else ProcessPool(number)


class EngineName(StrEnum):
    """Who does the buckets."""

    LOCAL = "local"
    RAY = "ray"


def cluster_of(address: str) -> Engine:
    """The machines of a Ray cluster. Raises RayNotInstalled."""
    ray_package()
    return RayCluster(address)


def run(
    service: Service,
    planned: Planned,
    folder: Path,
    *,
    engine: Engine,
    actor: str,
    progress: Progress = lambda _: None,
    shared: str | None = None,
) -> Ran:
    """Do what is left of the run and tell the ledger, once. Raises what `run_plan` raises, StoreUnusable."""
    ran = run_plan(
        planned.plan, folder, planned.lake, lines=planned.lines, engine=engine, progress=progress, shared=shared
    )
    tell_ledger(service, ran, actor)
    return ran


def tell_ledger(service: Service, ran: Ran, actor: str) -> None:
    """One entry with the digests of inputs and outputs; none where this very run was told of before."""
    manifest = ran.manifest
    subject = str(manifest["run"])
    known = select(LEDGER.c.body).where(LEDGER.c.kind == Kind.BATCH, LEDGER.c.subject == subject)
    with service.store.reading() as connection:
        told = [json.loads(bytes(row.body))["content"] for row in connection.execute(known)]
    if any(one["outputs_digest"] == manifest["outputs_digest"] for one in told):
        return
    content = Content.of(FILE, (ran.folder / MANIFEST).read_bytes())
    facts = {
        "as_of": manifest["as_of"],
        "inputs": manifest["inputs"],
        "request": manifest["request"],
        "counters": manifest["counters"],
        "outputs_digest": manifest["outputs_digest"],
        "manifest": content.sha256,
        "contents": [content.sha256],
    }
    entry = draft(Kind.BATCH, subject, actor, facts, at=service.clock())
    service.ledger.write(Work((entry,), contents=(content,)))
