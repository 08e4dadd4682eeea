"""The whole road on the public contest data: import of all four sheets, train, score of the 302, with time and memory.

`make bench-contest` prints the table of the README. Each step is the command a user types, in a process of its own;
memory is the largest resident set of that process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.card_text import interval, signed_interval

AS_OF = "2020-02-29"
ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ASSETLIGHT_SHARED_DATA") or ROOT.parent / "shared" / "data") / "cumcm2020c"
PORTFOLIO = ("without_credit_record_purchase_invoices.csv.gz", "without_credit_record_sales_invoices.csv.gz")
LABELLED = "with_credit_record.xlsx"


@dataclass(frozen=True)
class Ran:
    """One command: its answer, wall and CPU seconds, largest resident set in MB."""

    answer: dict[str, Any]
    wall: float
    cpu: float
    peak: float


def run(*words: str) -> Ran:
    """One command with --json, in a process of its own."""
    command = [sys.executable, "-m", "service", *words, "--json"]
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out, subprocess.Popen(command, stdout=out, cwd=ROOT) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        out.seek(0)
        answer = json.loads(out.read())
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}: {answer}")
    return Ran(answer, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def counts(answer: dict[str, Any], kind: str = "invoice") -> dict[str, int]:
    """Rows read, accepted, duplicate and quarantined of a kind, over all sheets."""
    sheets = [sheet for sheet in answer["sheets"] if sheet["kind"] == kind]
    return {name: sum(sheet[name] for sheet in sheets) for name in ("read", "accepted", "duplicates", "quarantined")}


def main() -> None:
    """Run the road once in an empty data directory and print the table."""
    if not DATA.is_dir():
        raise SystemExit("the contest data is not here: expected ../shared/data/cumcm2020c beside the project")
    with tempfile.TemporaryDirectory() as folder:
        home = ("--home", folder)
        book = run("import", str(DATA / LABELLED), "--origin", "contest", *home)
        sheets = run("import", *(str(DATA / name) for name in PORTFOLIO), "--origin", "contest", *home)
        plain = ("--challengers", "logistic_regression", "--no-report")
        words = ("--labels", str(DATA / LABELLED), "--label-origin", "contest", "--as-of", AS_OF)
        trained = run("train", *words, *plain, *home)
        whole = run("train", *words, *home)
        scored = run("score", "--as-of", AS_OF, *home)
    total = {name: counts(book.answer)[name] + counts(sheets.answer)[name] for name in counts(book.answer)}
    steps = {
        "import, workbook of 3 sheets": (book, counts(book.answer)["read"]),
        "import, 2 gzipped CSV": (sheets, counts(sheets.answer)["read"]),
        "train, 123 enterprises, 5 x 5 folds, trees and logistic regression alone": (trained, None),
        "train, the default: four learners and the validation report": (whole, None),
        f"score, {scored.answer['enterprises']} enterprises": (scored, None),
    }
    print("| step | seconds | CPU seconds | rows/s | peak MB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, (ran, rows) in steps.items():
        speed = f"{rows / ran.wall:,.0f}" if rows else ""
        print(f"| {name} | {ran.wall:.1f} | {ran.cpu:.1f} | {speed} | {ran.peak:,.0f} |")
    road = [ran for ran, _ in steps.values() if ran is not trained]
    wall, cpu = sum(ran.wall for ran in road), sum(ran.cpu for ran in road)
    print(f"| whole road, with the default training | {wall:.1f} | {cpu:.1f} | | |")
    print(f"\nload {os.getloadavg()[0]:.1f} at the end; validation: {whole.answer['report']['verdict']}")
    print(
        f"\n{total['read']:,} invoice rows = {total['accepted']:,} accepted + {total['duplicates']:,} duplicate "
        f"+ {total['quarantined']:,} quarantined."
    )
    figures = whole.answer["figures"]
    print("\n| pooled 5 x 5 out of fold | AUC [95 %] | KS | Brier | champion minus it, AUC |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for line in ({**figures, "name": figures["champion"]}, *figures["comparison"]):
        brier = interval(line["brier"]) if "brier" in line else ""
        minus = signed_interval(line["champion_minus_it"]) if "champion_minus_it" in line else ""
        print(f"| {line['words']['en']} | {interval(line['auc'])} | {line['ks']['value']:.3f} | {brier} | {minus} |")


if __name__ == "__main__":
    main()
