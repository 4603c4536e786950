"""When to look again: silence alone moves a risk, without any event to tell of it."""

from __future__ import annotations

import numpy as np

from scoring_svc.modelling.crossing import crossing
from scoring_svc.modelling.facts import Floats
from scoring_svc.modelling.inputs import log_odds
from scoring_svc.modelling.levels import HIGH, LOW, MEDIUM
from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.purchase import Histories, histories
from scoring_svc.modelling.scoring import Scores
from scoring_svc.modelling.weeks import YEAR

_CLOSE = 0.002
"""Weeks: twenty minutes."""


def weeks_to_review(scores: Scores, model: ScoringModel, policy: Policy) -> Floats:
    """Weeks of further silence after which a customer's level, or loss, is likely to change; (customers,).

    NaN without an order. At most a year. The closed form is moved along, at the distance that the churn model
    keeps from it today: an estimate of when to look, not of what will be seen.
    """
    seen = histories(scores.known.rhythm)
    level, risk = scores.forecast.level, scores.forecast.risk.probability
    bar = np.select(
        [level == LOW, level == MEDIUM, level == HIGH],
        [policy.risk.medium_from, policy.risk.high_from, 1.0 - policy.stages.lost_below],
        default=np.nan,
    )
    weeks = np.empty(len(scores))
    for voice, indexes in model.speaking_for(scores.markets, len(scores)):
        chosen = slice(None) if indexes is None else indexes
        weeks[chosen] = _until(seen.at(chosen), risk[chosen], bar[chosen], voice)
    return weeks


def _until(seen: Histories, risk: Floats, bar: Floats, model: ScoringModel) -> Floats:
    distance = log_odds(1.0 - risk) - log_odds(model.purchase.p_buy(seen, model.horizon_weeks))
    least = log_odds(1.0 - bar)

    def passed(silent: Floats) -> Floats:
        later = model.purchase.p_buy(seen, model.horizon_weeks, silent_for=silent)
        return least - log_odds(later) - distance

    soonest, latest = np.full(len(seen), _CLOSE), np.full(len(seen), float(YEAR))
    return np.where(np.isnan(bar), np.nan, crossing(passed, soonest, latest, within=_CLOSE))
