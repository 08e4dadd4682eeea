"""Policy: the values and products in force on one day, and the digest that names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property

from models.canonical import digest
from models.grades import PERFORMING
from models.money import fen_from_yuan
from models.policy.errors import PolicyValueNotInForce, PolicyValueUnknown, ProductUnknown
from models.policy.parameter import DatedValue, Parameter, Value, value_text
from models.policy.product import Product, ProductFile
from models.reference_population import TRAINING_AVERAGE

OF_VALIDATION = "validation."  # lines a validator holds a model against
OF_CALIBRATION = "calibration."  # how training sets the level of a model: in the bundle by then, its digest says so
OF_ALLOCATION = "allocation."  # how a budget is shared out over decided cases
OF_NOTICE = "notice."  # what an applicant is told about asking and answering
BESIDE_DECISIONS = (OF_VALIDATION, OF_CALIBRATION, OF_ALLOCATION, OF_NOTICE)  # no rule of a decision reads them
OF_EVERY_DECISION = ("request.default_product", "grading.upper_pd")
COMPARED_WITH = "explanation.reference"  # whom reasons compare with
SILENT = {COMPARED_WITH: TRAINING_AVERAGE}  # what a policy means that does not say it, such as one kept before it could


@dataclass(frozen=True)
class BesideUsed:
    """What an overlay brings that no computed amount depends on, as `approval/default`, and the digest of its files."""

    replaces: tuple[str, ...]
    digest: str


@dataclass(frozen=True)
class OverlayUsed:
    """A bank's own folder laid over the defaults: its name, what it replaced or added, and the digest of its files.

    `replaces` and `digest` are of parameters and products alone; `beside`: None where it brings nothing else.
    """

    name: str
    replaces: tuple[str, ...]
    digest: str
    beside: BesideUsed | None = None


@dataclass(frozen=True)
class ReviewOverdue:
    """A warning: the owner should have reviewed the value by a day that has passed."""

    name: str
    owner: str
    review_by: date
    zh: str
    en: str


@dataclass(frozen=True)
class Unstated:
    """A value of the bank that nobody has stated, and what is turned off until it is."""

    name: str
    owner: str
    zh: str
    en: str


@dataclass(frozen=True)
class Policy:
    """What the bank's policy says on `on`. Ask by name and unit; no rule reads a file."""

    on: date
    parameters: Mapping[str, Parameter]
    product_files: Mapping[str, ProductFile]
    overlays: tuple[OverlayUsed, ...] = ()
    _in_force: dict[str, DatedValue] = field(default_factory=dict, init=False, repr=False, compare=False)
    _tables: dict[str, tuple[Decimal, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def in_force(self, name: str) -> DatedValue:
        """The dated value of a parameter that holds on the day."""
        if name in self._in_force:
            return self._in_force[name]
        parameter = self._parameter(name)
        dated = parameter.on(self.on)
        if dated is None:
            first = self._begins(parameter)
            raise PolicyValueNotInForce(
                f"policy value {name} is not in force on {self.on}: the first day on which it can be used is {first}",
                expected=f"a day from {first} on",
                found=self.on.isoformat(),
                where=f"policy file {parameter.file}",
                advice=f"Ask for a day from {first} on; or state what held on {self.on} in {parameter.file} of the "
                "bank's own policy folder (ASSETLIGHT_POLICY_DIR), with its source",
                field=name,
            )
        self._in_force[name] = dated
        return dated

    def value(self, name: str) -> Value:
        """The value in force: Decimal (fraction, points, multiple, yuan), int (days, months, count), text, table."""
        return self.in_force(name).value

    def number(self, name: str) -> Decimal:
        """A fraction, points or a multiple."""
        return Decimal(str(self._scalar(name, "fraction", "points", "multiple")))

    def whole(self, name: str) -> int:
        """Days, months or a count."""
        return int(self._scalar(name, "days", "months", "count"))

    def text(self, name: str) -> str:
        """A grade, a product code or the name of a population."""
        return str(self._scalar(name, "grade", "product", "population"))

    @cached_property
    def compared_with(self) -> str | None:
        """The population, frozen into the model, that points and reasons compare with; None: the average of training.

        Models and policies change on their own days: where they meet, `default_probability.population_of` checks.
        """
        said = COMPARED_WITH in self.parameters and self.is_in_force(COMPARED_WITH)
        name = self.text(COMPARED_WITH) if said else SILENT[COMPARED_WITH]
        return None if name == TRAINING_AVERAGE else name

    def fen(self, name: str) -> int:
        """An amount of money in fen."""
        return fen_from_yuan(str(self._scalar(name, "yuan")))

    def is_in_force(self, name: str) -> bool:
        """Whether a parameter has a value on the day: a line that the law draws later is not applicable before."""
        return self._parameter(name).on(self.on) is not None

    def fractions_by_grade(self, name: str) -> tuple[Decimal, ...]:
        """A table of fractions in grade order."""
        return tuple(Decimal(str(item)) for item in self._table(name, "fraction").values())

    @cached_property
    def upper_pd(self) -> tuple[float, ...]:
        """The upper bound of the default probability of each performing grade."""
        return tuple(float(bound) for bound in self.fractions_by_grade("grading.upper_pd")[: len(PERFORMING)])

    def fen_by_grade(self, name: str) -> tuple[int, ...]:
        """A table of amounts in grade order, in fen."""
        return tuple(fen_from_yuan(str(item)) for item in self._table(name, "yuan").values())

    def table(self, name: str) -> tuple[Decimal, ...]:
        """A table of numbers in the order of its keys: fractions, multiples, days, months or counts; amounts in fen."""
        if name not in self._tables:
            unit = self._parameter(name).unit
            items = self._table(name, unit).values()
            self._tables[name] = tuple(
                Decimal(fen_from_yuan(str(item)) if unit == "yuan" else str(item)) for item in items
            )
        return self._tables[name]

    @cached_property
    def products(self) -> dict[str, Product]:
        """The products in force on the day, by code."""
        in_force = {code: file.on(self.on) for code, file in sorted(self.product_files.items())}
        return {code: product for code, product in in_force.items() if product is not None}

    def product(self, code: str) -> Product:
        """The terms of a product on the day."""
        if code not in self.products:
            raise ProductUnknown(
                f"no product {code} on {self.on}", expected=", ".join(self.products), found=code, field="product"
            )
        return self.products[code]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the values in force and the product definitions: equal digests decide equally.

        The lines of validation, calibration, allocation and notices are left out: they judge and make models, share out
        a budget and set clocks for answers, and say nothing of a case, so moving one makes no replay differ. So is a
        value that says what silence means: a policy kept before it could be said decides the same.
        """
        values = {
            name: value
            for name, value in self._values_in_force.items()
            if not name.startswith(BESIDE_DECISIONS) and self.in_force(name).value != SILENT.get(name)
        }
        return digest({"parameters": values, "products": {k: p.as_text() for k, p in self.products.items()}})

    @cached_property
    def validation_digest(self) -> str:
        """SHA-256 of the lines that a validation holds a model against."""
        return digest({k: value for k, value in self._values_in_force.items() if k.startswith(OF_VALIDATION)})

    @cached_property
    def unstated(self) -> tuple[Unstated, ...]:
        """The values in force that stand at a zero which says that the bank has not stated them."""
        return tuple(
            Unstated(name, item.owner, *item.when_zero)
            for name, item in sorted(self.parameters.items())
            if item.when_zero is not None and self.is_in_force(name) and self.in_force(name).value == 0
        )

    @cached_property
    def review_warnings(self) -> tuple[ReviewOverdue, ...]:
        """The values and products whose review date lies before the policy day."""
        reviewed = [(name, item.owner, item.review_by) for name, item in sorted(self.parameters.items())]
        reviewed += [
            (f"product {code}", item.owner, item.review_by) for code, item in sorted(self.product_files.items())
        ]
        return tuple(
            ReviewOverdue(
                name=name,
                owner=owner,
                review_by=review_by,
                zh=f"政策参数 {name} 应于 {review_by} 前由 {owner} 复核，已逾期",
                en=f"policy value {name} was due for review by {owner} on {review_by}",
            )
            for name, owner, review_by in reviewed
            if review_by < self.on
        )

    @property
    def _values_in_force(self) -> dict[str, object]:
        return {
            name: {"unit": parameter.unit, "value": value_text(dated.value)}
            for name, parameter in self.parameters.items()
            if (dated := parameter.on(self.on)) is not None
        }

    def _begins(self, parameter: Parameter) -> date:
        """The first day on which a parameter and what every decision reads besides are in force together."""
        read = [self.parameters[name] for name in OF_EVERY_DECISION if name in self.parameters]
        return max(item.values[0].first_day for item in (parameter, *read))

    def _parameter(self, name: str) -> Parameter:
        if name not in self.parameters:
            raise PolicyValueUnknown(f"no policy value {name}", expected=", ".join(sorted(self.parameters)), field=name)
        return self.parameters[name]

    def _scalar(self, name: str, *units: str) -> Decimal | int | str:
        value = self.value(name)
        unit = self._parameter(name).unit
        if isinstance(value, Mapping) or unit not in units:
            raise PolicyValueUnknown(
                f"policy value {name} is asked in another unit", expected=unit, found=units, field=name
            )
        return value

    def _table(self, name: str, unit: str) -> Mapping[str, Decimal | int | str]:
        value = self.value(name)
        if not isinstance(value, Mapping) or self._parameter(name).unit != unit:
            raise PolicyValueUnknown(f"policy value {name} is not a table of {unit}", found=unit, field=name)
        return value
