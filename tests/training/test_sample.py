"""The sample keeps its parts together, and its digest names exactly what is learned from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.sample import CATEGORY, NUMBER, ColumnNotInSample, Sample, SampleShapesDiffer


def a_sample() -> Sample:
    return Sample(
        matrix=np.array([[1.0, 0.0], [2.0, np.nan], [3.0, 1.0]]),
        outcome=np.array([0.0, 1.0, 0.0]),
        names=("size", "region"),
        directions=(-1, 0),
        entity=np.array(["a", "b", "a"]),
        data_origin=("test",),
        label_origin="test",
        kinds=(NUMBER, CATEGORY),
        levels={"region": ("north", "south")},
        day=np.array(["2020-03-31", "2020-03-31", "2020-06-30"], dtype="datetime64[D]"),
        segments={"sector": np.array(["C", "", "I"])},
        bar=np.array([3.0, 2.0, 1.0]),
    )


def test_what_is_not_given_has_a_plain_default() -> None:
    """Weights are one, words are names, feeds are unknown."""
    sample = a_sample()
    assert sample.weight.tolist() == [1.0, 1.0, 1.0]
    assert sample.words[0] == {"zh": "size", "en": "size"}
    assert sample.feeds == (None, None)
    assert not sample.weighted
    assert [day.isoformat() for day in sample.days] == ["2020-03-31", "2020-06-30"]


def test_rows_take_every_part_along() -> None:
    """A subset in another order keeps outcome, entity, day, weight, segments and bar beside its row."""
    turned = a_sample().rows(np.array([2, 0]))
    assert turned.matrix[:, 0].tolist() == [3.0, 1.0]
    assert turned.segments["sector"].tolist() == ["I", "C"]
    assert turned.bar is not None
    assert turned.bar.tolist() == [1.0, 3.0]
    assert [day.isoformat() for day in turned.days] == ["2020-03-31", "2020-06-30"]


def test_columns_take_their_description_along() -> None:
    """Columns are chosen by name; levels of what is left out go with it."""
    region = a_sample().columns(["region"])
    assert (region.names, region.kinds, region.directions) == (("region",), (CATEGORY,), (0,))
    assert a_sample().columns(["size"]).levels == {}
    with pytest.raises(ColumnNotInSample, match="no column turnover"):
        a_sample().columns(["turnover"])


def test_parts_that_do_not_fit_are_refused() -> None:
    """A sample whose outcome or segment has other rows than its matrix is never made."""
    with pytest.raises(SampleShapesDiffer, match="segment sector: 1"):
        replace(a_sample(), segments={"sector": np.array(["C"])})
    with pytest.raises(SampleShapesDiffer, match="outcome: 1"):
        replace(a_sample(), outcome=np.array([1.0]))


@pytest.mark.parametrize("part", ["matrix", "outcome", "weight", "entity", "day", "names"])
def test_the_digest_knows_every_number_that_is_learned_from(part: str) -> None:
    """Another value, outcome, weight, entity, day or name is another sample."""
    sample = a_sample()
    changed = {
        "matrix": np.array([[1.0, 0.0], [2.0, np.nan], [3.5, 1.0]]),
        "outcome": np.array([1.0, 1.0, 0.0]),
        "weight": np.array([1.0, 2.0, 1.0]),
        "entity": np.array(["a", "c", "a"]),
        "day": np.array(["2020-03-31", "2020-03-31", "2020-09-30"], dtype="datetime64[D]"),
        "names": ("size", "place"),
    }
    other = replace(sample, **{part: changed[part]}, **({"levels": {}} if part == "names" else {}))
    assert other.sha256 != sample.sha256
    assert a_sample().sha256 == sample.sha256
