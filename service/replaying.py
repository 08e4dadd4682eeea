"""A kept decision made again: the same to the byte, or what changed and in which fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.bundle import Bundle, BundleNotFound
from models.decision import DecisionRecord, DecisionUnreadable, parse
from models.errors import AssetlightError
from models.money import fen_from_yuan
from models.policy import Policy
from models.scoring import CreditRequest, score
from models.tables import Tables
from service.assessing import Assessor
from service.inputs import Evidence
from service.ledger import ContentAltered, ContentMissing

WHAT_CAN_CHANGE = ("data", "model", "policy", "code")
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
    """The kept decision and the same question answered again. `changed`: of data, model, policy and code.

    `again` is None where this release cannot answer from those inputs any more; `obstacle` says why.
    """

    kept: DecisionRecord
    again: DecisionRecord | None
    obstacle: str | None = None

    @property
    def matched(self) -> bool:
        """Whether it is the same decision to the byte."""
        return self.again is not None and self.kept.to_json() == self.again.to_json()

    @property
    def changed(self) -> tuple[str, ...]:
        """What the decision stands on that is not as it was; the code where nothing else is."""
        if self.again is None:
            return ("code",)
        pairs = (
            ("data", self.kept.input_sha256, self.again.input_sha256),
            ("model", self.kept.bundle.digest, self.again.bundle.digest),
            ("policy", self.kept.policy, self.again.policy),
            ("code", self.kept.code_version, self.again.code_version),
        )
        found = tuple(name for name, before, after in pairs if before != after)
        return found or (() if self.matched else ("code",))

    @property
    def differences(self) -> list[Difference]:
        """Every field whose value differs, the plain ones first; not the id, which always does."""
        if self.again is None:
            return []
        before, after = (dict(_leaves(json.loads(one.to_json()))) for one in (self.kept, self.again))
        fields = sorted(dict.fromkeys((*before, *after)), key=lambda field: "." in field or "[" in field)
        return [
            Difference(field, before.get(field), after.get(field))
            for field in fields
            if field != "decision_id" and before.get(field) != after.get(field)
        ]


@dataclass(frozen=True)
class Verdict:
    """Two answers about a kept decision: from the inputs that were kept with it, and from what is in force now.

    Whether it `matched` is asked of the kept inputs: new records, models and policies do not touch an old decision.
    Where none were kept, of what is there now.
    """

    from_kept: Replay | None
    now: Replay | None

    @property
    def main(self) -> Replay:
        """The replay that decides whether it matched."""
        found = self.from_kept or self.now
        assert found is not None  # noqa: S101
        return found

    @property
    def matched(self) -> bool:
        """Whether the decision is made again to the byte."""
        return self.main.matched

    @property
    def changed(self) -> tuple[str, ...]:
        """Of data, model, policy and code, what is no longer as it was when the decision was made."""
        found = {what for one in (self.from_kept, self.now) if one is not None for what in one.changed}
        if self.now is None:
            found.add("model")
        return tuple(what for what in WHAT_CAN_CHANGE if what in found)

    @property
    def told(self) -> Replay:
        """The replay whose differences are told: that of the kept inputs where it differs, else the one of now."""
        return self.main if not self.main.matched or self.now is None else self.now

    def facts(self) -> dict[str, Any]:
        """The same for a machine."""
        kept, again, differences = self.main.kept, self.told.again, self.told.differences
        return {
            "enterprise_id": kept.enterprise_id,
            "as_of": kept.as_of.isoformat(),
            "matched": self.matched,
            "made_again_from": "present records" if self.from_kept is None else "kept inputs",
            "changed": list(self.changed),
            "obstacle": self.told.obstacle,
            "kept": kept.decision_id,
            "again": None if self.main.again is None else self.main.again.decision_id,
            "now": None if self.now is None or self.now.again is None else self.now.again.decision_id,
            "differences_are": "kept inputs" if self.told is self.from_kept else "present records",
            "differing_fields": len(differences),
            "differences": [vars(one) for one in differences[:MOST_SHOWN]],
            "answered": again is not None,
        }


def replay(assessor: Assessor, record: DecisionRecord, records: Tables | None, model: Bundle | None = None) -> Replay:
    """Make the decision again from what is stored now, by the one scoring path, with the policy of its day.

    `records`: those that came with it; None: it was made on the stored ones. `model`: None takes the one that it names;
    where that is gone, the one in force answers and the replay says so. Raises BundleNotFound where there is none.
    """
    return replayed(
        record,
        records or assessor.around(record.enterprise_id),
        model or _model(assessor, record.bundle.digest),
        assessor.policy_on(record.policy.on),
    )


def replay_evidence(record: DecisionRecord, evidence: Evidence) -> Replay:
    """Make the decision again from the inputs that were kept with it: needs neither records, model nor policy of now.

    Raises ContentMissing, ContentAltered; where this release cannot read or use the inputs, the replay says so.
    """
    try:
        return replayed(record, evidence.tables(), evidence.bundle(), evidence.policy())
    except (ContentMissing, ContentAltered):
        raise
    except AssetlightError as obstacle:
        return Replay(record, None, f"{type(obstacle).__name__}: {obstacle.sentence()}")


def judge(
    assessor: Assessor,
    record: DecisionRecord,
    records: Tables | None,
    evidence: Evidence | None,
    own_line: str | None = None,
) -> Verdict:
    """Both answers about a kept decision. Without evidence the model that it names answers, as long as it is there.

    `own_line`: the line that the decision may have led to, which is none of what it was made from.
    """
    if evidence is None:
        return Verdict(None, replay(assessor, record, records))
    from_kept = replay_evidence(record, evidence)
    try:
        model = assessor.bundles.current(record.request.product)
    except AssetlightError:  # none is in force, or it cannot be read: as far as this decision goes, the model is gone
        return Verdict(from_kept, None)
    try:
        present = records or assessor.around(record.enterprise_id, without_line=own_line)
        return Verdict(from_kept, replay(assessor, record, present, model))
    except AssetlightError as obstacle:
        return Verdict(from_kept, Replay(record, None, f"{type(obstacle).__name__}: {obstacle.sentence()}"))


def replayed(record: DecisionRecord, tables: Tables, bundle: Bundle, policy: Policy) -> Replay:
    """The decision made again from these. A record of an older version is compared in that version's form."""
    decisions = score(
        tables,
        record.as_of,
        bundle,
        policy,
        requests={record.enterprise_id: request_of(record)},
        enterprises=[record.enterprise_id],
    )
    return Replay(record, decisions.record_of(record.enterprise_id).in_form_of(record))


def request_of(record: DecisionRecord) -> CreditRequest:
    """What was asked: product and amount, and what the decision kept of the application among its facts."""
    asked, replaced = record.request, record.feature_values.get("line_replaced_fen")
    return CreditRequest(
        asked.product,
        None if asked.amount_yuan is None else fen_from_yuan(asked.amount_yuan),
        record.feature_values.get("forecast_growth"),
        None if replaced is None else int(replaced),
    )


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
