"""The catalogue: every feature of every family, in the order of the columns of the feature table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from models.errors import AssetlightError
from models.features import counterparties, invoice_quality, margin_and_tax, purchases, trade
from models.features.closed_loop import CLOSED_LOOP
from models.features.core_enterprise import CORE_ENTERPRISE
from models.features.data_assets import DATA_ASSETS
from models.features.debt import DEBT
from models.features.expert_opinion import EXPERT_OPINION
from models.features.family import Family, Rollup
from models.features.feature import Feature
from models.features.financial_statements import STATEMENTS
from models.features.funding import FUNDING
from models.features.ip import IP
from models.features.network import NETWORK_FAMILY
from models.features.orders import ORDERS
from models.features.people_and_qualifications import PEOPLE_AND_QUALIFICATIONS
from models.features.risk_events import RISK_EVENTS
from models.features.settlement import SETTLEMENT
from models.features.tax_and_cash import TAX_AND_CASH
from models.features.telemetry import TELEMETRY

# The families that read other kinds than invoices, each a file; see models.features.family.
FAMILIES: tuple[Family, ...] = (
    SETTLEMENT,
    CLOSED_LOOP,
    CORE_ENTERPRISE,
    NETWORK_FAMILY,
    ORDERS,
    TAX_AND_CASH,
    IP,
    DATA_ASSETS,
    TELEMETRY,
    PEOPLE_AND_QUALIFICATIONS,
    FUNDING,
    EXPERT_OPINION,
    DEBT,
    STATEMENTS,
    RISK_EVENTS,
)
ROLLUPS: Mapping[str, Rollup] = MappingProxyType(
    {rollup.name: rollup for family in FAMILIES for rollup in family.rollups}
)

CATALOGUE: tuple[Feature, ...] = (
    *trade.FEATURES,
    *invoice_quality.FEATURES,
    *counterparties.FEATURES,
    *purchases.FEATURES,
    *margin_and_tax.FEATURES,
    *(feature for family in FAMILIES for feature in family.features),
)
_BY_NAME: Mapping[str, Feature] = MappingProxyType({feature.name: feature for feature in CATALOGUE})
_DIRECTION_WORDS = {1: "↑ raises risk", -1: "↓ lowers risk", 0: "none"}


class FeatureUnknown(AssetlightError):
    """A feature was asked for by a name that the catalogue does not have."""


def feature(name: str) -> Feature:
    """The feature of that name; FeatureUnknown if the catalogue has none."""
    found = _BY_NAME.get(name)
    if found is None:
        raise FeatureUnknown(
            "no such feature", expected="a name of docs/features.md", found=name, advice="Check the spelling"
        )
    return found


def _window_words(item: Feature) -> str:
    """The window in words."""
    if item.window_days:
        return f"{item.window_days} days"
    return f"{item.window} months" if item.window else "all that is known"


def catalogue_markdown(features: Sequence[Feature] = CATALOGUE) -> str:
    """The catalogue as the page docs/features.md."""
    lines = [
        "# Features",
        "",
        "Written by `python -m models.features > docs/features.md`; a test keeps it equal to the code. A window of k",
        "months is (as_of - k months, as_of], month ends going to month ends; one of k days is the last k days, as_of",
        "included. Money of invoices is without tax; all money is in fen.",
        "",
        "| Feature | 中文 | English | Family | Unit | Window | Risk | Definition | Null or zero | Source |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for item in features:
        cells = (
            f"`{item.name}`",
            item.zh,
            item.en,
            item.family,
            item.unit,
            _window_words(item),
            _DIRECTION_WORDS[item.direction],
            item.definition,
            item.empty,
            item.source,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
