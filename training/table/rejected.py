"""The rejected applicants of a prepared table: the same columns, no outcome."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from models.prepared import Schema, read_prepared
from training.gathered import Gathered


def with_rejected(gathered: Gathered, path: Path, schema: Schema) -> Gathered:
    """The rows with the rejected beside them, read by the same schema; the label is not asked for, nor the weight.

    A level that no accepted row had is one of the others. Raises what `read_prepared` raises.
    """
    rows = read_prepared(path, replace(schema, label=None, weight=None, segments=()))
    learned = Schema.from_dict(gathered.own_columns["tables"][0])
    sample = gathered.sample
    rejected = replace(
        sample,
        matrix=rows.matrix(list(sample.names), learned),
        outcome=np.zeros(len(rows)),
        entity=rows.entity,
        day=rows.day,
        weight=np.ones(len(rows)),
        segments={},
        bar=None,
    )
    return replace(gathered, rejected=rejected, facts={**gathered.facts, "rejected_sha256": rows.sha256})
