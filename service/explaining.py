"""Explanations and what-ifs of kept decisions: from the inputs that were kept with them, and nothing is kept.

Records, models and policies that came later change nothing of why a decision was so. Where no inputs were kept (before
there was a ledger), the records that came with the request or are stored now stand in, checked to be the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import pyarrow as pa

from models.bundle import Bundle, BundleCorrupt, BundleNotFound
from models.decision import DecisionNotReproduced, DecisionRecord, ExplanationRecord, explain
from models.errors import AssetlightError
from models.policy import Policy
from models.positions import read_positions
from models.scoring import CreditRequest, score
from models.tables import Tables, input_digests
from service.assessing import Assessor
from service.inputs import Evidence
from service.replaying import Replay, replayed, request_of

KEPT: Final = "kept with the decision"
GIVEN: Final = "given with the request"
PRESENT: Final = "present records"


@dataclass(frozen=True)
class Assumption:
    """What is changed in thought: facts by name (None: not known), the application, the rows of whole kinds."""

    facts: Mapping[str, float | None] = field(default_factory=dict)
    request: CreditRequest | None = None  # None: as it was
    records: Tables | None = None  # kinds named here stand in for what was on file of them


@dataclass(frozen=True)
class Grounds:
    """What a kept decision is explained from, or decided again in thought."""

    assessor: Assessor
    record: DecisionRecord
    tables: Tables
    inputs: Literal["kept with the decision", "given with the request", "present records"]
    evidence: Evidence | None

    def policy(self) -> Policy:
        """The policy of its day as it was: the kept one where today's files say otherwise."""
        policy = self.assessor.policy_on(self.record.policy.on)
        same = policy.digest == self.record.policy.digest
        return policy if same or self.evidence is None else self.evidence.policy()

    def bundle(self) -> Bundle:
        """The model that decided: from the data directory, or the kept one where it is gone from there."""
        try:
            return self.assessor.bundles.named(self.record.bundle.digest)
        except (BundleNotFound, BundleCorrupt):
            if self.evidence is not None:
                return self.evidence.bundle()
            return self.assessor.bundles.current()

    def facts(self) -> dict[str, object]:
        """The same for the reader of an answer: which day, and which inputs."""
        record = self.record
        return {
            "as_of": record.as_of.isoformat(),
            "inputs": self.inputs,
            "input_sha256": record.input_sha256,
            "bundle_digest": record.bundle.digest,
            "policy_on": record.policy.on.isoformat(),
            "policy_digest": record.policy.digest,
        }


def grounds_of(
    assessor: Assessor, record: DecisionRecord, records: Tables | None, evidence: Evidence | None = None
) -> Grounds:
    """What a kept decision stands on. `records`: those that came with it. Raises ContentMissing, ContentAltered."""
    if evidence is not None:
        return Grounds(assessor, record, evidence.tables(), KEPT, evidence)
    if records is not None:
        return Grounds(assessor, record, records, GIVEN, None)
    return Grounds(assessor, record, assessor.around(record.enterprise_id), PRESENT, None)


def explanation_of(grounds: Grounds) -> ExplanationRecord:
    """All explanations of a kept decision.

    Raises DecisionNotReproduced where the engine would decide otherwise now. Where the rows at hand are not what the
    decision was made on, it is explained without the levers that need them, and says so.
    """
    record, tables = grounds.record, grounds.tables
    ids = [record.enterprise_id]
    digest = input_digests(tables, record.as_of, ids).column("input_sha256")[0].as_py()
    same = digest == record.input_sha256
    positions = read_positions(tables, record.as_of, pa.array(ids, pa.string())) if same else None
    return explain(record, grounds.policy(), positions)


def what_if(grounds: Grounds, assumption: Assumption) -> DecisionRecord:
    """The decision that the assumption would give, by the path that made the kept one. It is no decision: not kept.

    First the kept decision itself is made again; where it comes out differently, DecisionNotReproduced says why, since
    a difference could not be put down to the assumption.
    """
    record, tables = grounds.record, grounds.tables
    bundle, policy = grounds.bundle(), grounds.policy()
    try:
        baseline = replayed(record, tables, bundle, policy)
    except AssetlightError as obstacle:
        baseline = Replay(record, None, obstacle.sentence())
    if not baseline.matched:
        raise _not_reproduced(baseline)
    if assumption.records is not None:
        tables = Tables({**tables.by_kind, **assumption.records.by_kind}, tables.neighbours)
    request = request_of(record)
    if assumption.request is not None:
        request = replace(assumption.request, line_replaced_fen=request.line_replaced_fen)
    decisions = score(
        tables,
        record.as_of,
        bundle,
        policy,
        requests={record.enterprise_id: request},
        enterprises=[record.enterprise_id],
        assumed=assumption.facts,
    )
    return decisions.record_of(record.enterprise_id)


def _not_reproduced(baseline: Replay) -> DecisionNotReproduced:
    what = " and ".join(baseline.changed)
    return DecisionNotReproduced(
        f"the {what} changed since the assessment was made",
        expected=baseline.kept.decision_id,
        found=None if baseline.again is None else baseline.again.decision_id,
        field=what,
        advice="assess the enterprise again, then ask what if; the kept decision stands as it was made",
    )
