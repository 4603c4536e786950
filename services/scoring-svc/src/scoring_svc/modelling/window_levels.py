"""At which chances of the purchase model the windows of the next order end, learnt from past origins.

A model that is right says of half of the next orders that they come by a chance of .5. Where gaps are more or
less even than the family allows, they come by other chances. Which ones is seen at the rolling origins: by
which chance each customer had ordered again. Who has not by the end of the log is not seen, so each order is
seen only below its customer's chance of ordering by then: the distribution of such (right-truncated) chances
is that of Lynden-Bell (1971), for which nothing of its form is assumed. Told are its quantiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring_svc.modelling.facts import Facts, Floats
from scoring_svc.modelling.next_purchase import NOMINAL, chance_by
from scoring_svc.modelling.origins import Origin
from scoring_svc.modelling.purchase import PurchaseModel
from scoring_svc.modelling.weeks import DAYS

FEWEST = 200
"""Of fewer customers who came back nothing is learnt."""
_FEWEST_AT_RISK = 100
_HALF_DAY = 0.5 / DAYS  # orders are known by the day: the middle of it
Levels = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Returns:
    """Who ordered again after an origin: by which chance (`place`), and by which it would be seen (`end`)."""

    place: Floats
    end: Floats


def returns(origin: Origin, model: PurchaseModel, later: Floats, until: np.datetime64) -> Returns:
    """Those of the origin's customers who ordered by the day `until`; `later` is of `next_order`."""
    end = float((until - origin.moment) / np.timedelta64(1, "D")) / DAYS
    then = later[origin.who] - _HALF_DAY
    came = then <= end
    seen = origin.seen.at(np.flatnonzero(came))
    place = chance_by(model, seen, np.maximum(then[came], 0.0))
    return Returns(place, np.maximum(chance_by(model, seen, end), place))


def next_order(facts: Facts, moment: np.datetime64) -> Floats:
    """Weeks from the day of `moment` to each customer's next order day; NaN if there is none."""
    log, today = facts.orders, moment.astype("datetime64[D]")
    day = log.ts.astype("datetime64[D]")
    later = (day > today) & ~log.is_return
    who, weeks = log.customer[later], (day[later] - today).astype(np.float64) / DAYS
    first = np.ones(len(who), dtype=bool)
    first[1:] = who[1:] != who[:-1]
    found = np.full(len(facts), np.nan)
    found[who[first]] = weeks[first]
    return found


def levels_of(seen: Sequence[Returns]) -> Levels | None:
    """The chances by which shares of `NOMINAL` came; None of fewer than `FEWEST` customers."""
    place = np.concatenate([each.place for each in seen]) if seen else np.array([])
    end = np.concatenate([each.end for each in seen]) if seen else np.array([])
    if len(place) < FEWEST:
        return None
    # Beyond the chance that too few customers were seen up to, the model is taken at its word.
    last = float(np.sort(end)[-_FEWEST_AT_RISK])
    known = place <= last
    place, end = np.sort(place[known]), np.sort(np.minimum(end[known], last))
    chances, counts = np.unique(place, return_counts=True)
    below = np.searchsorted(place, chances, side="right") - np.searchsorted(end, chances, side="left")
    stays = 1.0 - counts / np.maximum(below, counts)
    share = last * np.append(np.cumprod(stays[::-1])[::-1][1:], 1.0)
    found = np.interp(NOMINAL, np.concatenate(([0.0], share, [1.0])), np.concatenate(([0.0], chances, [1.0])))
    return tuple(float(level) for level in np.clip(found, 1e-4, 1.0 - 1e-4))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of customers who came back before the log ends: the shares (0 to 1) inside their windows.

    `before_expected`: not after the median. `fair_*` compare each with what is said of orders that come
    before the end, for late orders are not seen in a log that ends: they are the nominal shares for windows
    that are right. NaN if nobody came back.
    """

    bought: int
    inside_50: float
    inside_80: float
    fair_50: float
    fair_80: float
    before_expected: float
    fair_before: float


def coverage_of(seen: Returns, levels: Levels = NOMINAL) -> Coverage:
    """How windows that end at these chances did."""
    low_80, low_50, middle, high_50, high_80 = levels
    marks, shares = np.array([0.0, *levels, 1.0]), np.array([0.0, *NOMINAL, 1.0])
    whole = np.maximum(np.interp(seen.end, marks, shares), 1e-12)
    fair = np.interp(seen.place, marks, shares) / whole
    return Coverage(
        bought=len(seen.place),
        inside_50=_share((seen.place >= low_50) & (seen.place <= high_50)),
        inside_80=_share((seen.place >= low_80) & (seen.place <= high_80)),
        fair_50=_share((fair >= NOMINAL[1]) & (fair <= NOMINAL[3])),
        fair_80=_share((fair >= NOMINAL[0]) & (fair <= NOMINAL[4])),
        before_expected=_share(seen.place <= middle),
        fair_before=_share(fair <= NOMINAL[2]),
    )


def learnt_levels(
    facts: Facts, origins: Sequence[Origin], models: Sequence[PurchaseModel], as_of: np.datetime64
) -> tuple[Levels | None, dict[str, Any] | None]:
    """The levels that all origins teach, and what those of all but the latest did at the latest.

    Origins come latest first. The latest is held out: its levels know nothing of what followed it. Where they
    did worse at it than the model at its word, or nobody can say, none are told.
    """
    later = [next_order(facts, origin.moment) for origin in origins]
    pasts = list(zip(origins, models, later, strict=True))
    levels = levels_of([returns(*past, as_of) for past in pasts])
    newest = origins[0].moment
    before = levels_of([returns(*past, newest) for past in pasts[1:]])
    judged = returns(*pasts[0], as_of)
    if before is None or not len(judged.place):
        return None, None
    untaught, taught = coverage_of(judged), coverage_of(judged, before)
    better = _error(taught) < _error(untaught)
    return levels if better else None, {
        "origin": str(newest),
        "levels": list(before),
        "before": _figures(untaught),
        "after": _figures(taught),
        "used": better,
    }


def _error(told: Coverage) -> float:
    """How far the shares are from what the windows say."""
    return abs(told.fair_80 - 0.8) + abs(told.fair_50 - 0.5) + abs(told.fair_before - 0.5)


def _figures(told: Coverage) -> dict[str, float]:
    return {name: getattr(told, name) for name in Coverage.__slots__}


def _share(chosen: Any) -> float:
    return float(np.mean(chosen)) if len(chosen) else float("nan")
