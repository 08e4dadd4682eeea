"""People, funding and expert opinions again, for one enterprise and one day, from the definitions of their features."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd

from tests.models.features.oracle_assets import over, total
from tests.models.features.oracle_settlement import rows_of
from tests.models.features.oracles import Values, begins_after, divided, minus_one

TECHNOLOGY = ("high_tech", "tech_sme", "innovative_sme", "specialised", "little_giant", "champion")
DIMENSIONS = ("chain_position", "technology_foresight", "commercial_progress")


def largest(rows: list[Any], names: tuple[str, ...]) -> Any:
    """The row whose named values come last, unknown after known: of two rows of a day the same one always speaks."""
    return max(rows, key=lambda row: [(getattr(row, n) is None, getattr(row, n) or 0) for n in names], default=None)


def people_and_qualifications(seen: dict[str, pd.DataFrame], as_of: date) -> Values:
    """Every feature of the family people_and_qualifications."""
    months = rows_of(seen["headcount"])
    names = ("month_end", "staff", "rd_staff", "key_people")
    latest = largest(months, names)
    year, quarter = (begins_after(as_of, k) for k in (12, 3))
    earlier = largest([row for row in months if begins_after(as_of, 15) < row.month_end <= year], names)
    of_year = [row for row in months if row.month_end > year]
    insured = [row for row in of_year if row.social_insurance_fen and not row.social_insurance_arrears_fen]
    wages = [
        row
        for row in months
        if row.month_end > quarter and row.wages_fen is not None and row.wages_paid_fen is not None
    ]
    gone = total(row.key_people_departed for row in of_year)
    key_people = latest.key_people if latest else None
    titles = rows_of(seen["qualification"])
    standing = [
        row
        for row in titles
        if (row.expires_on is None or row.expires_on >= as_of) and (row.revoked_on is None or row.revoked_on > as_of)
    ]
    left = [(row.expires_on - as_of).days for row in standing if row.title in TECHNOLOGY and row.expires_on is not None]

    def stands(title: str) -> int | None:
        return int(any(row.title == title for row in standing)) if titles else None

    return {
        "staff_growth_12m": minus_one(divided(latest.staff, earlier.staff)) if earlier else None,
        "rd_staff_share": over(latest.rd_staff, latest.staff) if latest else None,
        "social_insurance_months_12m": len(insured) if months else None,
        "wages_paid_share_3m": divided(sum(r.wages_paid_fen for r in wages), sum(r.wages_fen for r in wages)),
        "key_people_left_share_12m": None if gone is None or key_people is None else divided(gone, gone + key_people),
        "high_tech_valid": stands("high_tech"),
        "specialised_valid": stands("specialised"),
        "little_giant_valid": stands("little_giant"),
        "title_days_left": max(left, default=None),
        "talent_titles_valid": sum(row.title == "talent" for row in standing) if titles else None,
    }


def funding(seen: dict[str, pd.DataFrame], as_of: date) -> Values:
    """Every feature of the family funding."""
    rounds = rows_of(seen["funding_round"])
    tiers = {"top": 3, "known": 2, "industrial": 2, "government": 2, "other": 1}
    next_year = (pd.Timestamp(as_of) + pd.DateOffset(months=12)).date()
    back = [
        row.amount_fen if row.cash_received_fen is None else row.cash_received_fen
        for row in rounds
        if row.buy_back_clause and row.buy_back_due_on is not None and row.buy_back_due_on <= next_year
    ]
    statements = [
        (row.period_end, row.months, row.cash_fen - (row.restricted_cash_fen or 0), flow_of(row))
        for row in rows_of(seen["financial_statement"])
        if row.cash_fen is not None and row.operating_cash_flow_fen is not None
    ]
    burn, runway = None, None
    if statements:
        day, months, cash, flow = max(statements)
        burn = max(-flow, 0) // months
        since = sum(
            row.cash_received_fen or 0
            for row in rounds
            if row.cash_received_on is not None and day < row.cash_received_on <= as_of
        )
        runway = max((cash + since) / burn - (as_of - day).days / 30, 0) if burn else None
    return {
        "days_since_funding_round": (as_of - max(row.signed_on for row in rounds)).days if rounds else None,
        "funding_cash_share": divided(
            sum(row.cash_received_fen or 0 for row in rounds), sum(row.amount_fen for row in rounds)
        ),
        "investor_tier": max((tiers[row.investor_tier] for row in rounds if row.investor_tier), default=None),
        "buy_back_due_soon_fen": sum(back) if rounds else None,
        "burn_a_month_fen": burn,
        "runway_months": runway,
    }


def flow_of(row: Any) -> int:
    return int(row.operating_cash_flow_fen - (row.capital_expenditure_fen or 0))


def expert_opinion(seen: dict[str, pd.DataFrame], as_of: date) -> Values:
    """Every feature of the family expert_opinion."""
    rows = rows_of(seen["expert_opinion"])
    names = ("given_on", "opinion_no", "valid_until", *DIMENSIONS)
    last = [
        largest([row for row in rows if row.expert_id == expert], names) for expert in {row.expert_id for row in rows}
    ]
    standing = [row for row in last if row.valid_until is None or row.valid_until >= as_of]
    scores = {name: [getattr(row, name) for row in standing if getattr(row, name) is not None] for name in DIMENSIONS}
    means: Values = {f"expert_{name}": divided(sum(of), len(of)) for name, of in scores.items()}
    return means | {
        "expert_dispersion": max((max(of) - min(of) for of in scores.values() if of), default=None),
        "days_since_expert_opinion": (as_of - max(row.given_on for row in standing)).days if standing else None,
    }


ORACLES: dict[str, Callable[[dict[str, pd.DataFrame], date], Values]] = {
    "people_and_qualifications": people_and_qualifications,
    "funding": funding,
    "expert_opinion": expert_opinion,
}
