"""The challenger in the shadow: the same cases, no influence, kept beside, compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from models.policy import load_policy
from models.scoring import CreditRequest, score, score_beside
from service.bootstrap import Service, build
from service.comparing import compare_cases
from service.portfolio import score_portfolio
from service.registry.records import Role
from service.settings import read_settings
from tests.factories import SIGNED_FEATURES, bundle
from tests.registry_desk import DEV, OWN, VAL, promoted, registered
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
