"""The lifecycle of a customer as a state machine: stage, since when, and what moved it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring_svc.modelling.facts import Bools, Floats, Ints, Times
from scoring_svc.modelling.features import Features, shrunk_gap
from scoring_svc.modelling.levels import red_band
from scoring_svc.modelling.policy import Policy, StageRule
from scoring_svc.modelling.purchase import Histories, PurchaseModel
from scoring_svc.modelling.weeks import DAYS

STAGES = ("prospect", "new", "first_purchase", "active", "loyal", "at_risk", "lost", "won_back")
PROSPECT, NEW, FIRST_PURCHASE, ACTIVE, LOYAL, AT_RISK, LOST, WON_BACK = range(8)
NO_STAGE = -1
UNMOVED = ""
_ENTERED = {
    PROSPECT: "no_tie_left",
    NEW: "tie_recorded",
    FIRST_PURCHASE: "first_order",
    ACTIVE: "repeat_order",
    LOYAL: "habit_formed",
    AT_RISK: "risk_high",
    LOST: "silent_too_long",
    WON_BACK: "order_after_lost",
}
_LEFT = {  # a step back to active says what ended instead
    AT_RISK: "risk_fell",
    LOYAL: "habit_weakened",
    WON_BACK: "won_back_settled",
}
_WITH_ORDERS = (FIRST_PURCHASE, ACTIVE, LOYAL, AT_RISK, LOST, WON_BACK)


@dataclass(frozen=True, slots=True)
class PreviousStages:
    """Stage (-1 for none) and the day since which it stands, shape (customers,) each."""

    stage: Ints
    since: Times


@dataclass(frozen=True, slots=True)
class Stages:
    """`declared` are those who are lost because somebody said so."""

    stage: Ints
    since: Times
    previous: Ints
    declared: Bools

    def cause(self, index: int) -> str:
        """What moved one customer now; empty when nothing did."""
        now, before = int(self.stage[index]), int(self.previous[index])
        if now == before:
            return UNMOVED
        if now == LOST and self.declared[index]:
            return "declared_lost"
        if before in _WITH_ORDERS and now in (PROSPECT, NEW, FIRST_PURCHASE) and before != AT_RISK:
            return "orders_taken_back"
        if before == LOST and now != WON_BACK:
            return "no_longer_lost"
        return _step(now, before)


def _step(now: int, before: int) -> str:
    """What an ordinary step is caused by."""
    if now == ACTIVE and before in _LEFT:
        return _LEFT[before]
    if now in (FIRST_PURCHASE, LOYAL) and before == AT_RISK:
        return _LEFT[AT_RISK]
    if now == AT_RISK and before == FIRST_PURCHASE:
        return "second_order_missing"
    return _ENTERED[now]


def stages(
    known: Features,
    buy_chance: Floats,
    silent_chance: Floats,
    policy: Policy,
    usual_gap: Floats | float,
    *,
    previous: PreviousStages | None = None,
    declared_lost: Bools | None = None,
) -> Stages:
    """Stage of every customer; the same facts and previous stages give the same stages.

    `buy_chance` is P(an order within the horizon); `silent_chance` the same a week ago, or 1 for those who
    ordered since: nobody is lost by one look. The second look is recomputed, not remembered, so that a missed
    or repeated run changes nothing. `declared_lost` are those whom somebody declared lost and who have not
    ordered since.
    """
    size = len(known)
    before = previous or PreviousStages(np.full(size, NO_STAGE), np.full(size, np.datetime64("NaT", "D")))
    rule = policy.stages
    seen, held, twice = known.rhythm, before.stage, np.maximum(buy_chance, silent_chance)
    stage = np.where(known.has_tie, NEW, PROSPECT)
    stage = np.where(seen.order_days == 1, FIRST_PURCHASE, stage)
    stage = np.where(seen.order_days > 1, ACTIVE, stage)
    stage = np.where(_loyal(known, buy_chance, rule, held), LOYAL, stage)
    returned = (held == LOST) & (seen.last_day >= before.since)
    fresh = (held == WON_BACK) & (known.today - before.since < _days(rule.won_back_weeks))
    back = returned | fresh
    just_back = back & (seen.silence <= shrunk_gap(seen, usual_gap))
    stage = np.where(back, WON_BACK, stage)
    stage = np.where(_at_risk(known, buy_chance, policy, usual_gap, held) & ~just_back, AT_RISK, stage)
    stage = np.where(_lost(known, twice, rule, usual_gap, held), LOST, stage)
    declared = np.zeros(size, dtype=np.bool_) if declared_lost is None else declared_lost
    stage = np.where(declared, LOST, stage)
    return Stages(stage, np.where(stage == held, before.since, known.today), held, declared)


def chance_a_week_ago(model: PurchaseModel, seen: Histories, horizon: float) -> Floats:
    """p_buy as it was a week ago, 1 for customers who ordered since."""
    silent = seen.age - seen.last_week >= 1.0
    earlier = Histories(
        seen.repeats, seen.last_week, np.where(silent, seen.age - 1.0, seen.age), seen.sum_log_gaps
    )
    return np.where(silent, model.p_buy(earlier, horizon), 1.0)


def _loyal(known: Features, buy_chance: Floats, rule: StageRule, held: Ints) -> Bools:
    seen, treated = known.rhythm, known.care
    enough = buy_chance >= rule.loyal_from - np.where(held == LOYAL, rule.slack, 0.0)
    content = np.isnan(treated.satisfaction_last) | (treated.satisfaction_last >= rule.content_from)
    calm = treated.open_severity < rule.severe_from
    habit = (seen.order_days >= rule.loyal_orders) & (seen.age >= rule.loyal_weeks)
    return np.asarray(habit & enough & content & calm, dtype=np.bool_)


def _at_risk(
    known: Features, buy_chance: Floats, policy: Policy, usual_gap: Floats | float, held: Ints
) -> Bools:
    seen, rule = known.rhythm, policy.stages
    patience = np.maximum(rule.second_order_gaps * usual_gap, rule.second_order_weeks)
    alone = (seen.order_days == 1) & (seen.silence > patience)
    slack = np.where(held == AT_RISK, rule.slack, 0.0)
    red = red_band(known, 1.0 - buy_chance, policy.risk, usual_gap, slack=slack)
    return np.asarray(alone | red, dtype=np.bool_)


def _lost(known: Features, chance: Floats, rule: StageRule, usual_gap: Floats | float, held: Ints) -> Bools:
    low = chance < rule.lost_below + np.where(held == LOST, rule.slack, 0.0)
    long = known.rhythm.silence > rule.lost_after_gaps * shrunk_gap(known.rhythm, usual_gap)
    return np.asarray(known.bought & long & low, dtype=np.bool_)


def _days(weeks: float) -> np.timedelta64:
    return np.timedelta64(round(weeks * DAYS), "D")
