"""From a figure and the lines of policy to a light. The numbers are policy (`validation.*`); the logic is here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.policy import Policy
from training.validation.report import Gate, Light
from training.validation.writing import number, words

ORDER: tuple[Light, ...] = ("grey", "green", "amber", "red")


@dataclass(frozen=True)
class Lines:
    """Green up to (or from) one value, red beyond the other, amber between. Falling: more is better."""

    green: float
    red: float

    @property
    def more_is_better(self) -> bool:
        """Whether a larger figure is the better one."""
        return self.green >= self.red

    def light(self, value: float | None) -> Light:
        """The light of a figure; grey where there is none."""
        if value is None or value != value:  # noqa: PLR0124  (NaN)
            return "grey"
        sign = 1.0 if self.more_is_better else -1.0
        if sign * value >= sign * self.green:
            return "green"
        return "red" if sign * value < sign * self.red else "amber"

    def with_interval(self, value: float, pessimistic: float) -> Light:
        """The light of an estimate: green only if the worse end of its interval is not red."""
        return worst([self.light(value), "amber" if self.light(pessimistic) == "red" else "green"])

    def as_words(self) -> tuple[str, str]:
        """The lines as a person reads them."""
        better, worse = ("≥", "<") if self.more_is_better else ("≤", ">")
        return (
            f"绿 {better} {self.green:g}，红 {worse} {self.red:g}",
            f"green {better} {self.green:g}, red {worse} {self.red:g}",
        )


@dataclass(frozen=True)
class Band:
    """Good within, bad outside."""

    low: float
    high: float

    def light(self, value: float, low: float, high: float) -> Light:
        """Green inside the band, amber where only the interval reaches it, red where not even that does."""
        if self.low <= value <= self.high:
            return "green"
        return "amber" if low <= self.high and high >= self.low else "red"

    def as_words(self) -> tuple[str, str]:
        """The band as a person reads it."""
        return f"{self.low:g} 至 {self.high:g}", f"{self.low:g} to {self.high:g}"


def lines(policy: Policy, name: str) -> Lines:
    """The lines of a figure in force."""
    return Lines(*(float(value) for value in policy.table(f"validation.{name}")))


def band(policy: Policy, name: str) -> Band:
    """The band of a figure in force."""
    return Band(*(float(value) for value in policy.table(f"validation.{name}")))


def value(policy: Policy, name: str) -> float:
    """A single number in force: fraction, points or multiple."""
    return float(policy.number(f"validation.{name}"))


def whole(policy: Policy, name: str) -> int:
    """A count in force."""
    return policy.whole(f"validation.{name}")


def worst(lights: Iterable[Light]) -> Light:
    """The worst of some lights; grey where none judges."""
    return max(lights, key=ORDER.index, default="grey")


def gate(
    code: str,
    section: int,
    title: tuple[str, str],
    *,
    light: Light,
    found: tuple[str, str],
    line: tuple[str, str],
    figure: float | None = None,
    blocking: bool = True,
) -> Gate:
    """A gate. Amber passes, grey passes (it is a finding that nothing could be said), red does not."""
    return Gate(
        code=code,
        section=section,
        words=words(*title),
        found=words(*found),
        line=words(*line),
        value=number(figure),
        light=light,
        passed=light != "red",
        blocking=blocking,
    )
