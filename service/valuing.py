"""What an enterprise's IP rights, data assets and pool are worth on a day."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from models.bundle import SIMULATED, SIMULATED_CAUTION
from models.features import compute_features
from models.tables import Tables, record_origins
from models.valuation.report import Told, told
from models.valuation.stage import read_parameters, value_assets
from service.assessing import Assessor, Question

KINDS = ("ip_right", "data_asset", "pool_asset")
_SALES = "sales_12m_fen"


def value(assessor: Assessor, question: Question) -> Told:
    """The valuations of the question's enterprise by the policy of the day; nothing is kept.

    Invoiced sales of twelve months bound what reported revenue can support; without invoices they are unknown.
    """
    as_of = assessor.day(question.as_of)
    tables = question.records or assessor.stored(question.enterprise_id)
    policy = assessor.policy_on(as_of)
    code = question.request.product if question.request else policy.text("request.default_product")
    tenor = policy.product(code).tenor_months
    ids = [question.enterprise_id]
    facts = pa.table(
        {
            "enterprise_id": pa.array(ids, pa.string()),
            "verified_sales_12m_fen": pa.array([_sales(tables, as_of, question.enterprise_id)], pa.int64()),
            "tenor_months": pa.array([tenor], pa.int64()),
        }
    )
    named = record_origins(tables, as_of, ids).column("origins").to_pylist()
    origin = named[0] if named else []
    simulated = SIMULATED in origin
    values = value_assets(tables, as_of, read_parameters(policy), facts=facts, enterprises=ids, tenor_months=tenor)
    return {
        "enterprise_id": question.enterprise_id,
        "as_of": as_of.isoformat(),
        "policy_digest": policy.digest,
        "tenor_months": tenor,
        "data_origin": list(origin),
        "simulated": simulated,
        "caution": dict(SIMULATED_CAUTION) if simulated else None,
        **told(values, question.enterprise_id),
    }


def _sales(tables: Tables, as_of: date, enterprise_id: str) -> int | None:
    if "invoice" not in tables.by_kind:
        return None
    found = compute_features(tables, as_of, [enterprise_id])
    place = found.column("enterprise_id").to_pylist().index(enterprise_id)
    sales = found.column(_SALES)[place].as_py()
    return None if sales is None else int(sales)
