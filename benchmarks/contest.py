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
from pathlib import Path
from typing import Any

from training.card_text import interval, signed_interval

AS_OF = "2020-02-29"
ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ASSETLIGHT_SHARED_DATA") or ROOT.parent / "shared" / "data") / "cumcm2020c"
PORTFOLIO = ("without_credit_record_purchase_invoices.csv.gz", "without_credit_record_sales_invoices.csv.gz")
LABELLED = "with_credit_record.xlsx"


def run(*words: str) -> tuple[dict[str, Any], float, float]:
    """One command with --json: its answer, wall seconds and largest resident set in MB."""
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
    return answer, wall, usage.ru_maxrss / 1024


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
        scored = run("score", "--as-of", AS_OF, *home)
    total = {name: counts(book[0])[name] + counts(sheets[0])[name] for name in counts(book[0])}
    steps = {
        "import, workbook of 3 sheets": (book, counts(book[0])["read"]),
        "import, 2 gzipped CSV": (sheets, counts(sheets[0])["read"]),
        "train, 123 enterprises, 5 x 5 folds": (trained, None),
        f"score, {scored[0]['enterprises']} enterprises": (scored, None),
    }
    print("| step | seconds | rows/s | peak MB |")
    print("| --- | ---: | ---: | ---: |")
    for name, ((_, wall, peak), rows) in steps.items():
        print(f"| {name} | {wall:.1f} | {f'{rows / wall:,.0f}' if rows else ''} | {peak:,.0f} |")
    print(f"| whole road | {sum(wall for (_, wall, _), _ in steps.values()):.1f} | | |")
    print(
        f"\n{total['read']:,} invoice rows = {total['accepted']:,} accepted + {total['duplicates']:,} duplicate "
        f"+ {total['quarantined']:,} quarantined."
    )
    figures = trained[0]["figures"]
    print("\n| pooled 5 x 5 out of fold | AUC [95 %] | KS | Brier | champion minus it, AUC |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for line in ({**figures, "name": figures["champion"]}, *figures["comparison"]):
        brier = interval(line["brier"]) if "brier" in line else ""
        minus = signed_interval(line["champion_minus_it"]) if "champion_minus_it" in line else ""
        print(f"| {line['words']['en']} | {interval(line['auc'])} | {line['ks']['value']:.3f} | {brier} | {minus} |")


if __name__ == "__main__":
    main()
