"""Measured values with their noise, and the goals that they are held against."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be reached: at least `first`, some day `aim`; with `at_most` the other way round."""

    first: float
    aim: float | None = None
    at_most: bool = False

    def judged(self, value: float, unit: str) -> str:
        """The goal in words, and whether the value reaches it."""
        said = self._said("goal", self.first, value, unit)
        return said if self.aim is None else f"{said}, {self._said('aim', self.aim, value, unit)}"

    def _said(self, name: str, limit: float, value: float, unit: str) -> str:
        met = value <= limit if self.at_most else value >= limit
        return f"{name} {'≤' if self.at_most else '≥'} {number(limit)}{unit} {'met' if met else 'MISSED'}"


@dataclass(frozen=True, slots=True)
class Line:
    """One measured thing: a value a round, ratios first (`unit` "x"), absolute numbers in `beside`."""

    what: str
    values: Sequence[float]
    unit: str = "x"
    beside: str = ""
    goal: Goal | None = None

    def __str__(self) -> str:
        middle = median(self.values)
        noise = f"({number(min(self.values))}–{number(max(self.values))})"
        goal = self.goal.judged(middle, self.unit) if self.goal else ""
        value = f"{number(middle)}{self.unit}"
        return f"  {self.what:<48} {value:>9} {noise:<14} {goal:<42} {self.beside}".rstrip()


def number(value: float) -> str:
    """Three digits that matter, thousands apart."""
    if abs(value) >= 100:  # noqa: PLR2004 - three digits
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"  # noqa: PLR2004


def ratios(values: Sequence[float], base: Sequence[float]) -> list[float]:
    """Each round's value over the same round's base."""
    return [value / below for value, below in zip(values, base, strict=True)]


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which this share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
