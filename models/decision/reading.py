"""The stored bytes back to a record, and a record as rows of text that a screen or a page can show."""

from __future__ import annotations

import json
from dataclasses import dataclass

from pydantic import ValidationError

from models.decision.errors import DecisionAltered, DecisionUnreadable, DecisionVersionUnknown
from models.decision.record import DecisionRecord
from models.explanation.catalogue import OUTCOME_WORDS, STATUS_WORDS, rule_words
from models.money import fen_from_yuan, yuan_for_reading

VERSIONS = (1, 2, 3)


def parse(content: bytes) -> DecisionRecord:
    """The record in canonical JSON. An unknown version, another shape or altered content raises."""
    try:
        tree = json.loads(content)
    except ValueError as error:
        raise DecisionUnreadable("not JSON", expected="a decision record", found=str(error)) from error
    if not isinstance(tree, dict) or type(tree.get("schema_version")) is not int:
        raise DecisionUnreadable("no schema version", expected="schema_version: an integer", field="schema_version")
    if tree["schema_version"] not in VERSIONS:
        raise DecisionVersionUnknown(
            "a decision record of an unknown version",
            expected=f"schema_version in {list(VERSIONS)}",
            found=tree["schema_version"],
            advice="read it with the release that knows this version",
            field="schema_version",
        )
    try:
        record = DecisionRecord.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DecisionUnreadable(
            f"not a decision record of version {tree['schema_version']}",
            expected=first["msg"],
            found=first.get("input"),
            field=place,
        ) from error
    if record.computed_id() != record.decision_id:
        raise DecisionAltered(
            "the content is not what the decision id names", expected=record.decision_id, found=record.computed_id()
        )
    return record


@dataclass(frozen=True)
class WaterfallRow:
    """A row of the waterfall for reading; amounts in yuan with separators, the difference with its sign."""

    zh: str
    en: str
    delta: str
    running: str


@dataclass(frozen=True)
class CapRow:
    """A row of the order-free table for reading; empty text where the cap does not apply."""

    zh: str
    en: str
    value: str
    slack: str
    rank: str
    binding: bool
    status_zh: str
    status_en: str


@dataclass(frozen=True)
class GateRow:
    """A row of the table of gates for reading."""

    zh: str
    en: str
    value: str
    threshold: str
    unit: str
    status_zh: str
    status_en: str


def waterfall_rows(record: DecisionRecord) -> list[WaterfallRow]:
    """The waterfall in order, every step also where it changes nothing."""
    rows = []
    for step in record.waterfall:
        words = rule_words(step.code)
        rows.append(WaterfallRow(words.zh, words.en, signed_yuan(step.delta_yuan), _readable(step.running_yuan)))
    return rows


def cap_rows(record: DecisionRecord) -> list[CapRow]:
    """The order-free table: lowest first, those that do not apply last."""
    rows = []
    for cap in record.caps:
        words, status = rule_words(cap.code), STATUS_WORDS[cap.status]
        rows.append(
            CapRow(
                zh=words.zh,
                en=words.en,
                value=_readable(cap.value_yuan),
                slack=_readable(cap.slack_yuan),
                rank="" if cap.rank is None else str(cap.rank),
                binding=cap.binding,
                status_zh=status.zh,
                status_en=status.en,
            )
        )
    return rows


def gate_rows(record: DecisionRecord) -> list[GateRow]:
    """The gates in order."""
    rows = []
    for gate in record.gates:
        words, status = rule_words(gate.code), STATUS_WORDS[gate.status]
        rows.append(
            GateRow(
                zh=words.zh,
                en=words.en,
                value=gate.value or "",
                threshold=gate.threshold or "",
                unit=gate.unit,
                status_zh=status.zh,
                status_en=status.en,
            )
        )
    return rows


def outcome_words(record: DecisionRecord) -> tuple[str, str]:
    """The outcome in Chinese and English."""
    words = OUTCOME_WORDS[record.outcome]
    return words.zh, words.en


def _readable(yuan: str | None) -> str:
    return "" if yuan is None else yuan_for_reading(fen_from_yuan(yuan))


def signed_yuan(yuan: str) -> str:
    """An amount for reading, with its sign."""
    fen = fen_from_yuan(yuan)
    return f"+{yuan_for_reading(fen)}" if fen > 0 else yuan_for_reading(fen)
