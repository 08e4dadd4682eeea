"""Records inside a request: one strict message per kind, made from the kind itself so that they cannot differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, create_model
from pydantic_core import PydanticCustomError

from models.records import KINDS
from models.records.kind import Field as KindField
from models.records.kind import RecordKind
from models.tables.parse_text import YES

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


def row_message(kind: RecordKind, *, with_enterprise: bool = False) -> type[BaseModel]:
    """The message of one record of a kind: `...Record` names its enterprise, `...Row` leaves that to the request."""
    fields: dict[str, Any] = {}
    for field in kind.fields:
        if field.name == "enterprise_id" and not with_enterprise:
            continue
        required = field.required and field.filled_from is None
        words = f"{field.zh} / {field.en}" + (f". {field.note}" if field.note else "")
        described = Field(... if required else None, description=words)
        wire_type = message_type(field)
        fields[field.key] = (wire_type if required else wire_type | None, described)
    default = "the moment of this request" if with_enterprise else "the day on which it happened"
    fields["known_at"] = (
        AwareDatetime | None,
        Field(None, description=f"when the bank learned it, with zone, not in the future; default: {default}"),
    )
    name = kind.name.title().replace("_", "") + ("Record" if with_enterprise else "Row")
    return create_model(name, __base__=Row, __doc__=f"{kind.zh} / {kind.en}", **fields)


RECORD_MESSAGES: Mapping[str, type[BaseModel]] = {
    name: row_message(kind, with_enterprise=True) for name, kind in KINDS.items()
}
"""What one row of `POST /v1/records/{kind}` is, by kind."""


def example_record(kind: RecordKind) -> dict[str, Any]:
    """The kind's example as a row of a request."""
    return {field.key: wire_value(field, field.example) for field in kind.fields if field.example}


def wire_value(field: KindField, text: str) -> Any:  # noqa: ANN401
    """An example text in its JSON type."""
    if field.type == "choice" and field.choices:
        return field.choices[text.casefold()]
    if field.type == "flag":
        return text in YES
    return {"number": float, "integer": int}.get(field.type, str)(text)


def record_schema(kind: RecordKind) -> dict[str, Any]:
    """JSON Schema (2020-12) of one row of a kind, with its natural key and an example."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **RECORD_MESSAGES[kind.name].model_json_schema(),
        "x-kind": kind.name,
        "x-natural-key": [kind.field(name).key for name in kind.natural_key],
        "x-occurred": kind.field(kind.occurred).key,
        "examples": [example_record(kind)],
    }


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
