"""A valuation as it is told: plain values for JSON and pages, money as decimal yuan text, words in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from models.money import yuan_text
from models.valuation.outcome import ENDS, METHODS, Valuation
from models.valuation.pool import Pool
from models.valuation.pool_rules import POOL_KNOCK_OUTS, POOL_PENDING
from models.valuation.stage import AssetValues
from models.valuation.words import EVIDENCE, KNOCK_OUTS, PENDING, SIGNALS, Vocabulary

Told = dict[str, Any]
METHOD_WORDS: Mapping[str, tuple[str, str]] = {
    "cost": ("成本法", "cost approach"),
    "income": ("收益法（许可费节省）", "income approach (relief from royalty)"),
    "market": ("市场法", "market approach"),
}
CONFIDENCE_WORDS: Mapping[str, tuple[str, str]] = {
    "none": ("无", "none"),
    "low": ("低", "low"),
    "medium": ("中", "medium"),
    "high": ("高", "high"),
}


def told(values: AssetValues, enterprise_id: str) -> dict[str, Told | None]:
    """What one enterprise's IP rights, data assets and pool are worth; None where the feed is not connected."""
    return {
        "ip": None if values.ip is None else _valuation(values.ip, enterprise_id),
        "data": None if values.data is None else _valuation(values.data, enterprise_id),
        "pool": None if values.pool is None else _pool(values.pool, enterprise_id),
    }


def _valuation(valuation: Valuation, enterprise_id: str) -> Told:
    sums = next(iter(_rows(valuation.enterprises, enterprise_id)), None)
    return {
        "value": _range(sums, "value"),
        "lending": _range(sums, "lending"),
        "confidence": _level("none" if sums is None else sums["confidence"]),
        "refer": sums is not None and sums["refer"],
        "assets": [_asset(row) for row in _rows(valuation.assets, enterprise_id)],
    }


def _asset(row: Mapping[str, Any]) -> Told:
    return {
        "register_no": row["register_no"],
        "asset_type": row["asset_type"],
        "value": _range(row, "value"),
        "counted": _range(row, "counted"),
        "lending": _range(row, "lending"),
        "methods": [_method(row, name) for name in row["methods"]],
        "decay": row["decay"],
        "confidence": _level(row["confidence"]),
        "evidence_used": _words(EVIDENCE, row["evidence_used"]),
        "evidence_missing": _words(EVIDENCE, row["evidence_missing"]),
        "knocked_out_by": _words(KNOCK_OUTS, row["knocked_out_by"]),
        "pending": _words(PENDING, row["pending"]),
        "signals": _words(SIGNALS, row["signals"]),
        "refer": row["refer"],
    }


def _pool(pool: Pool, enterprise_id: str) -> Told:
    sums = next(iter(_rows(pool.enterprises, enterprise_id)), None)
    names = ("gross", "counted", "pool", "exposure", "available")
    return {
        **{f"{name}_yuan": _yuan(sums, f"{name}_fen") for name in names},
        "coverage": None if sums is None else sums["coverage"],
        "coverage_level": "no_exposure" if sums is None else sums["coverage_level"],
        "margin_call_yuan": _yuan(sums, "margin_call_fen"),
        "assets": [
            {
                "register_no": row["register_no"],
                "pool_class": row["pool_class"],
                "value_yuan": yuan_text(row["value_fen"]),
                "after_pledge_rate_yuan": yuan_text(row["gross_fen"]),
                "counted_yuan": yuan_text(row["counted_fen"]),
                "knocked_out_by": _words(POOL_KNOCK_OUTS, row["knocked_out_by"]),
                "pending": _words(POOL_PENDING, row["pending"]),
                "signals": _words(SIGNALS, row["signals"]),
            }
            for row in _rows(pool.assets, enterprise_id)
        ],
    }


def _rows(table: pa.Table, enterprise_id: str) -> list[dict[str, Any]]:
    return [row for row in table.to_pylist() if row["enterprise_id"] == enterprise_id]


def _range(row: Mapping[str, Any] | None, name: str) -> Told:
    return {f"{end}_yuan": _yuan(row, f"{name}_{end}_fen") for end in ENDS}


def _yuan(row: Mapping[str, Any] | None, name: str) -> str:
    return yuan_text(0 if row is None or row[name] is None else row[name])


def _method(row: Mapping[str, Any], name: str) -> Told:
    assert name in METHODS  # noqa: S101
    zh, en = METHOD_WORDS[name]
    return {"code": name, "zh": zh, "en": en, **_range(row, name)}


def _level(code: str) -> Told:
    zh, en = CONFIDENCE_WORDS[code]
    return {"code": code, "zh": zh, "en": en}


def _words(vocabulary: Vocabulary, names: Iterable[str]) -> list[Told]:
    found = [vocabulary.word(name) for name in names]
    return [{"code": word.name, "zh": word.zh, "en": word.en} for word in found]
