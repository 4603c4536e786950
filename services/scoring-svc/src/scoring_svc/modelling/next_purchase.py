"""When the next order is to be expected, of a customer that has been silent so far and is one still."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from scoring_svc.modelling.crossing import crossing
from scoring_svc.modelling.facts import Floats
from scoring_svc.modelling.purchase import Histories, PurchaseModel, silence_sum

MOST_WEEKS = 520.0
"""Ten years: what lies beyond is told as this."""
_LEAST_WEEKS = 1e-4
_CLOSE = 1e-9
_NONE = np.finfo(float).tiny
_ENDS = ("earliest_80", "earliest_50", "expected", "latest_50", "latest_80")
NOMINAL = (0.1, 0.25, 0.5, 0.75, 0.9)
"""The shares of next orders that come by the ends of a window, in the order of `Windows`."""
_HISTORY = tuple(column.name for column in fields(Histories))


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
    came: Floats = np.clip(-np.expm1(-_gathering(model, seen)(weeks)), 0.0, 1.0)
    return came


def _gathering(model: PurchaseModel, seen: Histories) -> Callable[[Floats | float], Floats]:
    """By weeks from now the hazard that has gathered until then: -log(1 - chance)."""
    shape = model.r + model.k * seen.repeats
    now, silent = model.alpha + seen.age, seen.age - seen.last_week
    still = silence_sum(shape, silent / now, model.k)

    def gathered(weeks: Floats | float) -> Floats:
        later = now + weeks
        yet = silence_sum(shape, (silent + weeks) / later, model.k)
        return np.asarray(shape * np.log(later / now) - np.log(yet / still))

    return gathered


def weeks_until(model: PurchaseModel, seen: Histories, chance: Floats | float) -> Floats:
    """By when the next order comes with this chance (0 to 1); in weeks from now, at most `MOST_WEEKS`.

    For k = 1 in closed form. Else by the hazard that has gathered, -log(1 - chance), whose logarithm nearly
    is a line over the logarithm of the weeks; to eight digits.
    """
    if model.k == 1:
        shape = model.r + model.k * seen.repeats
        weeks: Floats = (model.alpha + seen.age) * np.expm1(-np.log1p(-chance) / shape)
        capped: Floats = np.clip(weeks, 0.0, MOST_WEEKS)
        return capped
    wanted, gathered = np.log(-np.log1p(-chance)), _gathering(model, seen)
    found: Floats = np.exp(
        crossing(
            lambda weeks: np.log(np.maximum(gathered(np.exp(weeks)), _NONE)) - wanted,
            np.full(len(seen), np.log(_LEAST_WEEKS)),
            np.full(len(seen), np.log(MOST_WEEKS)),
            within=_CLOSE,
        )
    )
    return found


def windows(model: PurchaseModel, seen: Histories, levels: Sequence[float] = NOMINAL) -> Windows:
    """The windows of customers who have ordered; one who never did has none, whatever is told here.

    `levels` are the model's chances by which the shares of `NOMINAL` came in the past (see `window_levels`).
    All five moments of all customers are sought together.
    """
    weeks = weeks_until(
        model,
        Histories(*(np.tile(getattr(seen, name), len(levels)) for name in _HISTORY)),
        np.repeat(levels, len(seen)),
    )
    return Windows(**dict(zip(_ENDS, weeks.reshape(len(levels), len(seen)), strict=True)))
