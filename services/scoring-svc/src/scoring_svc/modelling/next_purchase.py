"""When the next order is to be expected, of a customer that has been silent so far and is one still."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.facts import Floats
from scoring_svc.modelling.forecast import joined
from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.purchase import Histories, PurchaseModel, histories, silence_series
from scoring_svc.modelling.scoring import Scores

MOST_WEEKS = 520.0
"""Ten years: what lies beyond is told as this."""
_LEAST_WEEKS = 1e-4
_HALVINGS = 40
_CHANCES = {"earliest_80": 0.1, "earliest_50": 0.25, "expected": 0.5, "latest_50": 0.75, "latest_80": 0.9}


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


def windows(model: PurchaseModel, seen: Histories) -> Windows:
    """The windows of customers who have ordered; one who never did has none, whatever is told here."""
    return Windows(**{name: weeks_until(model, seen, chance) for name, chance in _CHANCES.items()})


def windows_of(scores: Scores, model: ScoringModel) -> Windows:
    """`windows` of everybody who was scored, by the voice of the model that speaks for each."""
    seen = histories(scores.known.rhythm)
    parts = []
    for voice, indexes in model.speaking_for(scores.markets, len(scores)):
        if indexes is None:
            return windows(voice.purchase, seen)
        parts.append((indexes, windows(voice.purchase, seen.at(indexes))))
    found: Windows = joined(len(scores), parts)
    return found
