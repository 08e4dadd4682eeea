"""A small bank for the service's tests: a real lake, a real bundle, a clock that stands still."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from models.lake import Lake
from models.money import yuan_text
from models.records.invoice import INVOICE
from models.tables import accept_rows
from service.bootstrap import Service, build
from service.cli.app import commands
from service.settings import read_settings
from tests.factories import bundle
from tests.service.callers import client_of

AS_OF = date(2020, 2, 29)
TODAY = date(2020, 3, 1)
ENTERPRISES = tuple(f"E{number}" for number in range(1, 13))
Rows = list[dict[str, Any]]
Run = Callable[..., tuple[int, str, str]]


def invoices_of(enterprise: str) -> Rows:
    """Two years of invoices as a request would bring them; E12 has two invoices only, E11 stopped a year ago."""
    number = int(enterprise[1:])
    rng = np.random.default_rng(number)
    rows: Rows = []
    months = {11: range(12, 24), 12: range(1)}.get(number, range(24))
    for back in months:
        for at in range(1 if number == 12 else 4):
            day = AS_OF - timedelta(days=30 * back + int(rng.integers(0, 25)))
            amount = int(rng.integers(1_000_00, 90_000_00)) * number
            for direction, share in (("sales", 100), ("purchase", 70)):
                net = amount * share // 100
                tax = net * 13 // 100
                rows.append(
                    {
                        "direction": direction,
                        "invoice_no": f"{direction[0]}{back:02d}{at}",
                        "issued_on": day.isoformat(),
                        "counterparty_id": f"C{int(rng.integers(0, 8))}",
                        "amount": yuan_text(net),
                        "tax": yuan_text(tax),
                        "total": yuan_text(net + tax),
                        "status": "void" if rng.random() < 0.04 else "valid",
                    }
                )
    return rows


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with twelve enterprises and a bundle; tests get copies of it or only read it."""
    home = tmp_path_factory.mktemp("bank")
    lake = Lake(home)
    with lake.writing() as writing:
        for enterprise in ENTERPRISES:
            rows = [{"enterprise_id": enterprise, **row} for row in invoices_of(enterprise)]
            accepted = accept_rows(rows, INVOICE, received_on=TODAY)
            assert accepted.quarantined.num_rows == 0
            writing.append(INVOICE, accepted.rows)
    bundle().publish(home)
    return home


@pytest.fixture
def home(stocked: Path, tmp_path: Path) -> Path:
    """A copy of the stocked directory that a test may change."""
    return Path(shutil.copytree(stocked, tmp_path / "home"))


def still_clock() -> datetime:
    """Ten in the morning of TODAY in Beijing."""
    return datetime(TODAY.year, TODAY.month, TODAY.day, 2, 0, 0, 123456, UTC)


@pytest.fixture
def service(home: Path) -> Iterator[Service]:
    """The service on a data directory of the test's own, on TODAY."""
    built = build(read_settings(home=home, max_body_bytes=256 * 1024, development_issuer=True), still_clock)
    yield built
    built.close()


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    """A client of the real application, in the name of somebody with every role."""
    with client_of(service) as ready:
        yield ready


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one command line as the console script does; gives exit code, standard output and standard error."""

    def run_command(*args: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            commands([str(argument) for argument in args], prog_name="assetlight")
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return run_command


PATH = "/v1/assessments"


def asked(enterprise: str = "E5", /, **more: Any) -> dict[str, Any]:
    """The body of a request on AS_OF."""
    return {"enterprise_id": enterprise, "as_of": AS_OF.isoformat(), **more}


def refused(client: TestClient, status: int, **request: Any) -> dict[str, Any]:
    """The problem that a refused request gives; its shape is checked here, once for all."""
    answer = client.post(PATH, **request)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("urn:assetlight:problem:")
    assert problem["instance"] == PATH
    assert problem["title"]
    assert problem["detail"]
    return problem
