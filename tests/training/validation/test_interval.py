"""Part 8 says how often observed rates of unseen rows lie in the probability's interval, and what that means."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.validation_evidence import evidence
from training.validation import Evidence, ValidationReport, validate
from training.validation.measured import Measured
from training.validation.sections.interval import groups_of, interval_facts


@cache
def clean() -> Evidence:
    return evidence()


def with_interval(below: float, above: float, shift: float = 0.0) -> Evidence:
    """Evidence whose interval reaches so far below and above its PD."""
    pd = Measured(clean()).pd
    return replace(clean(), test_interval=(np.clip(pd + shift - below, 0, 1), np.clip(pd + shift + above, 0, 1)))


def said(report: ValidationReport) -> list[str]:
    return [each.words.en for each in report.section(8).statements]


def test_share_and_width_are_what_a_plain_loop_finds() -> None:
    """Ten groups by PD; the observed rate of each against the mean ends of its rows; the mean of all widths."""
    found = with_interval(0.004, 0.003)
    measured = Measured(found)
    order = np.argsort(measured.pd, kind="stable")
    inside = 0
    for group in np.array_split(order, 10):
        low, high = (found.test_interval or ())[0][group], (found.test_interval or ())[1][group]
        inside += low.mean() <= measured.outcome[group].mean() <= high.mean()
    low, high = found.test_interval or ()
    assert 0 < inside < 10
    report = validate(found)
    assert f"in {inside} of 10 tenths" in " ".join(said(report))
    assert f"mean width {(high - low).mean():.2%}" in " ".join(said(report))
    rows = report.section(8).table("interval").records()
    assert sum(row["where"] == "inside" for row in rows) == inside
    assert sum(int(row["rows"]) for row in rows if isinstance(row["rows"], int)) == len(measured.outcome)


@pytest.mark.parametrize(
    ("shift", "inside", "light"), [(0.0, 10, "green"), (0.5, 0, "amber")], ids=["everything", "nothing"]
)
def test_a_wide_interval_holds_all_and_a_wrong_one_none(shift: float, inside: int, light: str) -> None:
    """From nought to one everything is inside; half a unit too high nothing is, and that is no chance."""
    found = with_interval(1.0 if not shift else 0.01, 1.0 if not shift else 0.01, shift)
    statements, _ = interval_facts(Measured(found))
    assert f"in {inside} of 10 tenths" in statements[0].words.en
    assert statements[0].light == light


def test_outside_by_chance_is_told_apart_from_outside() -> None:
    """An interval of no width holds hardly any observed rate; a group counts as apart only beyond its own error."""
    groups = groups_of(Measured(with_interval(0.0, 0.0)))
    assert sum(group.inside for group in groups) <= 2
    assert sum(group.apart for group in groups) <= 2


def test_what_it_means_is_said_and_no_gate_hangs_on_it() -> None:
    """The words claim no coverage, and the opinion does not change with the interval."""
    report, other = validate(with_interval(0.03, 0.02)), validate(with_interval(0.01, 0.01, 0.5))
    assert any("promises no coverage of groups" in each for each in said(report))
    assert [gate.light for gate in report.gates] == [gate.light for gate in other.gates]


def test_a_bundle_without_interval_has_no_table() -> None:
    """Bundles of an older schema state none."""
    assert clean().bundle.interval is None
    report = validate(clean())
    assert all(table.code != "interval" for table in report.section(8).tables)
