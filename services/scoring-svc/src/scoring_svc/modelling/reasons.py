"""Reasons for a churn risk: contributions of the model, each admitted only where a fact supports it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from scoring_svc.modelling.churn import ChurnRisk
from scoring_svc.modelling.facts import Bools, Floats, Ints
from scoring_svc.modelling.features import Features, shrunk_gap
from scoring_svc.modelling.inputs import CONTENT, QUIET_WEEKS, TOPICS, Topic

Category = Literal["purchase", "complaint", "satisfaction", "contact", "promise"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
Kind = Literal["signal", "driver"]
WORTH_NAMING = 0.05  # log odds
NO_CODE = -1
OVERDUE = 1.25
FALLEN = 0.7
RETURNED = 0.2
RARE = 2
SELDOM = 0.5  # of the horizon: at such a gap nobody can be sure of an order within it
QUIET_FOR_ANYBODY = 11.0  # weeks, however seldom there was contact before
ATTEMPTS = 2
DROPPED = 0.5


@dataclass(frozen=True, slots=True)
class Code:
    """`topic` is the part of the model that speaks for it; the earlier codes of a topic go first."""

    name: str
    topic: Topic
    category: Category
    action: str

    @property
    def kind(self) -> Kind:
        """What is seen of buying is a signal; how a customer is treated is what somebody can act on."""
        return "signal" if self.category == "purchase" else "driver"


CODES: tuple[Code, ...] = (
    Code("own_rhythm_broken", "rhythm", "purchase", "remind_to_reorder"),
    Code("order_overdue", "rhythm", "purchase", "remind_to_reorder"),
    Code("orders_seldom", "rhythm", "purchase", "remind_to_reorder"),
    Code("bought_rarely", "habit", "purchase", "remind_to_reorder"),
    Code("orders_falling", "trend", "purchase", "ask_about_needs"),
    Code("amount_falling", "trend", "purchase", "ask_about_needs"),
    Code("returns_rising", "returns", "purchase", "look_into_returns"),
    Code("returns_high", "returns", "purchase", "look_into_returns"),
    Code("complaint_open", "complaint", "complaint", "resolve_complaint"),
    Code("complaint_slow", "complaint", "complaint", "make_good"),
    Code("complaint_recent", "complaint", "complaint", "make_good"),
    Code("satisfaction_dropped", "satisfaction", "satisfaction", "ask_what_went_wrong"),
    Code("satisfaction_low", "satisfaction", "satisfaction", "ask_what_went_wrong"),
    Code("contact_unanswered", "contact", "contact", "try_another_way"),
    Code("contact_quiet", "contact", "contact", "call_customer"),
    Code("promise_unkept", "promise", "promise", "keep_promise"),
    Code("promise_broken", "promise", "promise", "follow_up_promise"),
)
CATEGORY_OF_TOPIC = {code.topic: CATEGORIES.index(code.category) for code in CODES}


@dataclass(frozen=True, slots=True)
class Reasons:
    """One slot a topic, shape (customers, topics): `code` into CODES or -1, `weight` in log odds."""

    code: Ints
    weight: Floats

    def ranked(self, index: int) -> list[tuple[Code, float]]:
        """One customer's reasons, the strongest first."""
        found = [
            (CODES[code], float(weight))
            for code, weight in zip(self.code[index], self.weight[index], strict=True)
            if code != NO_CODE
        ]
        return sorted(found, key=lambda entry: -entry[1])

    def by_category(self) -> Floats:
        """Shape (customers, categories): summed weight of the reasons listed; 0 where none is."""
        totals = np.zeros((len(self.code), len(CATEGORIES)), order="F")
        for place, topic in enumerate(TOPICS):
            totals[:, CATEGORY_OF_TOPIC[topic]] += self.weight[:, place]
        return totals

    def drivers(self, index: int) -> list[Category]:
        """One customer's categories, the strongest first."""
        totals: dict[Category, float] = {}
        for code, weight in self.ranked(index):
            totals[code.category] = totals.get(code.category, 0.0) + weight
        return sorted(totals, key=lambda category: -totals[category])


def reasons(known: Features, risk: ChurnRisk, calm: Floats, *, usual_gap: float, horizon: float) -> Reasons:
    """A topic's first code whose fact holds, where the topic raises the risk by more than .05 log odds.

    Treatment is counted from a customer who is treated well, behaviour from the average one; where the latter
    is likelier to leave than to stay, the rhythm's share is counted from even odds, or a likely leaver among
    likelier ones would have no reason. `calm` are a model's lifts of who is treated well (`ChurnModel.calm`).
    """
    lifts = np.asfortranarray(risk.lifts - calm)
    lifts[:, TOPICS.index("rhythm")] += max(risk.base, 0.0)
    code = np.full(lifts.shape, NO_CODE, order="F")
    held = supported(known, usual_gap, horizon)
    for place in reversed(range(len(CODES))):
        column = TOPICS.index(CODES[place].topic)
        holds = held[CODES[place].name] & (lifts[:, column] > WORTH_NAMING)
        code[holds, column] = place
    return Reasons(code, np.where(code == NO_CODE, 0.0, lifts))


def supported(known: Features, usual_gap: float, horizon: float) -> dict[str, Bools]:
    """For every code, whose facts support it."""
    return {**_buying(known, usual_gap, horizon), **_treatment(known)}


def _buying(known: Features, usual_gap: float, horizon: float) -> dict[str, Bools]:
    seen = known.rhythm
    bought, repeated = seen.order_days > 0, seen.repeats > 1
    norm = np.where(repeated, seen.last_week / np.maximum(seen.repeats, 1.0), shrunk_gap(seen, usual_gap))
    late = seen.silence > OVERDUE * norm
    return {
        "own_rhythm_broken": repeated & late,
        "order_overdue": bought & ~repeated & late,
        "orders_seldom": bought & (norm > min(usual_gap, SELDOM * horizon)),
        "bought_rarely": bought & (seen.orders_52 <= RARE),
        "orders_falling": seen.orders_13 < seen.orders_before_13,
        "amount_falling": (seen.net_before_13 > 0) & (seen.net_13 < FALLEN * seen.net_before_13),
        "returns_rising": seen.returns_13 > seen.returns_before_13,
        "returns_high": (seen.sold > 0) & (seen.returned > RETURNED * seen.sold),
    }


def usual_quiet(contact_gap: Floats) -> Floats:
    """Weeks without contact, from which on they are too many for somebody with this mean gap."""
    return np.minimum(np.fmax(QUIET_WEEKS, contact_gap), QUIET_FOR_ANYBODY)


def _treatment(known: Features) -> dict[str, Bools]:
    seen = known.care
    return {
        "complaint_open": seen.complaints_open > 0,
        "complaint_slow": seen.slow_26 > 0,
        "complaint_recent": seen.complaints_26 > 0,
        "satisfaction_dropped": seen.satisfaction_drop >= DROPPED,
        "satisfaction_low": (seen.satisfaction_last < CONTENT) | (seen.satisfaction_mean < CONTENT),
        "contact_unanswered": seen.unanswered >= ATTEMPTS,
        "contact_quiet": seen.weeks_since_contact > usual_quiet(seen.contact_gap),
        "promise_unkept": seen.promises_unkept > 0,
        "promise_broken": seen.promises_broken_26 > 0,
    }
