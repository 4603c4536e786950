"""What may be said after a single order: the segment's rate by age, shrunk, with an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from scoring_svc.modelling.facts import Bools, Floats, Ints

_AGES = (2.0, 4.0, 8.0, 13.0, 26.0, 52.0)  # weeks since the only order: how the groups are cut
_LIKE_SO_MANY = 20.0  # customers: how much everybody's rate counts in a group of its own
_AT_FIRST = (1.0, 1.0)
_LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class SecondOrders:
    """How many of so many single-order customers ordered within the horizon; shape (segments, ages)."""

    seen: Floats
    ordered: Floats


@dataclass(frozen=True, slots=True)
class Interval:
    """Chance of an order within the horizon and its 90 % interval; shape (customers,) each."""

    chance: Floats
    low: Floats
    high: Floats


def second_orders(segment: Ints, silence: Floats, bought: Bools, *, segments: int) -> SecondOrders:
    """Count the single-order customers of past origins: `segment` from 0, `silence` in weeks."""
    cell = segment * (len(_AGES) + 1) + _age(silence)
    size = segments * (len(_AGES) + 1)
    seen = np.bincount(cell, minlength=size).reshape(segments, -1)
    ordered = np.bincount(cell[bought], minlength=size).reshape(segments, -1)
    return SecondOrders(seen.astype(np.float64), ordered.astype(np.float64))


def interval(known: SecondOrders, segment: Ints, silence: Floats) -> Interval:
    """Beta posterior of each customer's group; its prior is everybody's rate at that age, as of twenty.

    A `segment` of -1 is unknown and gets everybody's. Where nobody was ever seen the interval is nearly all
    of 0 to 1: an honest "unknown".
    """
    alpha, beta = _posterior(known)
    row, age = np.where(segment < 0, len(known.seen), segment), _age(silence)
    a, b = alpha[row, age], beta[row, age]
    edge = (1.0 - _LEVEL) / 2.0
    return Interval(a / (a + b), betaincinv(a, b, edge), betaincinv(a, b, 1.0 - edge))


def _posterior(known: SecondOrders) -> tuple[Floats, Floats]:
    """Parameters by segment and age; the last row is everybody's."""
    all_seen, all_ordered = known.seen.sum(axis=0), known.ordered.sum(axis=0)
    yes, no = _AT_FIRST
    rate = (all_ordered + yes) / (all_seen + yes + no)
    weight = np.minimum(all_seen + yes + no, _LIKE_SO_MANY)
    alpha = np.vstack([known.ordered + weight * rate, all_ordered + yes])
    beta = np.vstack([known.seen - known.ordered + weight * (1.0 - rate), all_seen - all_ordered + no])
    return alpha, beta


def _age(silence: Floats) -> Ints:
    return np.searchsorted(np.array(_AGES), silence, side="right").astype(np.int64)
