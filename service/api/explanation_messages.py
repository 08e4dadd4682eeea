"""The messages of explanations, what-ifs and valuations."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

from models.decision import ExplanationRecord
from service.api.messages import AssessmentRequest, CreditApplication, Day, EnterpriseId, Origin, Strict
from service.api.record_messages import Records


class WhatIfRequest(Strict):
    """What is changed in thought; everything left out stays as it was when the assessment was made."""

    facts: dict[str, str | float | int | None] = Field(
        default_factory=dict,
        max_length=2_000,
        description="facts by name as in the decision's feature_values: *_fen as decimal yuan text, others as numbers, "
        "null: not known",
        examples=[{"sales_12m_fen": "5000000.00", "void_rate_12m": 0.02}],
    )
    request: CreditApplication | None = Field(None, description="another application; null: as it was")
    records: Records | None = Field(
        None, description="records by kind; a kind named here stands in for all rows of the kind that were on file"
    )
    records_origin: Origin = Field("bank", description="where `records` come from, one short word")


class StandsOn(BaseModel):
    """The day and the inputs that an answer about a kept decision is of."""

    as_of: date = Field(description="the day of the decision")
    inputs: Literal["kept with the decision", "given with the request", "present records"] = Field(
        description="the last two only where no inputs were kept, as before there was a ledger"
    )
    input_sha256: str = Field(description="digest of the inputs, as in the decision")
    bundle_digest: str
    policy_on: date
    policy_digest: str


class ExplanationResponse(ExplanationRecord):
    """The explanation of a kept decision, and what it stands on."""

    stands_on: StandsOn


class WhatIfResponse(BaseModel):
    """What would be decided. It is not a decision: it has no id, is not kept and grants nothing."""

    hypothetical: Literal[True]
    notice_zh: str
    notice_en: str
    assessment_id: str
    stands_on: StandsOn
    changed: dict[str, Any] = Field(description="what was assumed, as understood")
    limit_yuan_before: str
    limit_yuan: str
    difference_yuan: str
    outcome_before: str
    outcome: str
    decision: dict[str, Any] = Field(description="all of the hypothetical decision, without an id")


class ValuationRequest(Strict):
    """Value the assets of a stored enterprise, or of one whose records come with the request."""

    enterprise_id: EnterpriseId = Field(description="the bank's id of the enterprise")
    as_of: Day | None = Field(None, description="the day of the valuation. Default: today (Beijing)")
    product: str | None = Field(
        None, min_length=1, max_length=64, description="its tenor bounds remaining life; default: the policy's product"
    )
    records: Records | None = Field(None, description="records by kind; when given, nothing stored is read")
    records_origin: Origin = Field("bank", description="where `records` come from, one short word")


class Word(BaseModel):
    """A name that never changes, in both languages."""

    code: str
    zh: str
    en: str


class YuanRange(BaseModel):
    """A range in decimal yuan text."""

    low_yuan: str
    central_yuan: str
    high_yuan: str


class Method(Word, YuanRange):
    """One approach and its own range."""


class ValuedAsset(BaseModel):
    """One right or data asset. `counted`: its part beside the pool, each asset once."""

    register_no: str
    asset_type: str
    value: YuanRange
    counted: YuanRange
    lending: YuanRange
    methods: list[Method]
    decay: float
    confidence: Word
    evidence_used: list[Word]
    evidence_missing: list[Word]
    knocked_out_by: list[Word]
    pending: list[Word]
    signals: list[Word]
    refer: bool


class ValuedAssets(BaseModel):
    """All rights, or all data assets, of an enterprise."""

    value: YuanRange
    lending: YuanRange
    confidence: Word
    refer: bool
    assets: list[ValuedAsset]


class PooledAsset(BaseModel):
    """One asset in the pool."""

    register_no: str
    pool_class: str
    value_yuan: str
    after_pledge_rate_yuan: str
    counted_yuan: str
    knocked_out_by: list[Word]
    pending: list[Word]
    signals: list[Word]


class ValuedPool(BaseModel):
    """The pool after pledge rates and caps."""

    gross_yuan: str
    counted_yuan: str
    pool_yuan: str
    exposure_yuan: str
    available_yuan: str
    coverage: float | None
    coverage_level: str
    margin_call_yuan: str
    assets: list[PooledAsset]


class Caution(BaseModel):
    """A warning in both languages."""

    zh: str
    en: str


class ValuationResponse(BaseModel):
    """Ranges with method, evidence and confidence; null where the feed is not connected, which is not zero."""

    enterprise_id: str
    as_of: date
    policy_digest: str
    tenor_months: int
    data_origin: list[str] = Field(description="where the enterprise's records come from")
    simulated: bool
    caution: Caution | None = Field(description="what must be known before any figure is read; null: nothing")
    ip: ValuedAssets | None
    data: ValuedAssets | None
    pool: ValuedPool | None


__all__ = ["AssessmentRequest", "ValuationRequest", "ValuationResponse", "WhatIfRequest", "WhatIfResponse"]
