"""What goes over the wire: requests that refuse what they do not know, money as decimal yuan text, days as ISO text."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from models.decision import DecisionRecord
from models.records.identifier import normal_identifier
from models.records.origin import EXPECTED as ORIGIN_EXPECTED
from models.records.origin import normal_origin
from service.api.record_messages import Records, require_iso_day

YUAN = re.compile(r"(0|[1-9]\d{0,12})(\.\d{1,2})?", re.ASCII)


def require_positive_yuan(value: Any) -> Any:  # noqa: ANN401
    """An amount is decimal yuan text above zero: a JSON number cannot carry every amount exactly."""
    if not isinstance(value, str) or not YUAN.fullmatch(value) or not value.strip("0."):
        raise PydanticCustomError("yuan", "an amount above zero as decimal yuan text such as 1500000.00")
    return value


def normal_id(value: Any) -> Any:  # noqa: ANN401
    """An id by the rule of imported ones, so that the same enterprise is found; what cannot be seen is refused."""
    if not isinstance(value, str):
        return value
    found = normal_identifier(value)
    if found is None:
        raise PydanticCustomError("text", "visible characters only")
    return found


def short_word(value: Any) -> Any:  # noqa: ANN401
    """An origin by the rule of imported ones."""
    if not isinstance(value, str):
        return value
    found = normal_origin(value)
    if found is None:
        raise PydanticCustomError("origin", ORIGIN_EXPECTED)
    return found


IsoDay = Annotated[str, Field(json_schema_extra={"format": "date"})]
Day = Annotated[date, BeforeValidator(require_iso_day, json_schema_input_type=IsoDay)]
Yuan = Annotated[
    str,
    BeforeValidator(require_positive_yuan),
    Field(pattern=YUAN.pattern.join(("^", "$")), examples=["1500000.00"]),
]
EnterpriseId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128),
    BeforeValidator(normal_id),
]


Origin = Annotated[str, BeforeValidator(short_word)]


class Strict(BaseModel):
    """Unknown fields are refused: a misspelt field must not silently change a decision."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CreditApplication(Strict):
    """What the enterprise applies for."""

    product: str | None = Field(
        None, min_length=1, max_length=64, description="product code; default: the policy's default product"
    )
    amount_yuan: Yuan | None = Field(None, description="amount applied for, decimal yuan text; null: what is possible")
    forecast_growth: float | None = Field(
        None,
        ge=-1,
        allow_inf_nan=False,
        examples=[0.15],
        description="the applicant's own forecast of next year's revenue growth, a fraction; above what the policy "
        "believes it needs orders in hand, else the case is referred. Null: last year's growth, or the industry's",
    )


class AssessmentRequest(Strict):
    """Assess one enterprise: a stored one by its id, or one whose records come with the request."""

    enterprise_id: EnterpriseId = Field(description="the bank's id of the enterprise")
    as_of: Day | None = Field(
        None,
        description="the day of the assessment; only what the bank knew by its end counts. Default: today (Beijing)",
    )
    request: CreditApplication | None = Field(None, description="what the enterprise applies for")
    records: Records | None = Field(
        None,
        description="records by kind; when given, nothing stored is read and nothing is stored but the assessment. The "
        "books of trading partners are not read either: features of the network (such as circular trade) are null",
    )
    records_origin: Origin = Field(
        "bank", description="where `records` come from, one short word; every figure made of them names it"
    )


class AssessmentResponse(BaseModel):
    """An assessment as it was kept. `decision` is, byte for byte, the canonical JSON that `decision_id` names."""

    id: str = Field(description="UUID version 7; read it again at GET /v1/assessments/{id}")
    created_at: datetime = Field(description="when it was made, UTC")
    enterprise_id: str
    as_of: date
    decision_id: str = Field(description="SHA-256 of the decision's content")
    request: dict[str, Any] = Field(description="the request that it answers, without the records")
    records_received: dict[str, int] | None = Field(
        description="rows by kind that came with the request; null: none did"
    )
    decision: DecisionRecord
