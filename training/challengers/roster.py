"""Who learns in a run: the champion, and everybody it is held against on the same rows with the same calibration."""

from __future__ import annotations

from collections.abc import Sequence

from models.errors import AssetlightError
from training.benchmark import LogisticRegression
from training.challengers.ebm import Ebm
from training.challengers.scorecard import Scorecard
from training.learner import Learner
from training.trees import Trees

LEARNERS: tuple[Learner, ...] = (Trees(), Scorecard(), Ebm(), LogisticRegression())
CHAMPIONS = ("lightgbm", "scorecard", "ebm")  # can be written into a bundle
CHALLENGERS = tuple(learner.name for learner in LEARNERS)


class LearnerUnknown(AssetlightError):
    """A champion or challenger is named that there is not, or that cannot be what it is named for."""


def roster(champion: str, challengers: Sequence[str], trees: Learner = LEARNERS[0]) -> tuple[Learner, ...]:
    """The champion first, then the others in the order of `LEARNERS`; the champion is never its own challenger.

    `trees` stands in for the trees with the settings of a search. Raises LearnerUnknown.
    """
    if champion not in CHAMPIONS:
        raise LearnerUnknown("no such champion", expected=", ".join(CHAMPIONS), found=champion, field="champion")
    unknown = [name for name in challengers if name not in CHALLENGERS]
    if unknown:
        raise LearnerUnknown(
            "no such challenger", expected=", ".join(CHALLENGERS), found=", ".join(unknown), field="challengers"
        )
    by_name = {learner.name: learner for learner in LEARNERS} | {trees.name: trees}
    others = [by_name[name] for name in CHALLENGERS if name in challengers and name != champion]
    return (by_name[champion], *others)
