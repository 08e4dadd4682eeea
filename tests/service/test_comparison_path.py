"""Compared with whom, by the policy: one answer of API, command line, batch, shadow, papers and replay."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from models.bundle import Bundle
from models.canonical import canonical_json
from models.decision import parse
from models.default_probability import PopulationNotInBundle
from models.policy import load_policy
from models.scoring import score, score_beside
from service.bootstrap import Service, build
from service.cli.explained import Language as PageLanguage
from service.cli.explained.probability import contributions
from service.inputs import evidence_of
from service.operations.readiness import look
from service.replaying import replay, replay_evidence
from service.settings import read_settings
from tests.factories import bundle, bundle_with_populations, comparing_policy
from tests.registry_desk import OWN, approved, desk, skilled
from tests.service.batch.runs import ran, rows
from tests.service.callers import client_of
from tests.service.conftest import AS_OF, PATH, Run, asked, still_clock

DAY = AS_OF.isoformat()
NAMES = ("performing", "performing_same_size")
WORDS = {
    "performing": ("训练样本中的未违约企业", "performing enterprises of the training sample"),
    "performing_same_size": (
        "训练样本中同等规模的未违约企业", "performing enterprises of like size in the training sample",
    ),
}  # fmt: skip


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def overlay(home: Path, name: str) -> Path:
    """The bank's policy that names the population; the model in force has it."""
    bundle_with_populations().publish(home)
    return comparing_policy(home, name)


@pytest.fixture
def comparing(home: Path, overlay: Path) -> Iterator[Service]:
    """The service under that policy."""
    built = build(
        read_settings(home=home, policy_dir=overlay, max_body_bytes=256 * 1024, development_issuer=True), still_clock
    )
    yield built
    built.close()


@pytest.fixture
def plain_model(home: Path) -> Bundle:
    """A model in force that has nobody to compare with."""
    model = bundle()
    model.publish(home)
    return model


def test_every_road_compares_with_whom_the_policy_names(
    comparing: Service, overlay: Path, name: str, home: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API, `assetlight explain`, `/v1/scores`, `score`, and a batch of one or two processes: the same bits."""
    tables, model = comparing.lake.tables(neighbourhood=True), comparing.bundles.current()
    expected = score(tables, AS_OF, model, load_policy(AS_OF, [overlay])).record_of("E5")
    assert expected.compared_with is not None
    assert (expected.compared_with.name, expected.compared_with.enterprises) == (name, 300)
    with client_of(comparing) as client:
        assert expected.to_json() in client.post(PATH, json=asked("E5")).content
        features = {feature: expected.feature_values[feature] for feature in model.features}
        scored = client.post("/v1/scores", json={"features": features}).json()
    assert (scored["compared_with"], scored["base_points"]) == (name, expected.base_points)
    assert scored["contributions"] == expected.contributions
    monkeypatch.setenv("ASSETLIGHT_POLICY_DIR", str(overlay))
    code, out, err = run("explain", "E5", "--as-of", DAY, "--home", home, "--json")
    assert code == 0, err
    shown = json.loads(out)
    shown.pop("explanation")
    assert canonical_json(shown) == expected.to_json()
    ran(comparing, tmp_path / "run", overlay=overlay)
    row = next(one for one in rows(tmp_path / "run").to_pylist() if one["enterprise_id"] == "E5")
    assert (row["compared_with"], row["base_points"]) == (name, expected.base_points)
    assert {feature: row[f"points_{feature}"] for feature in model.features} == expected.contributions
    assert row["base_points"] + sum(expected.contributions.values()) == pytest.approx(row["points"], abs=1e-9)


def test_whom_one_is_compared_with_moves_points_and_never_the_decision(comparing: Service, overlay: Path) -> None:
    """Probability, grade, limit and waterfall are those of the average of training; base and contributions not."""
    tables, model = comparing.lake.tables(neighbourhood=True), comparing.bundles.current()
    against = score(tables, AS_OF, model, load_policy(AS_OF, [overlay])).record_of("E5")
    average = score(tables, AS_OF, model, load_policy(AS_OF)).record_of("E5")
    for field in ("pd", "pd_low", "pd_high", "points", "grade", "limit_yuan", "waterfall", "outcome"):
        assert getattr(against, field) == getattr(average, field), field
    assert against.base_points != average.base_points
    assert against.contributions != average.contributions
    assert (average.schema_version, average.compared_with) == (2, None)
    assert b"compared_with" not in average.to_json()


def test_reasons_say_with_whom(comparing: Service, name: str) -> None:
    """Both languages, in each reason about the probability, and on the page; nothing speaks of the average any more."""
    with client_of(comparing) as client:
        made = [client.post(PATH, json=asked(f"E{number}")).json()["decision"] for number in range(1, 11)]
    zh, en = WORDS[name]
    said = [reason for decision in made for reason in decision["probability_reasons"]]
    assert said
    for reason in said:
        assert f"相对{zh}使评分减少" in reason["zh"]
        assert f"points off against {en}" in reason["en"]
        assert "average" not in reason["en"]
    record = parse(json.dumps(made[4]).encode())
    table = contributions(record, PageLanguage.EN)
    assert table is not None
    assert f"base: {en}" in _shown(table)


def test_a_kept_decision_is_made_again_to_the_byte(comparing: Service, home: Path) -> None:
    """From what was kept with it, whatever the policy and the model are now; and the replay of now says `policy`."""
    with client_of(comparing) as client:
        made = client.post(PATH, json=asked("E5")).json()
    kept = comparing.assessments.get(made["id"])
    record = parse(kept.decision)
    shutil.rmtree(home / "bundles" / record.bundle.digest[:12])
    evidence = evidence_of(comparing.store, made["id"])
    assert evidence is not None
    assert replay_evidence(record, evidence).matched
    bundle_with_populations().publish(home)
    later = build(read_settings(home=home), still_clock)
    now = replay(later.assessor, record, None)
    later.close()
    assert now.changed == ("policy",)
    assert now.again is not None
    assert now.again.schema_version == 2


def test_a_challenger_is_compared_with_the_same(comparing: Service, overlay: Path, name: str) -> None:
    """Scored beside, it comes out as `score` with it would: the policy's population of its own bundle."""
    tables = comparing.lake.tables(neighbourhood=True)
    policy, other = load_policy(AS_OF, [overlay]), bundle_with_populations(seed=3)
    champion = score(tables, AS_OF, comparing.bundles.current(), policy)
    beside = score_beside(champion, other).record_of("E5")
    assert beside.to_json() == score(tables, AS_OF, other, policy).record_of("E5").to_json()
    assert beside.compared_with is not None
    assert beside.compared_with.name == name


def test_a_model_without_the_population_is_found_before_any_decision(
    home: Path, tmp_path: Path, plain_model: Bundle, run: Run
) -> None:
    """`policy check` exits with 1, readiness names it, a batch does not begin, the API says 503 and not a default."""
    overlay = comparing_policy(tmp_path, "performing")
    code, out, err = run("policy", "check", "--policy", overlay, "--home", home)
    assert (code, out) == (1, "")
    assert "PopulationNotInBundle" in err or "not frozen into the model" in err
    assert run("policy", "check", "--home", home)[0] == 0
    built = build(read_settings(home=home, policy_dir=overlay, development_issuer=True), still_clock)
    missing = [one for one in look(built)[1] if one["check"] == "policy"]
    assert [one["found"] for one in missing] == ["performing"]
    with pytest.raises(PopulationNotInBundle, match="not frozen"):
        ran(built, tmp_path / "run", overlay=overlay)
    assert not (tmp_path / "run").exists()
    with client_of(built) as client:
        answer = client.post(PATH, json=asked("E5"))
        scored = client.post("/v1/scores", json={"features": dict.fromkeys(plain_model.features, 1.0)})
    assert (answer.status_code, scored.status_code) == (503, 503)
    assert answer.json()["type"] == "urn:assetlight:problem:population-not-in-bundle"
    assert built.assessments.count() == 0
    built.close()


def test_a_model_without_the_population_is_not_promoted(tmp_path: Path) -> None:
    """Nor rolled back to: every decision would fail."""
    asked_for: list[str] = []

    def lacks(model: Bundle) -> None:
        asked_for.append(model.digest)
        raise PopulationNotInBundle("the policy compares with enterprises that are not frozen into the model")

    registry = desk(tmp_path)
    digest = approved(registry)
    picky = replace(registry, fits=lacks)
    with pytest.raises(PopulationNotInBundle, match="not frozen"):
        picky.promote(digest, by=OWN, reason="better")
    assert asked_for == [skilled().digest]
    assert registry.standing().champion(None) is None


def test_a_policy_of_before_the_choice_decides_alike() -> None:
    """Kept before `explanation.reference` could be said: the average of training, and the same digest as saying so."""
    day = date(2024, 6, 30)
    said = load_policy(day)
    silent = replace(
        said, parameters={name: one for name, one in said.parameters.items() if name != "explanation.reference"}
    )
    assert said.compared_with is None
    assert silent.compared_with is None
    assert silent.digest == said.digest


def test_naming_a_population_is_another_policy(tmp_path: Path) -> None:
    """The digest tells the policies apart, and so does the day before the bank's own date."""
    overlay = comparing_policy(tmp_path, "performing")
    named = load_policy(AS_OF, [overlay])
    assert named.compared_with == "performing"
    assert named.digest != load_policy(AS_OF).digest
    file = overlay / "parameters" / "explanation" / "reference.yaml"
    dated = "  - from: 2020-03-01\n    reference: board minute\n    value: performing_same_size\n"
    file.write_text(file.read_text(encoding="utf-8").rstrip("\n") + "\n" + dated, encoding="utf-8")
    found = [load_policy(day, [overlay]).compared_with for day in (date(2020, 2, 29), date(2020, 3, 1))]
    assert found == ["performing", "performing_same_size"]


def _shown(table: object) -> str:
    console = Console(width=160)
    with console.capture() as captured:
        console.print(table)
    return captured.get()
