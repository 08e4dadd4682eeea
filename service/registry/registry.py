"""What people do with models: register, validate, approve, promote, roll back; and what is in force because of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

from models.bundle import Bundle, BundleCorrupt
from models.canonical import digest as digest_of
from service.registry.chain import Chain, Mark, Row, read_chain
from service.registry.deriving import derive
from service.registry.errors import (
    NotValidated,
    RegistryBusy,
    RegistryDamaged,
    RegistryKeyNotUsable,
    ReportChanged,
    ScopeUnknown,
)
from service.registry.keys import KEY_FILE, make_key, read_key, read_mark, write_mark
from service.registry.records import (
    ALL,
    CONTENT,
    Approved,
    Content,
    Kind,
    Promoted,
    Record,
    Registered,
    Role,
    RolledBack,
    Validated,
    person,
)
from service.registry.reports import read_report, report_folder
from service.registry.rules import check
from service.registry.standing import SHORT, Model, Standing

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
class Registry:
    """The models of a data directory and the records about them. Safe to use from several threads."""

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

    # ---- what people do

    def register(
        self,
        directory: Path,
        *,
        developer: str,
        by: Actor,
        note: str = "",
        plan: str | None = None,
        comparison: dict[str, Any] | None = None,
    ) -> Record:
        """Make a bundle known; it is copied to the data directory's bundles where it lies elsewhere."""
        bundle = Bundle.load(directory)
        bundle.write(self.home / "bundles" / bundle.digest[:SHORT])
        content = Registered(
            developer=person(developer),
            data_origin=bundle.data_origin,
            label_origin=bundle.label_origin,
            trained_as_of=bundle.trained_as_of,
            features=len(bundle.features),
            card_sha256=digest_of(bundle.card),
            plan=plan,
            comparison=comparison,
            note=note,
        )
        return self.append(lambda _: (bundle.digest, content), by)

    def validate(self, model: str, *, by: Actor, report: Path | None = None, note: str = "") -> Record:
        """Put a validation report on record; the actor stands for it."""
        found = self.model(model)
        bundle = self.bundle(found.digest)
        read = read_report(report or report_folder(self.home, found.digest), bundle)
        content = Validated(report_sha256=read.sha256, gates=read.gates, note=note)
        return self.append(lambda _: (found.digest, content), by)

    def approve(self, model: str, *, by: Actor, note: str = "") -> Record:
        """Approve a model as it was last validated."""
        found = self._whole(model)

        def approval(standing: Standing) -> tuple[str, Content]:
            latest = standing.models[found.digest].validation
            if latest is None:
                raise NotValidated("this model has not been validated", found=found.digest[:SHORT])
            return found.digest, Approved(validation=latest.digest, note=note)

        return self.append(approval, by)

    def promote(
        self,
        model: str,
        *,
        by: Actor,
        reason: str,
        role: Role = Role.CHAMPION,
        scope: str = ALL,
        requester: str | None = None,
        replaces: str | None = "",
    ) -> Record:
        """Give a model a role. `replaces`: the holder that the actor saw; by default the one when this call begins."""
        found, seen = self._whole(model), self.standing()
        holder = seen.holders.get((self.scope(scope), role)) if replaces == "" else replaces
        content = Promoted(
            role=role,
            scope=scope,
            replaces=holder,
            requester=person(requester or by.name),
            reason=reason.strip(),
        )
        return self.append(lambda _: (found.digest, content), by)

    def roll_back(
        self, model: str, *, by: Actor, reason: str, scope: str = ALL, requester: str | None = None
    ) -> Record:
        """Put an earlier champion in force again."""
        found, seen = self._whole(model), self.standing()
        content = RolledBack(
            scope=self.scope(scope),
            replaces=seen.holders.get((scope, Role.CHAMPION)),
            requester=person(requester or by.name),
            reason=reason.strip(),
        )
        return self.append(lambda _: (found.digest, content), by)

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

    # ---- how it is known

    def _whole(self, model: str) -> Model:
        """A registered model whose bundle and report are as they were registered and validated."""
        found = self.model(model)
        bundle = self.bundle(found.digest)
        if digest_of(bundle.card) != found.facts.card_sha256:
            raise BundleCorrupt("the model card is not the one that was registered", found=found.digest[:SHORT])
        self.check_report(found, bundle)
        return found

    def check_report(self, model: Model, bundle: Bundle) -> None:
        """Whether the report of the latest validation still says what was put on record. Raises ReportChanged."""
        latest = model.validation
        folder = report_folder(self.home, model.digest)
        if latest is None or not folder.exists():
            return  # a report that was recorded from elsewhere is named by its digest alone
        read = read_report(folder, bundle)
        if read.sha256 != latest.content.report_sha256:
            raise ReportChanged(
                "the validation report is not the one on record",
                expected=latest.content.report_sha256[:SHORT],
                found=read.sha256[:SHORT],
                where=str(folder),
                advice=f"assetlight models validate {model.digest[:SHORT]} --as PERSON puts the new one on record",
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
