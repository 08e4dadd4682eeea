"""The challenger in the shadow: the same cases, no influence, kept beside, compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from models.policy import load_policy
from models.scoring import CreditRequest, score, score_beside
from service.bootstrap import Service, build
from service.comparing import compare_cases
from service.people import Role as Person
from service.portfolio import score_portfolio
from service.registry.records import Role
from service.settings import read_settings
from service.shadow import Shadow
from tests.factories import SIGNED_FEATURES, bundle
from tests.registry_desk import DEV, OWN, VAL, promoted, registered
from tests.service.callers import bearer, token
from tests.service.conftest import AS_OF, ENTERPRISES, PATH, Run, asked, client_of, still_clock


@pytest.fixture
def shadowed(home: Path) -> Iterator[Service]:
    """The service with a champion and a challenger."""
    built = build(
        read_settings(home=home, registry_key="a key of the tests, long enough", development_issuer=True), still_clock
    )
    promoted(built.registry, seed=1)
    challenger = registered(built.registry, seed=2)
    built.registry.validate(challenger, by=VAL)
    built.registry.promote(challenger, by=DEV, role=Role.CHALLENGER, reason="shadow")
    yield built
    built.close()


@pytest.mark.parametrize("other", [2, 3])
def test_beside_is_what_score_would_give(service: Service, other: int) -> None:
    """To the last bit, also for a bundle of other features and another number of training defaults."""
    challenger = bundle(seed=other, signed=SIGNED_FEATURES[: 4 + other])
    challenger = type(challenger)(**{**vars(challenger), "card": {"data": {"defaults": 40 * other}}})
    requests = {"E5": CreditRequest("invoice_credit", 150_000_000)}
    arguments = (service.lake.tables(neighbourhood=True), AS_OF)
    champion = score(*arguments, bundle(seed=1), load_policy(AS_OF), requests=requests)
    own = score(*arguments, challenger, load_policy(AS_OF), requests=requests)
    beside = score_beside(champion, challenger)
    assert beside.to_arrow().equals(own.to_arrow())
    np.testing.assert_array_equal(beside.probability.contributions, own.probability.contributions)


def test_the_challenger_changes_no_decision(shadowed: Service, home: Path) -> None:
    """With and without a challenger the kept bytes are the same; beside them stands what it would have given."""
    with client_of(shadowed) as client:
        made = client.post(PATH, json=asked("E5")).json()
    champion, challenger = shadowed.registry.champion(), shadowed.registry.standing().challenger()
    alone = build(
        read_settings(home=home, registry_key="a key of the tests, long enough", development_issuer=True), still_clock
    )
    assert made["decision"]["bundle"]["digest"] == champion
    tables = alone.assessor.stored("E5")
    for digest, who in ((champion, "champion"), (challenger, "challenger")):
        record = score(
            tables, AS_OF, alone.registry.bundle(str(digest)), load_policy(AS_OF), enterprises=["E5"]
        ).record_of("E5")
        (row,) = alone.shadow_scores.cases(str(challenger)).to_pylist()
        assert row["assessment_id"] == made["id"]
        assert row[f"{who}_pd"] == record.pd
        assert row[f"{who}_grade"] == record.grade
        assert row[f"{who}_limit_fen"] == round(float(record.limit_yuan) * 100)
        if who == "champion":
            assert json.loads(record.to_json()) == made["decision"]
    alone.close()


def test_the_shadow_is_told_of_every_assessment_whoever_keeps_it(shadowed: Service, run: Run, home: Path) -> None:
    """An assessment, an application, a case assessed again and a command: each has its challenger beside it."""
    challenger = str(shadowed.registry.standing().challenger())
    body = {"enterprise_id": "E5", "amount_yuan": "500000", "tenor_months": 12, "purpose": "x", "branch": "b"}
    with client_of(shadowed) as client:
        assert client.post(PATH, json=asked("E2")).status_code == 201
        made = client.post("/v1/applications", json=body)
        path, tag = made.headers["location"], made.headers["etag"]
        for action in ("submit", "return", "reassess"):
            step = client.post(f"{path}/transitions", json={"action": action, "reason": "x"}, headers={"If-Match": tag})
            if step.status_code == 403:  # who returns it is somebody else
                other = bearer(token(shadowed, Person.APPROVER, subject="other", authority="head_office"))
                step = client.post(
                    f"{path}/transitions", json={"action": action, "reason": "x"}, headers={**other, "If-Match": tag}
                )
            assert step.status_code == 200, step.text
            tag = step.headers["etag"]
    (home / "registry.key").write_text("a key of the tests, long enough")
    assert run("explain", "E5", "--as-of", AS_OF, "--home", home)[0] == 0
    again = build(read_settings(home=home, registry_key="a key of the tests, long enough"), still_clock)
    rows = again.shadow_scores.cases(challenger).to_pylist()
    assert len(rows) == again.assessments.count() == 4
    for row in rows:
        kept = json.loads(again.assessments.get(row["assessment_id"]).decision)
        assert (row["champion_pd"], row["champion_grade"]) == (kept["pd"], kept["grade"])
        assert row["challenger_pd"] is not None
    again.close()


def test_when_many_wait_the_next_one_waits_for_its_own(shadowed: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """No case is lost where the shadow is slower than the cases come, and no more than so many are held."""
    monkeypatch.setattr("service.shadow.MOST_WAITING", 1)
    begun, go_on = Event(), Event()
    score_it = Shadow.score

    def held(self: Shadow, *case: Any) -> None:
        if not begun.is_set():
            begun.set()
            assert go_on.wait(30)
        score_it(self, *case)

    monkeypatch.setattr(Shadow, "score", held)
    with client_of(shadowed) as client:
        assert client.post(PATH, json=asked("E2")).status_code == 201
        assert begun.wait(30)
        assert client.post(PATH, json=asked("E5")).status_code == 201
        challenger = str(shadowed.registry.standing().challenger())
        assert [row["enterprise_id"] for row in shadowed.shadow_scores.cases(challenger).to_pylist()] == ["E5"]
        go_on.set()
    assert shadowed.shadow_scores.cases(challenger).num_rows == 2


def test_a_broken_challenger_costs_nobody_an_answer(shadowed: Service, home: Path) -> None:
    """Its file is edited: the assessment is made as ever, and the failure is kept."""
    challenger = str(shadowed.registry.standing().challenger())
    path = home / "bundles" / challenger[:12] / "model.txt"
    path.write_text(path.read_text() + "\n")
    with client_of(shadowed) as client:
        assert client.post(PATH, json=asked("E5")).status_code == 201
    (row,) = shadowed.shadow_scores.cases(challenger).to_pylist()
    assert "BundleCorrupt" in row["failure"]
    assert row["challenger_pd"] is None
    assert compare_cases(shadowed.shadow_scores.cases(challenger))["failures"] == 1


def test_without_a_challenger_nothing_is_kept(service: Service) -> None:
    """No shadow, no row."""
    with client_of(service) as client:
        assert client.post(PATH, json=asked("E5")).status_code == 201
        assert service.shadow_scores.cases("").num_rows == 0


def test_the_comparison(shadowed: Service, run: Run, home: Path) -> None:
    """Counts over all cases, by the command line too; a portfolio run writes the same columns beside its results."""
    with client_of(shadowed) as client:
        for enterprise in ENTERPRISES:
            client.post(PATH, json=asked(enterprise))
    challenger = str(shadowed.registry.standing().challenger())
    cases = shadowed.shadow_scores.cases(challenger)
    found = compare_cases(cases)
    rows = cases.to_pylist()
    assert found["cases"] == len(ENTERPRISES)
    assert found["failures"] == 0
    assert sum(found["grades"].values()) == sum(row["champion_grade"] is not None for row in rows)
    assert found["approved"]["challenger"] == sum(row["challenger_outcome"] in ("approve", "reduce") for row in rows)
    known = [row for row in rows if row["champion_pd"] is not None]
    assert found["mean_pd"]["champion"] == pytest.approx(np.mean([row["champion_pd"] for row in known]), abs=1e-6)
    made = score_portfolio(shadowed.assessor, AS_OF, home / "results")
    written = pq.read_table(made.files["shadow"])
    by_enterprise = {row["enterprise_id"]: row for row in written.to_pylist()}
    for row in rows:
        for column in ("champion_pd", "challenger_pd", "challenger_grade", "challenger_limit_fen"):
            assert by_enterprise[row["enterprise_id"]][column] == row[column]
    (home / "registry.key").write_text("a key of the tests, long enough")
    code, out, _ = run("models", "compare", "--home", home)
    assert code == 0
    assert "12 cases 笔" in out
    code, out, _ = run("models", "compare", "--home", home, "--since", "2099-01-01", "--json")
    assert json.loads(out)["cases"] == 0


def test_the_champion_of_a_product_scores_its_cases(shadowed: Service) -> None:
    """A request for the product is decided by the product's champion, another one by that of all."""
    own = promoted(shadowed.registry, seed=4, scope="technology_credit")
    assert OWN.name
    with client_of(shadowed) as client:
        for product, digest in (("technology_credit", own), ("invoice_credit", shadowed.registry.champion())):
            made = client.post(PATH, json=asked("E5", request={"product": product})).json()
            assert made["decision"]["bundle"]["digest"] == digest
