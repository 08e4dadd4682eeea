"""A validation made again from a stored bundle and the stored records, by somebody who did not train the model.

The card of the bundle says which rows it was made from and by which plan. The rows are gathered anew, the whole
procedure is run anew, and the report says whether the very same bundle comes out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from models.bundle import Bundle
from models.errors import AssetlightError
from training.gathered import LABELS, PANEL, TABLE
from training.pipeline import Progress, Trained, train
from training.plan import Plan
from training.running import Request, Rows, gather
from training.search import SearchPlan
from training.validation.evidence import Evidence, Reproduction
from training.validation.from_training import Surroundings, evidence_of
from training.validation.writing import FEATURES

GATHERING = "features / 计算特征"


class CannotBeRedone(AssetlightError):
    """The card does not say what the rows were made from, or they need a file that was not named."""


@dataclass(frozen=True)
class Redo:
    """What a validator has: the data directory, and the files that the model was trained from besides."""

    home: Path
    labels: Path | None = None
    table: Path | None = None
    label: str | None = None
    own: tuple[Path, ...] = ()
    schemas: tuple[Path, ...] = ()
    rejected: Path | None = None


def redo_evidence(bundle: Bundle, redo: Redo, around: Surroundings, progress: Progress = lambda *_: None) -> Evidence:
    """Gather and train again as the card says, and look at the stored bundle with what comes out.

    Raises CannotBeRedone, and whatever gathering and training raise.
    """
    request = request_of(bundle.card, redo)
    gathered = gather(request, lambda done, total: progress(GATHERING, done, total))
    again = train(gathered, plan_of(bundle.card), progress)
    reproduction = Reproduction(
        same_bundle=again.bundle.digest == bundle.digest,
        same_rows=gathered.sample.sha256 == bundle.card["data"].get("sample_sha256"),
        digest=again.bundle.digest,
        code_version=str(bundle.card.get("code_version", "")),
    )
    return evidence_of(_of_stored(again, bundle), around, reproduction)


def request_of(card: Mapping[str, Any], redo: Redo) -> Request:
    """The rows that the card names. Raises CannotBeRedone."""
    data, source = card.get("data", {}), card.get("source")
    names = [each["name"] for each in card.get("features", ())] + list(card.get("features_left_out", ()))
    if source == TABLE:
        return _of_table(card, redo, names)
    recorded = [name for name in names if name in FEATURES]
    common: dict[str, Any] = {"home": redo.home, "features": ",".join(recorded)}
    common |= {"own": redo.own, "schemas": redo.schemas}
    if data.get("horizon_months"):
        common["horizon_months"] = int(data["horizon_months"])
    if source == PANEL:
        days = [date.fromisoformat(each["as_of"]) for each in data["days"]]
        return Request(
            rows=Rows.PANEL,
            as_of=days[0],
            to=days[-1],
            every_months=_months_between(days),
            known_until=date.fromisoformat(data["last_day_known"]),
            **common,
        )
    if source == LABELS:
        if redo.labels is None:
            raise CannotBeRedone(
                "the model was trained from a file of labels, which is not kept with it",
                expected=f"the file whose SHA-256 is {data.get('label_file_sha256')}",
                field="labels",
                advice="Name it with --labels FILE",
            )
        return Request(
            rows=Rows.LABELS,
            labels=redo.labels,
            label_origin=data.get("label_origin"),
            as_of=date.fromisoformat(card["trained_as_of"]),
            **common,
        )
    raise CannotBeRedone(
        "the card of the bundle does not say from which rows it was made",
        expected=f"{PANEL}, {LABELS} or {TABLE}",
        found=source,
        advice="Its report was written when it was trained; look in <home>/validations",
    )


def _of_table(card: Mapping[str, Any], redo: Redo, names: list[str]) -> Request:
    if redo.table is None or len(redo.schemas) != 1:
        raise CannotBeRedone(
            "the model was trained from a prepared table, which is not kept with it",
            expected="the table and its schema",
            field="table",
            advice="Name them with --table FILE --schema FILE",
        )
    if card["data"].get("reject_inference") and redo.rejected is None:
        raise CannotBeRedone(
            "the model learned from rejected applicants, whose table is not kept with it",
            expected=f"the file whose SHA-256 is {card['data'].get('rejected_sha256')}",
            field="rejected",
            advice="Name it with --rejected FILE",
        )
    return Request(
        rejected=redo.rejected,
        rows=Rows.TABLE,
        home=redo.home,
        table=redo.table,
        schemas=redo.schemas,
        label_column=redo.label,
        as_of=date.fromisoformat(card["trained_as_of"]),
        features=",".join(names),
    )


def plan_of(card: Mapping[str, Any]) -> Plan:
    """The plan that the card names."""
    told = {each.name: card["procedure"][each.name] for each in fields(Plan) if each.name in card.get("procedure", {})}
    told.pop("search", None)
    if "trials" in card.get("procedure", {}):
        told["search"] = SearchPlan(trials=int(card["procedure"]["trials"]))
    if "challengers" in told:
        told["challengers"] = tuple(told["challengers"])
    if told.get("test_from"):
        told["test_from"] = date.fromisoformat(told["test_from"])
    return Plan(**told)


def _months_between(days: list[date]) -> int:
    if len(days) < 2:
        return 3
    return (days[1].year - days[0].year) * 12 + days[1].month - days[0].month


def _of_stored(again: Trained, bundle: Bundle) -> Trained:
    """The run with the stored bundle in the place of the one that came out."""
    return replace(again, bundle=bundle)
