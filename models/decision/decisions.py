"""Decisions: N decisions in columns, each of which can become its record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, reduce
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import models
from models.bundle import SIMULATED, SIMULATED_CAUTION, Bundle
from models.decision.record import DecisionRecord, identity, members_of, sealed
from models.default_probability import ProbabilityColumns
from models.errors import AssetlightError
from models.explanation import (
    ReasonColumns,
    caps,
    gates,
    primary_reasons,
    probability_reasons,
    sources,
    waterfall,
)
from models.explanation.catalogue import DOCUMENTS, GATE_REASONS
from models.explanation.features import FEATURE_NAMES
from models.explanation.joining import joined_texts, text_where
from models.grades import GRADES, UNKNOWN, grade_name
from models.limits import NO_REQUEST, Cases, LimitColumns, Outcome, Status
from models.money import FEN_PER_YUAN, yuan_text
from models.policy import Policy
from models.reference_population import ReferencePopulation


class EnterpriseNotScored(AssetlightError):
    """A decision is asked for an enterprise that is not among the scored ones."""


@dataclass(frozen=True)
class Decisions:
    """N decisions in columns. Only `record` looks at one row alone."""

    enterprise_ids: pa.Array
    as_of: date
    cases: Cases
    probability: ProbabilityColumns
    limits: LimitColumns
    reasons: ReasonColumns
    input_sha256: pa.Array
    record_origins: pa.Array  # list<string>: where each enterprise's own records come from
    bundle: Bundle
    policy: Policy

    def __len__(self) -> int:
        return len(self.enterprise_ids)

    def record_of(self, enterprise_id: str) -> DecisionRecord:
        """The record of one enterprise. Raises EnterpriseNotScored."""
        return self.kept_of(enterprise_id)[0]

    def kept_of(self, enterprise_id: str) -> tuple[DecisionRecord, bytes]:
        """The record of one enterprise, and the bytes in which it is kept. Raises EnterpriseNotScored."""
        row = self._row_of.get(enterprise_id)
        if row is None:
            raise EnterpriseNotScored(f"enterprise {enterprise_id} was not scored", field="enterprise_id")
        return self.kept(row)

    def record(self, row: int) -> DecisionRecord:
        """The decision of one row as a record with its id."""
        return self.kept(row)[0]

    def kept(self, row: int) -> tuple[DecisionRecord, bytes]:
        """The decision of one row as a record with its id, and the bytes in which it is kept (`to_json`)."""
        return sealed(DecisionRecord.model_validate(self._content(row)))

    def decision_id(self, row: int) -> str:
        """The id of the record of one row, without making the record: what many rows share is written once."""
        return identity(self._content(row), self._shared)

    @cached_property
    def _shared(self) -> dict[str, bytes]:
        """What is the same in every record, as it is written."""
        return members_of(
            self.record(0), ("as_of", "bundle", "code_version", "compared_with", "policy", "schema_version")
        )

    def _content(self, row: int) -> dict[str, Any]:
        """The parts of a record as the stages give them."""
        product = self.cases.products[int(self.cases.product[row])]
        requested = int(self.cases.requested_fen[row])
        pd = _number(self.probability.pd[row])
        names = self.probability.feature_names
        origin = tuple(self.record_origins[row].as_py() or ())
        simulated = SIMULATED in origin or self.bundle.simulated
        against = self.probability.against
        return {
            "schema_version": 2 if against is None else 3,
            "decision_id": "",
            "enterprise_id": self.enterprise_ids[row].as_py(),
            "as_of": self.as_of,
            "request": {
                "product": product.code,
                "currency": product.currency,
                "tenor_months": product.tenor_months,
                "amount_yuan": None if requested == NO_REQUEST else yuan_text(requested),
            },
            "outcome": Outcome(int(self.limits.outcome[row])).word,
            "limit_yuan": yuan_text(int(self.limits.limit_fen[row])),
            "grade": grade_name(int(self.cases.grade[row])),
            "pd": pd,
            "pd_low": _number(self.probability.low[row]),
            "pd_high": _number(self.probability.high[row]),
            "points": None if pd is None else _number(self.probability.points[row]),
            "base_points": _number(self.probability.base_points[row]),
            **({} if against is None else {"compared_with": _compared(against)}),
            "contributions": {}
            if pd is None
            else {name: _number(self.probability.contributions[row, at]) for at, name in enumerate(names)},
            "reasons": primary_reasons(self.reasons, self.limits, self.probability, self.policy, self.as_of, row),
            "probability_reasons": probability_reasons(self.reasons, self.probability, self.as_of, row),
            "missing_documents": self._missing_documents(row),
            "gates": gates(self.limits, self.policy, row),
            "sources": sources(self.limits, self.policy, row),
            "caps": caps(self.limits, self.policy, row),
            "waterfall": waterfall(self.limits, row),
            "feature_values": self._facts(row),
            "input_sha256": self.input_sha256[row].as_py(),
            "bundle": {
                "digest": self.bundle.digest,
                "data_origin": self.bundle.data_origin,
                "label_origin": self.bundle.label_origin,
            },
            "policy": {"on": self.policy.on, "digest": self.policy.digest, "overlays": self.policy.overlays},
            "code_version": models.__version__,
            "data_origin": origin,
            "simulated": simulated,
            "caution": SIMULATED_CAUTION if simulated else None,
        }

    def to_arrow(self, *, decision_ids: bool | Sequence[str] = True) -> pa.Table:
        """One flat row per decision. The ids need every part of every record; leave them out with
         `decision_ids=False` where millions are scored and the records are made later, on demand, or give
        those of records that were built before.
        """
        limit = pa.array(self.limits.limit_fen)
        grade = np.where(self.cases.grade == UNKNOWN, len(GRADES), self.cases.grade)
        pd = pa.array(self.probability.pd, from_pandas=True)
        columns = {
            "enterprise_id": self.enterprise_ids,
            "as_of": pa.array([self.as_of], pa.date32()).take(pa.array(np.zeros(len(self), dtype=np.int64))),
            "outcome": _words([item.word for item in Outcome], self.limits.outcome),
            "pd": pd,
            "pd_low": pa.array(self.probability.low, from_pandas=True),
            "pd_high": pa.array(self.probability.high, from_pandas=True),
            "points": pc.if_else(pc.is_valid(pd), pa.array(self.probability.points), pa.scalar(None, pa.float64())),
            "grade": _words([*GRADES, None], grade),
            "limit_yuan": _yuan_texts(limit),
            "limit_fen": limit,
            "requested_yuan": _yuan_texts(
                pa.array(self.cases.requested_fen, mask=self.cases.requested_fen == NO_REQUEST)
            ),
            "product": _words([product.code for product in self.cases.products], self.cases.product),
            "binding_ceiling": self._first_decider(),
            "reason_codes": self.reasons.codes(),
            "reasons_zh": self.reasons.titles_zh(),
            "reasons_en": self.reasons.titles_en(),
            "referred_because": self._pending_codes(),
            "missing_documents": self._document_codes(),
            "data_origin": pc.fill_null(pc.binary_join(self.record_origins, "; "), ""),
            "model_data_origin": _words(["; ".join(self.bundle.data_origin)], np.zeros(len(self), dtype=np.int64)),
            "input_sha256": self.input_sha256,
            "bundle_digest": _words([self.bundle.digest], np.zeros(len(self), dtype=np.int64)),
            "policy_digest": _words([self.policy.digest], np.zeros(len(self), dtype=np.int64)),
        }
        if decision_ids is not False:
            ids = [self.decision_id(row) for row in range(len(self))] if decision_ids is True else decision_ids
            columns["decision_id"] = pa.array(ids, pa.string())
        return pa.table(columns)

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.enterprise_ids.to_pylist())}

    def _facts(self, row: int) -> dict[str, float | None]:
        """Every feature, and the evidence that is on file: which feeds others have does not show in one's record."""
        values = {name: _number(column[row]) for name, column in self.cases.facts.items()}
        return {name: value for name, value in values.items() if value is not None or name in FEATURE_NAMES}

    def _missing_documents(self, row: int) -> list[object]:
        waiting = {rule.document_at(row) for rule in self.limits.rules if rule.status[row] == Status.PENDING}
        return [DOCUMENTS[document] for document in sorted(waiting) if document in DOCUMENTS]

    def _first_decider(self) -> pa.Array:
        """What decides the amount: the fired gates, else what is pending, else the product minimum, else the caps."""
        limits = self.limits
        settled = ~limits.fired & ~limits.pending
        parts = [(gate.code, gate.status == Status.FIRED) for gate in limits.gates]
        parts += [("product_minimum", settled & limits.below_minimum)]
        parts += [(cap.code, settled & ~limits.below_minimum & limits.binds(cap)) for cap in limits.caps]
        return self._joined(parts)

    def _pending_codes(self) -> pa.Array:
        """What refers a case: missing evidence and pending amounts; empty where nothing is referred."""
        refer = self.limits.outcome == Outcome.REFER
        evidence = [gate for gate in self.limits.gates if GATE_REASONS[gate.code].about == "evidence"]
        parts = [(gate.code, gate.status == Status.PENDING) for gate in evidence]
        parts += [(rule.code, rule.status == Status.PENDING) for rule in (*self.limits.sources, *self.limits.ceilings)]
        return self._joined([(code, mask & refer) for code, mask in parts])

    def _document_codes(self) -> pa.Array:
        """The documents that would settle what is pending."""
        none = np.zeros(len(self), dtype=np.bool_)
        return self._joined(
            [
                (words.code, reduce(np.logical_or, [rule.waits_for(document) for rule in self.limits.rules], none))
                for document, words in DOCUMENTS.items()
            ]
        )

    def _joined(self, parts: Sequence[tuple[str, np.ndarray]]) -> pa.Array:
        return joined_texts([text_where(mask, code) for code, mask in parts], "; ", len(self))


def _compared(against: ReferencePopulation) -> dict[str, object]:
    return {"name": against.name, "zh": against.zh, "en": against.en, "enterprises": against.rows}


def _number(value: float | np.float64) -> float | None:
    number = float(value)
    return None if math.isnan(number) else number + 0.0


def _words(words: Sequence[str | None], index: np.ndarray) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(index))


def _yuan_texts(fen: pa.Array) -> pa.Array:
    """Decimal yuan text of a column of fen that are not negative."""
    whole = pc.divide(fen, FEN_PER_YUAN)
    rest = pc.subtract(fen, pc.multiply(whole, FEN_PER_YUAN))
    cents = pc.utf8_lpad(pc.cast(rest, pa.string()), 2, "0")
    return pc.binary_join_element_wise(pc.cast(whole, pa.string()), cents, ".")
