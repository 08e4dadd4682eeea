"""IP, data assets and telemetry again, for one enterprise and one day, from the definitions of their features."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import pandas as pd

from tests.models.features.oracle_settlement import rows_of
from tests.models.features.oracles import Values, begins_after, divided

PATENTS = ("invention", "utility", "design")
ONCE = ("granted", "lapsed", "expired", "invalidated")
QUALITY = ("conformity", "completeness", "accuracy", "consistency", "timeliness", "accessibility")
LAWFUL = ("own", "licensed", "public", "government_authorised", "customer_consent")


def total(values: Iterable[Any]) -> int | None:
    """The sum of what is known; None if nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def over(numerator: float | None, denominator: float | None) -> float | None:
    return None if numerator is None or denominator is None else divided(numerator, denominator)


def said_share(rows: list[Any], name: str) -> float | None:
    """The share of yes among the rows that say yes or no."""
    said = [getattr(row, name) for row in rows if getattr(row, name) is not None]
    return divided(sum(said), len(said))


def last_day(right: Any) -> date | None:
    if right.expires_on is not None or right.ip_type not in PATENTS:
        return right.expires_on if right.expires_on is not None else None
    years = {"invention": 20, "utility": 10, "design": 15}[right.ip_type]
    return (pd.Timestamp(right.filed_on) + pd.DateOffset(years=years)).date()


def ip(seen: dict[str, pd.DataFrame], as_of: date) -> Values:
    """Every feature of the family ip."""
    rows = rows_of(seen["ip_right"])
    if not rows:
        return dict.fromkeys(IP_NAMES)
    patents = [row for row in rows if row.ip_type in PATENTS]

    def behind(row: Any) -> bool:
        if row.fee_paid_until is None:
            return False
        looked = pd.Timestamp(row.known_at).tz_convert("Asia/Shanghai").date()
        half_a_year = as_of - (pd.Timestamp(as_of) - pd.DateOffset(months=6)).date()
        return bool(row.fee_paid_until < looked - half_a_year)

    def in_force(row: Any) -> bool:
        ends = last_day(row)
        stands = row.legal_status == "granted" and (ends is None or ends > as_of) and row.acquisition != "licensed"
        return stands and not (row.ip_type in PATENTS and behind(row))

    valid = [row for row in rows if in_force(row)]
    valid_patents = [row for row in valid if row.ip_type in PATENTS]
    cited = [row for row in valid_patents if row.forward_citations is not None]
    both = [row for row in cited if row.self_citations is not None]
    lives = [((last_day(row) or as_of) - as_of, row.attributable_revenue_12m_fen) for row in valid if last_day(row)]
    earning = [(life.days, money) for life, money in lives if money is not None]
    earnings = sum(money for _, money in earning)
    own = [row for row in patents if row.acquisition in (None, "own")]
    granted = sum(row.legal_status in ONCE for row in own)
    refused = sum(row.legal_status in ("rejected", "withdrawn") for row in own)
    teams = [row for row in valid_patents if row.inventors is not None and row.inventors_left is not None]
    lost = [row for row in patents if row.legal_status == "lapsed" or (row.legal_status == "granted" and behind(row))]
    year_ago = begins_after(as_of, 12)
    bought = [
        row
        for row in valid
        if row.acquisition == "bought" and row.acquired_on is not None and year_ago < row.acquired_on <= as_of
    ]
    return {
        "ip_inventions_valid": sum(row.ip_type == "invention" for row in valid),
        "ip_utility_models_valid": sum(row.ip_type == "utility" for row in valid),
        "ip_software_valid": sum(row.ip_type == "software" for row in valid),
        "ip_trademarks_valid": sum(row.ip_type == "trademark" for row in valid),
        "ip_citations_per_year": divided(
            365 * sum(row.forward_citations - (row.self_citations or 0) for row in cited),
            sum(max((as_of - row.filed_on).days, 365) for row in cited),
        ),
        "ip_self_citation_share": divided(
            sum(row.self_citations for row in both), sum(row.forward_citations for row in both)
        ),
        "ip_remaining_life_days": (
            sum(days * money for days, money in earning) / earnings
            if earnings > 0
            else divided(sum(life.days for life, _ in lives), len(lives))
        ),
        "ip_fee_lapse_share": divided(len(lost), sum(row.legal_status in ONCE for row in patents)),
        "ip_grant_rate": divided(granted, granted + refused),
        "ip_university_share": said_share(valid_patents, "with_university"),
        "ip_inventors_left_share": divided(
            sum(row.inventors_left for row in teams), sum(row.inventors for row in teams)
        ),
        "ip_bought_share_12m": divided(len(bought), len(valid)),
        "ip_main_product_share": said_share(valid, "main_product"),
        "ip_licences": total(row.licences for row in valid),
        "ip_litigations": total(row.litigations for row in rows),
        "ip_pledged_share": said_share(valid, "pledged"),
    }


IP_NAMES = (
    *("ip_inventions_valid", "ip_utility_models_valid", "ip_software_valid", "ip_trademarks_valid"),
    *("ip_citations_per_year", "ip_self_citation_share", "ip_remaining_life_days", "ip_fee_lapse_share"),
    *("ip_grant_rate", "ip_university_share", "ip_inventors_left_share", "ip_bought_share_12m"),
    *("ip_main_product_share", "ip_licences", "ip_litigations", "ip_pledged_share"),
)


def data_assets(seen: dict[str, pd.DataFrame], as_of: date) -> Values:
    """Every feature of the family data_assets."""
    rows = rows_of(seen["data_asset"])

    def in_force(row: Any) -> bool:
        days = [day for day in (row.certificate_expires_on, row.licence_expires_on) if day is not None]
        return bool(row.certificate_no) and all(day >= as_of for day in days)

    valid = [row for row in rows if in_force(row)]
    scores = [score for row in valid for name in QUALITY if (score := getattr(row, f"quality_{name}")) is not None]
    ages = [max((as_of - row.refreshed_on).days, 0) for row in valid if row.refreshed_on is not None]
    related = [
        (row.related_revenue_share, row.revenue_12m_fen)
        for row in valid
        if row.related_revenue_share is not None and row.revenue_12m_fen is not None
    ]
    clear = [row for row in rows if row.source_documented and row.source_basis in LAWFUL]
    exposed = [row for row in rows if row.personal_information and row.personal_information_basis in (None, "none")]
    return {
        "data_assets_valid": len(valid) if rows else None,
        "data_quality_mean": divided(sum(scores), len(scores)),
        "data_users": total(row.users for row in valid),
        "data_contracts": total(row.contracts for row in valid),
        "data_revenue_12m_fen": total(row.revenue_12m_fen for row in valid),
        "data_refresh_age_days": divided(sum(ages), len(ages)),
        "data_related_revenue_share_12m": divided(
            sum(share * money for share, money in related), sum(money for _, money in related)
        ),
        "data_assets_disputed": sum(bool(row.disputed) for row in rows) if rows else None,
        "data_source_clear_share": divided(len(clear), len(rows)),
        "data_personal_without_basis": len(exposed) if rows else None,
    }


def telemetry(seen: dict[str, pd.DataFrame], as_of: date) -> Values:
    """Every feature of the family telemetry."""
    rows = rows_of(seen["machine_day"])
    last = {days: [row for row in rows if (as_of - row.reported_day).days < days] for days in (30, 90)}

    def sums(rows: list[Any], *names: str) -> list[float] | None:
        """Sums of the named columns over the rows that have all of them; None if no row has."""
        full = [row for row in rows if all(getattr(row, name) is not None for name in names)]
        return [math.fsum(getattr(row, name) for row in full) for name in names] if full else None

    def quotient(rows: list[Any], numerator: str, denominator: str) -> float | None:
        found = sums(rows, numerator, denominator)
        return None if found is None else divided(found[0], found[1])

    used: dict[int, float | None] = {}
    for days, of in last.items():
        hours = [row.run_hours for row in of if row.run_hours is not None]
        used[days] = divided(math.fsum(hours), 24 * len(hours))
    energy = {days: quotient(of, "kwh", "output_units") for days, of in last.items()}
    planned = [row for row in last[90] if row.scheduled_hours]
    priced = [
        row.output_units * row.unit_price_fen
        for row in rows
        if row.reported_day > begins_after(as_of, 3) and row.output_units is not None and row.unit_price_fen is not None
    ]
    sales = sum(
        row.amount_fen
        for row in rows_of(seen["invoice"])
        if row.direction == "sales" and row.status == "valid" and row.issued_on > begins_after(as_of, 3)
    )
    ran = {row.reported_day for row in last[30] if row.run_hours}
    told = {row.reported_day for row in last[30] if row.run_hours is not None}
    beats = [
        (min(row.heartbeats_received, row.heartbeats_expected), row.heartbeats_expected)
        for row in last[30]
        if row.heartbeats_received is not None and row.heartbeats_expected is not None
    ]
    odd = [
        row
        for row in last[90]
        if row.duplicate_device
        or row.clock_jump
        or row.constant_values
        or row.outside_fence
        or (row.run_hours or 0) > 24
    ]
    return {
        "machine_utilisation_30d": used[30],
        "machine_utilisation_90d": used[90],
        "machine_availability_90d": quotient(planned, "run_hours", "scheduled_hours"),
        "machine_good_share_90d": quotient(last[90], "good_units", "output_units"),
        "machine_util_trend_30_90d": None if used[30] is None or not used[90] else used[30] / used[90] - 1,
        "machine_output_to_sales_3m": divided(math.fsum(priced), sales) if priced else None,
        "machine_energy_drift_30_90d": drift(energy[30], energy[90]),
        "machine_idle_days_30d": len(told - ran) if rows else None,
        "machine_night_share_90d": quotient(last[90], "night_hours", "run_hours"),
        "machines_active_30d": len({row.device_id for row in last[30] if row.run_hours}) if rows else None,
        "machine_heartbeat_coverage_30d": divided(sum(got for got, _ in beats), sum(due for _, due in beats)),
        "machine_tamper_share_90d": divided(len(odd), len(last[90])),
        "machine_signed_share_90d": divided(sum(bool(row.signature_valid) for row in last[90]), len(last[90])),
    }


def drift(recent: float | None, longer: float | None) -> float | None:
    return None if recent is None or not longer else recent / longer - 1


ORACLES: dict[str, Callable[[dict[str, pd.DataFrame], date], Values]] = {
    "ip": ip,
    "data_assets": data_assets,
    "telemetry": telemetry,
}
