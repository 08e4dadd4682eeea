"""Records inside a request: one strict message per kind, made from the kind itself so that they cannot differ."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, create_model
from pydantic_core import PydanticCustomError

from models.records import KINDS
from models.records.kind import Field as KindField
from models.records.kind import RecordKind

MOST_ROWS = 50_000  # of one kind in one request; longer histories are imported
SIGNED_YUAN = re.compile(r"-?(0|[1-9]\d{0,12})(\.\d{1,2})?", re.ASCII)
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def require_iso_day(value: Any) -> Any:  # noqa: ANN401
    """A day is ten characters of text: a number or a moment is not one."""
    if not isinstance(value, str) or not ISO_DAY.fullmatch(value):
        raise PydanticCustomError("day", "a day as text such as 2026-03-31")
    return value


def require_signed_yuan(value: Any) -> Any:  # noqa: ANN401
    """Money is decimal yuan text: a JSON number cannot carry every amount exactly."""
    if not isinstance(value, str) or not SIGNED_YUAN.fullmatch(value):
        raise PydanticCustomError("yuan", "decimal yuan text with at most two decimals such as -1130.00")
    return value


class Row(BaseModel):
    """One record. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_TYPES: dict[str, Any] = {
    "text": Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)],
    "date": Annotated[str, BeforeValidator(require_iso_day), Field(json_schema_extra={"format": "date"})],
    "timestamp": AwareDatetime,
    "money": Annotated[str, BeforeValidator(require_signed_yuan), Field(pattern=f"^{SIGNED_YUAN.pattern}$")],
    "number": Annotated[float, Field(allow_inf_nan=False, strict=True)],
    "integer": Annotated[int, Field(strict=True)],
    "flag": Annotated[bool, Field(strict=True)],
}


def message_type(field: KindField) -> Any:  # noqa: ANN401
    """The field's type on the wire."""
    if field.type == "choice" and field.choices:
        return Literal[tuple(dict.fromkeys(field.choices.values()))]
    return _TYPES[field.type]


def row_message(kind: RecordKind) -> type[BaseModel]:
    """The message of one record of a kind, without the enterprise, which the request names."""
    fields: dict[str, Any] = {}
    for field in kind.fields:
        if field.name == "enterprise_id":  # named once, by the request
            continue
        required = field.required and field.filled_from is None
        words = f"{field.zh} / {field.en}" + (f". {field.note}" if field.note else "")
        described = Field(... if required else None, description=words)
        wire_type = message_type(field)
        fields[field.key] = (wire_type if required else wire_type | None, described)
    fields["known_at"] = (
        AwareDatetime | None,
        Field(None, description="when the bank learned it, with zone; default: the day on which it happened"),
    )
    return create_model(
        f"{kind.name.title().replace('_', '')}Row", __base__=Row, __doc__=f"{kind.zh} / {kind.en}", **fields
    )


def records_message(kinds: Iterable[RecordKind]) -> type[BaseModel]:
    """The message of all records of one enterprise, by kind."""
    fields: dict[str, Any] = {
        kind.name: (
            list[row_message(kind)] | None,  # type: ignore[misc]
            Field(None, max_length=MOST_ROWS, description=f"{kind.zh} / {kind.en}"),
        )
        for kind in kinds
    }
    return create_model("Records", __base__=Row, __doc__="Records of one enterprise, by kind.", **fields)


if TYPE_CHECKING:
    Records = Row
else:
    Records = records_message(KINDS.values())
