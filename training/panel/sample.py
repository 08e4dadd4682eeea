"""The second source of rows: the panel of the loan records, many days of many borrowers."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from models.lake import Lake
from training.dataset import BAR_WORDS, TURNOVER
from training.feeds import described
from training.gathered import PANEL, Gathered, Subset
from training.hindsight import future_blind, shared_kinds, tells_of_repayment
from training.panel.panel import Panel
from training.sample import Sample

LABEL_ORIGIN = "records: 90 days past due or unlikely to pay within the horizon"


def sample_of(panel: Panel) -> Sample:
    """The rows of a panel as every learner gets them."""
    return Sample(
        matrix=panel.matrix,
        outcome=panel.outcome,
        entity=panel.enterprise_ids,
        day=panel.as_of.astype("datetime64[D]"),
        data_origin=panel.data_origin,
        label_origin=", ".join([*panel.data_origin, LABEL_ORIGIN]),
        bar=-np.nan_to_num(panel.column(TURNOVER)) if TURNOVER in panel.names else None,
        bar_words=BAR_WORDS,
        horizon_months=panel.horizon_months,
        left_out=panel.left_out,
        **described(panel.features),
    )


def gather_panel(panel: Panel, lake: Lake | None = None) -> Gathered:
    """A panel with what the card says of it; with the lake also audited for what was learned after each day."""
    sample = sample_of(panel)
    others = tuple(feature.name for feature in panel.features if not tells_of_repayment(feature))
    families = sorted({feature.family for feature in panel.features if tells_of_repayment(feature)})
    findings = () if lake is None else (future_blind(sample, panel.features, lake),)
    return Gathered(
        source=PANEL,
        title={"zh": "中小企业违约概率模型（面板）", "en": "Default probability of small enterprises, from a panel"},
        sample=sample,
        as_of=panel.last_day_known,
        facts={
            "last_day_known": panel.last_day_known.isoformat(),
            "default_causes": panel.causes,
            "days": [{**asdict(count), "as_of": count.as_of.isoformat()} for count in panel.counts],
            "already_defaulted": sum(count.already_defaulted for count in panel.counts),
            "immature": sum(count.immature for count in panel.counts),
        },
        findings=(*findings, shared_kinds(panel.features)),
        subsets=(
            Subset(
                "without_label_kinds",
                {
                    "zh": f"剔除 {'、'.join(families)}（与标签同源）",
                    "en": f"without {', '.join(families)}, which read the kinds that labels come from",
                },
                others,
            ),
        ),
    )
