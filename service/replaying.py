"""A kept decision made again from what is stored now: the same to the byte, or what changed and in which fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.bundle import Bundle, BundleNotFound
from models.decision import DecisionRecord, DecisionUnreadable, parse
from models.money import fen_from_yuan
from models.scoring import CreditRequest, score
from models.tables import Tables
from service.assessing import Assessor

MOST_SHOWN = 20  # differing fields that are named; their number is always said
BESIDE_DECISION = "explanation"  # what `assetlight explain --json` prints beside the record


@dataclass(frozen=True)
class Difference:
    """One field that came out differently."""

    field: str
    kept: Any
    now: Any


@dataclass(frozen=True)
class Replay:
    """The kept decision and the same question answered again. `changed`: of data, model, policy and code."""

    kept: DecisionRecord
    again: DecisionRecord

    @property
    def matched(self) -> bool:
        """Whether it is the same decision to the byte."""
        return self.kept.to_json() == self.again.to_json()

    @property
    def changed(self) -> tuple[str, ...]:
        """What the decision stands on that is not as it was; the code where nothing else is."""
        pairs = (
            ("data", self.kept.input_sha256, self.again.input_sha256),
            ("model", self.kept.bundle.digest, self.again.bundle.digest),
            ("policy", self.kept.policy.digest, self.again.policy.digest),
            ("code", self.kept.code_version, self.again.code_version),
        )
        found = tuple(name for name, before, after in pairs if before != after)
        return found or (() if self.matched else ("code",))

    @property
    def differences(self) -> list[Difference]:
        """Every field whose value differs, the plain ones first; not the id, which always does."""
        before, after = (dict(_leaves(json.loads(one.to_json()))) for one in (self.kept, self.again))
        fields = sorted(dict.fromkeys((*before, *after)), key=lambda field: "." in field or "[" in field)
        return [
            Difference(field, before.get(field), after.get(field))
            for field in fields
            if field != "decision_id" and before.get(field) != after.get(field)
        ]

    def facts(self) -> dict[str, Any]:
        """The same for a machine."""
        differences = self.differences
        return {
            "enterprise_id": self.kept.enterprise_id,
            "as_of": self.kept.as_of.isoformat(),
            "matched": self.matched,
            "changed": list(self.changed),
            "kept": self.kept.decision_id,
            "now": self.again.decision_id,
            "differing_fields": len(differences),
            "differences": [vars(one) for one in differences[:MOST_SHOWN]],
        }


def replay(assessor: Assessor, record: DecisionRecord, records: Tables | None) -> Replay:
    """Make the decision again, by the one scoring path, with the model and the policy that it names.

    `records`: those that came with it; None: it was made on the stored ones. Where its model is gone, the one in force
    answers and the replay says so. A record of an older version is compared in that version's form. Raises
    BundleNotFound where there is none at all.
    """
    asked = record.request
    amount = None if asked.amount_yuan is None else fen_from_yuan(asked.amount_yuan)
    decisions = score(
        records or assessor.around(record.enterprise_id),
        record.as_of,
        _model(assessor, record.bundle.digest),
        assessor.policy_on(record.policy.on),
        requests={record.enterprise_id: CreditRequest(asked.product, amount, forecast_of(record))},
        enterprises=[record.enterprise_id],
    )
    return Replay(record, decisions.record_of(record.enterprise_id).as_version(record.schema_version))


def forecast_of(record: DecisionRecord) -> float | None:
    """The growth that the applicant forecast, as the decision kept it among its facts."""
    return record.feature_values.get("forecast_growth")


def read_decision(path: Path) -> tuple[DecisionRecord, str | None]:
    """The decision in a file, bare or in an answer of the API, and the id of the assessment where the file says it."""
    try:
        tree = json.loads(path.read_bytes())
    except ValueError as error:
        raise DecisionUnreadable("not JSON", expected="a decision record", found=str(error), where=str(path)) from error
    if isinstance(tree, dict) and isinstance(tree.get("decision"), dict):
        return parse(json.dumps(tree["decision"]).encode()), str(tree["id"]) if "id" in tree else None
    if isinstance(tree, dict):
        tree.pop(BESIDE_DECISION, None)
    return parse(json.dumps(tree).encode()), None


def _model(assessor: Assessor, digest: str) -> Bundle:
    try:
        return assessor.bundles.named(digest)
    except BundleNotFound:
        return assessor.bundles.current()


def _leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """Every value of a record under its path; an empty list or object is a value."""
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from _leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(tree, list) and tree:
        for at, value in enumerate(tree):
            yield from _leaves(value, f"{path}[{at}]")
    else:
        yield path, tree
