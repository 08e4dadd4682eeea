"""Train on a prepared table by the command a bank would type, and print what the card says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.card_text import comparison_rows

ROOT = Path(__file__).resolve().parents[1]


def train_table(table: Path, schema: Path, folder: Path, words: Sequence[str]) -> dict[str, Any]:
    """`assetlight train --table ... --json` in a process of its own: its card."""
    command = [sys.executable, "-m", "service", "train", "--table", str(table), "--schema", str(schema)]
    command += ["--home", str(folder / "home"), "--json", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 4):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stdout or done.stderr}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def show(title: str, card: dict[str, Any]) -> None:
    """The table of comparison and the calibration, as Markdown."""
    measured, line = card["figures"], card["figures"]["calibration"]
    print(f"\n## {title}\n")
    print(f"{measured['test_words']['en']}; {measured['rows']:,} rows, {measured['defaults']:,} positive.\n")
    print("| | AUC [95 %] | KS | Brier | Calibration slope | Champion minus it, AUC |")
    print("| --- | --- | --- | --- | --- | --- |")
    for row in comparison_rows(measured):
        print(f"| {' | '.join(row)} |")
    print(
        f"\nMean PD {line['mean_pd']:.2%}, observed {line['observed_rate']['value']:.2%}; bundle {card['digest'][:12]}"
    )
