"""Who lives in the economy: roles, sizes, habits. Nothing here says who will default."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.simulate import calibration
from training.simulate.draws import Draws

Real = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flag = npt.NDArray[np.bool_]

ANCHOR, SUPPLIER, SUBSUPPLIER, DISTRIBUTOR, STARTUP, TRADER, FRAUDSTER = range(7)
ROLE_NAMES = ("anchor", "supplier", "subsupplier", "distributor", "startup", "trader", "fraudster")
ROLE_SHARES = (0.01, 0.26, 0.19, 0.17, 0.11, 0.245, 0.015)
INDUSTRIES = 12
RING_SIZE = 4  # enterprises that invoice each other in a ring


@dataclass(frozen=True)
class Population:
    """One array per trait, one element per enterprise. Money is yuan net of tax; sales are per week."""

    seed: int
    role: Whole
    industry: Whole
    region: Whole
    level: Real  # usual weekly sales
    tax_percent: Whole
    variable_share: Real  # purchases per yuan of sales
    fixed_share: Real  # wages and rent per yuan of usual sales
    volatility: Real  # of yearly demand
    invoices_per_month: Real
    void_rate: Real
    red_rate: Real
    deal_log_sd: Real  # between the deals of one relation
    technology: Real  # 0..1: how good its people and ideas are
    age_days: Whole  # at the start of the simulation
    culture_weeks: Whole  # how many weeks after the due date it habitually pays
    terms_weeks: Whole  # credit it gives
    opening_weeks: Real  # weeks of sales held in cash at the start
    patience_weeks: Real  # for which its suppliers wait before they deliver less
    buffer_weeks: Real  # weeks of spending that owners leave in the firm: more where deals are few and large
    ring: Whole  # number of the fraud ring, -1: none
    data_income: Real  # usual monthly income from data contracts
    licence_income: Real  # usual monthly income from licences
    borrows: Flag
    first_loan_week: Whole

    @property
    def size(self) -> int:
        """How many enterprises."""
        return len(self.role)


def _roles(draws: Draws, enterprises: int) -> Whole:
    """Roles in the given shares, at least two anchors, spread at random over the enterprises."""
    counts = np.floor(np.array(ROLE_SHARES) * enterprises).astype(int)
    counts[ANCHOR] = max(2, counts[ANCHOR])
    counts[TRADER] += enterprises - counts.sum()
    if counts[TRADER] < 0:  # fewer than a handful of enterprises
        counts = np.bincount(np.arange(enterprises) % 3, minlength=len(counts))
    roles = np.repeat(np.arange(len(counts)), counts)
    return roles[np.argsort(draws.uniform("role order"), kind="stable").argsort(kind="stable")]


def populate(enterprises: int, seed: int, invoices_per_month: float, hardship: float = 0.0) -> Population:
    """Draw the traits. `invoices_per_month` is the mean number of sales invoices of one enterprise.

    `hardship` takes so many times 2 % of sales from everybody's profit: a poorer economy, in which more cash runs out.
    """
    d = Draws(seed, "population", np.arange(enterprises))
    role = _roles(d, enterprises)
    is_ = [role == kind for kind in range(len(ROLE_NAMES))]
    log_size = calibration.ANNUAL_SALES_LOG_SD * d.normal("size")
    annual = calibration.ANNUAL_SALES_MEDIAN_YUAN * np.exp(np.clip(log_size, -5.0, 4.6))
    annual = np.where(is_[STARTUP], annual * 0.25, np.where(is_[FRAUDSTER], annual * 0.5, annual))
    annual = np.maximum(annual, 120_000.0)
    rates, shares = zip(*calibration.VAT_RATES, strict=True)
    percent = np.array([round(rate * 100) for rate in rates])[d.pick("vat", shares)]

    variable = np.clip(0.62 + 0.13 * d.normal("variable share"), 0.15, 0.9)
    variable = np.where(is_[DISTRIBUTOR], np.clip(0.84 + 0.03 * d.normal("margin"), 0.7, 0.92), variable)
    variable = np.where(is_[STARTUP], np.clip(variable - 0.2, 0.1, 0.6), variable)
    variable = np.where(is_[ANCHOR], 0.66, variable)
    technology = d.beta_like("technology", 0.12, 1.4)
    technology = np.where(is_[STARTUP], d.beta_like("start-up technology", 0.42, 1.2), technology)
    profit = 0.088 - 0.02 * hardship + 0.04 * d.normal("profit") + 0.03 * technology
    profit = np.where(is_[STARTUP], -0.55 - 0.5 * d.exponential("burn"), profit)
    profit = np.where(is_[ANCHOR], 0.09, np.where(is_[FRAUDSTER], profit - 0.05, profit))

    shape = -0.5 * calibration.INVOICES_LOG_SD**2
    rate = invoices_per_month * np.exp(shape + 0.3 * log_size + 1.05 * d.normal("invoices"))
    invoices = np.clip(rate, 0.4 * min(1.0, invoices_per_month), 30 * invoices_per_month)
    lumps = 0.7 + 2.8 / np.sqrt(invoices)
    culture = np.where(is_[ANCHOR], d.below("anchor culture", 7), (d.exponential("culture") * 0.9).astype(np.int64))
    has_data = d.chance("has data", 0.04 + 0.35 * technology)
    has_licence = d.chance("has licence", 0.02 + 0.2 * technology)
    monthly = annual / 12
    ring = np.full(enterprises, -1)
    members = np.flatnonzero(is_[FRAUDSTER])
    ring[members] = np.arange(len(members)) // RING_SIZE
    return Population(
        seed=seed,
        role=role,
        industry=d.below("industry", INDUSTRIES),
        region=d.below("region", 40),
        level=annual / 52,
        tax_percent=percent,
        variable_share=variable,
        fixed_share=np.maximum(0.02, 1 - variable - profit),
        volatility=np.where(is_[ANCHOR], 0.08, 0.08 + 0.08 * d.exponential("volatility")),
        invoices_per_month=invoices,
        void_rate=np.clip(
            d.beta_like("void", *calibration.VOID_RATE) * np.clip(rate / invoices_per_month, 0.1, 9) ** -0.1, 0, 0.5
        ),
        red_rate=np.clip(d.beta_like("red", *calibration.RED_RATE), 0, 0.25),
        deal_log_sd=0.15 + 0.5 * d.uniform("deal spread"),
        technology=technology,
        age_days=np.where(is_[STARTUP], 60 + 500 * d.uniform("age"), 900 + 2600 * d.exponential("age")).astype(
            np.int64
        ),
        culture_weeks=culture,
        terms_weeks=np.array([0, 2, 4, 4, 8, 8, 13])[d.below("terms", 7)],
        opening_weeks=np.where(is_[STARTUP], 45, 1.75 * lumps) * (0.08 + d.exponential("opening cash")),
        buffer_weeks=6 * lumps,
        patience_weeks=4.5 * lumps,
        ring=ring,
        data_income=np.where(has_data, monthly * (0.01 + 0.10 * d.uniform("data income") * technology), 0.0),
        licence_income=np.where(has_licence, monthly * 0.06 * d.uniform("licence income") * technology, 0.0),
        borrows=d.chance("borrows", 0.86) & ~is_[ANCHOR],
        first_loan_week=(22 * d.uniform("first loan") ** 2).astype(np.int64),
    )
