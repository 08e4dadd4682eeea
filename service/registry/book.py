"""The book of the registry's records: what they say now, what is wrong with them, and how one more is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from typing import Protocol

from models.bundle import Bundle, BundleCorrupt
from models.tables import BANK_ZONE
from service.registry.chain import Chain, Mark, Refused, Row, damage_of, read_chain
from service.registry.deriving import derive
from service.registry.errors import DayNotReached, RegistryBusy, RegistryDamaged, RegistryKeyNotUsable, ScopeUnknown
from service.registry.keys import KEY_FILE, make_key, read_key, read_mark, write_mark
from service.registry.records import ALL, CONTENT, Content, Kind, Record, person
from service.registry.rules import check
from service.registry.standing import SHORT, Model, Move, Standing

MOST_TRIES = 100  # of writing one record while others write too


class RecordStore(Protocol):
    """Where the records lie. `append` gives False where the number is taken: somebody was faster."""

    def rows(self) -> Sequence[Row]:
        """Every row in order of its number."""
        ...

    def append(self, record: Record) -> bool:
        """Keep one record, or say that its number is taken."""
        ...

    def version(self) -> tuple[int, int]:
        """Number of rows and highest number: another answer means that there is more to read."""
        ...


@dataclass(frozen=True)
class Actor:
    """Who acts, and how that is known."""

    name: str
    identified_by: str = "command line"


@dataclass
class RecordBook:
    """The records of a data directory: read with every rule checked, written one at a time. Safe between threads."""

    home: Path
    open_store: Callable[[], RecordStore | None]  # None: nothing was ever kept here
    make_store: Callable[[], RecordStore]
    clock: Callable[[], datetime]
    products: Callable[[], Collection[str]]
    given_key: str | None = None
    _lock: Lock = field(default_factory=Lock)
    _read: tuple[tuple[int, int], Standing] | None = None

    # ---- what is so

    def standing(self) -> Standing:
        """What the records say now, with every rule checked. Raises RegistryDamaged, StoreUnusable."""
        mark = read_mark(self.home)
        store = self.open_store()
        if store is None:
            _none_lost(mark)
            return Standing()
        with self._lock:
            version = store.version()
            if self._read is not None and self._read[0] == version:
                return self._read[1]
            standing = self._derived(self._chain(store, mark))
            self._read = (version, standing)
            return standing

    def records(self) -> tuple[Record, ...]:
        """Every record that bears our seal, oldest first. Raises RegistryDamaged, StoreUnusable."""
        mark, store = read_mark(self.home), self.open_store()
        return () if store is None else self._chain(store, mark).records

    def champion(self, product: str | None = None) -> str | None:
        """Digest of the promoted model in force; None before the first promotion."""
        return self.standing().champion(product)

    def bundle(self, digest: str) -> Bundle:
        """The bundle of a registered or candidate model, every digest verified. BundleNotFound, BundleCorrupt."""
        bundle = Bundle.load(self.home / "bundles" / digest[:SHORT])
        if len(digest) == 64 and bundle.digest != digest:
            raise BundleCorrupt("another bundle lies where the model was", expected=digest, found=bundle.digest)
        return bundle

    def live_on(self, day: date, product: str | None = None) -> Move | None:
        """The promotion or rollback by which a model was in force at the end of a day. Raises DayNotReached."""
        today = self.clock().astimezone(BANK_ZONE).date()
        if day > today:
            raise DayNotReached(
                "the day has not come: nobody knows which model will be in force then",
                expected=f"a day not after today, {today.isoformat()}",
                found=day.isoformat(),
                field="day",
                advice="`assetlight models list` shows what is in force now",
            )
        return self.standing().live_on(day, product)

    def damage(self) -> tuple[Refused, ...]:
        """Every record that is missing or was changed; none where the standing can be derived. It is not raised."""
        mark, store = read_mark(self.home), self.open_store()
        rows = [] if store is None else store.rows()
        return damage_of(rows, self._key() if rows else b"", mark)

    def model(self, digest: str) -> Model:
        """A registered model. Raises ModelNotRegistered, ModelAmbiguous."""
        return self.standing().model(digest)

    def scope(self, scope: str) -> str:
        """A scope of the policy. Raises ScopeUnknown."""
        known = (ALL, *sorted(self.products()))
        if scope not in known:
            raise ScopeUnknown("no such scope", expected=", ".join(known), found=scope, field="scope")
        return scope

    def append(self, decide: Callable[[Standing], tuple[str, Content]], by: Actor) -> Record:
        """Write one record after checking every rule on what is so at that very moment.

        Two at once: the number of a record is its key in the database, so one of them is first; the other one looks
        again and is judged by what is so then.
        """
        actor = person(by.name)
        store = self.make_store()
        for _ in range(MOST_TRIES):
            mark = read_mark(self.home)
            chain = self._chain(store, mark)
            standing = derive(chain.records, chain.refused)
            model, content = decide(standing)
            check(standing, model=model, actor=actor, content=content)
            moment = self.clock()
            record = Record(
                sequence=chain.last + 1,
                kind=kind_of(content),
                model=model,
                actor=actor,
                identified_by=by.identified_by,
                at=max(moment, chain.records[-1].at) if chain.records else moment,  # clocks of two hosts may differ
                content=content,
                previous=chain.head,
            ).sealed(self._key(make=chain.last == 0))
            if store.append(record):
                with self._lock:
                    self._read = None
                self.standing()  # moves the mark
                return record
        raise RegistryBusy(
            "others kept writing to the registry", expected=f"a turn in {MOST_TRIES} tries", advice="ask again"
        )

    def _chain(self, store: RecordStore, mark: Mark | None) -> Chain:
        rows = store.rows()
        if not rows:
            _none_lost(mark)
            return Chain((), (), 0)
        return read_chain(rows, self._key(), mark)

    def _key(self, *, make: bool = False) -> bytes:
        key = read_key(self.home, self.given_key)
        if key is None and make:
            return make_key(self.home)
        if key is None:
            raise RegistryKeyNotUsable(
                "the key that seals the records of the registry is gone, so no record can be verified",
                where=str(self.home / KEY_FILE),
                advice="restore it from its backup, or set ASSETLIGHT_REGISTRY_KEY",
            )
        return key

    def _derived(self, chain: Chain) -> Standing:
        standing = derive(chain.records, chain.refused)
        if standing.governs:
            write_mark(self.home, Mark(chain.records[-1].sequence, chain.head))
        return standing


def kind_of(content: Content) -> Kind:
    """The kind of record that a content makes."""
    return next(kind for kind, made in CONTENT.items() if made is type(content))


def _none_lost(mark: Mark | None) -> None:
    if mark is not None:
        raise RegistryDamaged(
            "the registry has lost all its records",
            expected=f"record {mark.sequence}, {mark.digest[:SHORT]}",
            found="an empty database",
            advice="restore the database from its backup",
        )
