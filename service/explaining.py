"""Explanations and what-ifs of kept decisions: the same inputs again, checked to be the same, and nothing kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from models.decision import DecisionNotReproduced, DecisionRecord, ExplanationRecord, explain
from models.money import fen_from_yuan
from models.positions import read_positions
from models.scoring import CreditRequest, score
from models.tables import Tables, input_digests
from service.assessing import Assessor
from service.replaying import Replay, forecast_of, replay


@dataclass(frozen=True)
class Assumption:
    """What is changed in thought: facts by name (None: not known), the application, the rows of whole kinds."""

    facts: Mapping[str, float | None] = field(default_factory=dict)
    request: CreditRequest | None = None  # None: as it was
    records: Tables | None = None  # kinds named here stand in for what was on file of them


def explanation_of(assessor: Assessor, record: DecisionRecord, records: Tables | None) -> ExplanationRecord:
    """All explanations of a kept decision. `records`: those that came with it; None: it was made on the stored ones.

    Raises DecisionNotReproduced where policy or engine would decide otherwise now. Where the stored rows are no longer
    what the decision was made on, it is explained without the levers that need them, and says so.
    """
    tables = records or assessor.around(record.enterprise_id)
    ids = [record.enterprise_id]
    digest = input_digests(tables, record.as_of, ids).column("input_sha256")[0].as_py()
    same = digest == record.input_sha256
    positions = read_positions(tables, record.as_of, pa.array(ids, pa.string())) if same else None
    return explain(record, assessor.policy_on(record.policy.on), positions)


def what_if(
    assessor: Assessor, record: DecisionRecord, records: Tables | None, assumption: Assumption
) -> DecisionRecord:
    """The decision that the assumption would give, by the path that made the kept one. It is no decision: not kept.

    First the kept decision itself is made again; where it comes out differently, DecisionNotReproduced says why, since
    a difference could not be put down to the assumption.
    """
    tables = records or assessor.around(record.enterprise_id)
    baseline = replay(assessor, record, tables)
    if not baseline.matched:
        raise _not_reproduced(baseline)
    if assumption.records is not None:
        tables = Tables({**tables.by_kind, **assumption.records.by_kind}, tables.neighbours)
    return _scored(assessor, record, tables, assumption)


def _scored(assessor: Assessor, record: DecisionRecord, tables: Tables, assumption: Assumption) -> DecisionRecord:
    asked = record.request
    request = assumption.request or CreditRequest(
        asked.product,
        None if asked.amount_yuan is None else fen_from_yuan(asked.amount_yuan),
        forecast_of(record),
    )
    decisions = score(
        tables,
        record.as_of,
        assessor.bundles.named(record.bundle.digest),
        assessor.policy_on(record.policy.on),
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
