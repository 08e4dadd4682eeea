"""The asset pool (善融资产池) of N enterprises: `Σ V × r × e × (1 - fx)` under caps, less reserves (DOMAIN.md 5).

A valuation stage, not a limit: it turns dated assets into an amount and knows no loan rule; the limit engine takes
`available_fen` as a source. What the pool holds is listed in `claimed`, so that nothing is counted beside it again.

Denominators, so that no cap depends on itself:
* issuer and group: share of the pool before caps (as in the receivable vector of DOMAIN.md 1.3);
* bounded families (goods; IP and data together): share s of the final pool, as s/(1 - s) of the value of the unbounded
  classes after issuer and group caps. With s = 0.20 the family is at most 20 % of the pool, exactly, without iteration.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.valuation.columns import EvidenceColumns, by_choice, register_numbers
from models.valuation.facts import of_enterprises
from models.valuation.groups import Groups, consecutive, once_per_key, shared_out
from models.valuation.pool_coverage import coverage_columns
from models.valuation.pool_parameters import FAMILIES, NO_ISSUER_CAP, POOL_CLASSES, PoolParameters
from models.valuation.pool_rules import POOL_KNOCK_OUTS, POOL_PENDING, held_by_pool, is_one_of, pool_eligibility
from models.valuation.rates import ONE, Flags, Int64, checked_fen, of, share
from models.valuation.words import SIGNALS

_CLAIMS = (
    "bank_bill_large",
    "bank_bill_regional",
    "commercial_bill",
    "letter_of_credit",
    "receivable_confirmed",
    "receivable_unconfirmed",
    "export_receivable",
)


@dataclass(frozen=True)
class Pool:
    """`assets`: each asset's gross and counted value; `enterprises`: pool, exposure, coverage; `claimed`: register
    numbers the pool holds (enterprise_id, register_no), whether they count there or not.
    """

    assets: pa.Table
    enterprises: pa.Table
    claimed: pa.Table


def value_pool(
    rows: pa.Table,
    parameters: PoolParameters,
    *,
    as_of: date,
    facts: pa.Table | None = None,
    valuations: pa.Table | None = None,
) -> Pool:
    """Value the pool assets in `rows` (columns of the record kind `pool_asset`; absent columns are unknown) at `as_of`.

    `facts`: one row per enterprise, `enterprise_id` and any of `pool_exposure_fen`, `pool_reserves_fen`.
    `valuations`: enterprise_id, register_no, value_fen of IP rights and data assets (see `stage.pool_values`); such an
    asset counts at the lower of its stated value and this one, and waits for a valuation where there is none.
    """
    rows = rows.set_column(
        rows.column_names.index("register_no"), "register_no", register_numbers(rows.column("register_no"))
    )
    rows = rows.take(pc.sort_indices(rows, [("enterprise_id", "ascending"), ("register_no", "ascending")]))
    evidence = EvidenceColumns(rows)
    rules = pool_eligibility(evidence, as_of, parameters)
    amount, unvalued = _amounts(evidence, rules.kind, valuations)
    pending = rules.pending | np.where(rules.knock_outs == 0, POOL_PENDING.mask("revaluation", unvalued), 0)
    counts = (rules.knock_outs == 0) & (pending == 0)
    owners = consecutive(evidence.enterprises())
    keys = consecutive(evidence.enterprises(), evidence.texts("register_no"))
    gross = once_per_key(np.where(counts, of(amount, _rates(evidence, rules.kind, parameters)), 0), keys)
    counted = _under_caps(evidence, rules.kind, gross, owners, parameters)
    repeated = np.bincount(keys.of_row, minlength=keys.count)[keys.of_row] > 1
    assets = pa.table(
        {
            "enterprise_id": evidence.enterprises(),
            "register_no": evidence.texts("register_no"),
            "pool_class": pa.array(np.array([*POOL_CLASSES, ""], object)[rules.kind], pa.string()),
            "issuer_id": evidence.texts("issuer_id"),
            "value_fen": amount,
            "gross_fen": gross,
            "counted_fen": counted,
            "knocked_out_by": POOL_KNOCK_OUTS.lists(rules.knock_outs),
            "pending": POOL_PENDING.lists(pending),
            "signals": SIGNALS.lists(SIGNALS.mask("duplicate_register_no", repeated)),
        }
    )
    enterprises = _enterprises(evidence, owners, (gross, counted, pending), parameters, facts)
    return Pool(assets, enterprises, pool_claims(rows, as_of))


def _rates(rows: EvidenceColumns, kind: Int64, parameters: PoolParameters) -> Int64:
    """Pledge rate × (1 - currency haircut). Products of two four-digit rates are exact."""
    rate = by_choice(kind, {name: share(item.pledge_rate) for name, item in parameters.classes.items()}, POOL_CLASSES)
    home = rows.choice("currency", ("", "CNY")) >= 0
    return of(rate, np.where(home, ONE, ONE - share(parameters.currency_haircut)))


def _amounts(rows: EvidenceColumns, kind: Int64, valuations: pa.Table | None) -> tuple[Int64, Flags]:
    """V of each asset: a claim never above its face, an intangible never above its valuation; and where that lacks."""
    value, face = rows.integers("value_fen"), rows.integers("face_fen")
    amount = np.where(is_one_of(kind, _CLAIMS) & face.known, np.minimum(value.values, face.values), value.values)
    intangible = is_one_of(kind, FAMILIES["intangible"])
    own = _valued(rows, valuations)
    amount = np.where(intangible, np.minimum(amount, np.maximum(own, 0)), amount)
    return checked_fen(amount), np.asarray((intangible & (own < 0)) | ~value.known, bool)


def _valued(rows: EvidenceColumns, valuations: pa.Table | None) -> Int64:
    """The valuation of each register number, -1 where there is none."""
    if valuations is None or valuations.num_rows == 0:
        return np.full(rows.size, -1, np.int64)
    wanted = pc.binary_join_element_wise(rows.enterprises(), rows.texts("register_no"), "\x1f")
    offered = pc.binary_join_element_wise(
        valuations.column("enterprise_id").cast(pa.string()), register_numbers(valuations.column("register_no")), "\x1f"
    )
    place = np.asarray(pc.fill_null(pc.index_in(wanted, value_set=offered.combine_chunks()), -1).to_numpy(), np.int64)
    values = valuations.column("value_fen").to_numpy().astype(np.int64)
    return np.where(place >= 0, values[place], -1)


def _under_caps(rows: EvidenceColumns, kind: Int64, gross: Int64, owners: Groups, parameters: PoolParameters) -> Int64:
    """Issuer cap, then group cap, then bounded families. Bounded families have no issuer cap, so the order is one."""
    families = {name: is_one_of(kind, classes) for name, classes in FAMILIES.items()}
    bounded = np.logical_or.reduce(list(families.values()))
    before = owners.sums(gross)[owners.of_row] if owners.count else gross
    counted, capped = gross, ~is_one_of(kind, NO_ISSUER_CAP)
    for field, part in (("issuer_id", parameters.issuer_cap), ("group_id", parameters.group_cap)):
        counted = _party_cap(rows, field, counted, of(before, share(part)), capped & rows.filled(field), owners)
    base = owners.sums(np.where(bounded, 0, counted))
    for name, inside in families.items():
        bound = share(parameters.family_caps[name])
        ceiling = of(base, bound * ONE // (ONE - bound))
        fitting = shared_out(np.where(inside, counted, 0), ceiling, owners, np.zeros(len(kind), np.int64))
        counted = np.where(inside, fitting, counted)
    return counted


def _party_cap(
    rows: EvidenceColumns, field: str, counted: Int64, cap: Int64, concerned: Flags, owners: Groups
) -> Int64:
    """At most `cap` (per row of the enterprise) for all assets of one party, in row order."""
    party = pc.dictionary_encode(rows.texts(field).combine_chunks()).indices.to_numpy(zero_copy_only=False)
    order = np.lexsort((np.arange(len(party)), party, owners.of_row))
    new = np.ones(len(party), bool)
    new[1:] = (owners.of_row[order][1:] != owners.of_row[order][:-1]) | (party[order][1:] != party[order][:-1])
    parties = Groups(np.cumsum(new).astype(np.int64) - 1, np.flatnonzero(new).astype(np.int64))
    values = np.where(concerned, counted, 0)[order]
    fitting = shared_out(values, cap[order][parties.starts], parties, np.zeros(len(party), np.int64))
    result = counted.copy()
    result[order] = np.where(concerned[order], fitting, counted[order])
    return result


def _enterprises(
    rows: EvidenceColumns,
    owners: Groups,
    columns: tuple[Int64, Int64, Int64],
    parameters: PoolParameters,
    facts: pa.Table | None,
) -> pa.Table:
    gross, counted, pending = columns
    firsts = EvidenceColumns(pa.table({"enterprise_id": rows.enterprises().take(pa.array(owners.starts))}))
    reserves = of_enterprises(firsts, facts, "pool_reserves_fen").values
    exposure = of_enterprises(firsts, facts, "pool_exposure_fen").values
    pool = np.maximum(owners.sums(counted) - checked_fen(reserves), 0)
    return pa.table(
        {
            "enterprise_id": firsts.enterprises(),
            "gross_fen": owners.sums(gross),
            "counted_fen": owners.sums(counted),
            "reserves_fen": reserves,
            "pool_fen": pool,
            "exposure_fen": exposure,
            "available_fen": np.maximum(pool - exposure, 0),
            **coverage_columns(pool, exposure, parameters),
            "pending": POOL_PENDING.lists(owners.any_of(pending)),
        }
    )


def pool_claims(rows: pa.Table, as_of: date) -> pa.Table:
    """Register numbers that pools hold at `as_of` (enterprise_id, register_no), counted there or not: none of them may
    count beside the pool. Needs no value, so IP and data assets can be valued after it and before the pool.
    """
    evidence = EvidenceColumns(rows)
    number = register_numbers(evidence.texts("register_no"))
    held = pa.array(held_by_pool(evidence, as_of))
    return pa.table({"enterprise_id": evidence.enterprises(), "register_no": number}).filter(held)
