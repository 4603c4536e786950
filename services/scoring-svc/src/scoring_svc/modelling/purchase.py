"""The purchase model (BG/NBD, MBG/NBD, MBG/CNBD-k): who is still a customer, how often they will order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from scipy.special import hyp2f1

from scoring_svc.modelling.facts import Floats
from scoring_svc.modelling.rhythm import Rhythm

Family = Literal["bg", "mbg"]
_LARGEST_EXPONENT = 700.0


@dataclass(frozen=True, slots=True)
class Histories:
    """What the purchase model needs of each customer: x, t_x and T in weeks, and the sum of log gaps."""

    repeats: Floats
    last_week: Floats
    age: Floats
    sum_log_gaps: Floats

    def __len__(self) -> int:
        return len(self.repeats)

    def at(self, chosen: Any) -> Histories:
        return Histories(
            self.repeats[chosen], self.last_week[chosen], self.age[chosen], self.sum_log_gaps[chosen]
        )


def histories(columns: Rhythm) -> Histories:
    return Histories(columns.repeats, columns.last_week, columns.age, columns.sum_log_gaps)


@dataclass(frozen=True, slots=True)
class PurchaseModel:
    """Parameters in weeks.

    While alive a customer orders with Erlang(k) gaps whose rate is gamma(r, alpha) over customers; after each
    order, and in the "mbg" family already after the first, the customer leaves with a probability that is
    beta(a, b) over customers. Sources: Fader, Hardie & Lee 2005 (BG/NBD); Batislam et al. 2007 and Hoppe &
    Wagner 2007 (MBG/NBD); Reutterer, Platzer & Schroeder 2020 (CNBD-k). The BG family has no k > 1 here.
    """

    family: Family
    k: int
    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float | None = None
    customers: int = 0
    degenerate: bool = False
    orders_factor: float = 1.0  # observed over expected orders in the backtest

    @property
    def name(self) -> str:
        return self.family if self.k == 1 else f"{self.family}-{self.k}"

    def p_alive(self, seen: Histories) -> Floats:
        """P(has not left). It is 1 for every one-order customer of the BG family: never show it as a risk."""
        return 1.0 / (1.0 + self._gone(seen) / self._survival(seen.age, seen))

    def p_buy(self, seen: Histories, weeks: float, *, silent_for: Floats | float = 0.0) -> Floats:
        """P(at least one order in the next `weeks`), after `silent_for` further weeks without any.

        In [0, 1]; a customer can leave only right after an order, so it is P(alive) * P(an order | alive).
        """
        if np.any(silent_for):
            seen = Histories(seen.repeats, seen.last_week, seen.age + silent_for, seen.sum_log_gaps)
        return self._p_buy(seen, weeks, self.p_alive(seen), self._survival(seen.age, seen))

    def _p_buy(self, seen: Histories, weeks: float, alive: Floats, now: Floats) -> Floats:
        later = self._survival(seen.age + weeks, seen)
        shrink = self._shape(seen) * np.log((self.alpha + seen.age) / (self.alpha + seen.age + weeks))
        return np.clip(alive * (1.0 - np.exp(shrink) * later / now), 0.0, 1.0)

    def expected_orders(self, seen: Histories, weeks: float) -> Floats:
        """E[orders in the next `weeks`] (FHL 2005), times `orders_factor`; never less than P(an order).

        For k > 1 an approximation: orders come at the rate of whole gaps, in a window that is longer or
        shorter by as much as the customer is past, or before, the middle of its gap. It stays 2 to 8 % low
        (a Poisson stream has more chances to end early), which the backtest's factor takes up.
        """
        return self.expected_by(seen, (weeks,))[0]

    def expected_by(self, seen: Histories, ends: Sequence[float]) -> list[Floats]:
        """`expected_orders` until each of the ascending `ends`, in one go."""
        alive = self.p_alive(seen)
        if self.k == 1:
            return [self.orders_factor * alive * self._orders(seen, end) for end in ends]
        ahead, now = self._ahead(seen), self._survival(seen.age, seen)
        return [
            self.orders_factor
            * np.maximum(
                alive * self._orders(seen, np.maximum(end + ahead, 0.0)),
                self._p_buy(seen, end, alive, now),
            )
            for end in ends
        ]

    def _ahead(self, seen: Histories) -> Floats:
        """Weeks by which a customer is past the middle of its gap, if its gaps are Erlang(k)."""
        shape = self._shape(seen)
        wait = (seen.age - seen.last_week) / (self.alpha + seen.age)
        series, _, slope = silence_series(shape, wait, self.k)
        passed = wait * slope / series
        return (passed - (self.k - 1) / 2.0) * (self.alpha + seen.age) / (shape + passed)

    def _orders(self, seen: Histories, weeks: Floats | float) -> Floats:
        """Of somebody who has not left."""
        a = self.a if abs(self.a - 1.0) > 1e-5 else 1.0 + 1e-5  # noqa: PLR2004 - the formula has a pole at 1
        chances = self.b + self._chances(seen)
        rate = self.k * (self.alpha + seen.age)
        shape = self._shape(seen)
        z = weeks / (rate + weeks)
        series = hyp2f1(shape, chances + 1.0, a + chances, z)
        orders = (a + chances) / (a - 1.0) * (1.0 - np.exp(shape * np.log1p(-z)) * series)
        unending = shape * weeks / rate  # what somebody who never leaves would order
        return np.where(np.isfinite(orders), np.clip(orders, 0.0, unending), unending)

    def _shape(self, seen: Histories) -> Floats:
        return self.r + self.k * seen.repeats

    def _chances(self, seen: Histories) -> Floats:
        """How often the customer could have left but did not, less the last time: x, or x - 1 in BG."""
        return seen.repeats if self.family == "mbg" else seen.repeats - 1.0

    def _survival(self, until: Floats, seen: Histories) -> Floats:
        """S(until) * (alpha + until)^R: the weight of being alive and silent since the last order."""
        wait = (until - seen.last_week) / (self.alpha + until)
        return silence_sum(self._shape(seen), wait, self.k)

    def _gone(self, seen: Histories) -> Floats:
        """D * (alpha + T)^R: the weight of having left right after the last order."""
        chances = np.maximum(self.b + self._chances(seen), 1e-12)
        exponent = self._shape(seen) * np.log((self.alpha + seen.age) / (self.alpha + seen.last_week))
        gone = self.a / chances * np.exp(np.minimum(exponent, _LARGEST_EXPONENT))
        return gone if self.family == "mbg" else np.where(seen.repeats > 0, gone, 0.0)

    def to_document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> PurchaseModel:
        return cls(**document)


def silence_sum(shape: Floats, wait: Floats, k: int) -> Floats:
    """Sum over j < k of (shape)_j / j! * wait^j."""
    total = term = np.ones_like(wait)
    for j in range(1, k):
        term = term * wait * ((shape + (j - 1)) / j)
        total = total + term
    return total


def silence_series(shape: Floats, wait: Floats, k: int) -> tuple[Floats, Floats, Floats]:
    """`silence_sum`, and its derivatives by shape and by wait."""
    coefficient, by_shape = np.ones_like(shape), np.zeros_like(shape)
    power, before = np.ones_like(wait), np.zeros_like(wait)
    total, total_by_shape, total_by_wait = np.ones_like(shape), np.zeros_like(shape), np.zeros_like(shape)
    for j in range(1, k):
        by_shape = (by_shape * (shape + j - 1) + coefficient) / j
        coefficient = coefficient * (shape + j - 1) / j
        before, power = power, power * wait
        total = total + coefficient * power
        total_by_shape = total_by_shape + by_shape * power
        total_by_wait = total_by_wait + coefficient * j * before
    return total, total_by_shape, total_by_wait
