"""The configuration of a retraining: strict, as documented, and relative to where it lies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.registry.records import Role
from service.registry.registry import Actor
from service.retraining.config import CHAMPIONS, LEARNERS, read_config
from service.retraining.errors import RetrainConfigInvalid
from training.challengers import roster

WHOLE = """\
schema_version: "1"
name: nightly
developer: dev
comparison:
  metric: auc
  margin: 0.01
  bound: low
  minimum_defaults: 30
"""


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (WHOLE.replace('schema_version: "1"\n', ""), "schema_version"),
        (WHOLE.replace("margin: 0.01", "margin: much"), "comparison.margin"),
        (WHOLE.replace("  margin: 0.01\n", ""), "comparison.margin"),
        (WHOLE.replace("bound: low", "bound: high"), "comparison.bound"),
        (WHOLE.replace("metric: auc", "metric: luck"), "comparison.metric"),
        (WHOLE + "plan: {learning_rate: 1}\n", "plan.learning_rate"),
        (WHOLE + "rows: {horizon_months: 61}\n", "rows.horizon_months"),
        (WHOLE + "rows: {first: 2023-01-01, last: 2022-01-01}\n", "rows"),
        (WHOLE + "shadow: perhaps\n", "shadow"),
        (WHOLE + "plan: {challengers: [trees]}\n", "plan.challengers"),
        (WHOLE + "plan: {champion: logistic_regression}\n", "plan.champion"),
        (WHOLE + "rows: {source: labels, labels: l.xlsx}\n", "rows"),
        (WHOLE + "rows: {source: table, table: t.csv}\n", "rows"),
        (WHOLE + "rows: {labels: l.xlsx}\n", "rows"),
        (WHOLE + "rows: {source: table, table: t.csv, schema: s.yaml, known_until: 2023-01-01}\n", "rows"),
        (WHOLE + "rows: {source: invoices}\n", "rows.source"),
        (WHOLE + "shadow: no\nshadow: yes\n", None),
        ("- a list\n", None),
        (": {", None),
    ],
)
def test_the_configuration_is_strict(tmp_path: Path, text: str, field: str | None) -> None:
    """Missing, unknown, repeated or malformed: refused with the key; nothing that judges has a default."""
    path = tmp_path / "retrain.yaml"
    path.write_text(text)
    with pytest.raises(RetrainConfigInvalid, match="configuration") as refused:
        read_config(path)
    if field is not None:
        assert refused.value.field == field


def test_a_configuration_reads_back(tmp_path: Path) -> None:
    """What the documentation shows."""
    path = tmp_path / "retrain.yaml"
    path.write_text(
        "schema_version: '1'\nname: quarterly\ndeveloper: li.wei\nrows: {last: 2023-12-31, without: [void_rate_12m]}\n"
        "plan: {seed: 3, central_tendency: 0.02}\nshadow: no\n"
        "comparison: {metric: brier, margin: -0.001, bound: value, minimum_defaults: 50}\n"
    )
    read = read_config(path)
    assert read.shadow == "no"
    assert json.loads(json.dumps(read.request())) == {
        "rows": {
            "source": "panel", "last": "2023-12-31", "every_months": "3", "horizon_months": 12,
            "features": [], "without": ["void_rate_12m"],
        },
        "plan": {"seed": 3, "central_tendency": 0.02},
    }  # fmt: skip
    assert Actor("x").identified_by == "command line"
    assert Role.CHALLENGER == "challenger"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("none", ()),
        ("[]", ()),
        ("scorecard", ("scorecard",)),
        ("[ebm, scorecard]", ("ebm", "scorecard")),
    ],
)
def test_challengers_as_on_the_command_line(tmp_path: Path, said: str, read: tuple[str, ...]) -> None:
    """`none` is none, one name is a list of one."""
    path = tmp_path / "retrain.yaml"
    path.write_text(WHOLE + f"plan: {{challengers: {said}}}\n")
    assert read_config(path).plan.challengers == read


def test_a_challenger_that_there_is_not_is_refused_in_words(tmp_path: Path) -> None:
    """The sentence names what there is."""
    path = tmp_path / "retrain.yaml"
    path.write_text(WHOLE + "plan: {challengers: [trees]}\n")
    with pytest.raises(RetrainConfigInvalid, match="none, or a list of lightgbm, scorecard, ebm, logistic_regression"):
        read_config(path)
    assert (CHAMPIONS, LEARNERS) == (roster.CHAMPIONS, roster.CHALLENGERS)


def test_files_lie_beside_the_configuration(tmp_path: Path) -> None:
    """Paths are relative to the configuration, wherever the job is started."""
    path = tmp_path / "retrain.yaml"
    path.write_text(WHOLE + "rows: {source: table, table: loans.csv, schema: ../loans.yaml, label: bad}\n")
    rows = read_config(path).request(tmp_path)["rows"]
    assert (rows["table"], rows["schema"]) == (str(tmp_path / "loans.csv"), str(tmp_path / "../loans.yaml"))
    assert (rows["source"], rows["label"]) == ("table", "bad")


def test_the_configuration_of_the_documentation_reads(tmp_path: Path) -> None:
    """What docs/models.md shows is a configuration."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    path = tmp_path / "retrain.yaml"
    path.write_text(page.split("```yaml\n")[1].split("```")[0])
    assert read_config(path).comparison.minimum_defaults == 50
