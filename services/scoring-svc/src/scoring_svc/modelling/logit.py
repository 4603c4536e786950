"""The wide logit: one weight an input, its sign kept where business sense knows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from scoring_svc.modelling.facts import Bools, Floats, Ints
from scoring_svc.modelling.inputs import TOPIC_OF, TOPICS

RIDGE = 50.0
_STILL = 1e-9


@dataclass(frozen=True, slots=True)
class Logit:
    """log odds of an order = intercept + sum of weight * (input - centre); all in the inputs' own units."""

    intercept: float
    weights: tuple[float, ...]
    centres: tuple[float, ...]

    def by_topic(self, inputs: Floats) -> Floats:
        """Shape (customers, topics): how far each topic lifts the log odds over the population's mean."""
        lifts = np.zeros((len(inputs), len(TOPICS)), order="F")
        for column, weight in enumerate(self.weights):
            if weight:
                lifts[:, TOPIC_OF[column]] += weight * (inputs[:, column] - self.centres[column])
        return lifts

    def to_document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Logit:
        return cls(document["intercept"], tuple(document["weights"]), tuple(document["centres"]))


def fit_logit(inputs: Floats, bought: Bools, signs: Ints, *, ridge: float = RIDGE) -> Logit:
    """Ridge logistic regression on standardised `inputs` (no NaN) with weights bounded by `signs`.

    A constant input teaches nothing and is left out, so that its being there moves no other weight.
    """
    centres, scales = inputs.mean(axis=0), inputs.std(axis=0)
    moving = np.flatnonzero(scales > _STILL)
    standard = (inputs[:, moving] - centres[moving]) / scales[moving]
    target = bought.astype(np.float64)

    def loss(at: Floats) -> tuple[float, Floats]:
        z = at[0] + standard @ at[1:]
        slope = expit(z) - target
        value = np.sum(np.logaddexp(0.0, z) - target * z) + 0.5 * ridge * float(at[1:] @ at[1:])
        gradient = np.concatenate([[slope.sum()], standard.T @ slope + ridge * at[1:]])
        return float(value) / len(target), gradient / len(target)

    free = (None, None)
    bounds = [free] + [
        (0.0, None) if sign > 0 else (None, 0.0) if sign < 0 else free for sign in signs[moving]
    ]
    best = minimize(
        loss, np.zeros(len(moving) + 1), jac=True, method="L-BFGS-B", bounds=bounds,
        options={"maxiter": 300, "ftol": 1e-10},
    ).x  # fmt: skip
    weights = np.zeros(len(centres))
    weights[moving] = best[1:] / scales[moving]
    return Logit(float(best[0]), _plain(weights), _plain(centres))


def _plain(values: Floats) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
