"""Where a rising function crosses zero, for many customers at once and for each as if it were alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scoring_svc.modelling.facts import Floats

_MOST_STEPS = 80
_HALVED_EVERY = 4


def crossing(rises: Callable[[Floats], Floats], low: Floats, high: Floats, *, within: float) -> Floats:
    """Arguments in [low, high] where `rises` is zero, to `within` of the argument or of the function.

    `low` where it is not below zero there, `high` where it is still below zero (or NaN) there. By false
    position (Dowell & Jarratt 1971), with a halving now and then where it is slow: a dozen steps instead of
    forty halvings. Whoever is done moves no more, so that the company of others changes nothing.
    """
    below, above = rises(low), rises(high)
    done = (below >= 0) | ~(above >= 0)
    found, came_up, came_down = np.where(below >= 0, low, high), done & False, done & False
    for step in range(1, _MOST_STEPS + 1):
        if done.all():
            break
        at = _between(low, high, below, above, halved=step % _HALVED_EVERY == 0)
        value = rises(at)
        up = value >= 0
        below = np.where(up, np.where(came_up, below / 2.0, below), value)
        above = np.where(up, value, np.where(came_down, above / 2.0, above))
        low, high = np.where(up, low, at), np.where(up, at, high)
        came_up, came_down = up, ~up
        found = np.where(done, found, at)
        done = done | (np.abs(value) < within) | (high - low < within)
    return found


def _between(low: Floats, high: Floats, below: Floats, above: Floats, *, halved: bool) -> Floats:
    middle = (low + high) / 2.0
    if halved:
        return middle
    with np.errstate(invalid="ignore", divide="ignore"):
        straight = high - above * (high - low) / (above - below)
    return np.where((straight > low) & (straight < high), straight, middle)
