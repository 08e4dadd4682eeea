"""What every bucket of a run reads besides its records: prepared once, kept in the folder of the run.

    inputs/lake.json          the state of the lake
    inputs/ties.arrow         who trades with whom; none without invoices
    inputs/groups.arrow       who may belong to whose group; inputs/members.arrow: who of them has rows of their own
    inputs/network.arrow      what the features of the network read of everybody, found once among all books
    inputs/lines.arrow        the lines that the bank approved here, where there are any
    inputs/books/NNN.arrow    the digests of the trading partners in a hash bucket: made by the run's workers
    inputs/bundles/DIGEST12/  the models that decide
    inputs/policy/NAME/       the bank's own policy folder, where it has one

What may be large is an Arrow file: the processes of a machine map it into memory and share its pages.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from models.bundle import Bundle
from models.features.neighbourhood import network_facts
from models.lake import GROUP_KINDS, KINDS_READ, Lake, Manifest, Neighbourhood
from models.records.credit_line import CREDIT_LINE
from models.tables import Tables
from service.batch.errors import BatchInputChanged, BucketUnreadable
from service.batch.files import read_mapped, sha256_of, write_bytes, write_mapped
from service.batch.plan import Bucket, Plan
from service.batch.remote import lake_at

INPUTS = "inputs"
LAKE_MANIFEST, BUNDLES, POLICY = f"{INPUTS}/lake.json", f"{INPUTS}/bundles", f"{INPUTS}/policy"
TIES, TIED, MEMBERS, NETWORK = (f"{INPUTS}/{name}.arrow" for name in ("ties", "groups", "members", "network"))
BOOKS, LINES = f"{INPUTS}/books", f"{INPUTS}/lines.arrow"
MOST_NAMED = 20  # unreadable files in one message


def keep_records(folder: Path, manifest: Manifest | None, lines: bytes | None) -> None:
    """Write the state of the lake, and the lines that were approved here as `lines_file` gave them, where there are any
    and the folder has none. Raises BatchDiskFull."""
    if manifest is not None and not (folder / LAKE_MANIFEST).exists():
        write_bytes(folder, LAKE_MANIFEST, manifest.to_bytes())
    if lines is not None and not (folder / LINES).exists():
        write_bytes(folder, LINES, lines)


def keep_inputs(plan: Plan, folder: Path, manifest: Manifest | None) -> None:
    """Write what is not there yet. `manifest`: the state of the lake, where records are read. Raises BucketUnreadable
    with every file of invoices and relations that cannot be read, BatchDiskFull, BatchInputChanged, BundleCorrupt,
    StorageUnusable."""
    _keep_models(plan, folder)
    keep_records(folder, manifest, None)
    if manifest is None:
        return
    lines_in(folder, plan.inputs.lines)
    lake = lake_at(plan.places.lake, manifest)
    if not (folder / MEMBERS).exists():
        try:
            found = lake.neighbourhood()
        except Exception:
            check_readable(lake.files([*KINDS_READ, *GROUP_KINDS]))
            raise
        _keep_neighbourhood(found, folder)
    if any(bucket.lake for bucket in plan.buckets) and not (folder / NETWORK).exists():
        _keep_network(lake, plan.as_of, folder)


def books_wanted(plan: Plan) -> list[Bucket]:
    """The hash buckets of which the digests need the books of trading partners, as work to be handed out."""
    numbers = sorted({number for bucket in plan.buckets for number in bucket.lake})
    return [Bucket(f"{number:03d}", 0, lake=(number,)) for number in numbers]


def books_name(bucket: Bucket) -> str:
    """Where the books of one hash bucket are kept."""
    return f"{BOOKS}/{bucket.name}.arrow"


def books_files(plan: Plan, folder: Path) -> list[Path]:
    """The files of all of them."""
    return [folder / books_name(bucket) for bucket in books_wanted(plan)]


def lines_file(lines: pa.Table) -> bytes | None:
    """Lines as a file of the run; None where there are none. The same lines are the same bytes."""
    if not len(lines):
        return None
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, lines.schema) as writer:
        writer.write_table(lines.sort_by([("line_no", "ascending"), ("known_at", "ascending")]).combine_chunks())
    return sink.getvalue()


def lines_in(folder: Path, expected: str | None) -> pa.Table:
    """The lines that were approved here, as the run keeps them. Raises BatchInputChanged."""
    if expected is None:
        return CREDIT_LINE.schema.empty_table()
    path = folder / LINES
    found = sha256_of(path) if path.exists() else "no file"
    if found != expected:
        raise BatchInputChanged(
            "the credit lines are not those that the run was planned with",
            where=str(path),
            expected=expected,
            found=found,
            advice="Start a new run in another folder",
        )
    return read_mapped(path)


def neighbourhood_in(folder: Path) -> Neighbourhood:
    """Who trades with whom and who belongs together, as the run keeps it."""
    ties = read_mapped(folder / TIES) if (folder / TIES).exists() else None
    members = read_mapped(folder / MEMBERS).column("enterprise_id").combine_chunks()
    return Neighbourhood(ties, (read_mapped(folder / TIED), members))


def network_in(folder: Path) -> pa.Table | None:
    """What the network says of everybody, as the run keeps it; None where it could not be found for all at once."""
    return read_mapped(folder / NETWORK) if (folder / NETWORK).exists() else None


def bundle_in(folder: Path, digest: str) -> Bundle:
    """A model that the run keeps. Raises BundleNotFound, BundleCorrupt."""
    return Bundle.load(folder / BUNDLES / digest[:12])


def overlay_in(folder: Path) -> Path | None:
    """The bank's own policy folder as the run keeps it."""
    kept = sorted((folder / POLICY).iterdir()) if (folder / POLICY).is_dir() else []
    return kept[0] if kept else None


def check_readable(paths: Sequence[Path]) -> None:
    """Read files to the end. Raises BucketUnreadable with those that cannot be read."""
    unread = {str(path): said for path in paths if (said := _refusal(path)) is not None}
    if not unread:
        return
    more = f" and {len(unread) - MOST_NAMED} more" if len(unread) > MOST_NAMED else ""
    raise BucketUnreadable(
        "a file of the lake cannot be read" if len(unread) == 1 else f"{len(unread)} files of the lake cannot be read",
        where=", ".join(list(unread)[:MOST_NAMED]) + more,
        found=next(iter(unread.values())),
        advice="Restore from the backup and run the same command again: what is done stays done",
    )


def _refusal(path: Path) -> str | None:
    try:
        with pq.ParquetFile(path) as file:
            for _ in file.iter_batches():
                pass
    except (pa.ArrowException, OSError) as error:
        return str(error).split("\n", 1)[0]
    return None


def _keep_models(plan: Plan, folder: Path) -> None:
    for digest in (plan.inputs.bundle, plan.inputs.challenger):
        if digest is None or (folder / BUNDLES / digest[:12] / "bundle.json").exists():
            continue
        files = Bundle.load(Path(plan.places.home) / "bundles" / digest[:12]).files()
        for name in sorted(files, key=lambda name: name == "bundle.json"):  # the one that says it is whole comes last
            write_bytes(folder, f"{BUNDLES}/{digest[:12]}/{name}", files[name])
    overlay = plan.places.overlay
    if overlay is not None and overlay_in(folder) is None:
        name = Path(overlay).name
        for path in sorted(Path(overlay).rglob("*.yaml")):
            write_bytes(folder, f"{POLICY}/{name}/{path.relative_to(overlay).as_posix()}", path.read_bytes())


def _keep_neighbourhood(found: Neighbourhood, folder: Path) -> None:
    """Sorted, so that the same ties are the same bytes. The members come last: with them it is whole."""
    if found.trading is not None:
        write_mapped(folder, TIES, found.trading.sort_by([("one", "ascending"), ("other", "ascending")]))
    groups, members = found.groups
    write_mapped(folder, TIED, groups.sort_by([(name, "ascending") for name in groups.column_names]))
    write_mapped(folder, MEMBERS, pa.table({"enterprise_id": members.sort()}))


def _keep_network(lake: Lake, as_of: date, folder: Path) -> None:
    """What the network says of everybody on the day, found once: it depends on nothing but what lies within two steps,
    so it has the bits that each bucket would find among the books of nearly everybody. Where a poisoned row is in the
    way it is not kept, and buckets look for themselves, so that the row costs its own enterprise only."""
    try:
        found = network_facts(Tables(lake.tables(KINDS_READ).by_kind, neighbours={}), as_of, small=False)
    except Exception:
        check_readable(lake.files(KINDS_READ))
        return
    write_mapped(folder, NETWORK, found.sort_by("e"))
