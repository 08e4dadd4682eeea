"""The bank's numbers for valuing IP and data assets, frozen. Scoring builds them from policy.

`read_ip_parameters(values)` and its twin take whatever answers `number`, `whole` and `fen` by name, as `Policy` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from models.money import fen_from_yuan

IP_TYPES = ("invention", "utility", "design", "software", "trademark")
PATENTS = ("invention", "utility", "design")


class Values(Protocol):
    """Named values in force on a day; `models.policy.Policy` is one."""

    def number(self, name: str) -> Decimal:
        """A fraction."""

    def whole(self, name: str) -> int:
        """Months, days or a count."""

    def fen(self, name: str) -> int:
        """Money in fen."""

    def value(self, name: str) -> Any:  # noqa: ANN401
        """A table by type or class; money in it is yuan."""


@dataclass(frozen=True)
class IpTypeParameters:
    """Numbers of one type of right."""

    multiplier: Decimal
    stability: Decimal
    standard_cost_fen: int
    term_months: int
    lending_share: Decimal


@dataclass(frozen=True)
class Common:
    """Numbers of the three approaches, one set for IP and one for data."""

    discount_rate: Decimal
    yearly_decline: Decimal
    horizon_years: int
    cost_multiple: Decimal
    lone_approach_share: Decimal
    self_reported_share: Decimal
    gap_tolerance: Decimal
    missing_score: Decimal
    appraisal_life_months: int


@dataclass(frozen=True)
class IpParameters:
    """Numbers of IP valuation."""

    common: Common
    types: Mapping[str, IpTypeParameters]
    legal_weight: Decimal
    technical_weight: Decimal
    economic_weight: Decimal
    survived_challenge_bonus: Decimal
    full_claims: int
    full_independent_claims: int
    full_citations_per_year: int
    full_classes: int
    full_countries: int
    full_licences: int
    royalty_rate: Decimal
    tax_rate: Decimal
    life_margin_months: int
    fee_grace_months: int
    bought_window_months: int
    design_window_months: int
    designs_counted: int


@dataclass(frozen=True)
class DataParameters:
    """Numbers of data-asset valuation."""

    common: Common
    quality_weight: Decimal
    scenes_weight: Decimal
    scarcity_weight: Decimal
    maturity_weight: Decimal
    full_scenes: int
    full_contracts: int
    cost_return: Decimal
    risk: Decimal
    scarcity_uplift: Decimal
    circulation_hold: Decimal
    circulation_use: Decimal
    circulation_operate: Decimal
    attributable_share: Decimal
    market_demand: Decimal
    market_volume: Decimal
    related_share_refer: Decimal
    refresh_fresh_days: int
    refresh_dead_days: int
    lending_share: Decimal


def _named(field: str) -> str:
    return field.removesuffix("_fen")


_Frozen = TypeVar("_Frozen", Common, IpParameters, DataParameters)


def _read(kind: type[_Frozen], values: Values, prefix: str, **given: Any) -> _Frozen:  # noqa: ANN401
    found: dict[str, Any] = dict(given)
    for field in fields(kind):
        if field.name in found:
            continue
        name = f"{prefix}.{_named(field.name)}"
        if field.type == "Decimal":
            found[field.name] = values.number(name)
        else:
            found[field.name] = values.fen(name) if field.name.endswith("_fen") else values.whole(name)
    return kind(**found)


def read_ip_parameters(values: Values) -> IpParameters:
    """The numbers of IP valuation, from policy values named `valuation.ip.*`."""
    tables = {field.name: values.value(f"valuation.ip.{_named(field.name)}") for field in fields(IpTypeParameters)}
    types = {
        kind: IpTypeParameters(
            multiplier=tables["multiplier"][kind],
            stability=tables["stability"][kind],
            standard_cost_fen=fen_from_yuan(tables["standard_cost_fen"][kind]),
            term_months=int(tables["term_months"][kind]),
            lending_share=tables["lending_share"][kind],
        )
        for kind in IP_TYPES
    }
    return _read(IpParameters, values, "valuation.ip", common=_read(Common, values, "valuation.ip"), types=types)


def read_data_parameters(values: Values) -> DataParameters:
    """The numbers of data-asset valuation, from policy values named `valuation.data_asset.*`."""
    prefix = "valuation.data_asset"
    return _read(DataParameters, values, prefix, common=_read(Common, values, prefix))
