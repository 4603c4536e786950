"""The indicators of satisfaction, each with its formula and how sure it is."""

from dataclasses import dataclass
from math import sqrt

LEAST = 10
"""Of fewer answers no figure is told: it would say more of who happened to answer than of the customers."""
Z = 1.959963984540054
"""The quantile of the normal distribution that leaves 2.5 % on each side: all intervals are of 95 %."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Between what the true figure lies, with 95 % confidence."""

    low: float
    high: float


def share(part: int, whole: int) -> float | None:
    """The part as a share from 0 to 1; None of nothing."""
    return part / whole if whole else None


def wilson(part: int, whole: int) -> Interval:
    """The score interval of a share (E. B. Wilson, JASA 22, 1927, p. 209).

    Centre (p + z²/2n) / (1 + z²/n), half width z·√(p(1−p)/n + z²/4n²) / (1 + z²/n); it stays between 0 and 1
    and is right for few answers, too. `whole` is at least 1.
    """
    p, n = part / whole, whole
    centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * sqrt(p * (1 - p) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def nps(promoters: int, detractors: int, n: int) -> float:
    """The Net Promoter Score, −100 to 100: the share of 9 and 10 less that of 0 to 6 (Reichheld, 2003)."""
    return 100 * (promoters - detractors) / n


def nps_interval(promoters: int, detractors: int, n: int) -> Interval:
    """The normal (Wald) interval of the score (B. Rocks, The American Statistician 70, 2016, p. 365).

    One answer is 1, 0 or −1 (promoter, passive, detractor), p and d are the shares of the first and the
    last: its variance is p + d − (p − d)², that of the score this over n. Cut off at −100 and 100. `n` is
    at least 1.
    """
    p, d = promoters / n, detractors / n
    half = 100 * Z * sqrt(max(0.0, p + d - (p - d) ** 2) / n)
    score = nps(promoters, detractors, n)
    return Interval(max(-100.0, score - half), min(100.0, score + half))


def index(mean: float) -> float:
    """The satisfaction index, 0 to 100: the mean rating from 1 to 5, stretched: (mean − 1) / 4 · 100."""
    return (mean - 1) / 4 * 100
