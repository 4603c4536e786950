"""The inputs of the churn model: each with its topic and the direction in which it may move the risk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from scoring_svc.modelling.care import Care
from scoring_svc.modelling.facts import Floats
from scoring_svc.modelling.features import Features, shrunk_gap
from scoring_svc.modelling.purchase import PurchaseModel, histories

Topic = Literal["rhythm", "habit", "trend", "returns", "complaint", "satisfaction", "contact", "promise"]
TOPICS: tuple[Topic, ...] = get_args(Topic)
CONTENT, WELL_CONTENT = 4.0, 4.5  # of 5: below the one nobody is content, from the other on nothing is amiss
QUIET_WEEKS, MOST_OVERDUE = 6.0, 20.0
_EDGE = 1e-4
_CLIP = 3.0


@dataclass(frozen=True, slots=True)
class Input:
    """`sign` is how a larger value may move the chance of an order: +1 up, -1 down, 0 either way.

    What is not `learnt` speaks in judgement and in older models only: the others of its topic say the same
    with a shape nearer to how treatment wears off, and less of it is an echo of having left.
    """

    name: str
    topic: Topic
    sign: int
    learnt: bool = True


INPUTS: tuple[Input, ...] = (
    Input("p_buy", "rhythm", +1),
    Input("silence", "rhythm", -1),
    Input("silence_by_gap", "rhythm", -1),
    Input("silence_by_longest_gap", "rhythm", -1),
    Input("orders_4", "rhythm", +1),
    Input("orders_8", "rhythm", +1),
    Input("orders_13", "rhythm", +1),
    Input("orders_26", "habit", +1),
    Input("repeats", "habit", +1),
    Input("gap", "habit", -1),
    Input("gap_spread", "habit", 0),
    Input("mean_value", "habit", 0),
    Input("last_gap_by_mean", "trend", 0),
    Input("order_trend", "trend", +1),
    Input("amount_trend", "trend", +1),
    Input("last_value_by_mean", "trend", +1),
    Input("return_share", "returns", -1),
    Input("returns_13", "returns", -1),
    Input("open_severity", "complaint", -1, learnt=False),
    Input("complaint_pressure", "complaint", -1, learnt=False),
    Input("complaints_26", "complaint", -1, learnt=False),
    Input("slow_26", "complaint", -1, learnt=False),
    Input("complaint_burden", "complaint", -1),
    Input("satisfaction_last", "satisfaction", +1),
    Input("satisfaction_mean", "satisfaction", +1),
    Input("satisfaction_drop", "satisfaction", -1),
    Input("satisfaction_short", "satisfaction", -1),
    Input("contact_silence", "contact", -1, learnt=False),
    Input("contact_silence_by_gap", "contact", -1, learnt=False),
    Input("contacts_13", "contact", +1, learnt=False),
    Input("unanswered", "contact", -1),
    Input("contact_overdue", "contact", -1),
    Input("promises_unkept", "promise", -1),
    Input("promise_pressure", "promise", -1),
    Input("promises_broken_26", "promise", -1),
)
NAMES = tuple(entry.name for entry in INPUTS)
SIGNS = np.array([entry.sign for entry in INPUTS])
LEARNT = np.array([entry.learnt for entry in INPUTS])
TOPIC_OF = np.array([TOPICS.index(entry.topic) for entry in INPUTS])


def columns_of(names: Iterable[str]) -> list[int]:
    return [NAMES.index(name) for name in names]


def churn_inputs(known: Features, model: PurchaseModel, horizon: float, usual_gap: float) -> Floats:
    """Matrix (customers, inputs) in the order of INPUTS; NaN where nothing is known."""
    p_buy = model.p_buy(histories(known.rhythm), horizon)
    columns = {"p_buy": log_odds(p_buy), **_buying(known, usual_gap), **_treatment(known)}
    matrix = np.empty((len(known), len(INPUTS)), order="F")
    for place, name in enumerate(NAMES):
        matrix[:, place] = columns[name]
    return matrix


def log_odds(chance: Floats) -> Floats:
    """Of a chance kept away from 0 and 1 by .0001, so that no single part can silence the others."""
    kept = np.clip(chance, _EDGE, 1.0 - _EDGE)
    return np.log(kept) - np.log1p(-kept)


def _buying(known: Features, usual_gap: float) -> dict[str, Floats]:
    seen = known.rhythm
    gap = shrunk_gap(seen, usual_gap)
    mean_gap = np.where(seen.repeats > 0, seen.last_week / np.maximum(seen.repeats, 1.0), gap)
    spread = np.maximum(seen.sum_square_gaps / np.maximum(seen.repeats, 1.0) - mean_gap**2, 0.0)
    money = seen.mean_value
    usual = np.maximum(money, 1e-9)
    return {
        "silence": np.log1p(seen.silence),
        "silence_by_gap": np.log(seen.silence / gap + 0.1),
        "silence_by_longest_gap": np.log(seen.silence / np.maximum(seen.max_gap, gap) + 0.1),
        "orders_4": np.log1p(seen.orders_4),
        "orders_8": np.log1p(seen.orders_8),
        "orders_13": np.log1p(seen.orders_13),
        "orders_26": np.log1p(seen.orders_26),
        "repeats": np.log1p(seen.repeats),
        "gap": np.log(gap),
        "gap_spread": np.where(seen.repeats > 1, np.sqrt(spread) / mean_gap, np.nan),
        "mean_value": np.where(money > 0, np.log(usual), np.nan),
        "last_gap_by_mean": np.where(
            seen.repeats > 1, np.log(np.maximum(seen.last_gap, 0.1) / mean_gap), 0.0
        ),
        "order_trend": np.log((seen.orders_13 + 0.5) / (seen.orders_before_13 + 0.5)),
        "amount_trend": _ratio(seen.net_13, seen.net_before_13, usual),
        "last_value_by_mean": _ratio(seen.last_value, money, usual),
        "return_share": np.minimum(seen.returned / np.maximum(seen.sold, 1e-9), 1.0),
        "returns_13": np.log1p(seen.returns_13),
    }


def _treatment(known: Features) -> dict[str, Floats]:
    seen = known.care
    own = np.where(np.isnan(seen.contact_gap), np.nan, np.maximum(seen.contact_gap, 1.0))
    return {
        "open_severity": seen.open_severity,
        "complaint_pressure": seen.complaint_pressure,
        "complaints_26": np.log1p(seen.complaints_26),
        "slow_26": np.log1p(seen.slow_26),
        "complaint_burden": seen.complaint_pressure * (1.0 + np.minimum(seen.slow_26, 1.0)),
        "satisfaction_last": seen.satisfaction_last,
        "satisfaction_mean": seen.satisfaction_mean,
        "satisfaction_drop": seen.satisfaction_drop,
        "satisfaction_short": np.maximum(WELL_CONTENT - _level(seen), 0.0),
        "contact_silence": np.log1p(seen.weeks_since_contact),
        "contact_silence_by_gap": np.log(seen.weeks_since_contact / own + 0.1),
        "contacts_13": np.where(seen.contacts > 0, np.log1p(seen.contacts_13), np.nan),
        "unanswered": np.log1p(seen.unanswered),
        "contact_overdue": np.clip(seen.weeks_since_contact - QUIET_WEEKS, 0.0, MOST_OVERDUE),
        "promises_unkept": np.log1p(seen.promises_unkept),
        "promise_pressure": seen.promise_pressure,
        "promises_broken_26": np.log1p(seen.promises_broken_26),
    }


def _ratio(now: Floats, before: Floats, usual: Floats) -> Floats:
    """Log ratio of two amounts, damped by one usual order, within +-3."""
    return np.clip(np.log((np.maximum(now, 0.0) + usual) / (np.maximum(before, 0.0) + usual)), -_CLIP, _CLIP)


def _level(seen: Care) -> Floats:
    """Satisfaction 1 to 5 as it stands: the last answer and the mean of all, half each."""
    return (seen.satisfaction_last + seen.satisfaction_mean) / 2.0
