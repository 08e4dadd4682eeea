"""Rows of IP rights, data and pool assets as the valuations read them, and the bank's numbers from the policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

import pyarrow as pa

from models.policy import Policy, load_policy
from models.records.data_asset import DATA_ASSET
from models.records.ip_right import IP_RIGHT
from models.records.kind import RecordKind
from models.records.pool_asset import POOL_ASSET
from models.valuation.parameters import DataParameters, IpParameters, read_data_parameters, read_ip_parameters
from models.valuation.pool_parameters import PoolParameters, read_pool_parameters

AS_OF = date(2024, 6, 30)
WAN = 1_000_000  # fen in 10,000 yuan


@cache
def policy() -> Policy:
    """The shipped policy on the day of the tests."""
    return load_policy(AS_OF)


@cache
def ip_numbers() -> IpParameters:
    return read_ip_parameters(policy())


@cache
def data_numbers() -> DataParameters:
    return read_data_parameters(policy())


@cache
def pool_numbers() -> PoolParameters:
    return read_pool_parameters(policy())


def rows_of(kind: RecordKind, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table of the kind's own columns."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=pa.schema([(f.name, f.arrow) for f in kind.fields]))


def right(number: str = "CN2021100123456", **changes: Any) -> dict[str, Any]:
    """A clean invention patent of one enterprise: granted, paid, unpledged, undisputed, used in the main product."""
    row: dict[str, Any] = {
        "enterprise_id": "E1", "right_no": number, "ip_type": "invention", "filed_on": date(2019, 7, 1),
        "granted_on": date(2021, 7, 1), "expires_on": date(2039, 7, 1), "legal_status": "granted", "owner_share": 1.0,
        "acquisition": "own", "fee_paid_until": date(2025, 7, 1), "claims": 20, "independent_claims": 3,
        "forward_citations": 20, "self_citations": 0, "countries": 2, "ipc4": "H02P;G05B", "licences": 1,
        "invalidations": 0, "disputed": False, "pledged": False, "main_product": True,
    }  # fmt: skip
    return row | changes


def data_set(number: str = "DA-1", **changes: Any) -> dict[str, Any]:
    """A clean data asset: registered, lawful, audited quality, sold to strangers."""
    row: dict[str, Any] = {
        "enterprise_id": "E1", "asset_no": number, "certificate_no": f"SZ-{number}", "registered_on": date(2023, 6, 1),
        "right_to_hold": True, "right_to_use": True, "right_to_operate": True, "source_basis": "own",
        "source_documented": True, "personal_information": False, "important_data": False, "core_data": False,
        "disputed": False, "pledged": False, "quality_conformity": 0.9, "quality_completeness": 0.9,
        "quality_accuracy": 0.9, "quality_consistency": 0.9, "quality_timeliness": 0.9, "quality_accessibility": 0.9,
        "quality_assessed_by": "third_party", "dcmm_level": 3, "contracts": 11, "application_scenes": 4,
        "revenue_12m_fen": 120 * WAN, "related_revenue_share": 0.0, "scarcity": 0.6, "depends_on_enterprise": False,
        "refreshed_on": date(2024, 6, 1), "cost_fen": 200 * WAN, "book_fen": 150 * WAN, "book_as": "intangible",
    }  # fmt: skip
    return row | changes


def pool_row(number: str, asset_class: str, wan: int, **changes: Any) -> dict[str, Any]:
    """A pool asset that meets every rule of its class."""
    row: dict[str, Any] = {
        "enterprise_id": "E1", "register_no": number, "asset_class": asset_class, "issuer_id": f"ISS-{number}",
        "face_fen": wan * WAN, "value_fen": wan * WAN, "valued_on": date(2024, 6, 28), "entered_on": date(2024, 1, 5),
        "matures_on": date(2024, 11, 30), "currency": "CNY", "pledged_elsewhere": False, "endorsement_complete": True,
        "overdue_issuer": False, "insured": True, "redeemable": True, "custodian": "C1", "confirmed": True,
        "issuer_type": "state_bank",
    }  # fmt: skip
    return row | changes


def rights(*rows: Mapping[str, Any]) -> pa.Table:
    return rows_of(IP_RIGHT, rows)


def data_sets(*rows: Mapping[str, Any]) -> pa.Table:
    return rows_of(DATA_ASSET, rows)


def pool_rows(*rows: Mapping[str, Any]) -> pa.Table:
    return rows_of(POOL_ASSET, rows)


def facts(sales_wan: int | None = 3000, **more: Any) -> pa.Table:
    """What is known of E1 besides its assets."""
    sales = None if sales_wan is None else sales_wan * WAN
    columns = {"enterprise_id": ["E1"], "verified_sales_12m_fen": pa.array([sales], pa.int64())}
    return pa.table(columns | {name: [value] for name, value in more.items()})
