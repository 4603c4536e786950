"""What is expected of each customer, by the model that speaks for its segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from scoring_svc.modelling.churn import ChurnRisk
from scoring_svc.modelling.cold_start import Interval
from scoring_svc.modelling.facts import Floats, Ints
from scoring_svc.modelling.features import Features
from scoring_svc.modelling.inputs import churn_inputs
from scoring_svc.modelling.levels import levels
from scoring_svc.modelling.lifecycle import chance_a_week_ago
from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.purchase import histories
from scoring_svc.modelling.reasons import Reasons, reasons
from scoring_svc.modelling.segments import Labels
from scoring_svc.modelling.value import expected_value
from scoring_svc.modelling.weeks import YEAR

_LEAST_AND_MOST_FAITH = (0.2, 5.0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is expected of each customer; shape (customers,) each, 0 and NaN without an order."""

    horizon: Floats  # weeks, of the customer's segment
    usual_gap: Floats  # weeks, of the segment's median customer
    silent_chance: Floats  # of an order within the horizon as it was a week ago; 1 if one came since
    p_alive: Floats  # NaN without an order; 1 for one-order customers of a BG model: not a risk
    expected_orders: Floats  # within the horizon
    order_value: Floats
    expected_value: Floats  # within the horizon, undiscounted
    value_52: Floats  # within 52 weeks, discounted
    risk: ChurnRisk  # its probability is of no order within the horizon
    reasons: Reasons
    level: Ints  # into LEVELS
    after_first: Interval  # of customers with one order


def foresee(known: Features, model: ScoringModel, policy: Policy, markets: Labels | None = None) -> Forecast:
    """Forecast, risk, level and reasons of every customer; the model of its market speaks for each.

    Orders are the purchase model's, scaled by what the churn model makes of its chance of an order, so that
    both tell one story: a complaint lowers orders and value too.
    """
    spoken = model.speaking_for(markets, len(known))
    if len(spoken) == 1:
        return _by_one(known, spoken[0][0], policy, markets)
    parts = [
        (indexes, _by_one(known.at(indexes), voice, policy, None if markets is None else markets[indexes]))
        for voice, indexes in spoken
        if indexes is not None
    ]
    told: Forecast = joined(len(known), parts)
    return told


def _by_one(known: Features, model: ScoringModel, policy: Policy, markets: Labels | None) -> Forecast:
    seen, bought = histories(known.rhythm), known.bought
    risk = model.churn.risk(churn_inputs(known, model.purchase, model.horizon_weeks, model.usual_gap))
    order_value = model.spend.order_value(known.rhythm.order_days, known.rhythm.mean_value)
    faith = np.where(
        bought, _faith(1.0 - risk.probability, model.purchase.p_buy(seen, model.horizon_weeks)), 0.0
    )
    orders = faith * model.purchase.expected_orders(seen, model.horizon_weeks)
    value_52 = faith * expected_value(
        model.purchase,
        seen,
        order_value,
        weeks=YEAR,
        margin=policy.margin,
        yearly_discount=policy.yearly_discount,
    )
    return Forecast(
        horizon=np.full(len(known), float(model.horizon_weeks)),
        usual_gap=np.full(len(known), model.usual_gap),
        silent_chance=chance_a_week_ago(model.purchase, seen, model.horizon_weeks),
        p_alive=np.where(bought, model.purchase.p_alive(seen), np.nan),
        expected_orders=orders,
        order_value=np.where(bought, order_value, np.nan),
        expected_value=orders * order_value * policy.margin,
        value_52=value_52,
        risk=ChurnRisk(
            np.where(bought, risk.probability, np.nan), risk.lifts, np.full(len(known), risk.base)
        ),
        reasons=reasons(
            known,
            risk,
            model.churn.calm,
            usual_gap=model.usual_gap,
            horizon=model.horizon_weeks,
        ),
        level=levels(known, risk.probability, policy.risk, model.usual_gap),
        after_first=model.second_orders.interval(known, markets),
    )


def joined(size: int, parts: Sequence[tuple[Ints, Any]]) -> Any:
    """One value of columns from those of each group, every row at its customer's index."""
    _, first = parts[0]
    if is_dataclass(first) and not isinstance(first, type):
        kind: Any = type(first)
        names = [column.name for column in fields(first)]
        return kind(
            **{
                name: joined(size, [(indexes, getattr(part, name)) for indexes, part in parts])
                for name in names
            }
        )
    whole = np.empty((size, *first.shape[1:]), dtype=first.dtype, order="F")
    for indexes, column in parts:
        whole[indexes] = column
    return whole


def _faith(buy_chance: Floats, closed_form: Floats) -> Floats:
    return np.clip(buy_chance / np.maximum(closed_form, 1e-9), *_LEAST_AND_MOST_FAITH)
