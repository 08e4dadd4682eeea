"""What people do with models: register, validate, approve, promote, roll back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.bundle import Bundle, BundleCorrupt
from models.canonical import digest as digest_of
from service.registry.book import Actor, RecordBook
from service.registry.errors import NotValidated, OwnColumnsRead, ReportChanged, ReportNotUsable
from service.registry.records import (
    ALL,
    Approved,
    Content,
    Promoted,
    Record,
    Registered,
    Role,
    RolledBack,
    Validated,
    person,
)
from service.registry.reports import FOLDER, REPORT, read_report, report_folder
from service.registry.standing import SHORT, Model, Standing

__all__ = ["Actor", "Registry"]


def _whatever(_: Bundle) -> None:
    """No policy asks anything of a model."""


@dataclass
class Registry(RecordBook):
    """The models of a data directory and what people do with them."""

    fits: Callable[[Bundle], object] = _whatever  # raises where a model does not fit the policy of the day

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
        found, seen = self._fitting(model), self.standing()
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
        found, seen = self._fitting(model), self.standing()
        content = RolledBack(
            scope=self.scope(scope),
            replaces=seen.holders.get((scope, Role.CHAMPION)),
            requester=person(requester or by.name),
            reason=reason.strip(),
        )
        return self.append(lambda _: (found.digest, content), by)

    def _fitting(self, model: str) -> Model:
        """The same, which stored records can be scored with and the policy of the day can use.

        Raises OwnColumnsRead, and what `fits` raises: the policy compares with a population that the model has not.
        """
        found = self._whole(model)
        bundle = self.bundle(found.digest)
        if bundle.own_columns:
            raise OwnColumnsRead(
                "this model reads columns of the bank's own table, which stored records do not hold / "
                "该模型使用银行自备表的列，系统内的记录没有这些列",
                expected="a model that reads features of the catalogue only",
                found=", ".join(bundle.own_columns),
                field="model",
                advice=f"score a table with it: assetlight score --table FILE --bundle {found.digest[:SHORT]}",
            )
        self.fits(bundle)
        return found

    def check_report_there(self, model: Model) -> None:
        """Whether the report on which the latest validation rests is in the data directory. Raises ReportNotUsable."""
        folder = report_folder(self.home, model.digest)
        if model.validation is not None and not (folder / REPORT).is_file():
            raise ReportNotUsable(
                "the validation report that a record rests on is gone / 验证记录所依据的报告缺失",
                expected=f"{REPORT} with digest {model.validation.content.report_sha256[:SHORT]}",
                found="no such file",
                where=str(folder),
                advice=f"put the report back from the backup of the folder {FOLDER}/, or from where --report named it",
            )

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

    def _whole(self, model: str) -> Model:
        """A registered model whose bundle and report are as they were registered and validated."""
        found = self.model(model)
        bundle = self.bundle(found.digest)
        if digest_of(bundle.card) != found.facts.card_sha256:
            raise BundleCorrupt("the model card is not the one that was registered", found=found.digest[:SHORT])
        self.check_report(found, bundle)
        return found
