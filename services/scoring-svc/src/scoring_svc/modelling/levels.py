"""The level of a churn risk: the red band is a high probability, or an even one with a broken rhythm."""

from __future__ import annotations

import numpy as np

from scoring_svc.modelling.facts import Bools, Floats, Ints
from scoring_svc.modelling.features import Features, shrunk_gap
from scoring_svc.modelling.policy import RiskRule

LEVELS = ("unknown", "low", "medium", "high")
UNKNOWN, LOW, MEDIUM, HIGH = range(4)


def levels(known: Features, probability: Floats, rule: RiskRule, usual_gap: Floats | float) -> Ints:
    """Codes into LEVELS.

    Without an order the level is unknown; after one order it is at most medium, because one order shows no
    rhythm and the probability is the population's for its age.
    """
    level = np.full(len(known), LOW)
    level[probability >= rule.medium_from] = MEDIUM
    level[red_band(known, probability, rule, usual_gap)] = HIGH
    return np.where(known.bought, level, UNKNOWN)


def red_band(
    known: Features,
    probability: Floats,
    rule: RiskRule,
    usual_gap: Floats | float,
    *,
    slack: Floats | float = 0.0,
) -> Bools:
    """Customers with a rhythm whose risk is high; `slack` lowers the bar for those already warned about."""
    seen = known.rhythm
    broken = seen.silence > rule.broken_gaps * shrunk_gap(seen, usual_gap)
    bar = np.where(broken, rule.broken_from, rule.high_from) - slack
    return np.asarray((seen.repeats > 0) & (probability >= bar), dtype=np.bool_)
