"""Small honest inputs for tests: built in memory, from a local seed, labelled as simulated."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa

from models.bundle import Bundle, Calibration, PointsScale
from models.calibration import VennAbers
from models.policy.load import DEFAULTS
from models.records.invoice import INVOICE
from models.tables import Tables
from training.reference_population import ALL, SAME_SIZE, freeze, size_edges

AS_OF = date(2020, 2, 29)
# Core features that every caller can compute; a small model on a few of them.
SIGNED_FEATURES: tuple[tuple[str, int], ...] = (
    ("sales_12m_fen", -1),
    ("sales_24m_fen", -1),
    ("sales_growth_yoy", -1),
    ("active_months_12m", -1),
    ("max_gap_days_12m", 1),
    ("void_rate_12m", 1),
    ("customer_hhi_12m", 0),
)


def feature_table(
    rows: int = 60, *, seed: int = 0, missing: float = 0.0, signed: tuple[tuple[str, int], ...] = SIGNED_FEATURES
) -> pa.Table:
    """A feature table (enterprise_id, as_of, features) with a share `missing` of its values null."""
    rng = np.random.default_rng(seed)
    columns: dict[str, pa.Array] = {
        "enterprise_id": pa.array([f"S{row:04d}" for row in range(rows)], pa.string()),
        "as_of": pa.array([AS_OF] * rows, pa.date32()),
    }
    for name, _ in signed:
        values = np.round(rng.lognormal(15.0, 2.0, rows)) if name.endswith("_fen") else rng.uniform(0.0, 1.0, rows)
        columns[name] = pa.array(values, pa.float64(), mask=rng.uniform(size=rows) < missing)
    return pa.table(columns)


def bundle(
    *,
    seed: int = 0,
    rows: int = 200,
    signed: tuple[tuple[str, int], ...] = SIGNED_FEATURES,
    missing: float = 0.1,
    trees: int = 20,
    depth: int = 3,
) -> Bundle:
    """A real, loadable bundle fitted to simulated rows in which the signed features do raise or lower risk."""
    table = feature_table(rows, seed=seed, missing=missing, signed=signed)
    matrix = np.column_stack([table.column(name).to_numpy() for name, _ in signed])
    directions = tuple(direction for _, direction in signed)
    rng = np.random.default_rng(seed + 1)
    ranks = np.nan_to_num(matrix.argsort(axis=0).argsort(axis=0) / rows)
    risk = ranks @ np.array(directions, dtype=float) + rng.normal(0.0, 0.5, rows)
    booster = lightgbm.train(
        {
            "objective": "binary",
            "monotone_constraints": list(directions),
            "monotone_constraints_method": "basic",
            "max_depth": depth,
            "num_leaves": 2**depth,
            "min_data_in_leaf": 5,
            "learning_rate": 0.1,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "seed": seed,
            "verbosity": -1,
        },
        lightgbm.Dataset(
            matrix, (risk > np.quantile(risk, 0.8)).astype(float), feature_name=[name for name, _ in signed]
        ),
        num_boost_round=trees,
    )
    return Bundle(
        features=tuple(name for name, _ in signed),
        directions=directions,
        missing_as=tuple(None for _ in signed),
        booster_text=booster.model_to_string(),
        calibration=Calibration(intercept=-0.2, slope=1.3),
        points=PointsScale(),
        data_origin=("simulated",),
        label_origin="simulated",
        trained_as_of=AS_OF,
        interval=VennAbers(
            low_from=(-2.0, -1.0, 0.0),
            low=(0.0, 0.05, 0.15, 0.4),
            high_above=(-2.0, -1.0, 0.0),
            high=(0.03, 0.12, 0.35, 1.0),
            rows=rows,
            defaults=rows // 5,
        ),
        card={"title": "a bundle for tests"},
        card_text="# A bundle for tests\n",
    )


def bundle_with_populations(rows: int = 300, **made: Any) -> Bundle:
    """The same with whom a policy may compare: performing enterprises, and those of like size where the trees ask."""
    plain = bundle(**made)
    drawn = feature_table(rows, seed=91, missing=0.1)
    matrix = np.column_stack([drawn.column(name).to_numpy() for name in plain.features])
    everybody = freeze(plain, matrix, replace(ALL, drawn_from=rows))
    edges = size_edges(plain, everybody)
    alike = replace(SAME_SIZE, drawn_from=rows, text=everybody.text, by="sales_12m_fen", edges=edges)
    return replace(plain, populations=(everybody, *([alike] if edges else [])))


def comparing_policy(folder: Path, name: str) -> Path:
    """A bank's own policy folder that names whom reasons compare with."""
    file = folder / "bank" / "parameters" / "explanation" / "reference.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    text = (DEFAULTS / "parameters" / "explanation" / "reference.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("value: training_average", f"value: {name}"), encoding="utf-8")
    return folder / "bank"


def trading_enterprises(count: int = 60, *, seed: int = 0, origin: str = "simulated") -> tuple[Tables, dict[str, bool]]:
    """Two years of invoices of enterprises up to AS_OF, and who of them defaults: mostly the small."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    defaulted: dict[str, bool] = {}
    for number in range(count):
        enterprise, size = f"T{number:04d}", float(rng.lognormal(12, 1.5))
        defaulted[enterprise] = bool(rng.uniform() < (0.7 if size < np.exp(11.2) else 0.08))
        for invoice in range(int(rng.integers(20, 40))):
            day = AS_OF - timedelta(days=int(rng.integers(0, 730)))
            amount = round(size * float(rng.uniform(0.5, 1.5)))
            rows.append(
                {
                    "enterprise_id": enterprise,
                    "direction": "sales" if invoice % 3 else "purchase",
                    "invoice_no": f"{invoice:08d}",
                    "issued_on": day,
                    "counterparty_id": f"C{rng.integers(0, 6)}",
                    "amount_fen": amount,
                    "tax_fen": amount // 10,
                    "total_fen": amount + amount // 10,
                    "status": "void" if rng.uniform() < 0.05 else "valid",
                    "known_at": datetime.combine(day, datetime.min.time(), UTC),
                    "origin": origin,
                }
            )
    return Tables({INVOICE.name: pa.Table.from_pylist(rows, schema=INVOICE.schema)}), defaulted
