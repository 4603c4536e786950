"""How often the next order came inside its window, judged on what followed a moment of the past."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scoring_svc.modelling.facts import Facts
from scoring_svc.modelling.next_purchase import NOMINAL
from scoring_svc.modelling.origins import look_back
from scoring_svc.modelling.purchase_fit import fit_named
from scoring_svc.modelling.window_levels import Coverage, coverage_of, levels_of, next_order, returns


def coverage(
    facts: Facts, moment: np.datetime64, variant: str, *, taught: Sequence[np.datetime64] = ()
) -> Coverage:
    """Fit this variant of the purchase model on what was known at `moment`, and judge its windows.

    With `taught`, earlier moments, the windows end where these teach them to, by what was known at `moment`.
    Of a log in which nobody ordered afterwards every share is NaN.
    """
    known = facts.as_of(moment)
    earlier = []
    for one in taught:
        origin = look_back(known, one, horizon=1.0)
        model = fit_named(origin.seen, variant)
        earlier.append(returns(origin, model, next_order(known, one), moment))
    origin = look_back(facts, moment, horizon=1.0)
    model = fit_named(origin.seen, variant)
    judged = returns(origin, model, next_order(facts, moment), facts.orders.ts.max())
    return coverage_of(judged, levels_of(earlier) or NOMINAL)
