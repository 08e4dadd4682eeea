"""The evidence of a training run: what it learned from, what it tested on, what it was held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np

from models.features import CATALOGUE
from models.lake import Lake
from models.policy import Policy, load_policy
from training.calibration.facts import calibration_facts
from training.figures import BAR
from training.gathered import LABELS, PANEL, TABLE, Gathered
from training.pipeline import Trained
from training.sample import Sample
from training.segments import KINDS_READ, segments_of
from training.split import Split as SampleSplit
from training.validation.evidence import (
    CalibrationFacts,
    Challenger,
    Evidence,
    Lineage,
    People,
    Reproduction,
    ScoredSample,
    Split,
)

MOST_SCORED = 60  # enterprises that go the whole road to a limit
SCALE = "grading.upper_pd"
DEFAULT_PRODUCT = "request.default_product"
DEFINITIONS: Mapping[str, tuple[str, str]] = {
    PANEL: ("逾期90天以上，或观察期内很可能无法偿还", "90 days past due, or unlikely to pay, within the horizon"),
    LABELS: ("标签文件所给的违约标志", "the default flag of the label file"),
    TABLE: ("所给表格的标签列", "the label column of the given table"),
}
# Rows that were not used, by the names that the facts of a source have for them.
EXCLUDED: Mapping[str, tuple[str, str]] = {
    "already_defaulted": ("时点前已违约", "already in default on the day"),
    "immature": ("观察期未满", "not yet known for the whole horizon"),
    "without_records": ("有标签但当时无记录", "labelled, but no record was known then"),
    "without_label": ("有记录但无标签", "records, but no label"),
    "label_rows_without_flag": ("标签为空", "label rows without a flag"),
}


@dataclass(frozen=True)
class Surroundings:
    """What a run does not know itself: where records and bundle lie, and the people. None: not at hand."""

    lake: Lake | None = None
    directory: Path | None = None
    people: People = field(default_factory=People)


def evidence_of(
    trained: Trained, around: Surroundings | None = None, reproduction: Reproduction | None = None
) -> Evidence:
    """The evidence of a run, scored by models that had seen neither the days nor the enterprises of the tested rows."""
    around = around or Surroundings()
    champion, *others = trained.learners
    unseen = trained.unseen
    scores = {learner.name: unseen.log_odds(learner.name) for learner in trained.learners}
    challengers = [
        Challenger(code=each.name, zh=each.words["zh"], en=each.words["en"], log_odds=scores[each.name])
        for each in others
    ]
    gathered, split, bundle = trained.gathered, trained.split, trained.bundle
    sample = with_segments(gathered.sample, around.lake)
    policy = policy_of(gathered.as_of)
    return Evidence(
        bundle=bundle,
        policy=policy,
        as_of=gathered.as_of,
        development=sample.rows(split.learned),
        test=sample.rows(split.tested),
        test_log_odds=scores[champion.name],
        test_interval=unseen.rates(),
        challengers=[*challengers, *bar_of(gathered.sample, split)],
        audit=[finding.as_dict() for finding in trained.findings],
        lineage=lineage_of(gathered, around.lake, bundle.card.get("features_left_out", {})),
        split=split_facts(split),
        calibration=calibration_facts(bundle.card["calibration"])
        if "calibration" in bundle.card
        else CalibrationFacts(),
        scored=scored_sample(around.lake, gathered, bundle.features, split),
        people=around.people,
        directory=around.directory,
        reproduction=reproduction,
    )


def with_segments(sample: Sample, lake: Lake | None) -> Sample:
    """The sample with the segments that the records tell; those it has already stay."""
    if lake is None:
        return sample
    return replace(
        sample, segments={**segments_of(lake.tables(KINDS_READ), sample.entity, sample.day), **sample.segments}
    )


def policy_of(day: date) -> Policy:
    """The policy in force on a day; before there was one the first, so that rows of older data are judged too."""
    latest = load_policy(date.max)
    first = max(latest.parameters[name].values[0].first_day for name in (SCALE, DEFAULT_PRODUCT))
    return load_policy(max(day, first))


def bar_of(sample: Sample, split: SampleSplit) -> list[Challenger]:
    """The one number that alone orders risk, where the source names one."""
    if sample.bar is None:
        return []
    words = sample.bar_words
    return [
        Challenger(
            code=BAR,
            zh=words.get("zh", BAR),
            en=words.get("en", BAR),
            log_odds=sample.bar[split.tested],
            zh_settings="单一数字，不是模型",
            en_settings="one number and no model",
            probability=False,
        )
    ]


def split_facts(split: SampleSplit) -> Split:
    """The split as a reader sees it."""
    if split.days is None:
        return Split(
            out_of_entity=split.out_of_entity,
            zh=f"重复交叉验证 {split.repeats} 次：每行由未见过其企业的模型打分；开发与检验为同一批行。",
            en=f"Cross-validation, {split.repeats} times: every row is scored by models that had not seen its "
            "enterprise. Development and test are the same rows.",
        )
    days = split.days.as_dict()
    return Split(
        learned=tuple(days["learned"]),
        embargoed=tuple(days["embargoed"]),
        tested=tuple(days["tested"]),
        out_of_time=True,
        out_of_entity=split.out_of_entity,
    )


def lineage_of(gathered: Gathered, lake: Lake | None, left_out: Mapping[str, str]) -> Lineage:
    """Provenance from what the source said of its rows. `left_out`: features with the reason, as the card has them."""
    facts, sample = gathered.facts, gathered.sample
    known_until = facts.get("last_day_known")
    digests = {"sample": sample.sha256}
    if "label_file_sha256" in facts:
        digests["label file"] = str(facts["label_file_sha256"])
    return Lineage(
        kinds=lake.manifest().kinds if lake is not None else (),
        data_origin=sample.data_origin,
        label_origin=sample.label_origin,
        label_definition=DEFINITIONS[gathered.source],
        horizon_months=sample.horizon_months,
        last_day_known=date.fromisoformat(known_until) if known_until else None,
        digests=digests,
        excluded=[(zh, en, int(facts[name])) for name, (zh, en) in EXCLUDED.items() if facts.get(name) is not None],
        days=facts.get("days", ()),
        left_out={**sample.left_out, **left_out},
    )


def scored_sample(
    lake: Lake | None, gathered: Gathered, features: tuple[str, ...], split: SampleSplit
) -> ScoredSample | None:
    """Some tested enterprises with their records; None where the model reads columns that records do not give."""
    if lake is None or not set(features) <= {feature.name for feature in CATALOGUE}:
        return None
    names = np.unique(gathered.sample.entity[split.tested])
    chosen = tuple(str(name) for name in names[:: max(1, len(names) // MOST_SCORED)][:MOST_SCORED])
    return ScoredSample(lake.tables(enterprises=chosen, neighbourhood=True), gathered.as_of, chosen)
