"""The demo runs the very commands it prints, reuses what is there, and stops where one of them stops."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from service.bootstrap import build
from service.cli.context import Context
from service.cli.demo import Demo, DemoStepFailed, a_token, show_address, typical_enterprise
from service.people import Role
from service.settings import read_settings


def demo(home: Path, *, as_json: bool) -> tuple[Demo, io.StringIO]:
    heard = io.StringIO()
    context = Context(home, as_json, read_settings(home=home), out=Console(file=heard, width=200))
    return Demo(context, home), heard


def test_a_step_runs_what_it_prints(tmp_path: Path) -> None:
    """The printed command is the one that ran; with --json its object is the step's result and nothing is printed."""
    run, heard = demo(tmp_path, as_json=True)
    step = run.step("a step", "version", "--home", str(tmp_path))
    assert step["result"]["assetlight"]
    assert step["command"] == f"assetlight version --home {tmp_path}"
    assert heard.getvalue() == ""
    json.dumps(run.steps)


def test_a_step_that_is_done_is_not_run_again(tmp_path: Path) -> None:
    """A second run says so and reuses."""
    run, heard = demo(tmp_path, as_json=False)
    step = run.step("a step", "no-such-command", done=True)
    assert step["reused"]
    assert "reused" in heard.getvalue()


def test_a_step_that_fails_stops_the_demo(tmp_path: Path) -> None:
    """The command that failed is named, with what to do."""
    run, _ = demo(tmp_path, as_json=True)
    with pytest.raises(DemoStepFailed, match=r"stopped at assetlight score .*exit code 3"):
        run.step("a step", "score", "--as-of", "2020-02-29", "--home", str(tmp_path))


def test_the_typical_enterprise_is_the_middle_reduced_one(tmp_path: Path) -> None:
    """The demo explains a limit that something took off; failing that one that nothing did; failing that the first."""
    rows = [("A", "decline", 0), ("B", "approve", 30), ("C", "approve", 10), ("D", "approve", 20)]
    reduced = [("E", "reduce", 3), ("F", "reduce", 1), ("G", "reduce", 2)]
    for name, some, expected in (("reduced", rows + reduced, "G"), ("approved", rows, "D"), ("none", rows[:1], "A")):
        path = tmp_path / f"{name}.parquet"
        pq.write_table(
            pa.Table.from_pylist([dict(zip(("enterprise_id", "outcome", "pd"), row, strict=True)) for row in some]),
            path,
        )
        assert typical_enterprise(path) == expected


def test_the_first_request_of_the_demo_works(tmp_path: Path) -> None:
    """The token that the demo prints is a loan officer's while the development issuer is on; else there is none."""
    run, _ = demo(tmp_path, as_json=True)
    service = build(read_settings(home=tmp_path, development_issuer=True))
    text = a_token(run, service)
    who = service.people.principal(f"Bearer {text}", None, service.clock())
    assert (who.roles, who.branches) == ({Role.OFFICER}, {"*"})
    assert a_token(run, build(read_settings(home=tmp_path))) is None
    heard = io.StringIO()
    facts = {"address": "http://127.0.0.1:8000", "seconds": 1, "explained": "E1", "token": text}
    show_address(Console(file=heard, width=80), run, facts)
    assert f"TOKEN={text}\n" in heard.getvalue()
    assert "authorization: Bearer $TOKEN" in heard.getvalue()
