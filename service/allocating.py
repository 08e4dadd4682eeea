"""A budget shared out over the scored enterprises of one day: plan, comparison with simple rules, files."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from models.allocation import SIMPLE_RULES, Allocation, LendingTerms, RateMenu, allocate, applicants_of, simple_rule
from models.allocation.scores import ScoresNotUsable
from models.allocation.terms import GROUPS
from models.allocation.words import sentences
from models.lake import Lake
from models.money import yuan_text
from service.given_scores import GivenScores, Words
from service.groups import groups_of
from service.policies import policy_on


@dataclass(frozen=True)
class Shared:
    """A plan with what it is compared with."""

    as_of: date
    product: str
    plan: Allocation
    rules: dict[str, float]  # expected profit of the simple rules, fen
    origins: tuple[str, ...]
    files: dict[str, Path]
    cautions: tuple[Words, ...] = ()

    @property
    def simulated(self) -> bool:
        """Whether any figure was made from simulated data."""
        return any("simulated" in origin for origin in self.origins)

    def facts(self) -> dict[str, Any]:
        """Everything for a machine."""
        plan = self.plan
        return {
            "as_of": self.as_of.isoformat(),
            "product": self.product,
            "budget_yuan": yuan_text(plan.budget_fen),
            "offered_yuan": yuan_text(plan.offered_fen),
            "offers": int((plan.rate >= 0).sum()),
            "applicants": len(plan.applicants),
            "left_out": len(plan.applicants.left_out),
            "expected_profit_yuan": yuan_text(round(plan.expected_profit_fen)),
            "expected_taken_up_yuan": yuan_text(round(plan.taken_up_fen)),
            "expected_loss_yuan": yuan_text(round(plan.expected_loss_fen)),
            "no_plan_earns_more_than_yuan": yuan_text(round(plan.bound_fen)),
            "gap": plan.gap,
            "next_million_yuan": yuan_text(round(plan.next_million_fen or 0.0)),
            "simple_rules_yuan": {name: yuan_text(round(fen)) for name, fen in self.rules.items()},
            "bounds": [{"zh": zh, "en": en} for zh, en in sentences(plan)],
            "group_bounds_on": sorted(plan.applicants.groups),
            "cautions": [{"zh": zh, "en": en} for zh, en in self.cautions],
            "data_origin": list(self.origins),
            "simulated": self.simulated,
            "files": {kind: str(path) for kind, path in self.files.items()},
        }


def share_out(
    scores: GivenScores,
    menu: RateMenu,
    overlay: Path | None,
    budget_fen: int,
    out: Path,
    *,
    groups: pa.Table | None,
    seconds: float,
) -> Shared:
    """Plan over the scores of a day, compare, write `allocation-DAY.parquet`, `.csv` and `.json`.

    `groups`: enterprise_id with industry, region, park, core_enterprise, where known. Raises ScoresNotUsable, and what
    `allocate` raises.
    """
    table = scores.table
    as_of, product = _the_one(table, "as_of"), _the_one(table, "product")
    policy = policy_on(as_of, overlay)
    terms = LendingTerms.of(policy, product)
    if groups is not None:
        table = table.select([name for name in table.column_names if name not in GROUPS])
        table = table.join(groups, "enterprise_id", join_type="left outer")
    applicants = applicants_of(table)
    plan = allocate(applicants, menu, terms, budget_fen, seconds=seconds)
    rules = {name: simple_rule(name, applicants, menu, terms, budget_fen)[1] for name in SIMPLE_RULES}
    origins = {
        text for name in ("data_origin", "model_data_origin") if name in table.column_names
        for joined in table[name].unique().to_pylist() if joined for text in joined.split("; ")
    }  # fmt: skip
    stem = f"allocation-{as_of.isoformat()}"
    shared = Shared(
        as_of, product, plan, rules, tuple(sorted(origins)),
        {kind: out / f"{stem}.{kind}" for kind in ("parquet", "csv", "json")}, scores.cautions,
    )  # fmt: skip
    _write(shared, out)
    return shared


def newest_scores(folder: Path) -> Path:
    """The scores of the latest day in a folder of results, by their name."""
    found = sorted(folder.glob("scores-????-??-??.parquet"))
    return found[-1] if found else folder / "scores-DATE.parquet"


def stored_groups(lake: Lake, scores: GivenScores) -> pa.Table:
    """Groups of the stored enterprises on the day of the scores."""
    return groups_of(lake, _the_one(scores.table, "as_of"))


def _the_one(table: pa.Table, column: str) -> Any:  # noqa: ANN401
    if column not in table.column_names:
        raise ScoresNotUsable("the scores lack a column", expected=column, found=", ".join(table.column_names))
    values = table[column].unique().to_pylist()
    if len(values) != 1:
        raise ScoresNotUsable(f"the scores hold {len(values)} values of {column}", expected="one", field=column)
    return values[0]


def _write(shared: Shared, out: Path) -> None:
    """Each file whole or not at all."""
    out.mkdir(parents=True, exist_ok=True)
    table = shared.plan.to_arrow()
    drafts = {kind: path.with_name(f".{path.name}.{os.getpid()}") for kind, path in shared.files.items()}
    try:
        pq.write_table(table, drafts["parquet"])
        with drafts["csv"].open("wb") as file:
            file.write("\ufeff".encode())
            csv.write_csv(table, file)
        drafts["json"].write_text(json.dumps(shared.facts(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        for kind, draft in drafts.items():
            draft.replace(shared.files[kind])
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
