"""Fit of the churn model on rolling origins, and the documented prior for too little data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import minimize

from scoring_svc.modelling.churn import P_BUY, Calibration, Champion, ChurnModel, fill_unknown
from scoring_svc.modelling.facts import Bools, Floats
from scoring_svc.modelling.inputs import LEARNT, SIGNS, TOPIC_OF, TOPICS, Topic, log_odds
from scoring_svc.modelling.judgement import NO_JUDGEMENT, TREATMENTS, judged_on
from scoring_svc.modelling.logit import fit_logit
from scoring_svc.modelling.metrics import calibration_error
from scoring_svc.modelling.stumps import Stumps, fit_stumps

SHARES: dict[Champion, tuple[float, float, float]] = {
    "ensemble": (1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0),
    "learnt": (0.0, 0.5, 0.5),  # the logit has p_buy among its inputs
    "p_buy": (1.0, 0.0, 0.0),
}
_FEWEST_OF_EACH = 30
_CALIBRATED_ENOUGH = 0.05

# A topic is learnt from this many customers, counted at each origin, who had a complaint, answered, were
# contacted or saw a promise broken; below that judgement speaks.
FEWEST_SEEN = 400


def prior_churn() -> ChurnModel:
    """The closed form, moved by complaints, answers, contact and promises by `PRIOR_WEIGHTS`."""
    judgement = judged_on(TREATMENTS)
    return ChurnModel(
        champion="prior",
        shares=(1.0, 0.0, 0.0),
        centre=0.0,
        logit=NO_JUDGEMENT,
        stumps=Stumps(0.0, {}),
        fill=judgement.centres,
        judgement=judgement,
    )


def thin_topics(matrix: Floats) -> list[Topic]:
    """The topics of treatment that too few rows say anything about."""
    return [topic for topic in TREATMENTS if _seen(matrix, topic) < FEWEST_SEEN]


def _seen(matrix: Floats, topic: Topic) -> int:
    columns = np.flatnonzero(TOPICS.index(topic) == TOPIC_OF)
    told = ~np.isnan(matrix[:, columns]) & (matrix[:, columns] != 0.0)
    return int(told.any(axis=1).sum())


def can_learn(bought: Bools) -> bool:
    """Whether both outcomes occur often enough to fit the trained parts."""
    return int(min(bought.sum(), (~bought).sum())) >= _FEWEST_OF_EACH


def fit_churn(inputs: Sequence[Floats], bought: Sequence[Bools]) -> ChurnModel:
    """The ensemble, from the inputs and outcomes of each origin, and judgement on what they are silent about.

    Uncalibrated.
    """
    matrix, outcome = np.concatenate(list(inputs)), np.concatenate(list(bought))
    thin = thin_topics(matrix)
    judgement = judged_on(thin)
    silent = np.isin(TOPIC_OF, [TOPICS.index(topic) for topic in thin])
    matrix[:, silent] = np.nan
    fill = tuple(np.where(silent, judgement.centres, _means(matrix)).tolist())
    known = fill_unknown(matrix, fill)
    known[:, ~LEARNT] = 0.0
    return ChurnModel(
        champion="ensemble",
        shares=SHARES["ensemble"],
        centre=float(known[:, P_BUY].mean()),
        logit=fit_logit(known, outcome, SIGNS),
        stumps=fit_stumps(known, outcome, SIGNS),
        fill=fill,
        judgement=judgement,
    )


def speaking_as(model: ChurnModel, champion: Champion) -> ChurnModel:
    """The same parts, mixed as `champion` mixes them; uncalibrated."""
    return replace(model, champion=champion, shares=SHARES[champion], calibration=Calibration())


def fit_calibration(left_chance: Floats, left: Bools) -> Calibration:
    """Platt's slope and offset on the log odds of an order; the slope stays positive so that ranks stay."""
    z, bought = log_odds(1.0 - left_chance), (~left).astype(np.float64)

    def loss(at: Floats) -> float:
        fitted = at[0] * z + at[1]
        return float(np.mean(np.logaddexp(0.0, fitted) - bought * fitted))

    best = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[(0.2, 5.0), (-3.0, 3.0)]).x
    return Calibration(float(best[0]), float(best[1]))


def calibrated(left_chance: Floats, calibration: Calibration) -> Floats:
    """`left_chance` as a model with `calibration` would have said it."""
    z = calibration.slope * log_odds(1.0 - left_chance) + calibration.offset
    return 1.0 / (1.0 + np.exp(z))


def worth_calibrating(folds: Sequence[tuple[Floats, Bools]]) -> Calibration | None:
    """The calibration learnt on the latest of (chance, left) `folds`, which come latest first, or None.

    None unless the latest fold's ECE is above .05 and the calibration learnt on the fold before lowers it.
    Only half of it is used: the folds lie close together, and part of their error is a season that passes.
    """
    if len(folds) < 2 or not all(can_learn(left) for _, left in folds[:2]):  # noqa: PLR2004 - learn, then check
        return None
    (chance, left), before = folds[0], folds[1]
    error = calibration_error(chance, left)
    trial = calibrated(chance, fit_calibration(*before))
    if error <= _CALIBRATED_ENOUGH or calibration_error(trial, left) >= error:
        return None
    return _halved(fit_calibration(chance, left))


def _halved(found: Calibration) -> Calibration:
    return Calibration(found.slope**0.5, found.offset / 2.0)


def _means(matrix: Floats) -> tuple[float, ...]:
    held = ~np.isnan(matrix)
    counts = np.maximum(held.sum(axis=0), 1)
    return tuple(float(mean) for mean in np.where(held, matrix, 0.0).sum(axis=0) / counts)
