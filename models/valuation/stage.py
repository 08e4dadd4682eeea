"""The whole stage for N enterprises: IP rights, data assets and the pool of a day, each asset counted in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from models.records.data_asset import DATA_ASSET
from models.records.ip_right import IP_RIGHT
from models.records.pool_asset import POOL_ASSET
from models.tables import Tables
from models.valuation.data_asset import value_data_assets
from models.valuation.evidence import visible_rows
from models.valuation.ip import value_ip
from models.valuation.outcome import Valuation
from models.valuation.parameters import DataParameters, IpParameters, Values, read_data_parameters, read_ip_parameters
from models.valuation.pool import Pool, pool_claims, value_pool
from models.valuation.pool_parameters import PoolParameters, read_pool_parameters


@dataclass(frozen=True)
class ValuationParameters:
    """The bank's numbers of the whole stage."""

    ip: IpParameters
    data: DataParameters
    pool: PoolParameters


@dataclass(frozen=True)
class AssetValues:
    """What each feed's assets are worth at a day; None where the feed is not connected, which is not the same as 0."""

    ip: Valuation | None
    data: Valuation | None
    pool: Pool | None


def read_parameters(values: Values) -> ValuationParameters:
    """All numbers of the stage from the policy of a day (`models.policy.Policy` answers them)."""
    return ValuationParameters(read_ip_parameters(values), read_data_parameters(values), read_pool_parameters(values))


def value_assets(
    tables: Tables,
    as_of: date,
    parameters: ValuationParameters,
    *,
    facts: pa.Table | None = None,
    enterprises: Sequence[str] | None = None,
    tenor_months: int = 12,
) -> AssetValues:
    """Value everything known by the end of `as_of`.

    `facts`: one row per enterprise: `enterprise_id` and any of `verified_sales_12m_fen`, `tenor_months`,
    `pool_exposure_fen`, `pool_reserves_fen`. What the pool holds is valued once and counts in the pool alone.
    """
    rights, assets, pooled = (
        visible_rows(tables, kind, as_of, enterprises) for kind in (IP_RIGHT, DATA_ASSET, POOL_ASSET)
    )
    claims = None if pooled is None else pool_claims(pooled, as_of)
    ip = data = pool = None
    if rights is not None:
        ip = value_ip(rights, parameters.ip, as_of=as_of, facts=facts, pooled=claims, tenor_months=tenor_months)
    if assets is not None:
        data = value_data_assets(assets, parameters.data, as_of=as_of, facts=facts, pooled=claims)
    if pooled is not None:
        pool = value_pool(pooled, parameters.pool, as_of=as_of, facts=facts, valuations=pool_values(ip, data))
    return AssetValues(ip, data, pool)


def pool_values(*valuations: Valuation | None) -> pa.Table:
    """What the pool takes an IP right or data asset at: the low of its part (enterprise_id, register_no, value_fen)."""
    columns = ["enterprise_id", "register_no", "part_low_fen"]
    empty = pa.table({name: pa.array([], pa.int64() if name.endswith("_fen") else pa.string()) for name in columns})
    tables = [empty, *(item.assets.select(columns) for item in valuations if item is not None)]
    return pa.concat_tables(tables).rename_columns(["enterprise_id", "register_no", "value_fen"])
