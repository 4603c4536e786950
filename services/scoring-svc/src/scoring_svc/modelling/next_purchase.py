"""When the next order is to be expected, of a customer that has been silent so far and is one still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.facts import Floats
from scoring_svc.modelling.purchase import Histories, PurchaseModel, silence_series

MOST_WEEKS = 520.0
"""Ten years: what lies beyond is told as this."""
_LEAST_WEEKS = 1e-4
_HALVINGS = 40
_ENDS = ("earliest_80", "earliest_50", "expected", "latest_50", "latest_80")
NOMINAL = (0.1, 0.25, 0.5, 0.75, 0.9)
"""The shares of next orders that come by the ends of a window, in the order of `Windows`."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Weeks from now to the next order, shape (customers,) each: its median and two central intervals."""

    earliest_80: Floats
    earliest_50: Floats
    expected: Floats
    latest_50: Floats
    latest_80: Floats


def chance_by(model: PurchaseModel, seen: Histories, weeks: Floats | float) -> Floats:
    """P(the next order comes within `weeks` | it is still a customer and was silent until now), in [0, 1].

    It is p_buy over P(alive): 1 - ((alpha + T) / (alpha + T + w))^R * S(T + w) / S(T), in the terms of
    `PurchaseModel`.
    """
    shape = model.r + model.k * seen.repeats
    now, later = model.alpha + seen.age, model.alpha + seen.age + weeks
    still = silence_series(shape, (seen.age - seen.last_week) / now, model.k)[0]
    yet = silence_series(shape, (seen.age + weeks - seen.last_week) / later, model.k)[0]
    came: Floats = np.clip(1.0 - np.exp(shape * np.log(now / later)) * yet / still, 0.0, 1.0)
    return came


def weeks_until(model: PurchaseModel, seen: Histories, chance: float) -> Floats:
    """By when the next order comes with this chance (0 to 1); in weeks from now, at most `MOST_WEEKS`.

    For k = 1 in closed form, else by halving the logarithm of the weeks, to eight digits.
    """
    shape = model.r + model.k * seen.repeats
    if model.k == 1:
        weeks: Floats = (model.alpha + seen.age) * np.expm1(-np.log1p(-chance) / shape)
        capped: Floats = np.clip(weeks, 0.0, MOST_WEEKS)
        return capped
    low = np.full(len(seen), np.log(_LEAST_WEEKS))
    high = np.full(len(seen), np.log(MOST_WEEKS))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        reached = chance_by(model, seen, np.exp(middle)) >= chance
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    found: Floats = np.exp(high)
    return found


def windows(model: PurchaseModel, seen: Histories, levels: Sequence[float] = NOMINAL) -> Windows:
    """The windows of customers who have ordered; one who never did has none, whatever is told here.

    `levels` are the model's chances by which the shares of `NOMINAL` came in the past (see `window_levels`).
    """
    chances = zip(_ENDS, levels, strict=True)
    return Windows(**{name: weeks_until(model, seen, chance) for name, chance in chances})
