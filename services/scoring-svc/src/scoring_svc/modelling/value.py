"""What a customer is expected to bring within a horizon, and which horizon suits a rhythm."""

from __future__ import annotations

import numpy as np

from scoring_svc.modelling.facts import Floats
from scoring_svc.modelling.purchase import Histories, PurchaseModel
from scoring_svc.modelling.weeks import HALF_YEAR, MONTH, QUARTER, YEAR

MONTHS_A_YEAR = 12
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
    worth = order_value * margin
    if not yearly_discount:
        return model.expected_orders(seen, weeks) * worth
    ends = np.append(np.arange(YEAR / MONTHS_A_YEAR, weeks, YEAR / MONTHS_A_YEAR), weeks)
    before, total = np.zeros(len(seen)), np.zeros(len(seen))
    for end in ends:
        orders = model.expected_orders(seen, float(end))
        total += (orders - before) / (1.0 + yearly_discount) ** (end / YEAR)
        before = orders
    return total * worth
