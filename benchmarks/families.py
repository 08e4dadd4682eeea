"""What IP, data assets, telemetry and every other family add to the invoice families, on the simulated panel.

    python -m benchmarks.families              simulates, imports, builds the panel, trains and compares
    python -m benchmarks.families HOME         compares only, on the records of a data directory

The data is simulated: the figures prove mechanics, not predictive power. They are written down whichever way they go.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from models.features import CATALOGUE, Feature
from models.lake import Lake
from training.card_text import interval
from training.clustered import auc, auc_difference, brier_difference
from training.figures import figures
from training.hindsight import tells_of_repayment
from training.panel.defaults import last_day_known
from training.panel.panel import Panel, build_panel
from training.panel.population import default_days
from training.panel.sample import sample_of
from training.panel.univariate import each_alone
from training.plan import FOLDS_OVER_TIME, Plan
from training.selection import choose_features
from training.split import TimeSplit, split_days, split_sample
from training.trees import Trees
from training.unseen import Unseen, score_unseen

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "families.md"
ENTERPRISES, MONTHS, SEED = 10_000, 48, 7
WORKERS = 2
INVOICE_FAMILIES = ("trade", "invoice_quality", "counterparties", "purchases", "margin_and_tax")
ASKED = ("ip", "data_assets", "telemetry")


@dataclass(frozen=True)
class Step:
    """One command: what it took."""

    name: str
    wall: float
    cpu: float
    peak_mb: float


def run(name: str, *words: str) -> tuple[Step, dict[str, Any]]:
    """A command of the product in a process of its own, with --json."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([sys.executable, "-m", "service", *words, "--json"], stdout=out, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    if process.returncode:
        raise SystemExit(f"{name} ended with {process.returncode}: {text.decode()[:2000]}")
    cpu = usage.ru_utime + usage.ru_stime
    return Step(name, time.perf_counter() - began, cpu, usage.ru_maxrss / 1024), json.loads(text)


def whole_road(work: Path) -> tuple[list[Step], dict[str, Any]]:
    """Simulate, import, train from the panel; the home directory is `work/home`."""
    home, made = work / "home", work / "simulated"
    plan = ("--enterprises", str(ENTERPRISES), "--months", str(MONTHS), "--seed", str(SEED))
    simulated, report = run("simulate", "simulate", *plan, "--out", str(made))
    files = [str(made / kind["file"]) for kind in report["kinds"].values()]
    imported, _ = run("import", "import", *files, "--home", str(home))
    trained, card = run("panel, audit, train and report", "train", "--panel", "--home", str(home))
    again, _ = run("the same again, panel from its cache", "train", "--panel", "--home", str(home))
    steps = [simulated, imported, trained, again]
    (work / "steps.json").write_text(json.dumps([asdict(step) for step in steps]))
    return steps, card


def measured_before(home: Path) -> list[Step]:
    """What an earlier run of `whole_road` wrote beside the data directory."""
    path = home.parent / "steps.json"
    return [Step(**entry) for entry in json.loads(path.read_text())] if path.exists() else []


def of_families(families: Iterable[str]) -> list[Feature]:
    """The features with a direction of some families, in catalogue order."""
    wanted = set(families)
    return [feature for feature in choose_features(CATALOGUE) if feature.family in wanted]


def score(home: Path, names: Sequence[str]) -> Unseen:
    """Out of time and out of entity, the same folds whatever the features; in a process of its own."""
    panel = stored_panel(home)
    wanted = set(names)
    features = [feature for feature in panel.features if feature.name in wanted]
    sample = sample_of(panel.only(features))
    split = split_sample(sample, seed=SEED, folds=FOLDS_OVER_TIME, repeats=1)
    return score_unseen(sample, split, [Trees()], seed=SEED, inner=Plan(seed=SEED).inner)


@functools.cache
def stored_panel(home: Path) -> Panel:
    """The panel of a data directory, read back from its cache if it is there."""
    lake = Lake(home)
    days = default_days(lake.tables(), last_day_known(lake.tables()))
    return build_panel(lake, days, cache=home / "panels")


def scores_of(unseen: Unseen) -> np.ndarray:
    """The log-odds of the tested rows."""
    return unseen.log_odds(Trees.name)


def row(name: str, found: Unseen, base: Unseen | None) -> str:
    """A line of the comparison."""
    measured = figures(scores_of(found), found.outcome, found.clusters)
    line = measured["calibration"]
    cells = [
        name,
        interval(measured["auc"]),
        interval(measured["ks"]),
        f"{measured['brier']['value']:.4f}",
        interval(line["slope"]),
        f"{line['mean_pd']:.2%} / {line['observed_rate']['value']:.2%}",
    ]
    if base is None:
        cells += ["", ""]
    else:
        gain = auc_difference(scores_of(found), scores_of(base), found.outcome, found.clusters)
        error = brier_difference(scores_of(found), scores_of(base), found.outcome, found.clusters)
        cells += [signed(gain.value, gain.low, gain.high, 4), signed(error.value, error.low, error.high, 5)]
    return f"| {' | '.join(cells)} |"


def signed(value: float, low: float, high: float, digits: int) -> str:
    return f"{value:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"


def connected_only(panel: Panel, family: str, found: Unseen, base: Unseen) -> str:
    """The difference where the family's feed is connected."""
    columns = [place for place, feature in enumerate(panel.features) if feature.family == family]
    here = ~np.isnan(panel.matrix[found.tested][:, columns]).all(axis=1)
    outcome = found.outcome[here]
    if not 10 <= outcome.sum() < len(outcome):
        return f"| {family} | {here.mean():.1%} | {int(outcome.sum())} | | |"
    names = type(found.clusters)(panel.enterprise[found.tested][here])
    gain = auc_difference(scores_of(found)[here], scores_of(base)[here], outcome, names)
    alone = auc(scores_of(base)[here], outcome, names)
    return (
        f"| {family} | {here.mean():.1%} | {int(outcome.sum())} | {interval(alone.as_dict())} | "
        f"{signed(gain.value, gain.low, gain.high, 4)} |"
    )


def page(home: Path, steps: Sequence[Step]) -> str:
    """The whole page docs/families.md."""
    panel = stored_panel(home)
    split = split_days(panel.days, panel.horizon_months)
    families = tuple(dict.fromkeys(feature.family for feature in panel.features))
    others = tuple(name for name in families if name not in INVOICE_FAMILIES)
    sets = {
        "base": of_families(INVOICE_FAMILIES),
        "everything": of_families(families),
        "without": [feature for feature in of_families(families) if not tells_of_repayment(feature)],
        "three": of_families((*INVOICE_FAMILIES, *ASKED)),
        "three out": of_families(set(families) - set(ASKED)),
        **{name: of_families((*INVOICE_FAMILIES, name)) for name in others},
    }
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        jobs = {key: pool.submit(score, home, [item.name for item in chosen]) for key, chosen in sets.items()}
        scored = {key: job.result() for key, job in jobs.items()}
    base, everything, without = (scored[key] for key in ("base", "everything", "without"))
    three, three_out = scored["three"], scored["three out"]
    head = (
        "| Features | AUC [95 %] | KS [95 %] | Brier | Calibration slope [95 %] | Mean PD / observed "
        "| AUC minus first | Brier minus first |"
    )
    rule = "| --- | --- | --- | --- | --- | --- | --- | --- |"
    alone = each_alone(panel)
    parts = [
        introduction(panel, split, base),
        "## With and without",
        "",
        "A family can cost as well as add: while they learn, trees see which enterprises lack its feed, and are not",
        "allowed to use it when they score (decisions/0010). Where the interval of a difference does not hold 0, the",
        "sign is known for these days; another training sample could still move it. Mean PD above the observed rate:",
        "the learned days led into the bad year of the simulation, the tested ones out of it.",
        "",
        head,
        rule,
        row("invoice families (the first)", base, None),
        *(row(f"+ {name}", scored[name], base) for name in ASKED if name in scored),
        row("+ all three", three, base),
        *(row(f"+ {name}", scored[name], base) for name in others if name not in ASKED),
        row("everything", everything, base),
        row("everything that does not tell of repayment", without, base),
        "",
        head.replace("first", "everything"),
        rule,
        row("everything but IP, data assets, telemetry", three_out, everything),
        "",
        "### Where the feed is connected",
        "",
        "Most enterprises lack most feeds; an absent feed is scored neutrally (decisions/0010), so a family can only",
        "add where it is connected.",
        "",
        "| Family | Tested rows connected | Defaults | AUC of the invoice families there | AUC with it, minus |",
        "| --- | --- | --- | --- | --- |",
        *(connected_only(panel, name, scored[name], base) for name in others),
        "",
        *univariate(alone),
        *timings(steps),
    ]
    return "\n".join(parts) + "\n"


def introduction(panel: Panel, split: TimeSplit, base: Unseen) -> str:
    counts = panel.counts
    spoiled = sum(count.already_defaulted for count in counts)
    immature = sum(count.immature for count in counts)
    days = "\n".join(
        f"| {count.as_of} | {count.borrowers:,} | {count.already_defaulted:,} | {count.immature:,} | {count.rows:,} | "
        f"{count.defaults:,} |"
        for count in counts
    )
    return f"""# What each family adds

> **模拟数据：只证明流程可用，不证明预测能力 / simulated: proves mechanics, not predictive power.** The economy was
> written by us; that a family predicts default here shows that the road from records to PD works, not that it does so
> at a bank.

Written by `python -m benchmarks.families`. {len(panel):,} rows of {len(set(panel.enterprise_ids.tolist())):,} borrowers
on {len(panel.days)} quarterly days, {int(panel.outcome.sum()):,} defaults (90 days past due or unlikely to pay within
{panel.horizon_months} months), known to {panel.last_day_known}; {spoiled:,} already in default and {immature:,} not
mature left out. Learned from {split.learned[0]} to {split.learned[-1]}, tested on {split.tested[0]} to
{split.tested[-1]} ({len(base.outcome):,} rows, {base.clusters.count:,} enterprises, {int(base.outcome.sum()):,}
defaults), each fold of enterprises
scored by trees that saw none of it; {len(split.embargoed)} days between are left out because their outcomes
were not known when the test begins. Intervals are 95 % between enterprises and do not contain the luck of the training
sample; differences are paired.

| As of | Borrowers | Already defaulted | Immature | Rows | Defaults |
| --- | --- | --- | --- | --- | --- |
{days}
"""


def univariate(alone: Sequence[Any]) -> list[str]:
    """Every feature by itself."""
    lines = [
        "## Each feature alone",
        "",
        "AUC of the value turned so that more is riskier, over all rows that have it. *dead*: the interval holds 0.5;",
        "*inverted*: it points against the catalogue's direction; *too few*: fewer than 20 known defaults.",
        "",
        "| Feature | Family | Direction | Rows with a value | Known defaults | AUC [95 %] | Verdict |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for item in alone:
        words = {1: "↑", -1: "↓", 0: "·"}[item.feature.direction]
        area = interval(item.auc.as_dict()) if item.auc else ""
        lines.append(
            f"| `{item.feature.name}` | {item.feature.family} | {words} | {item.known:.1%} | {item.defaults:,} "
            f"| {area} | {item.verdict} |"
        )
    return [*lines, ""]


def timings(steps: Sequence[Step]) -> list[str]:
    if not steps:
        return []
    return [
        f"## Time from nothing, {ENTERPRISES:,} enterprises x {MONTHS} months",
        "",
        "On 2 cores shared with other work: CPU seconds are the firmer figure.",
        "",
        "| Step | Wall s | CPU s | Peak MB |",
        "| --- | ---: | ---: | ---: |",
        *(f"| {step.name} | {step.wall:.0f} | {step.cpu:.0f} | {step.peak_mb:,.0f} |" for step in steps),
        "",
    ]


def main() -> None:
    """Measure and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "home"
        steps = whole_road(Path(folder))[0] if len(sys.argv) == 1 else measured_before(home)
        PAGE.write_text(page(home, steps), encoding="utf-8")
        print(f"written {PAGE}")


if __name__ == "__main__":
    main()
