"""The search: repeatable, resumable after a kill to the same end, shallow where depth costs nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from training.folds import Inner
from training.sample import Sample
from training.search import FIRST_TRIALS, GROUPS, SearchPlan, _choose, _Trial, search
from training.search_journal import JournalInUse
from training.trees import MANY, Trees

QUICK = Inner(2)


def a_sample(rows: int = 800) -> Sample:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(rows, 3))
    chance = 1 / (1 + np.exp(0.5 - matrix[:, 0]))
    outcome = (rng.uniform(size=rows) < chance).astype(float)
    entity = np.array([f"E{row}" for row in range(rows)])
    return Sample(matrix, outcome, ("a", "b", "c"), (1, 0, 0), entity, ("test",), "test")


def record(sample: Sample, plan: SearchPlan) -> dict[str, object]:
    found = search(sample, QUICK.parts(sample, 1), plan, seed=1)
    assert found is not None
    return found.record


def test_the_same_search_finds_the_same_and_a_search_in_two_pieces_too(tmp_path: Path) -> None:
    """In memory, in a journal, and in a journal that was stopped half way and left a torn line and a lock."""
    sample = a_sample()
    whole = record(sample, SearchPlan(trials=10))
    assert whole == record(sample, SearchPlan(trials=10, journals=tmp_path / "one"))
    folder = tmp_path / "two"
    record(sample, SearchPlan(trials=6, journals=folder))
    (journal,) = folder.glob("*.journal")
    before = journal.read_bytes()
    journal.write_bytes(before + b'{"op_code": 4, "worker')
    journal.with_name(journal.name + ".lock").symlink_to(journal)
    assert record(sample, SearchPlan(trials=10, journals=folder)) == whole
    assert journal.read_bytes().startswith(before)


def test_a_killed_search_goes_on_where_it_was(tmp_path: Path) -> None:
    """Killed without a word in the middle of a trial: the trials that ended are kept, the end is the same."""
    script = f"""
        import os
        from training import search as module
        from training.search import SearchPlan, search
        from tests.training_search_sample import a_sample, QUICK
        real, calls = module._Trying.__call__, []
        def dying(self, settings):
            calls.append(1)
            if len(calls) == 4:
                os._exit(9)
            return real(self, settings)
        module._Trying.__call__ = dying
        sample = a_sample()
        search(sample, QUICK.parts(sample, 1), SearchPlan(trials=6, journals=module.Path({str(tmp_path)!r})), seed=1)
    """
    code = textwrap.dedent(script).replace("from tests.training_search_sample import a_sample, QUICK\n", _COPY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 9, done.stderr
    sample = a_sample()
    ended: list[tuple[int, int]] = []
    plan = SearchPlan(trials=6, journals=tmp_path)
    found = search(sample, QUICK.parts(sample, 1), plan, seed=1, progress=lambda *step: ended.append(step))
    assert found is not None
    assert ended[0] == (3, 6)
    assert found.record == record(sample, SearchPlan(trials=6))


_COPY = """
import numpy as np
from training.folds import Inner
from training.sample import Sample
QUICK = Inner(2)
rng = np.random.default_rng(0)
matrix = rng.normal(size=(800, 3))
chance = 1 / (1 + np.exp(0.5 - matrix[:, 0]))
outcome = (rng.uniform(size=800) < chance).astype(float)
entity = np.array([f"E{row}" for row in range(800)])
def a_sample():
    return Sample(matrix, outcome, ("a", "b", "c"), (1, 0, 0), entity, ("test",), "test")
"""


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    """The journal belongs to one process at a time."""
    sample = a_sample()
    record(sample, SearchPlan(trials=1, journals=tmp_path))
    (journal,) = tmp_path.glob("*.journal")
    with FileLock(journal.with_suffix(".held")), pytest.raises(JournalInUse, match="another process"):
        record(sample, SearchPlan(trials=2, journals=tmp_path))


def test_depth_is_taken_only_where_it_pays() -> None:
    """Within one standard error of the paired difference the shallower trial is taken; outside, the better one."""
    rng = np.random.default_rng(0)
    base = rng.uniform(10, 12, GROUPS)

    def trial(number: int, depth: int, by_group: np.ndarray) -> _Trial:
        return _Trial(number, replace(MANY, depth=depth), float(by_group.sum() / 1000), 100, by_group)

    best = trial(0, 6, base)
    noise = rng.normal(0, 1, GROUPS)
    as_good = trial(1, 2, base + noise - noise.mean() + 0.01)  # 0.4 worse in all, give or take 6.3
    worse = trial(2, 1, base + 0.5 + rng.normal(0, 0.1, GROUPS))  # 20 worse, give or take 0.6
    chosen, found, depths = _choose([best, as_good, worse], 1000.0)
    assert (chosen.settings.depth, found.settings.depth) == (2, 6)
    assert [line["costs_nothing"] for line in depths] == [False, True, True]
    assert _choose([best, worse], 1000.0)[0] is best


def test_a_budget_stops_after_the_trial_in_which_it_ends() -> None:
    """The number of trials that fitted in is stated, and as a number of trials it finds the same."""
    sample = a_sample()
    short = record(sample, SearchPlan(budget_seconds=1e-6))
    assert short["trials"] == 1
    assert short == record(sample, SearchPlan(trials=1))


def test_by_default_many_defaults_search_depths_and_few_do_not() -> None:
    """With few defaults no choice of settings can be justified by the data."""
    assert SearchPlan().trials_for(a_sample(800)) == FIRST_TRIALS
    few = a_sample(100)
    assert SearchPlan().trials_for(few) == 0
    assert search(few, QUICK.parts(few, 1), SearchPlan(), seed=1) is None
    assert SearchPlan(trials=3).trials_for(few) == 3


def test_the_record_is_json_and_the_settings_are_those_of_the_trial() -> None:
    """What the card shows is what is trained with."""
    sample = a_sample()
    found = search(sample, QUICK.parts(sample, 1), SearchPlan(trials=2), seed=1)
    assert found is not None
    assert json.loads(json.dumps(found.record)) == found.record
    assert found.settings == replace(MANY, depth=found.settings.depth, leaves=found.settings.leaves)
    assert Trees(found.settings).fit(sample, seed=1).settings["max_depth"] == found.settings.depth
