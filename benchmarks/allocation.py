"""100 million yuan over the 302 enterprises without a credit record, beside simple rules. `make bench-allocation`.

The road is the one of `make bench-contest`: import, train on the 123 with a record, score; then the plan. Needs the
contest data beside the project. Without bounds on groups (the contest names none) the best plan can be found without a
solver, by dynamic programming: the two must agree. Exit code 1: a line failed.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from benchmarks.allocation_oracle import best_profit_fen
from benchmarks.contest import AS_OF, DATA, LABELLED, PORTFOLIO, run
from models.allocation import Allocation, read_rate_menu
from models.allocation.plan import GAP, MORE_FEN
from models.allocation.words import sentences
from models.money import yuan_for_reading
from service.allocating import share_out
from service.given_scores import read_scores

BUDGET_FEN, MENU, ENTERPRISES = 100_000_000 * 100, "rate_churn.csv", 302


def main() -> None:
    """Print the plan, its proved gap and what simple rules earn."""
    if not DATA.is_dir():
        raise SystemExit("the contest data is not here: expected ../shared/data/cumcm2020c beside the project")
    with tempfile.TemporaryDirectory() as folder:
        home = ("--home", folder)
        run("import", str(DATA / LABELLED), "--origin", "contest", *home)
        run("train", "--labels", str(DATA / LABELLED), "--label-origin", "contest", "--as-of", AS_OF, *home)
        run("score", "--as-of", AS_OF, "--no-decision-ids", *home)
        learned = set(_scored(Path(folder)))
        run("import", *(str(DATA / name) for name in PORTFOLIO), "--origin", "contest", *home)
        run("score", "--as-of", AS_OF, "--no-decision-ids", *home)
        everyone = pq.read_table(_scores(Path(folder)))
        rest = [row for row, name in enumerate(everyone["enterprise_id"].to_pylist()) if name not in learned]
        assert len(rest) == ENTERPRISES, len(rest)
        pq.write_table(everyone.take(rest), _scores(Path(folder)))
        began = time.perf_counter()
        shared = share_out(
            read_scores(_scores(Path(folder))),
            read_rate_menu(DATA / MENU),
            None,
            BUDGET_FEN,
            Path(folder),
            groups=None,
            seconds=60.0,
        )
        taken = time.perf_counter() - began
        plan = shared.plan
        print(
            f"{len(plan.applicants)} of {ENTERPRISES} may be lent to "
            f"({json.dumps(_counted(plan.applicants.left_out))}); "
            f"{yuan_for_reading(plan.offered_fen)} of {yuan_for_reading(BUDGET_FEN)} yuan offered to "
            f"{int((plan.rate >= 0).sum())}; planned in {taken:.1f} s, proved gap {plan.gap:.1e}"
        )
        for name, fen in {"this plan": plan.expected_profit_fen, **shared.rules}.items():
            share = fen / plan.expected_profit_fen
            print(f"  {name}: {yuan_for_reading(round(fen / 100) * 100)} yuan a year ({share:.1%})")
        rates, counts = np.unique(plan.menu.rates[plan.rate[plan.rate >= 0]], return_counts=True)
        _checked(plan)
        print("  rates:", ", ".join(f"{rate:.2%} x {count}" for rate, count in zip(rates, counts, strict=True)))
        for zh, en in sentences(plan):
            print(f"  {zh}\n  {en}")


def _checked(plan: Allocation) -> None:
    """PASS or FAIL: the proved gap, and the profit and the worth of a million more against dynamic programming."""
    budget = plan.budget_fen
    now, more = (best_profit_fen(plan.applicants, plan.menu, plan.terms, fen) for fen in (budget, budget + MORE_FEN))
    apart = abs(plan.expected_profit_fen - now) / now
    earned = plan.next_million_fen or 0.0
    lines = (
        ("proved gap", f"{plan.gap:.1e}", f"{GAP:.0e}", plan.gap <= GAP),
        ("profit without a solver", f"{yuan_for_reading(round(now / 100) * 100)} yuan, apart by {apart:.1e}",
         f"{GAP:.0e}", apart <= GAP),
        ("one more million without a solver", f"{yuan_for_reading(round((more - now) / 100) * 100)} yuan",
         "the same within the gap", abs(more - now - earned) <= 2 * GAP * now),
    )  # fmt: skip
    for what, found, target, so in lines:
        print(f"  {'PASS' if so else 'FAIL'}  {what}: {found} (target {target})")
    if not all(so for *_, so in lines):
        raise SystemExit(1)


def _scores(home: Path) -> Path:
    return home / "results" / f"scores-{AS_OF}.parquet"


def _scored(home: Path) -> list[str]:
    return [str(name) for name in pq.read_table(_scores(home), columns=["enterprise_id"])["enterprise_id"].to_pylist()]


def _counted(left_out: object) -> dict[str, int]:
    assert isinstance(left_out, dict)
    reasons = list(left_out.values())
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


if __name__ == "__main__":
    main()
