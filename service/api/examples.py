"""Worked examples of the OpenAPI document. A test sends every request and compares the shape of the answer."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

REQUEST_EXAMPLES: dict[str, Any] = {
    "stored": {
        "summary": "A stored enterprise by its id",
        "description": "Everything the bank holds about it and knew by the end of the day counts.",
        "value": {"enterprise_id": "E10", "as_of": "2026-03-31"},
    },
    "applied": {
        "summary": "A stored enterprise that applies for an amount",
        "value": {
            "enterprise_id": "E10",
            "as_of": "2026-03-31",
            "request": {"product": "invoice_credit", "amount_yuan": "1500000.00"},
        },
    },
    "inline": {
        "summary": "An enterprise whose records come with the request",
        "description": "Nothing stored is read; the assessment, with these records, is kept.",
        "value": {
            "enterprise_id": "NEW-001",
            "as_of": "2026-03-31",
            "request": {"amount_yuan": "300000"},
            "records": {
                "invoice": [
                    {
                        "direction": "sales",
                        "invoice_no": "26442000000012345678",
                        "issued_on": "2026-03-05",
                        "counterparty_id": "BUYER-7",
                        "amount": "100000.00",
                        "tax": "13000.00",
                        "total": "113000.00",
                        "status": "valid",
                    }
                ]
            },
        },
    },
}

RESPONSE_EXAMPLE: dict[str, Any] = json.loads((files("service.api") / "example_assessment.json").read_bytes())
EXPLANATION_EXAMPLE: dict[str, Any] = json.loads((files("service.api") / "example_explanation.json").read_bytes())
VALUATION_RESPONSE_EXAMPLE: dict[str, Any] = json.loads((files("service.api") / "example_valuation.json").read_bytes())

WHAT_IF_EXAMPLES: dict[str, Any] = {
    "facts": {
        "summary": "Fewer void invoices and more sales",
        "value": {"facts": {"void_rate_12m": 0.01, "sales_12m_fen": "9000000.00"}},
    },
    "request": {"summary": "Another amount", "value": {"request": {"amount_yuan": "300000"}}},
    "records": {"summary": "No invoice feed at all", "value": {"records": {"invoice": []}}},
    "unchanged": {"summary": "Nothing changed: the kept decision again", "value": {}},
}

VALUATION_EXAMPLES: dict[str, Any] = {
    "stored": {
        "summary": "The assets of a stored enterprise",
        "value": {"enterprise_id": "E10", "as_of": "2026-03-31"},
    },
    "inline": {
        "summary": "Assets that come with the request",
        "value": {
            "enterprise_id": "NEW-001",
            "as_of": "2026-03-31",
            "records": {
                "ip_right": [
                    {
                        "right_no": "ZL201610123456.7",
                        "ip_type": "invention",
                        "filed_on": "2016-02-01",
                        "granted_on": "2018-05-04",
                        "expires_on": "2036-02-01",
                        "legal_status": "granted",
                        "fee_paid_until": "2027-02-01",
                        "owner_share": 1.0,
                        "acquisition": "own",
                        "disputed": False,
                        "pledged": False,
                        "claims": 12,
                        "independent_claims": 3,
                        "forward_citations": 9,
                        "main_product": True,
                        "attributable_revenue_12m": "2000000.00",
                        "cost": "800000.00",
                    }
                ]
            },
        },
    },
}
