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
