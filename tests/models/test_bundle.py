"""The bundle on disk: complete, verified, immutable."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.bundle import Bundle, BundleCorrupt, BundleNotFound, Calibration, PointsScale
from models.default_probability import score_features
from tests import factories


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


@pytest.mark.parametrize("name", ["bundle.json", "model.txt", "model_card.json", "model_card.md"])
def test_one_changed_byte_in_any_file_is_noticed(tmp_path: Path, name: str) -> None:
    """No file of a bundle can be edited without loading refusing it."""
    path = factories.bundle().write(tmp_path / "b") / name
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


def test_a_bundle_of_an_unknown_schema_is_refused(tmp_path: Path) -> None:
    """What a later release wrote is not guessed at."""
    folder = replace(factories.bundle(), schema_version="4").write(tmp_path / "b")
    with pytest.raises(BundleCorrupt, match=r"schema version.*2 or 3"):
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
