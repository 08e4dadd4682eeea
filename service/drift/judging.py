"""From figures to alerts: which are beyond the lines of the policy, in words. The lines are those of a validation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from models.monitoring.outcomes import Calibration
from models.monitoring.reference import SCORE, Shift
from models.policy import Policy
from service.registry.records import Alert

Level = Literal["green", "amber", "red"]
RANK: dict[str, int] = {"green": 0, "amber": 1, "red": 2}


@dataclass(frozen=True)
class Lines:
    """Where amber and red begin."""

    amber: float
    red: float

    def level(self, value: float, *, falling: bool = False) -> Level:
        """The level of a value; `falling`: smaller is worse."""
        if falling:
            return "red" if value < self.red else "amber" if value < self.amber else "green"
        return "red" if value > self.red else "amber" if value > self.amber else "green"

    def crossed(self, level: Level) -> float:
        """The line that a level lies beyond."""
        return self.red if level == "red" else self.amber


def lines(policy: Policy, name: str) -> Lines:
    """Both lines of a value of the policy."""
    green, red = policy.table(f"validation.{name}")
    return Lines(float(green), float(red))


def of_shifts(shifts: Mapping[str, Shift], policy: Policy) -> list[Alert]:
    """Features and score that moved beyond the lines and beyond chance, and features that went missing."""
    psi, missing = lines(policy, "psi"), lines(policy, "feed_missing")
    found: list[Alert] = []
    for name, shift in shifts.items():
        level = psi.level(shift.psi) if shift.beyond_chance else "green"
        what = ("评分", "the score") if name == SCORE else (f"特征 {name}", f"feature {name}")
        if level != "green":
            found.append(_alert(name, "psi", level, shift.psi, psi, f"{what[0]}分布已漂移", f"{what[1]} has drifted"))
        rise = shift.missing_now - shift.missing_before
        level = missing.level(rise) if name != SCORE else "green"
        if level != "green":
            words = f"{what[0]}缺失率上升", f"{what[1]} is missing more often"
            found.append(_alert(name, "missing_rise", level, rise, missing, *words))
    return found


def of_expected(before: float | None, now: float | None, policy: Policy) -> list[Alert]:
    """The expected Gini has fallen beyond the lines: the people are harder to tell apart."""
    if before is None or now is None:
        return []
    fall, drop = 2 * (before - now), lines(policy, "gini_drop")
    level = drop.level(fall)
    words = "预期基尼系数下降（无标签估计）", "the expected Gini has fallen (estimated without outcomes)"
    return [] if level == "green" else [_alert(SCORE, "expected_gini_drop", level, fall, drop, *words)]


def of_outcomes(
    whole: Calibration,
    by_grade: Mapping[str, Calibration],
    gini_before: float | None,
    gini: float | None,
    policy: Policy,
) -> list[Alert]:
    """More defaults than predicted, beyond chance; and an ordering that has become worse, where defaults are enough."""
    significance, found = lines(policy, "grade_significance"), []
    level = significance.level(whole.chance, falling=True)
    if level != "green":
        words = "实际违约率高于预测", "more defaults than predicted"
        found.append(_alert(SCORE, "calibration", level, whole.chance, significance, *words))
    for grade, one in by_grade.items():
        level = significance.level(one.chance, falling=True)
        if level == "red":  # of a dozen grades one is amber by chance every other time
            words = f"等级 {grade} 实际违约率高于预测", f"more defaults than predicted in grade {grade}"
            found.append(_alert(grade, "calibration", "amber", one.chance, significance, *words))
    enough = whole.defaults >= policy.whole("validation.fewest_defaults")
    if gini_before is not None and gini is not None and enough:
        drop = lines(policy, "gini_drop")
        level = drop.level(gini_before - gini)
        if level != "green":
            words = "已到期样本基尼系数下降", "the Gini on matured outcomes has fallen"
            found.append(_alert(SCORE, "gini_drop", level, gini_before - gini, drop, *words))
    return found


def worst(alerts: list[Alert]) -> Level:
    """The level of a whole measurement."""
    return max((alert.level for alert in alerts), key=lambda level: RANK[level], default="green")


def _alert(subject: str, measure: str, level: Level, value: float, limits: Lines, zh: str, en: str) -> Alert:
    assert level != "green"  # noqa: S101
    line = limits.crossed(level)
    return Alert(
        subject=subject,
        measure=measure,
        level=level,
        value=round(value, 6),
        threshold=line,
        zh=f"{zh}：{value:.3g}，门槛 {line:g}",
        en=f"{en}: {value:.3g}, line {line:g}",
    )
