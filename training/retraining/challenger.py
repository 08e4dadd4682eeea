"""A challenger from a request: rows, audit, fit, report, and the comparison with the champion on the same rows.

Values cross to the service as JSON, so that it never imports training. Every step leaves its result in a folder that
the request names; a step whose result is there is not done again.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models.bundle import Bundle
from models.durable import replace_durably
from models.errors import AssetlightError
from training.pipeline import Trained, train
from training.retraining.asked import plan_asked_for, rows_asked_for
from training.retraining.comparison import compare_bundles
from training.retraining.tested_rows import NotComparable
from training.running import GATHERING, gather
from training.validation.rendering.files import BOOK, JSON, PAGE, report_folder
from training.validation.reporting import Reporting, report_on

Progress = Callable[[str, int, int], None]
BUILT, UNSEEN = "built.json", "unseen.npy"


def build_challenger(
    request: Mapping[str, Any],
    home: str,
    folder: str,
    champion: str | None,
    progress: Progress = lambda *_: None,
) -> dict[str, Any]:
    """`bundle` (its folder), `digest`, `skill`, and `comparison` with the bundle in the folder `champion`, if any.

    Where the two cannot be scored on the same rows, `comparison` is None and `incomparable` says why. The validation
    report lies where every run of training puts it and holds the comparison with the champion of the first run; a
    report on this very bundle that is there already stays, for people may have signed for it.

    Raises RequestNotUsable and what training raises: a leak, too few days or defaults, a model that is not monotone.
    """
    place = Path(folder)
    rows, plan = rows_asked_for(request, Path(home)), plan_asked_for(request)
    gathered = gather(rows, lambda done, total: progress(GATHERING, done, total))
    built, trained = _built(place), None
    if built is None:
        trained = train(gathered, plan, progress)
        trained.bundle.write(place / "bundle" / trained.bundle.digest[:12])
        _write_whole(place / UNSEEN, _bytes_of(trained))
        built = _facts(trained)
    directory = place / "bundle" / built["digest"][:12]
    found: dict[str, Any] = {**built, "bundle": str(directory), "comparison": None, "incomparable": None}
    if champion is not None:
        unseen = np.load(place / UNSEEN, allow_pickle=False)
        try:
            found["comparison"] = compare_bundles(
                Bundle.load(directory), Bundle.load(Path(champion)), gathered, plan, rows, unseen
            )
        except NotComparable as error:
            found["incomparable"] = error.sentence()
    if trained is not None:
        _report(trained, Path(home), directory, found["comparison"], progress)
        _write_whole(place / BUILT, json.dumps(built, ensure_ascii=False).encode())  # last: the step is done
    return found


def _facts(trained: Trained) -> dict[str, Any]:
    bundle = trained.bundle
    return {
        "digest": bundle.digest,
        "skill": bool(bundle.card["skill"]["demonstrated"]),
        "reasons": [reason["en"] for reason in bundle.card["skill"]["reasons"]],
        "defaults_tested": int(trained.gathered.sample.outcome[trained.split.tested].sum()),
    }


def _report(
    trained: Trained, home: Path, directory: Path, comparison: Mapping[str, Any] | None, progress: Progress
) -> None:
    digest = trained.bundle.digest
    if not all((report_folder(home, digest) / name).exists() for name in (JSON, PAGE, BOOK)):
        against = None if comparison is None or comparison["champion"] == digest else comparison
        report_on(trained, home, directory, Reporting(), progress, against=against)


def _built(place: Path) -> dict[str, Any] | None:
    """What an earlier run left, if it left it whole."""
    try:
        built = json.loads((place / BUILT).read_bytes())
        digest = str(built["digest"])
        whole = Bundle.load(place / "bundle" / digest[:12]).digest == digest and (place / UNSEEN).exists()
    except (FileNotFoundError, ValueError, KeyError, TypeError, AssetlightError):
        return None
    return built if whole else None


def _bytes_of(trained: Trained) -> bytes:
    """Log-odds of the tested rows by the models of the folds, as a file of numpy."""
    stream = io.BytesIO()
    np.save(stream, trained.unseen.log_odds(trained.learners[0].name), allow_pickle=False)
    return stream.getvalue()


def _write_whole(path: Path, content: bytes) -> None:
    """Whole or not at all: a job that is killed leaves the step undone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_durably(path, content)
