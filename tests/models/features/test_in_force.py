"""What the features count as in force is what the valuation does not knock out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.features import compute_features, feature
from models.features.ip import GRACE_MONTHS, TERM_YEARS
from models.records.data_asset import DATA_ASSET
from models.records.ip_right import IP_RIGHT
from models.tables import Tables
from models.valuation.data_asset import value_data_assets
from models.valuation.evidence import visible_rows
from models.valuation.ip import value_ip
from tests.models.features.kind_rows import kind_rows
from tests.record_rows import record_table
from tests.valuation_rows import AS_OF, data_numbers, ip_numbers

COUNTED = ("ip_inventions_valid", "ip_utility_models_valid", "ip_software_valid", "ip_trademarks_valid")
TYPES = ("invention", "utility", "software", "trademark")
DEAD = {"not_granted", "lapsed", "expired", "not_owned"}


def test_terms_and_grace_are_those_of_the_policy() -> None:
    """The statutory terms and the grace written beside the features are the numbers that the valuation reads."""
    numbers = ip_numbers()
    assert {kind: numbers.types[kind].term_months // 12 for kind in TERM_YEARS} == TERM_YEARS
    assert numbers.fee_grace_months == GRACE_MONTHS


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_rights_in_force(seed: int) -> None:
    """The counted rights are those that the valuation does not hold for ungranted, lapsed, expired or another's."""
    drawn = ("expires_on", "fee_paid_until", "legal_status", "acquisition")
    rows: list[dict[str, Any]] = [
        row | {"right_no": f"CN{number}", "enterprise_id": "A"}
        for number, row in enumerate(
            kind_rows(IP_RIGHT, AS_OF, drawn, Random(seed), {"ip_type": TYPES, "acquisition": ["own", "licensed"]})  # noqa: S311
        )
        # a right without a stated last day: the valuation counts years of 365 days, the features those of the calendar
        if row["expires_on"] is not None or row["filed_on"] > AS_OF - timedelta(days=3600)
    ]
    tables = Tables({"ip_right": record_table(IP_RIGHT, rows) if rows else IP_RIGHT.schema.empty_table()})
    seen = visible_rows(tables, IP_RIGHT, AS_OF)
    assert seen is not None
    assets = value_ip(seen, ip_numbers(), as_of=AS_OF).assets.to_pylist() if seen.num_rows else []
    (values,) = compute_features(tables, AS_OF, ["A"], [feature(name) for name in COUNTED]).to_pylist()
    for kind, name in zip(TYPES, COUNTED, strict=True):
        alive = sum(row["asset_type"] == kind and not DEAD & set(row["knocked_out_by"]) for row in assets)
        assert (values[name] or 0) == alive, name


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_data_assets_in_force(seed: int) -> None:
    """The counted data assets are those that the valuation does not hold for unregistered or expired."""
    drawn = ("certificate_no", "certificate_expires_on", "licence_expires_on")
    given_values = {"certificate_no": [None, "", "1"]}
    rows = [
        row | {"asset_no": f"DA{number}", "enterprise_id": "A"}
        for number, row in enumerate(kind_rows(DATA_ASSET, AS_OF, drawn, Random(seed), given_values))  # noqa: S311
    ]
    tables = Tables({"data_asset": record_table(DATA_ASSET, rows) if rows else DATA_ASSET.schema.empty_table()})
    seen = visible_rows(tables, DATA_ASSET, AS_OF)
    assert seen is not None
    assets = value_data_assets(seen, data_numbers(), as_of=AS_OF).assets.to_pylist() if seen.num_rows else []
    alive = sum(not {"not_registered", "expired"} & set(row["knocked_out_by"]) for row in assets)
    (values,) = compute_features(tables, AS_OF, ["A"], [feature("data_assets_valid")]).to_pylist()
    assert (values["data_assets_valid"] or 0) == alive


def test_a_fee_that_nobody_looked_at_since_is_not_missed() -> None:
    """A patent learned while its fee was paid stays in force; learned half a year after, it has lapsed."""
    right = {"enterprise_id": "A", "right_no": "1", "ip_type": "invention", "filed_on": date(2019, 7, 1)}
    right |= {"legal_status": "granted", "fee_paid_until": date(2023, 1, 31), "origin": "test"}
    for learned, counted in ((date(2022, 12, 1), 1), (date(2023, 12, 1), 0)):
        known_at = f"{learned}T00:00:00+08:00"
        table = record_table(IP_RIGHT, [right | {"known_at": datetime.fromisoformat(known_at)}])
        (row,) = compute_features(Tables({"ip_right": table}), AS_OF, None, [feature(COUNTED[0])]).to_pylist()
        assert row[COUNTED[0]] == counted
