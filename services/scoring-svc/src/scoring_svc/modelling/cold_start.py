"""What became of customers with a single order: the rate of their market by age, shrunk, with an interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import betaincinv

from scoring_svc.modelling.facts import Bools, Floats, Ints
from scoring_svc.modelling.features import Features
from scoring_svc.modelling.origins import Origin
from scoring_svc.modelling.segments import EVERYBODY, Labels, coarser, members

_AGES = (2.0, 4.0, 8.0, 13.0, 26.0, 52.0)  # weeks since the only order: how the groups are cut
_LIKE_SO_MANY = 20.0  # customers: how much everybody's rate counts in a market's group
_FEWEST = 50  # customers a market has a row of its own from
_MOST = 24
_AT_FIRST = (1.0, 1.0)
_LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Interval:
    """Share that did not order within the horizon, and its 90 % interval; NaN unless there is one order."""

    share: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class SecondOrders:
    """How many customers with one order there were, and how many of them ordered within the horizon.

    Shape (1 + markets, ages) each, everybody first. A market's posterior is a beta whose prior is everybody's
    rate at that age, as of twenty customers; the last row of `posterior` is everybody's. Where nobody was
    ever seen the interval is nearly all of 0 to 1: an honest "unknown".
    """

    markets: tuple[str, ...]
    seen: Floats
    ordered: Floats
    posterior: Interval = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """The few intervals that there are; worked out once, not with every score."""
        object.__setattr__(self, "posterior", _posterior(self.seen, self.ordered))

    def interval(self, known: Features, markets: Labels | None) -> Interval:
        """Of each customer with one order, by its market, else a coarser one, and the time since then."""
        once = np.flatnonzero(known.rhythm.order_days == 1)
        row = np.full(len(once), len(self.markets)) if markets is None else self._rows(markets[once])
        age = _age(known.rhythm.silence[once])

        def placed(table: Floats) -> Floats:
            column = np.full(len(known), np.nan)
            column[once] = table[row, age]
            return column

        return Interval(*(placed(getattr(self.posterior, name)) for name in ("share", "low", "high")))

    def _rows(self, labels: Labels) -> Ints:
        place = {label: row for row, label in enumerate(self.markets)}
        names, where = np.unique(labels, return_inverse=True)
        rows = [next((place[each] for each in coarser(str(name)) if each in place), -1) for name in names]
        return np.array(rows, dtype=np.int64)[where]

    def to_document(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "markets": list(self.markets),
            "seen": self.seen.tolist(),
            "ordered": self.ordered.tolist(),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> SecondOrders:
        seen, ordered = (np.array(document[name], dtype=np.float64) for name in ("seen", "ordered"))
        return cls(tuple(document["markets"]), seen, ordered)


def _posterior(seen: Floats, ordered: Floats) -> Interval:
    """By row and age; the first of `seen` is everybody's."""
    yes, no = _AT_FIRST
    everybody, bought = seen[0], ordered[0]
    rate = (bought + yes) / (everybody + yes + no)
    weight = np.minimum(everybody + yes + no, _LIKE_SO_MANY)
    alpha = np.vstack([ordered[1:] + weight * rate, bought + yes])
    beta = np.vstack([seen[1:] - ordered[1:] + weight * (1.0 - rate), everybody - bought + no])
    edge = (1.0 - _LEVEL) / 2.0
    return Interval(beta / (alpha + beta), betaincinv(beta, alpha, edge), betaincinv(beta, alpha, 1.0 - edge))


NOBODY_SEEN = SecondOrders((), np.zeros((1, len(_AGES) + 1)), np.zeros((1, len(_AGES) + 1)))


def second_orders(past: Iterable[Origin], markets: Labels | None) -> SecondOrders:
    """Counted at moments whose horizons do not overlap; `markets` label the customers looked back on."""
    counted = [_single(origin) for origin in _apart(past)]
    if not counted:
        return NOBODY_SEEN
    who, age, bought = (np.concatenate(columns) for columns in zip(*counted, strict=True))
    everybody = np.arange(len(who))
    groups: dict[str, Ints] = {EVERYBODY: everybody}
    if markets is not None and len(who):
        groups |= list(members(markets[who], smallest=_FEWEST).items())[:_MOST]
    seen = [_by_age(age[inside]) for inside in groups.values()]
    ordered = [_by_age(age[inside][bought[inside]]) for inside in groups.values()]
    return SecondOrders(tuple(groups)[1:], np.array(seen), np.array(ordered))


def _apart(past: Iterable[Origin]) -> Sequence[Origin]:
    """The latest, and of the others each that lies a horizon or more before the last chosen."""
    chosen: list[Origin] = []
    for origin in sorted(past, key=lambda each: each.moment, reverse=True):
        horizon = np.timedelta64(round(origin.horizon * 7), "D")
        if not chosen or chosen[-1].moment - origin.moment >= horizon:
            chosen.append(origin)
    return chosen


def _single(origin: Origin) -> tuple[Ints, Ints, Bools]:
    """Who had one order then, how long ago it was, and who ordered within the horizon."""
    rhythm = origin.known.rhythm
    once = np.flatnonzero(rhythm.order_days == 1)
    return origin.who[once], _age(rhythm.silence[once]), origin.bought[once]


def _by_age(age: Ints) -> Floats:
    return np.bincount(age, minlength=len(_AGES) + 1).astype(np.float64)


def _age(silence: Floats) -> Ints:
    return np.searchsorted(np.array(_AGES), silence, side="right").astype(np.int64)
