"""The bundle on disk: complete, verified, immutable."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from models.bundle import Bundle, BundleCorrupt, BundleNotFound, Calibration, PointsScale
from models.default_probability import score_features
from tests import factories

GOLDEN = Path(__file__).resolve().parents[1] / "golden"


def test_a_bundle_read_back_is_the_bundle_written(tmp_path: Path) -> None:
    """Writing and loading loses nothing, not even a bit of a number."""
    bundle = factories.bundle()
    loaded = Bundle.load(bundle.write(tmp_path / "b"))
    assert loaded == bundle
    assert loaded.digest == bundle.digest
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == [
        "bundle.json",
        "model.txt",
        "model_card.json",
        "model_card.md",
    ]


@pytest.mark.parametrize(
    "name", ["bundle.json", "model.txt", "model_card.json", "model_card.md", "population_performing.csv"]
)
def test_one_changed_byte_in_any_file_is_noticed(tmp_path: Path, name: str) -> None:
    """No file of a bundle can be edited without loading refusing it."""
    path = factories.bundle_with_populations().write(tmp_path / "b") / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BundleCorrupt, match=r"changed|cannot be read"):
        Bundle.load(tmp_path / "b")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A bundle without its model says which file is gone."""
    (factories.bundle().write(tmp_path / "b") / "model.txt").unlink()
    with pytest.raises(BundleCorrupt, match=r"gone.*model\.txt"):
        Bundle.load(tmp_path / "b")


def test_no_bundle_tells_how_to_get_one(tmp_path: Path) -> None:
    """An untrained home is not corrupt: the error says which command trains."""
    with pytest.raises(BundleNotFound, match="assetlight train"):
        Bundle.load_current(tmp_path)


def test_a_bundle_directory_is_never_overwritten(tmp_path: Path) -> None:
    """The same bundle may be written twice; another one into the same place is refused and nothing changes."""
    first, other = factories.bundle(), factories.bundle(seed=7)
    first.write(tmp_path / "b")
    first.write(tmp_path / "b")
    with pytest.raises(BundleCorrupt, match="never overwritten"):
        other.write(tmp_path / "b")
    assert Bundle.load(tmp_path / "b") == first
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_publishing_moves_current_and_keeps_the_old_bundle(tmp_path: Path) -> None:
    """CURRENT follows the last published bundle, and the earlier one can still be loaded for replay."""
    first, second = factories.bundle(), factories.bundle(seed=7)
    old = first.publish(tmp_path)
    second.publish(tmp_path)
    assert Bundle.load_current(tmp_path) == second
    assert Bundle.load(old) == first
    assert old.name == first.digest[:12]


def test_any_changed_part_changes_the_digest() -> None:
    """The digest covers model, calibration, scale, origins, features and card."""
    bundle = factories.bundle()
    variants = [
        replace(bundle, booster_text=bundle.booster_text + "\n"),
        replace(bundle, calibration=Calibration(-0.2, 1.3000000000000003)),
        replace(bundle, points=PointsScale(anchor_points=601)),
        replace(bundle, data_origin=("contest",)),
        replace(bundle, label_origin="contest"),
        replace(bundle, missing_as=(0.0, *bundle.missing_as[1:])),
        replace(bundle, interval=None),
        replace(bundle, card={"title": "another"}),
        replace(bundle, card_text="another"),
    ]
    assert len({variant.digest for variant in [bundle, *variants]}) == len(variants) + 1


def test_a_bundle_of_the_schema_before_is_read_with_its_own_digest(tmp_path: Path) -> None:
    """A schema 2 bundle has no tables for the interval; it loads, keeps its name, and scores without an interval."""
    old = replace(factories.bundle(), interval=None, schema_version="2")
    manifest = json.loads(old.files()["bundle.json"])
    assert "interval" not in manifest
    assert manifest["schema_version"] == "2"
    loaded = Bundle.load(old.write(tmp_path / "b"))
    assert loaded == old
    assert loaded.digest == manifest["digest"] == old.digest
    assert np.isnan(score_features(factories.feature_table(3), loaded).high).all()


def test_a_bundle_of_schema_3_is_read_with_its_own_digest(tmp_path: Path) -> None:
    """It has no populations; it loads, keeps its name, and scores with the bits it always had."""
    old = replace(factories.bundle(), schema_version="3")
    manifest = json.loads(old.files()["bundle.json"])
    assert "populations" not in manifest
    loaded = Bundle.load(old.write(tmp_path / "b"))
    assert (loaded, loaded.digest) == (old, manifest["digest"])
    rows = factories.feature_table(40, missing=0.2)
    for now, then in zip(_columns(loaded, rows), _columns(factories.bundle(), rows), strict=True):
        assert now.tobytes() == then.tobytes()
    with pytest.raises(BundleCorrupt, match="schema 3 has no populations"):
        replace(factories.bundle_with_populations(), schema_version="3")


def test_the_golden_bundle_of_schema_3_scores_with_the_bits_it_had() -> None:
    """Written by the release before populations: the same digest, points, base and contributions to the last bit."""
    loaded = Bundle.load(GOLDEN / "bundle_v3")
    kept = json.loads((GOLDEN / "bundle_v3_scores.json").read_bytes())
    assert (loaded.digest, loaded.schema_version, loaded.populations) == (kept["digest"], "3", ())
    scored = score_features(factories.feature_table(3, seed=4, missing=0.2), loaded)
    for name in ("pd", "points", "high"):
        assert [value.hex() for value in getattr(scored, name).tolist()] == kept[name]
    assert {value.hex() for value in scored.base_points.tolist()} == {kept["base_points"]}
    assert [[value.hex() for value in row] for row in scored.contributions.tolist()] == kept["contributions"]


def test_whom_one_compares_with_is_part_of_the_bundle(tmp_path: Path) -> None:
    """Populations come back from disk, and any part of one changes the digest: frozen means that it is what it was."""
    bundle = factories.bundle_with_populations()
    everybody, alike = bundle.populations
    loaded = Bundle.load(bundle.write(tmp_path / "b"))
    assert (loaded.populations, loaded.digest) == (bundle.populations, bundle.digest)
    head, first, *rows = everybody.text.split("\n")
    variants = [
        (replace(everybody, text="\n".join([head, *rows])), alike),
        (replace(everybody, text="\n".join([head, "0" + first[first.index(",") :], *rows])), alike),
        (replace(everybody, name="paying"), alike),
        (replace(everybody, zh="另一批企业"), alike),
        (replace(everybody, drawn_from=7), alike),
        (everybody, replace(alike, edges=(alike.edges[0], alike.edges[1] + 1.0))),
        (everybody,),
        (),
    ]
    assert len({replace(bundle, populations=each).digest for each in [bundle.populations, *variants]}) == 9


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"name": "Training Average"}, "a name that is none"),
        ({"name": "training_average"}, "a name that is none"),
        ({"text": "a,b\n1,2\n"}, "other columns"),
        ({"text": "sales_12m_fen"}, "no row"),
        ({"by": "sales_12m_fen"}, "edges"),
        ({"by": "sales_12m_fen", "edges": (2.0, 1.0)}, "not rising"),
        ({"by": "size", "edges": (1.0,)}, "is no feature"),
        ({"name": "performing_same_size"}, "performing_same_size, performing_same_size"),
    ],
)
def test_a_population_that_does_not_fit_is_refused(change: dict[str, object], match: str) -> None:
    """A bundle cannot be made with rows of other features, without rows, or with two populations of one name."""
    everybody, alike = factories.bundle_with_populations().populations
    with pytest.raises(BundleCorrupt, match=match):
        replace(factories.bundle(), populations=(replace(everybody, **change), alike))  # type: ignore[arg-type]


def _columns(bundle: Bundle, rows: pa.Table) -> list[np.ndarray]:
    scored = score_features(rows, bundle)
    return [scored.pd, scored.points, scored.base_points, scored.contributions, scored.low, scored.high]


def test_a_bundle_of_an_unknown_schema_is_refused(tmp_path: Path) -> None:
    """What a later release wrote is not guessed at."""
    folder = replace(factories.bundle(), schema_version="5").write(tmp_path / "b")
    with pytest.raises(BundleCorrupt, match=r"schema version.*2 or 3 or 4"):
        Bundle.load(folder)


def test_a_calibration_that_turns_risk_around_is_refused() -> None:
    """A slope of zero or less would make the worse enterprise score better."""
    with pytest.raises(BundleCorrupt, match="slope is not positive"):
        replace(factories.bundle(), calibration=Calibration(0.0, -1.0))


def test_simulated_training_data_carries_its_caution() -> None:
    """One simulated origin is enough for the caution; real data has none."""
    bundle = factories.bundle()
    assert bundle.caution is not None
    assert bundle.caution["en"] == "simulated: proves mechanics, not predictive power"
    assert replace(bundle, data_origin=("contest",), label_origin="contest").caution is None
