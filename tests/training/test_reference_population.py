"""Who is frozen into a bundle to be compared with: performing enterprises, one row each, whatever the order."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bundle import Bundle
from models.default_probability.comparison import reference_rows
from models.default_probability.matrix import filled
from tests import factories
from training.reference_population import FEWEST_OF_A_SIZE, draw, performing_rows, with_populations
from training.sample import Sample

FIRST = np.datetime64("2019-03-31")


def sample(
    enterprises: int = 60, quarters: int = 3, *, seed: int = 0, order: int | None = None, timeless: bool = False
) -> Sample:
    """Quarters of enterprises with the factory bundle's features; one enterprise in six defaults in some quarter."""
    rng = np.random.default_rng(seed)
    table = factories.feature_table(enterprises * quarters, seed=seed, missing=0.1)
    names = tuple(name for name, _ in factories.SIGNED_FEATURES)
    matrix = np.column_stack([table.column(name).to_numpy() for name in names])
    entity = np.repeat([f"S{number:04d}" for number in range(enterprises)], quarters)
    day = np.tile(FIRST + 91 * np.arange(quarters), enterprises).astype("datetime64[D]")
    outcome = np.where(
        np.repeat(rng.random(enterprises) < 1 / 6, quarters) & (np.arange(len(entity)) % quarters == 1), 1.0, 0.0
    )
    rows = np.arange(len(entity)) if order is None else np.random.default_rng(order).permutation(len(entity))
    made = Sample(
        matrix=matrix, outcome=outcome, names=names,
        directions=tuple(direction for _, direction in factories.SIGNED_FEATURES),
        entity=entity, data_origin=("simulated",), label_origin="simulated", day=None if timeless else day,
    )  # fmt: skip
    return made.rows(rows)


@pytest.fixture(scope="module")
def model() -> Bundle:
    return factories.bundle(trees=40)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), order=st.integers(0, 1000), timeless=st.booleans())
def test_performing_enterprises_are_those_without_any_default_by_their_latest_row(
    seed: int, order: int, timeless: bool
) -> None:
    """Against a plain loop: an enterprise that defaulted in one quarter is not there with its good ones."""
    learned = sample(30, seed=seed, order=order, timeless=timeless)
    bad = {name for name, outcome in zip(learned.entity.tolist(), learned.outcome, strict=True) if outcome}
    found = performing_rows(learned)
    assert sorted(learned.entity[found].tolist()) == sorted(set(learned.entity.tolist()) - bad)
    if learned.day is not None:
        assert (learned.day[found] == learned.day.max()).all()


def test_at_most_so_many_are_drawn_by_the_hash_of_their_ids() -> None:
    """No seed and no order: whoever's SHA-256 comes first."""
    learned = sample(200, quarters=1)
    rows = performing_rows(learned)
    drawn = draw(learned.entity, rows, 50)
    by_hash = sorted(learned.entity[rows].tolist(), key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    assert learned.entity[drawn].tolist() == by_hash[:50]


def test_the_order_of_the_sample_does_not_matter(model: Bundle) -> None:
    """The same rows in another order freeze the same file, so the bundle has the same digest."""
    one, other = (with_populations(model, sample(order=order), most=40) for order in (1, 2))
    assert one.populations[0].text == other.populations[0].text
    assert one.digest == other.digest != model.digest


def test_frozen_rows_score_as_the_enterprises_they_stand_for(model: Bundle) -> None:
    """The multiset of raw scores is that of the drawn rows, to the bit; and no figure of anybody is in the file."""
    learned = sample(300, quarters=1)
    frozen = with_populations(model, learned, most=100)
    rows = learned.matrix[draw(learned.entity, performing_rows(learned), 100)]
    expected = np.sort(model.booster.predict(filled(rows, model), raw_score=True))
    found = np.sort(model.booster.predict(reference_rows(frozen, frozen.populations[0]), raw_score=True))
    assert (found == expected).all()
    population = frozen.populations[0]
    assert (population.rows, population.drawn_from) == (100, len(performing_rows(learned)))
    cells = {cell for line in population.text.split("\n")[1:] for cell in line.split(",")}
    assert all(len(cell) <= 3 for cell in cells)  # ranks, not amounts


def test_sizes_need_enough_of_each(model: Bundle) -> None:
    """With too few enterprises of a size, or a model that does not ask for turnover, there is only `performing`."""
    assert [each.name for each in with_populations(model, sample(300)).populations] == [
        "performing", "performing_same_size",
    ]  # fmt: skip
    few = with_populations(model, sample(2 * FEWEST_OF_A_SIZE))
    assert [each.name for each in few.populations] == ["performing"]
    blind = factories.bundle(signed=factories.SIGNED_FEATURES[1:], trees=40)
    assert [each.name for each in with_populations(blind, sample(300)).populations] == ["performing"]


def test_where_nobody_performs_there_is_nobody_to_compare_with(model: Bundle) -> None:
    """No population, and the bundle is what it was."""
    learned = sample()
    assert with_populations(model, replace(learned, outcome=np.ones(len(learned)))) == model
