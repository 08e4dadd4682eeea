"""A credit product: its dated terms. Amounts are yuan in the file and fen here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models.money import fen_from_yuan, yuan_text
from models.policy.node import Node, refuse_unordered
from models.policy.units import UNITS, read_scalar
from models.policy.yaml_text import TextTree

CURRENCIES = ("CNY",)
SOURCES = (
    "receivables",
    "supplier",
    "invoice_turnover",
    "tax",
    "orders",
    "pool",
    "runway",
    "ip_uplift",
    "data_uplift",
)
# Ceilings that a product may require, leave out, or (the default) apply where the facts are known.
CEILINGS = (
    "working_capital_need",
    "debt_service_capacity",
    "total_debt",
    "net_assets",
    "single_name",
    "group",
    "early_warning",
    "model_uncertainty",
)
WHERE_KNOWN, REQUIRED, UNUSED = USES = ("where_known", "required", "unused")
_OPTIONAL_TERMS = ("sources", "ceilings", "required_above")
_TERMS = ("from", "reference", "currency", "minimum", "maximum", "step", "tenor_months", "inclusive_finance")


@dataclass(frozen=True)
class Product:
    """The terms of one product in force on a day."""

    code: str
    zh: str
    en: str
    first_day: date
    reference: str
    currency: str
    minimum_fen: int
    maximum_fen: int
    step_fen: int
    tenor_months: int
    inclusive_finance: bool  # counted as inclusive finance (普惠小微), so its amount stays within that line
    sources: tuple[str, ...]  # what the product lends on
    ceilings: Mapping[str, str]  # how it uses each of CEILINGS
    required_above_fen: int  # up to this amount a required ceiling may lack its facts; beyond it the case is referred

    def use(self, ceiling: str) -> str:
        """How the product uses a ceiling: required, where_known or unused."""
        return self.ceilings.get(ceiling, WHERE_KNOWN)

    def as_text(self) -> dict[str, str]:
        """What the terms say, for digests and for people."""
        return {
            "currency": self.currency,
            "minimum_yuan": yuan_text(self.minimum_fen),
            "maximum_yuan": yuan_text(self.maximum_fen),
            "step_yuan": yuan_text(self.step_fen),
            "tenor_months": str(self.tenor_months),
            "inclusive_finance": "true" if self.inclusive_finance else "false",
            "sources": " ".join(self.sources),
            "ceilings": " ".join(f"{name}:{self.use(name)}" for name in CEILINGS),
            "required_above_yuan": yuan_text(self.required_above_fen),
        }


@dataclass(frozen=True)
class ProductFile:
    """A product with all its dated terms."""

    code: str
    owner: str
    review_by: date
    terms: tuple[Product, ...]

    def on(self, day: date) -> Product | None:
        """The terms in force on a day; None before the product exists."""
        return next((terms for terms in reversed(self.terms) if terms.first_day <= day), None)


def read_product(tree: TextTree, *, code: str, file: str) -> ProductFile:
    """Check one product file completely; the error names file, key and day."""
    node = Node(tree, file=file)
    node.only(("description", "owner", "review_by", "terms"))
    words = node.child("description")
    words.only(("zh", "en"))
    entries = node.children("terms")
    terms = tuple(_terms(entry, code, words.text("zh"), words.text("en")) for entry in entries)
    refuse_unordered(entries, [item.first_day for item in terms])
    return ProductFile(code=code, owner=node.text("owner"), review_by=node.date("review_by"), terms=terms)


def _terms(entry: Node, code: str, zh: str, en: str) -> Product:
    entry.only(_TERMS, _OPTIONAL_TERMS)
    minimum, maximum, step = (_fen(entry, name) for name in ("minimum", "maximum", "step"))
    if minimum > maximum:
        raise entry.invalid("minimum is above maximum", "minimum", found=f"{yuan_text(minimum)}")
    for name, amount in (("minimum", minimum), ("maximum", maximum)):
        if amount % step:
            raise entry.invalid("not a multiple of the step", name, expected=yuan_text(step), found=yuan_text(amount))
    months = read_scalar(entry.text("tenor_months"), "months")
    if not isinstance(months, int) or months == 0:
        raise entry.invalid("not a tenor", "tenor_months", expected=UNITS["months"], found=entry.text("tenor_months"))
    return Product(
        code=code,
        zh=zh,
        en=en,
        first_day=entry.date("from"),
        reference=entry.text("reference"),
        currency=entry.one_of("currency", CURRENCIES),
        minimum_fen=minimum,
        maximum_fen=maximum,
        step_fen=step,
        tenor_months=months,
        inclusive_finance=entry.one_of("inclusive_finance", ("true", "false")) == "true",
        sources=entry.texts("sources", SOURCES) if "sources" in entry.tree else SOURCES,
        ceilings=_uses(entry.child("ceilings")) if "ceilings" in entry.tree else {},
        required_above_fen=_fen(entry, "required_above") if "required_above" in entry.tree else 0,
    )


def _uses(node: Node) -> dict[str, str]:
    node.only((), CEILINGS)
    return {name: node.one_of(name, USES) for name in node.tree}


def _fen(entry: Node, name: str) -> int:
    amount = read_scalar(entry.text(name), "yuan")
    if not isinstance(amount, Decimal) or amount <= 0:
        raise entry.invalid("not an amount above zero", name, expected=UNITS["yuan"], found=entry.text(name))
    return fen_from_yuan(amount)
