"""What a model learns from is what it is asked about: rows of the panel against single requests, network and all."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from models.features import CATALOGUE, compute_features
from models.features.network import NETWORK_FAMILY
from models.lake import Lake
from models.records import KINDS
from models.tables import concatenated
from training.panel.features import panel_features
from training.panel.population import Population, population
from training.simulate.feeds.everything import tables_of
from training.simulate.world import Plan, build

DAYS = [date(2023, 3, 31), date(2023, 6, 30)]
NETWORK = [feature.name for feature in NETWORK_FAMILY.features]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The records of a small simulated economy, in which enterprises trade with each other."""
    world = build(Plan(enterprises=60, months=36, seed=5, start=date(2021, 6, 1)), lambda _: None)
    parts: dict[str, list[pa.Table]] = {}
    for kind, table in tables_of(world, 0, 60, invoices_only=False):
        parts.setdefault(kind, []).append(table)
    made = Lake(tmp_path_factory.mktemp("home"))
    with made.writing() as writing:
        for kind, tables in parts.items():
            writing.append(KINDS[kind], concatenated(KINDS[kind], tables))
    return made


def one_request(lake: Lake, enterprise: str, day: date) -> pa.Table:
    """The features as the service has them: the enterprise's own rows and the books within two steps of it."""
    return compute_features(lake.tables(enterprises=[enterprise], neighbourhood=True), day, [enterprise])


def test_a_row_of_the_panel_has_the_bits_of_a_request(lake: Lake) -> None:
    """Every feature of every family, for those in the thick of the network and those beside it."""
    people: Population = population(lake.tables(), DAYS)
    panel = panel_features(lake, people, features=CATALOGUE, neighbourhood=True)
    assert all(panel.column(name).null_count < len(panel) for name in NETWORK)
    assert pc.max(panel.column("core_index_12m")).as_py() > 0, "nobody trades with anybody: nothing is tested"
    order = pc.sort_indices(panel, [("core_index_12m", "descending"), ("enterprise_id", "ascending")]).to_pylist()
    for at in [*order[:3], *order[-2:]]:
        row = panel.slice(at, 1)
        (enterprise,), (day,) = row.column("enterprise_id").to_pylist(), row.column("as_of").to_pylist()
        asked = one_request(lake, enterprise, day)
        assert asked.num_rows == 1
        for name in panel.column_names:
            assert asked.column(name).to_pylist() == row.column(name).to_pylist(), (enterprise, day, name)
