"""The result of a valuation: one table of assets, one of enterprises. Money is fen; lists hold names of `words`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from models.valuation.approaches import Approach, Range
from models.valuation.groups import Groups, once_per_key, shared_out
from models.valuation.rates import ONE, Flags, Int64, lost, of
from models.valuation.words import CONFIDENCE, EVIDENCE, GAMING, KNOCK_OUTS, PENDING, SIGNALS, knocked_out

METHODS = ("cost", "income", "market")
ENDS = ("low", "central", "high")


@dataclass(frozen=True)
class Masks:
    """Bit masks per asset over the vocabularies of `words`."""

    knock_outs: Int64
    pending: Int64
    signals: Int64
    used: Int64
    missing: Int64


@dataclass(frozen=True)
class Valuation:
    """Assets and enterprises, sorted by enterprise_id (assets then by register_no).

    `assets`: value_* is what an asset is worth by itself; part_* is its part of what the enterprise's assets are worth
    together, which is lower where several live on the same sales or a register number was entered twice; counted_* is
    the part that counts beside the asset pool: 0 for what the pool holds, which takes part_* from here. A cap is shared
    out at each end anew, so one asset's part need not rise from low to high; the sums do.
    `enterprises`: sums of counted_*, and of the exact lending amounts, floored once for the enterprise (so up to one
    fen an asset above the sum of the floored ones); `refer` says that a person must look, `referred_because` why.
    """

    assets: pa.Table
    enterprises: pa.Table


@dataclass(frozen=True)
class Valued:
    """What the engines hand over to be laid out: N assets, their owners and register numbers."""

    asset_type: pa.Array
    register_no: pa.ChunkedArray
    enterprise_id: pa.ChunkedArray
    owners: Groups
    keys: Groups
    approaches: tuple[Approach, Approach, Approach]
    value: Range
    cap: Range
    capped: Flags
    score: Range
    decay: Int64
    lending_share: Range
    masks: Masks
    confidence: Int64
    pooled: Flags


def counted_range(valued: Valued, lending_share: Range) -> Range:
    """Each asset's part of its enterprise's value: once per register number, and capped assets share one cap.

    What lends most fills the cap first, so that one more asset never lowers what a bank lends on.
    """
    ends = []
    capped = valued.keys.any_of(valued.capped.astype(np.int64))[valued.keys.of_row] != 0
    for value, cap, first in zip(valued.value.ends, valued.cap.ends, lending_share.ends, strict=True):
        once = once_per_key(value, valued.keys)
        inside = shared_out(np.where(capped, once, 0), cap, valued.owners, first)
        ends.append(np.where(capped, inside, once))
    return Range(*ends)


def lay_out(valued: Valued) -> Valuation:
    """Both tables of a valuation."""
    keys = valued.keys
    lending_share = Range(*(keys.lowest(end)[keys.of_row] for end in valued.lending_share.ends))
    parts = counted_range(valued, lending_share)
    counted = Range.zero(len(valued.pooled)).where(valued.pooled, parts)
    lending = counted.times(lending_share)
    masks = valued.masks
    gaming = np.logical_or.reduce([SIGNALS.has(masks.signals, name) for name in GAMING])
    open_value = (masks.pending != 0) | SIGNALS.has(masks.signals, "approaches_disagree")
    refer = np.asarray((gaming & ~knocked_out(masks.knock_outs)) | (open_value & (valued.value.high > 0)), bool)
    ranges = {"value": valued.value, "part": parts, "counted": counted, "lending": lending}
    ranges |= {name: item.value for name, item in zip(METHODS, valued.approaches, strict=True)}
    known = {name: item.known for name, item in zip(METHODS, valued.approaches, strict=True)}
    columns: dict[str, pa.Array | pa.ChunkedArray] = {
        "enterprise_id": valued.enterprise_id,
        "register_no": valued.register_no,
        "asset_type": valued.asset_type,
    }
    for name, item in ranges.items():
        for end, values in zip(ENDS, item.ends, strict=True):
            columns[f"{name}_{end}_fen"] = pa.array(values, mask=~known[name] if name in known else None)
    for end, values in zip(ENDS, valued.score.ends, strict=True):
        columns[f"score_{end}"] = pa.array(values / 1e12)
    columns["decay"] = pa.array(valued.decay / 1e12)
    columns["methods"] = _methods(known)
    columns["confidence"] = pa.array(np.array(CONFIDENCE, object)[valued.confidence], pa.string())
    columns["knocked_out_by"] = KNOCK_OUTS.lists(masks.knock_outs)
    columns["pending"] = PENDING.lists(masks.pending)
    columns["signals"] = SIGNALS.lists(masks.signals)
    columns["evidence_used"] = EVIDENCE.lists(masks.used)
    columns["evidence_missing"] = EVIDENCE.lists(masks.missing)
    columns["refer"] = pa.array(refer)
    return Valuation(pa.table(columns), _enterprises(valued, counted, lending_share, refer))


def _methods(known: dict[str, Flags]) -> pa.ListArray:
    present = np.stack(list(known.values()), axis=1)
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int32)
    names = np.array(METHODS, object)[np.nonzero(present)[1]]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(names, pa.string()))


def _enterprises(valued: Valued, counted: Range, lending_share: Range, refer: Flags) -> pa.Table:
    owners, masks = valued.owners, valued.masks
    columns: dict[str, pa.Array | pa.ChunkedArray] = {
        "enterprise_id": valued.enterprise_id.take(pa.array(owners.starts))
    }
    for end, values in zip(ENDS, counted.ends, strict=True):
        columns[f"value_{end}_fen"] = pa.array(owners.sums(values))
    for end, values, part in zip(ENDS, counted.ends, lending_share.ends, strict=True):
        whole = owners.sums(of(values, part)) + owners.sums(lost(values, part)) // ONE
        columns[f"lending_{end}_fen"] = pa.array(whole)
    positive = counted.high > 0
    columns["assets"] = pa.array(owners.sums(np.ones(len(positive), np.int64)))
    columns["assets_counted"] = pa.array(owners.sums(positive.astype(np.int64)))
    worst = owners.lowest(np.where(positive, valued.confidence, len(CONFIDENCE)))
    names = np.array([*CONFIDENCE, "none"], object)
    columns["confidence"] = pa.array(names[worst], pa.string())
    columns["refer"] = pa.array(owners.any_of(refer.astype(np.int64)) != 0)
    columns["signals"] = SIGNALS.lists(owners.any_of(masks.signals))
    columns["pending"] = PENDING.lists(owners.any_of(np.where(positive, masks.pending, 0)))
    columns["knocked_out_by"] = KNOCK_OUTS.lists(owners.any_of(masks.knock_outs))
    return pa.table(columns)
