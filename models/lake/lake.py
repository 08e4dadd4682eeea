"""Reading and writing the lake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from filelock import FileLock, Timeout

from models.lake.manifest import (
    DEFAULT_BUCKETS,
    LakeBusy,
    Manifest,
    Part,
    bucket_of,
    read_manifest,
    write_manifest,
)
from models.lake.neighbourhood import GROUP_KINDS, Neighbourhood, fellow_members, group_ties, trading_ties, within
from models.lake.neighbourhood import KINDS_READ as NEIGHBOUR_KINDS
from models.lake.parts import buckets_of, missing_part, read_parts, write_part
from models.records import KINDS
from models.records.invoice import INVOICE
from models.records.kind import RecordKind
from models.tables import ParquetFiles, Source, Tables, enterprises_of, merge_versions
from models.tables.members import joined_to

MOST_PARTS = 24  # a bucket of more parts is rewritten as one
LOCK = "writer.lock"
Bring = Callable[[Sequence[Part]], None]


def _here(_parts: Sequence[Part]) -> None:
    """The parts lie where they are read."""


@dataclass(frozen=True)
class AppendReceipt:
    """What became of appended rows: `added + duplicates` is how many there were. `corrections` are among the added."""

    added: int
    duplicates: int
    corrections: int

    def __add__(self, other: AppendReceipt) -> AppendReceipt:
        return AppendReceipt(
            self.added + other.added, self.duplicates + other.duplicates, self.corrections + other.corrections
        )


class Lake:
    """The records under a data directory. Any number of readers, one writer at a time."""

    def __init__(
        self,
        home: Path | str,
        *,
        buckets: int = DEFAULT_BUCKETS,
        wait_s: float = 10.0,
        pinned: Manifest | None = None,
        neighbourhood: Neighbourhood | None = None,
        bring: Bring = _here,
    ) -> None:
        """`buckets` counts only when the lake is created; `wait_s`: how long a writer waits for another. `pinned`:
        read this state of the lake, whatever is appended meanwhile; `neighbourhood`: of that state, where somebody
        found it before. `bring` is told the parts that are about to be read, where they come from elsewhere."""
        self.root = Path(home) / "lake"
        self._buckets = buckets
        self._wait_s = wait_s
        self._pinned = pinned
        self._known = neighbourhood
        self._bring = bring
        self._ties: tuple[tuple[str, ...], pa.Table] | None = None  # of the parts that were read for them
        self._groups: tuple[tuple[str, ...], tuple[pa.Table, pa.Array]] | None = None

    def manifest(self) -> Manifest:
        """The present state, or the one that is read instead."""
        return read_manifest(self.root, self._buckets) if self._pinned is None else self._pinned

    def pinned(self) -> Lake:
        """The same lake in its present state, whatever is appended or cut anew while it is read."""
        return Lake(
            self.root.parent, wait_s=self._wait_s, pinned=self.manifest(), neighbourhood=self._known, bring=self._bring
        )

    @property
    def buckets(self) -> int:
        """How many hash buckets of enterprises there are."""
        return self.manifest().buckets

    def tables(
        self,
        kinds: Sequence[str] | None = None,
        enterprises: Sequence[str] | None = None,
        *,
        neighbourhood: bool = False,
    ) -> Tables:
        """Everything (files that stay on disk), or the rows of the given enterprises (in memory).

        `neighbourhood`: with the books of those within two steps of the given ones (`Tables.neighbours`).
        """
        manifest = self.manifest()
        wanted = [kind for kind in manifest.kinds if kinds is None or kind in kinds]
        if enterprises is None:
            return self._files(manifest, wanted, None, {} if neighbourhood else None)
        own = self._rows(manifest, wanted, enterprises)
        return Tables(own, self._around(manifest, enterprises) if neighbourhood else None)

    def bucket(self, number: int, kinds: Sequence[str] | None = None, *, neighbourhood: bool = False) -> Tables:
        """The enterprises of one hash bucket, as files. A connected kind without rows here is an empty table.

        `neighbourhood`: with the books of the others around them, as files.
        """
        manifest = self.manifest()
        wanted = [k for k in manifest.kinds if kinds is None or k in kinds]
        return self._files(manifest, wanted, [number], self.around([number]) if neighbourhood else None)

    def around(self, buckets: Sequence[int], *, trading: bool = True) -> Mapping[str, Source]:
        """The books that the enterprises of some buckets need besides: files of the others, of partners and fellow
        members of a group; none if nobody has any. `trading`: those of partners are wanted, who are in nearly every
        bucket; where what the network says was found before, they are not."""
        manifest = self.manifest()
        ties, groups = self._trading(manifest) if trading else None, self._grouped(manifest)
        wanted: dict[str, set[int]] = {}
        if ties is not None:
            partners = within(ties, self._inside(manifest, ties, buckets))
            theirs = {bucket_of(name, manifest.buckets) for name in partners}
            wanted |= dict.fromkeys(NEIGHBOUR_KINDS, theirs)
        fellows = fellow_members(groups, self._inside(manifest, groups[0], buckets))
        members = {bucket_of(name, manifest.buckets) for name in fellows}
        wanted |= {kind: wanted.get(kind, set()) | members for kind in GROUP_KINDS}
        return {
            kind: self._files(manifest, [kind], sorted(others)).by_kind[kind]
            for kind in manifest.kinds
            if (others := wanted.get(kind, set()) - set(buckets))
        }

    @staticmethod
    def _inside(manifest: Manifest, ties: pa.Table, buckets: Sequence[int]) -> set[str]:
        """Those of some buckets whom a tie names."""
        names = pc.unique(ties.column("one")).to_pylist()
        return {name for name in names if bucket_of(name, manifest.buckets) in buckets}

    def neighbourhood(self) -> Neighbourhood:
        """Who trades with whom and who may belong together: reads the invoices and relations of everybody."""
        manifest = self.manifest()
        return Neighbourhood(self._trading(manifest), self._grouped(manifest))

    def files(self, kinds: Sequence[str] | None = None, buckets: Sequence[int] | None = None) -> list[Path]:
        """The part files of some kinds and buckets; all where none are named."""
        manifest = self.manifest()
        parts = [
            part for kind in manifest.kinds if kinds is None or kind in kinds for part in manifest.of(kind, buckets)
        ]
        self._bring(parts)
        return [self.root / part.path for part in parts]

    def fellows(self, enterprises: Sequence[str]) -> set[str]:
        """Everybody whom ties of control, name or guarantee ever joined to some enterprises, these left out.

        With or without rows of their own; too many rather than too few, since the policy says who counts.
        """
        ties, _ = self._grouped(self.manifest())
        return joined_to(ties, enterprises) if len(ties) else set()

    def trading(self) -> set[str]:
        """The enterprises with books here that trade with another one: where there are none, there is no network."""
        ties = self._trading(self.manifest())
        return set() if ties is None else set(pc.unique(ties.column("one")).to_pylist())

    def enterprises(self) -> list[str]:
        """Every enterprise that has a row of any kind, sorted."""
        return enterprises_of(self.tables())

    def append(self, kind: RecordKind | str, rows: pa.Table) -> AppendReceipt:
        """Add rows of one kind, all or nothing."""
        with self.writing() as writing:
            return writing.append(kind, rows)

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Several appends as one change: committed when the block ends, forgotten if it raises. LakeBusy if locked."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.root / LOCK)
        try:
            lock.acquire(timeout=self._wait_s)
        except Timeout as error:
            raise LakeBusy(
                "another process is writing to the store",
                where=str(self.root),
                expected=f"the writer's lock within {self._wait_s:g} s",
                advice="Wait until the other import has ended and try again",
            ) from error
        try:
            writing = Writing(self.root, self.manifest())
            writing.remove_leftovers()
            try:
                yield writing
                writing.commit()
            except BaseException:
                writing.remove_leftovers()
                raise
        finally:
            lock.release()

    def _rows(self, manifest: Manifest, kinds: Sequence[str], enterprises: Sequence[str]) -> dict[str, Source]:
        by_bucket: dict[int, list[str]] = {}
        for enterprise in enterprises:
            by_bucket.setdefault(bucket_of(enterprise, manifest.buckets), []).append(enterprise)
        self._bring([part for kind in kinds for part in manifest.of(kind, by_bucket)])
        return {
            kind: pa.concat_tables(
                [KINDS[kind].schema.empty_table()]
                + [
                    read_parts(self.root, KINDS[kind], manifest.of(kind, [bucket]), those)
                    for bucket, those in sorted(by_bucket.items())
                ]
            )
            for kind in kinds
        }

    def _around(self, manifest: Manifest, enterprises: Sequence[str]) -> dict[str, Source]:
        ties, groups = self._trading(manifest), self._grouped(manifest)
        reached = set() if ties is None else within(ties, enterprises)
        members = fellow_members(groups, enterprises)
        found: dict[str, Source] = {}
        for kind in manifest.kinds:
            names = (reached if kind in NEIGHBOUR_KINDS else set()) | (members if kind in GROUP_KINDS else set())
            if names:
                found |= self._rows(manifest, [kind], sorted(names))
        return found

    def _grouped(self, manifest: Manifest) -> tuple[pa.Table, pa.Array]:
        """Who may belong to whose group, read once for a state of the lake."""
        if self._known is not None:
            return self._known.groups
        kinds = [kind for kind in manifest.kinds if kind in GROUP_KINDS]
        paths = tuple(part.path for kind in kinds for part in manifest.of(kind))
        if self._groups is None or self._groups[0] != paths:
            self._groups = (paths, group_ties(self._files(manifest, kinds, None).by_kind))
        return self._groups[1]

    def _trading(self, manifest: Manifest) -> pa.Table | None:
        """Who trades with whom, read once for a state of the lake; None without invoices."""
        if self._known is not None:
            return self._known.trading
        if INVOICE.name not in manifest.kinds:
            return None
        kinds = [kind for kind in manifest.kinds if kind in NEIGHBOUR_KINDS]
        paths = tuple(part.path for kind in kinds for part in manifest.of(kind))
        if self._ties is None or self._ties[0] != paths:
            self._ties = (paths, trading_ties(self._files(manifest, kinds, None).by_kind))
        return self._ties[1]

    def _files(
        self,
        manifest: Manifest,
        kinds: Sequence[str],
        buckets: Sequence[int] | None,
        neighbours: Mapping[str, Source] | None = None,
    ) -> Tables:
        by_kind: dict[str, Source] = {}
        self._bring([part for kind in kinds for part in manifest.of(kind, buckets)])
        for kind in kinds:
            paths = tuple(str(self.root / part.path) for part in manifest.of(kind, buckets))
            by_kind[kind] = ParquetFiles(paths) if paths else KINDS[kind].schema.empty_table()
        for path in (path for source in by_kind.values() if isinstance(source, ParquetFiles) for path in source.paths):
            if not Path(path).exists():
                raise missing_part(Path(path))
        return Tables(by_kind, neighbours)


class Writing:
    """One change of the lake under way. Part files are written at once; nobody sees them before `commit`."""

    def __init__(self, root: Path, manifest: Manifest) -> None:
        self.root = root
        self.manifest = manifest
        self.parts: dict[tuple[str, int], tuple[Part, ...]] = dict(manifest.parts)
        self.buckets = manifest.buckets
        self.written = 0

    def append(self, kind: RecordKind | str, rows: pa.Table) -> AppendReceipt:
        """Merge rows with what the lake (and this change) holds."""
        declared = KINDS[kind] if isinstance(kind, str) else kind
        total = AppendReceipt(0, 0, 0)
        if not len(rows):
            return total
        rows = rows.select(declared.schema.names).cast(declared.schema)
        for bucket, some in self._by_bucket(rows):
            total += self._append_bucket(declared, bucket, some)
        return total

    def spread(self, kind: RecordKind, rows: pa.Table) -> None:
        """Rows that the lake holds already, as files of the buckets that they belong to now."""
        for bucket, some in self._by_bucket(rows):
            self.parts[kind.name, bucket] = (*self.parts.get((kind.name, bucket), ()), self._write(kind, bucket, some))

    def commit(self) -> None:
        """Make this change the state of the lake; without any change the manifest stays as it is, to the byte."""
        self._compact()
        if self.parts == dict(self.manifest.parts) and self.buckets == self.manifest.buckets:
            return
        following = replace(self.manifest.succeeded_by(self.parts), buckets=self.buckets)
        write_manifest(self.root, following)
        self.manifest = following
        self.remove_leftovers()

    def remove_leftovers(self) -> None:
        """Delete part files that no manifest needs: of a crashed or refused change, or retired long ago."""
        needed = self.manifest.paths()
        for path in self.root.glob("*/bucket=*/*.parquet"):
            if path.relative_to(self.root).as_posix() not in needed:
                path.unlink(missing_ok=True)

    def _by_bucket(self, rows: pa.Table) -> Iterator[tuple[int, pa.Table]]:
        numbers = buckets_of(rows, self.buckets)
        for bucket in np.unique(numbers):
            yield int(bucket), rows.filter(pa.array(numbers == bucket))

    def _append_bucket(self, kind: RecordKind, bucket: int, rows: pa.Table) -> AppendReceipt:
        present = self.parts.get((kind.name, bucket), ())
        if not present:
            merged = merge_versions(kind, None, rows)
        else:
            ids = pc.unique(rows.column("enterprise_id")).to_pylist()
            touched = read_parts(self.root, kind, present, ids)
            merged = merge_versions(kind, touched, rows)
            if merged.rewritten is not None:
                self._rewrite(kind, bucket, ids, merged.rewritten)
        if len(merged.added):
            part = self._write(kind, bucket, merged.added)
            self.parts[kind.name, bucket] = (*self.parts.get((kind.name, bucket), ()), part)
        return AppendReceipt(len(merged.added), merged.duplicates, merged.corrections)

    def _rewrite(self, kind: RecordKind, bucket: int, ids: Sequence[str], rewritten: pa.Table) -> None:
        """Replace the stored rows of some enterprises: the whole bucket becomes one new part."""
        stored = read_parts(self.root, kind, self.parts[kind.name, bucket])
        others = stored.filter(pc.invert(pc.is_in(stored.column("enterprise_id"), pa.array(ids, pa.string()))))
        self.parts[kind.name, bucket] = (self._write(kind, bucket, pa.concat_tables([others, rewritten])),)

    def _compact(self) -> None:
        for (name, bucket), parts in list(self.parts.items()):
            if len(parts) > MOST_PARTS:
                kind = KINDS[name]
                self.parts[name, bucket] = (self._write(kind, bucket, read_parts(self.root, kind, parts)),)

    def _write(self, kind: RecordKind, bucket: int, rows: pa.Table) -> Part:
        self.written += 1
        name = f"g{self.manifest.generation + 1:06d}-{self.written:04d}.parquet"
        return write_part(self.root, f"{kind.name}/bucket={bucket:02d}/{name}", kind, rows)
