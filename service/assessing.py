"""One enterprise assessed on one day: the use case behind `POST /v1/assessments` and `assetlight explain`.

It gathers what `models.scoring.score` needs and calls it; it computes nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from models.bundle import Bundle
from models.decision import DecisionRecord, Decisions
from models.lake import Lake
from models.money import fen_from_yuan
from models.policy import Policy
from models.scoring import CreditRequest, score
from models.tables import BANK_ZONE, Tables
from service.bundles import BundleShelf
from service.credit_lines import Register, no_lines, with_lines
from service.errors import AsOfInTheFuture, EnterpriseUnknown, NothingStored
from service.turns import Turns, cores

DEFAULT_PRODUCT = "request.default_product"
Clock = Callable[[], datetime]
Stopwatches = Callable[[], Callable[[str], object]]  # each is told the end of each stage of one piece of work


def _unwatched(_stage: str) -> None:
    """Nobody times the stages."""


@dataclass(frozen=True)
class Question:
    """What is asked: an enterprise, the day (None is today), what it applies for, and records that are not stored."""

    enterprise_id: str
    as_of: date | None = None
    request: CreditRequest | None = None
    records: Tables | None = None


@dataclass(frozen=True)
class Made:
    """A decision, the bytes in which it is kept, and what it was made from; the policy is that of its day."""

    decision: DecisionRecord
    content: bytes
    tables: Tables
    bundle: Bundle
    columns: Decisions  # the same decision in columns, as a challenger is scored beside it
    challenger: str | None = None  # the model in the shadow when it was made


@dataclass(frozen=True)
class Assessor:
    """Answers questions from the lake, the bundle in force and the policy of the day. Threads may share it."""

    lake: Lake
    bundles: BundleShelf
    policy_on: Callable[[date], Policy]
    clock: Clock
    stopwatch: Stopwatches = lambda: _unwatched
    register: Register = no_lines  # the lines that this bank has committed itself to
    turns: Turns = field(default_factory=lambda: Turns(cores()))

    def today(self) -> date:
        """The bank's calendar day."""
        return self.clock().astimezone(BANK_ZONE).date()

    def day(self, as_of: date | None) -> date:
        """The day of an assessment: today unless given. Raises AsOfInTheFuture."""
        today = self.today()
        if as_of is not None and as_of > today:
            raise AsOfInTheFuture(
                "the day of the assessment has not come",
                expected=f"a day not after today, {today.isoformat()}",
                found=as_of.isoformat(),
                field="as_of",
            )
        return as_of or today

    def application(
        self, as_of: date, *, product: str | None, amount_yuan: str | None, forecast_growth: float | None = None
    ) -> CreditRequest:
        """What an enterprise applies for, in the policy's products of the day. Raises ProductUnknown, MoneyNotExact."""
        policy = self.policy_on(as_of)
        code = policy.product(product or policy.text(DEFAULT_PRODUCT)).code
        amount = None if amount_yuan is None else fen_from_yuan(amount_yuan)
        return CreditRequest(product=code, amount_fen=amount, forecast_growth=forecast_growth)

    def decide(self, question: Question) -> DecisionRecord:
        """The decision on the question, by the one scoring path."""
        return self.made(question).decision

    def made(self, question: Question) -> Made:
        """The same, with everything that it was made from."""
        as_of, finished = self.day(question.as_of), self.stopwatch()
        with self.turns.taken():
            finished("turn")
            return self._made(question, as_of, finished)

    def _made(self, question: Question, as_of: date, finished: Callable[[str], object]) -> Made:
        tables = question.records or self.stored(question.enterprise_id)
        finished("records")
        requests = {question.enterprise_id: question.request} if question.request else None
        policy = self.policy_on(as_of)
        product = product_of(question.request, policy)
        in_force = self.bundles.in_force(product)
        bundle = self.bundles.current(product, in_force)
        finished("policy_and_model")
        decisions = score(
            tables, as_of, bundle, policy, requests=requests, enterprises=[question.enterprise_id], finished=finished
        )
        decision, content = decisions.kept_of(question.enterprise_id)
        finished("record")
        return Made(decision, content, tables, bundle, decisions, in_force.challenger)

    def stored(self, enterprise_id: str) -> Tables:
        """The stored records of one enterprise, with its neighbourhood. Raises EnterpriseUnknown."""
        tables = self.around(enterprise_id)
        if not has_rows(tables):
            raise EnterpriseUnknown(
                "no record of this enterprise is stored",
                expected="the id of a stored enterprise",
                found=enterprise_id,
                field="enterprise_id",
                advice="Import its records first: assetlight import FILE...",
            )
        return tables

    def around(self, enterprise_id: str, without_line: str | None = None) -> Tables:
        """The same, also where nothing is stored of it any more. `without_line`: the line that is being decided on."""
        tables = self.lake.tables(enterprises=[enterprise_id], neighbourhood=True)
        lines = self.register(self.connected(enterprise_id), without_line)
        return with_lines(tables, [enterprise_id], lines)

    def connected(self, enterprise_id: str) -> frozenset[str]:
        """The enterprise and everybody who may be in its group."""
        return frozenset({enterprise_id, *self.lake.fellows([enterprise_id])})


def product_of(request: CreditRequest | None, policy: Policy) -> str:
    """The product that is decided on: the one asked for, else the default of the policy."""
    return policy.text(DEFAULT_PRODUCT) if request is None else request.product


def has_rows(tables: Tables) -> bool:
    """Whether tables in memory have any row of any kind."""
    return any(getattr(table, "num_rows", 1) for table in tables.by_kind.values())


def has_stored_rows(lake: Lake) -> bool:
    """Whether anything was ever imported."""
    return bool(lake.manifest().kinds)


def nothing_stored(lake: Lake) -> NothingStored:
    """The error of a command that needs records where there are none."""
    return NothingStored(
        "no records are stored yet", where=str(lake.root), advice="Run `assetlight import FILE...` first"
    )
