"""What a customer is expected to bring within a horizon, and which horizon suits a rhythm."""

from __future__ import annotations

import numpy as np

from scoring_svc.modelling.facts import Floats
from scoring_svc.modelling.purchase import Histories, PurchaseModel
from scoring_svc.modelling.weeks import HALF_YEAR, MONTH, QUARTER, YEAR

MONTHS_A_YEAR = 12
_NODES = 4
HORIZONS = (MONTH, QUARTER, HALF_YEAR)


def horizon_for(usual_gap: float) -> int:
    """4, 13 or 26 weeks: whichever is nearest in ratio to two usual gaps; 13 when no gap is known."""
    if not usual_gap > 0:
        return QUARTER
    return min(HORIZONS, key=lambda weeks: abs(np.log(weeks / (2.0 * usual_gap))))


def expected_value(
    model: PurchaseModel,
    seen: Histories,
    order_value: Floats,
    *,
    weeks: float,
    margin: float = 1.0,
    yearly_discount: float = 0.0,
) -> Floats:
    """E[orders] * E[value of an order] * margin over `weeks`, each month discounted from its end.

    In the money unit of `order_value`; `margin` 1 when the amounts are contributions already.
    """
    ends, weights = discounting(weeks, yearly_discount)
    orders = model.expected_by(seen, ends)
    total = sum((weight * each for weight, each in zip(weights, orders, strict=True)), np.zeros(len(seen)))
    return total * order_value * margin


def discounting(weeks: float, yearly_discount: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(ends, weights): sum(weight * E[orders until end]) are the orders of `weeks`, discounted.

    E[orders] is smooth in time: the polynomial through nothing now and four ends tells the months between
    them to .1 %, at a third of the work.
    """
    if not yearly_discount:
        return (weeks,), (1.0,)
    month = YEAR / MONTHS_A_YEAR
    months = np.append(np.arange(month, weeks, month), weeks)
    if len(months) <= _NODES:
        return tuple(months.tolist()), _by_month(months, np.eye(len(months)), yearly_discount)
    ends = weeks * np.arange(1, _NODES + 1) / _NODES
    return tuple(ends.tolist()), _by_month(months, _lagrange(ends, months), yearly_discount)


def _by_month(months: Floats, until: Floats, yearly_discount: float) -> tuple[float, ...]:
    """Weights of the ends, where the orders until each month are `until` (months, ends) times theirs."""
    factor = (1.0 + yearly_discount) ** (-months / YEAR)
    fading = factor - np.append(factor[1:], 0.0)  # orders until a month count in it and in none after it
    return tuple((fading @ until).tolist())


def _lagrange(ends: Floats, at: Floats) -> Floats:
    """Shape (at, ends): how the value at each moment follows from those at the ends, and from 0 at 0."""
    nodes = np.append(0.0, ends)
    basis = np.ones((len(at), len(ends)))
    for place, end in enumerate(ends):
        for other in nodes[nodes != end]:
            basis[:, place] *= (at - other) / (end - other)
    return basis
