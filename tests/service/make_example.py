"""Write the worked example of an answer anew: `python -m tests.service.make_example`, after a change of the record."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from service.api.examples import VALUATION_EXAMPLES
from service.bootstrap import build
from service.settings import read_settings
from tests.factories import bundle
from tests.service.callers import client_of
from tests.service.conftest import AS_OF, invoices_of, still_clock

API = Path(__file__).resolve().parents[2] / "service" / "api"
FILE = Path(__file__).resolve().parents[2] / "service" / "api" / "example_assessment.json"


def example() -> dict[str, object]:
    """An assessment of made-up records by a model fitted to made-up records, labelled as such."""
    with tempfile.TemporaryDirectory() as folder:
        bundle().publish(Path(folder))
        body = {
            "enterprise_id": "E5",
            "as_of": AS_OF.isoformat(),
            "request": {"amount_yuan": "1500000.00"},
            "records": {"invoice": invoices_of("E5")},
            "records_origin": "simulated",
        }
        with client_of(build(read_settings(home=Path(folder), development_issuer=True), still_clock)) as client:
            answer: dict[str, object] = client.post("/v1/assessments", json=body).json()
    return answer


def explained() -> tuple[dict[str, object], dict[str, object]]:
    """The explanation of the same assessment, and the valuation of one invention."""
    with tempfile.TemporaryDirectory() as folder:
        bundle().publish(Path(folder))
        body = {
            "enterprise_id": "E5",
            "as_of": AS_OF.isoformat(),
            "request": {"amount_yuan": "500000.00"},
            "records": {"invoice": invoices_of("E5")},
            "records_origin": "simulated",
        }
        valued = json.loads(json.dumps(VALUATION_EXAMPLES["inline"]["value"]).replace("2026-03-31", "2020-02-29"))
        with client_of(build(read_settings(home=Path(folder), development_issuer=True), still_clock)) as client:
            made = client.post("/v1/assessments", json=body).json()
            return (
                client.get(f"/v1/assessments/{made['id']}/explanation").json(),
                client.post("/v1/valuations", json=valued).json(),
            )


if __name__ == "__main__":
    explanation, valuation = explained()
    written = {FILE.name: example(), "example_explanation.json": explanation, "example_valuation.json": valuation}
    for name, content in written.items():
        (API / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
