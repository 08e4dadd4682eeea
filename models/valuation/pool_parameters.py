"""The bank's numbers for the asset pool (善融资产池), frozen; read from policy values named `pool.*`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from models.valuation.errors import ParametersContradict
from models.valuation.parameters import Values

# Classes of the pool: the record's asset_class, split where the rate depends on issuer or confirmation (DOMAIN.md 5).
POOL_CLASSES = (
    "margin",
    "deposit",
    "government_bond",
    "bank_bill_large",
    "bank_bill_regional",
    "commercial_bill",
    "letter_of_credit",
    "receivable_confirmed",
    "receivable_unconfirmed",
    "export_receivable",
    "warehouse_receipt",
    "bill_of_lading",
    "wealth_product",
    "ip_right",
    "data_asset",
)
CASH = ("margin", "deposit")
NO_ISSUER_CAP = (*CASH, "government_bond", "warehouse_receipt", "bill_of_lading", "ip_right", "data_asset")
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "goods": ("warehouse_receipt", "bill_of_lading"),
    "intangible": ("ip_right", "data_asset"),
}


@dataclass(frozen=True)
class PoolClass:
    """Numbers of one class: pledge rate; longest remaining months and age of its value in days (0: no bound)."""

    pledge_rate: Decimal
    longest_months: int
    value_life_days: int


@dataclass(frozen=True)
class PoolParameters:
    """Numbers of the pool. `family_caps`: largest share of the final pool that a bounded family may make up."""

    classes: Mapping[str, PoolClass]
    family_caps: Mapping[str, Decimal]
    issuer_cap: Decimal
    group_cap: Decimal
    currency_haircut: Decimal
    age_out_days: int
    warn_coverage: Decimal
    call_coverage: Decimal
    block_coverage: Decimal
    cure_days: int

    def __post_init__(self) -> None:
        if not self.warn_coverage >= self.call_coverage >= self.block_coverage:
            raise ParametersContradict(
                "coverage levels are not in falling order",
                expected="warn >= call >= block",
                found=f"{self.warn_coverage}, {self.call_coverage}, {self.block_coverage}",
                field="pool.warn_coverage",
            )
        if any(not 0 <= cap < 1 for cap in self.family_caps.values()):
            raise ParametersContradict(
                "a family cap must be below the whole pool", expected="0 to 0.99", field="pool.family_caps"
            )


def read_pool_parameters(values: Values) -> PoolParameters:
    """The pool's numbers, from policy values named `pool.*`."""
    rates, months, days = (
        values.value(f"pool.{name}") for name in ("pledge_rate", "longest_months", "value_life_days")
    )
    classes = {
        name: PoolClass(pledge_rate=rates[name], longest_months=int(months[name]), value_life_days=int(days[name]))
        for name in POOL_CLASSES
    }
    return PoolParameters(
        classes=classes,
        family_caps={name: values.number(f"pool.{name}_cap") for name in FAMILIES},
        issuer_cap=values.number("pool.issuer_cap"),
        group_cap=values.number("pool.group_cap"),
        currency_haircut=values.number("pool.currency_haircut"),
        age_out_days=values.whole("pool.age_out_days"),
        warn_coverage=values.number("pool.warn_coverage"),
        call_coverage=values.number("pool.call_coverage"),
        block_coverage=values.number("pool.block_coverage"),
        cure_days=values.whole("pool.cure_days"),
    )
