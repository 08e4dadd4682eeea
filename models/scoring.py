"""The whole road, and the only place that composes it.

records -> tables -> features -> default probability -> grade -> limit -> explanation -> decision

Every caller (API, batch, backtest, replay) comes through `score`; one enterprise is N = 1. To follow one application,
read `score` from top to bottom: each line is one stage, and each stage is a package of the same name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from models.bundle import Bundle
from models.decision import Decisions, EnterpriseNotScored
from models.default_probability import ProbabilityColumns, score_features, score_one
from models.errors import AssetlightError
from models.explanation import select_reasons
from models.features import compute_features
from models.grades import grade_index, grade_of
from models.limits import NO_REQUEST, Cases, asset_facts, compute_limits, measure
from models.money import LARGEST_FEN, yuan_text
from models.policy import Policy
from models.positions import read_positions
from models.prepared import PreparedRows, known_by, own_schemas, table_of
from models.tables import Books, Tables, input_digests, record_origins
from models.valuation.stage import read_parameters, value_assets

TRAINING_DEFAULTS, PD_HIGH = OF_MODEL = ("model_training_defaults", "model_pd_high")  # facts a bundle brings
FACT_TEXTS = ("input_sha256", "origins")  # what a table of facts says of a row besides its facts


Finished = Callable[[str], object]  # is told the name of each stage at its end


def _unwatched(_stage: str) -> None:
    """Nobody wants to know when a stage ends."""


@dataclass(frozen=True)
class CreditRequest:
    """What an applicant asks: a product, and an amount in fen or None where none is named.

    `forecast_growth`: its own forecast of next year's revenue growth as a fraction; None: it makes none.
    `line_replaced_fen`: the line of this bank that the new one would replace, so that it does not count beside it;
    None: it replaces none.
    """

    product: str
    amount_fen: int | None = None
    forecast_growth: float | None = None
    line_replaced_fen: int | None = None


class RequestedAmountInvalid(AssetlightError):
    """A requested amount is not above zero, or is more than any balance sheet."""


class ForecastImplausible(AssetlightError):
    """A forecast of growth below -1 or above the most that the policy takes as a forecast at all."""


def score(  # noqa: PLR0913
    tables: Tables,
    as_of: date,
    bundle: Bundle,
    policy: Policy,
    *,
    requests: Mapping[str, CreditRequest] | None = None,
    enterprises: Sequence[str] | None = None,
    assumed: Mapping[str, float | None] | None = None,
    books: Books | None = None,
    network: pa.Table | None = None,
    finished: Finished = _unwatched,
) -> Decisions:
    """Decide on every enterprise that has a row known by the end of `as_of`, or on those named in `enterprises`.

    Named enterprises of which nothing is known are referred. An enterprise without a request is offered the default
    product without an amount. `assumed` sets facts by name for all of them in thought (None: not known), features
    before the model reads them: what comes out is a hypothesis, not a decision to keep. `books`: see `input_digests`;
    `network`: see `compute_features`. `finished` is told the name of each stage at its end. Raises the errors of the
    stages, ProductUnknown, EnterpriseNotScored (a request for an enterprise that is not scored), RequestedAmountInvalid
    and ForecastImplausible.
    """
    assumed = assumed or {}
    computed = compute_features(tables, as_of, enterprises, network=network)
    features = _assume(_only(computed, enterprises), assumed)
    finished("features")
    ids = features.column("enterprise_id").combine_chunks()
    product, requested = _requests(ids, requests or {}, policy)
    evidence = _evidence(tables, as_of, features, policy, product)
    finished("evidence")
    digests = input_digests(tables, as_of, enterprises, books)
    origins = record_origins(tables, as_of, enterprises)
    finished("digests")
    return _decided(
        features,
        evidence,
        _Case(as_of, bundle, policy, product, requested, requests or {}, assumed, finished),
        input_sha256=_aligned(digests, "input_sha256", ids),
        origins=_aligned(origins, "origins", ids),
    )


def score_facts(
    facts: pa.Table, as_of: date, bundle: Bundle, policy: Policy, *, requests: Mapping[str, CreditRequest] | None = None
) -> Decisions:
    """Decide on every row of a table of facts that were computed before, by the same road from the model on.

    `facts`: enterprise_id (each once), features and evidence by name as float64, `input_sha256`, and `origins` of the
    records (list<string>). Raises FeatureColumnsDiffer, LimitFactAbsent and what `score` raises.
    """
    ids = facts.column("enterprise_id").combine_chunks()
    product, requested = _requests(ids, requests or {}, policy)
    own = [name for name in bundle.features if name in facts.column_names]
    others = [name for name in facts.column_names if name not in {*own, *FACT_TEXTS, "enterprise_id"}]
    return _decided(
        facts.select(["enterprise_id", *own, *others]),
        {},
        _Case(as_of, bundle, policy, product, requested, requests or {}, {}),
        input_sha256=facts.column("input_sha256").combine_chunks(),
        origins=facts.column("origins").combine_chunks(),
    )


@dataclass(frozen=True)
class _Case:
    """What is decided on, and by what."""

    as_of: date
    bundle: Bundle
    policy: Policy
    product: npt.NDArray[np.int64]
    requested_fen: npt.NDArray[np.int64]
    requests: Mapping[str, CreditRequest]
    assumed: Mapping[str, float | None]
    finished: Finished = _unwatched


def _decided(
    features: pa.Table,
    evidence: dict[str, npt.NDArray[np.float64]],
    case: _Case,
    *,
    input_sha256: pa.Array,
    origins: pa.Array,
) -> Decisions:
    """From features and evidence to decisions: probability, grade, limit, reasons."""
    ids = features.column("enterprise_id").combine_chunks()
    probability = _silent_where_nothing_is_known(score_features(features, case.bundle, case.policy.compared_with))
    case.finished("probability")
    facts = _facts(features) | evidence | _of_requests(ids, case.requests) | _of_model(case.bundle, probability)
    cases = Cases(
        facts={**facts, **_constant(case.assumed, len(ids))},
        grade=grade_index(probability.pd, case.policy.upper_pd),
        products=tuple(case.policy.products.values()),
        product=case.product,
        requested_fen=case.requested_fen,
        policy=case.policy,
    )
    limits = compute_limits(cases)
    case.finished("limit")
    reasons = select_reasons(limits, probability, case.policy)
    case.finished("reasons")
    return Decisions(
        enterprise_ids=ids,
        as_of=case.as_of,
        cases=cases,
        probability=probability,
        limits=limits,
        reasons=reasons,
        input_sha256=input_sha256,
        record_origins=origins,
        bundle=case.bundle,
        policy=case.policy,
    )


def score_beside(decisions: Decisions, bundle: Bundle) -> Decisions:
    """The decisions that another bundle would have given on the very same cases: same facts, policy and requests.

    Nothing is read or computed again but what depends on the bundle, and it comes out to the last bit as `score` with
    that bundle would. Raises FeatureColumnsDiffer where the bundle needs a feature that the cases do not have,
    PopulationNotInBundle where it lacks whom the policy compares with.
    """
    facts = decisions.cases.facts
    columns = {name: pa.array(facts[name]) for name in bundle.features if name in facts}
    features = pa.table({"enterprise_id": decisions.enterprise_ids, **columns})
    probability = _silent_where_nothing_is_known(score_features(features, bundle, decisions.policy.compared_with))
    grade = grade_index(probability.pd, decisions.policy.upper_pd)
    own = {name: column for name, column in facts.items() if name not in OF_MODEL}
    cases = replace(decisions.cases, facts=own | _of_model(bundle, probability), grade=grade)
    limits = compute_limits(cases)
    reasons = select_reasons(limits, probability, decisions.policy)
    return replace(decisions, cases=cases, probability=probability, limits=limits, reasons=reasons, bundle=bundle)


@dataclass(frozen=True)
class RowScore:
    """What the model says of one row. None where it says nothing."""

    pd: float | None
    low: float | None
    high: float | None
    grade: str | None
    points: float | None
    base_points: float
    contributions: tuple[float, ...]  # in the order of the bundle's features


def score_row(row: npt.NDArray[np.float64], bundle: Bundle, policy: Policy) -> RowScore:
    """Probability, grade and contributions of one row of the bundle's features (float64[F], NaN where missing).

    To the last bit what `score` says of an enterprise with these features.
    """
    found = score_one(row, bundle, policy.compared_with)
    contributions = tuple((found.contributions + 0.0).tolist())
    if np.count_nonzero(np.isnan(row)) == len(row):  # the model would answer; that answer is about nobody
        return RowScore(None, None, None, None, None, found.base_points, contributions)
    low, high = (None if math.isnan(bound) else bound for bound in (found.low, found.high))
    grade = grade_of(found.pd, policy.upper_pd)
    return RowScore(found.pd, low, high, grade, found.points, found.base_points, contributions)


def score_prepared(
    own: Sequence[PreparedRows],
    bundle: Bundle,
    as_of: date,
    records: Tables | None = None,
    compared_with: str | None = None,
) -> ProbabilityColumns:
    """Default probability of the rows of a bank's own tables, for a bundle that was learned from such tables.

    A bundle of one table alone scores its rows; one with own columns beside the catalogue's features scores every
    enterprise with a record known by the day, own values as they were known then. Probability only: a limit needs the
    records. `compared_with`: see `score_matrix`. Raises OwnColumnsNeeded, WhenKnownNotSaid, FeatureNotFinite,
    PopulationNotInBundle.
    """
    schemas = own_schemas(bundle.card)
    if bundle.card.get("own_columns", {}).get("alone", False):
        return score_features(table_of(own[0], schemas[0]), bundle, compared_with)
    features = compute_features(records or Tables({}), as_of)
    entity = np.array(features.column("enterprise_id").to_pylist(), dtype=np.str_)
    day = np.full(len(entity), np.datetime64(as_of, "D"))
    for rows, schema in zip(own, schemas, strict=True):
        place = known_by(rows, entity, day)
        names = [column.name for column in schema.columns]
        values = rows.matrix(names, schema)[np.maximum(place, 0)]
        values[place < 0] = np.nan
        for column, name in enumerate(names):
            features = features.append_column(name, pa.array(values[:, column], from_pandas=True))
    return score_features(features, bundle, compared_with)


def _only(features: pa.Table, enterprises: Sequence[str] | None) -> pa.Table:
    """The rows of the named enterprises; all rows where none are named."""
    if enterprises is None:
        return features
    named = pa.array(sorted(set(enterprises)), pa.string())
    return features.filter(pc.is_in(features.column("enterprise_id"), value_set=named))


def _evidence(
    tables: Tables, as_of: date, features: pa.Table, policy: Policy, product: npt.NDArray[np.int64]
) -> dict[str, npt.NDArray[np.float64]]:
    """What the other feeds say about each enterprise: positions and assets."""
    ids = features.column("enterprise_id").combine_chunks()
    found = dict(measure(read_positions(tables, as_of, ids), policy))
    if any(kind in tables.by_kind for kind in ("ip_right", "data_asset", "pool_asset")):
        months = np.array([item.tenor_months for item in policy.products.values()], dtype=np.int64)[product]
        sales = features.column("sales_12m_fen").cast(pa.int64(), safe=False)
        known = pa.table({"enterprise_id": ids, "verified_sales_12m_fen": sales, "tenor_months": months})
        values = value_assets(tables, as_of, read_parameters(policy), facts=known, enterprises=ids.to_pylist())
        found |= asset_facts(values, ids)
    return found


def _of_model(bundle: Bundle, probability: ProbabilityColumns) -> dict[str, npt.NDArray[np.float64]]:
    """The facts that another bundle would change, OF_MODEL: how many defaults it was trained on, where its card says
    so, and how high it says the probability may be.
    """
    found: dict[str, npt.NDArray[np.float64]] = {}
    defaults = bundle.card.get("data", {}).get("defaults") if isinstance(bundle.card.get("data"), dict) else None
    if isinstance(defaults, int):
        found[TRAINING_DEFAULTS] = np.full(len(probability), float(defaults))
    if not np.isnan(probability.high).all():
        found[PD_HIGH] = probability.high
    return found


def _assume(features: pa.Table, assumed: Mapping[str, float | None]) -> pa.Table:
    """The features with some set in thought."""
    for name, column in _constant(assumed, features.num_rows).items():
        if name in features.column_names:
            features = features.set_column(
                features.column_names.index(name), name, pa.array(column, pa.float64(), from_pandas=True)
            )
    return features


def _constant(assumed: Mapping[str, float | None], rows: int) -> dict[str, npt.NDArray[np.float64]]:
    return {name: np.full(rows, np.nan if value is None else value) for name, value in assumed.items()}


def _facts(features: pa.Table) -> dict[str, npt.NDArray[np.float64]]:
    """Every computed feature as float64, NaN where it is not known."""
    names = [name for name in features.column_names if name not in ("enterprise_id", "as_of")]
    return {name: features.column(name).to_numpy() for name in names}


def _silent_where_nothing_is_known(probability: ProbabilityColumns) -> ProbabilityColumns:
    """A model answers for a row of nothing but missing values, too; that answer is about nobody, so it is withheld."""
    unknown = np.isnan(probability.values).all(axis=1)
    return replace(
        probability,
        pd=np.where(unknown, np.nan, probability.pd),
        points=np.where(unknown, np.nan, probability.points),
        low=np.where(unknown, np.nan, probability.low),
        high=np.where(unknown, np.nan, probability.high),
    )


def _requests(
    ids: pa.Array, requests: Mapping[str, CreditRequest], policy: Policy
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """For each enterprise the place of its product in `policy.products`, and the amount asked (NO_REQUEST if none)."""
    place = {code: at for at, code in enumerate(policy.products)}
    product = np.full(len(ids), place[policy.text("request.default_product")], dtype=np.int64)
    amount = np.full(len(ids), NO_REQUEST, dtype=np.int64)
    if not requests:
        return product, amount
    rows = pc.index_in(pa.array(list(requests), pa.string()), value_set=ids).to_pylist()
    for row, (enterprise, request) in zip(rows, requests.items(), strict=True):
        if row is None:
            raise EnterpriseNotScored(
                f"a request names enterprise {enterprise}, of which no row is known", field="requests"
            )
        product[row] = place[policy.product(request.product).code]
        _refuse_implausible(request.forecast_growth, enterprise, policy)
        if request.amount_fen is not None:
            amount[row] = _checked(request.amount_fen, enterprise)
    return product, amount


def _of_requests(ids: pa.Array, requests: Mapping[str, CreditRequest]) -> dict[str, npt.NDArray[np.float64]]:
    """What comes with the applications themselves and no record holds: forecasts, and lines that would be replaced."""
    asked: dict[str, dict[str, float | None]] = {
        "forecast_growth": {name: request.forecast_growth for name, request in requests.items()},
        "line_replaced_fen": {name: request.line_replaced_fen for name, request in requests.items()},
    }
    return {
        fact: pa.array([by_name.get(name) for name in ids.to_pylist()], pa.float64()).to_numpy(zero_copy_only=False)
        for fact, by_name in asked.items()
        if any(value is not None for value in by_name.values())
    }


def _refuse_implausible(growth: float | None, enterprise: str, policy: Policy) -> None:
    most = float(policy.number("request.largest_forecast_growth"))
    if growth is not None and not -1 <= growth <= most:
        raise ForecastImplausible(
            f"the growth forecast for {enterprise} is not one to assess",
            expected=f"a fraction from -1 to {most:g}: 0.15 is 15 %",
            found=f"{growth:g}",
            field="forecast_growth",
        )


def _checked(fen: int, enterprise: str) -> int:
    if not 0 < fen <= LARGEST_FEN:
        raise RequestedAmountInvalid(
            f"the amount requested for {enterprise} is not one to assess",
            expected=f"yuan above zero, at most {yuan_text(LARGEST_FEN)}",
            found=yuan_text(fen),
            field="amount",
        )
    return fen


def _aligned(digests: pa.Table, column: str, ids: pa.Array) -> pa.Array:
    """A column of the digests in the order of the features; null for an enterprise of which nothing is known."""
    rows = pc.index_in(ids, value_set=digests.column("enterprise_id").combine_chunks())
    return digests.column(column).combine_chunks().take(rows)
