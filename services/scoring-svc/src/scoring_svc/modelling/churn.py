"""The churn model: a mean of log odds of closed form, logit and stumps, whose parts add up to reasons."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from scipy.special import expit

from scoring_svc.modelling.facts import Floats
from scoring_svc.modelling.heritage import of_today
from scoring_svc.modelling.inputs import NAMES, TOPIC_OF, TOPICS
from scoring_svc.modelling.judgement import CALM, NO_JUDGEMENT, TREATMENTS
from scoring_svc.modelling.logit import Logit
from scoring_svc.modelling.stumps import Stumps

Champion = Literal["ensemble", "learnt", "p_buy", "prior"]
P_BUY = NAMES.index("p_buy")
_TREATED = np.isin(TOPICS, TREATMENTS)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt: log odds = slope * log odds + offset."""

    slope: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class ChurnRisk:
    """`probability` of no order within the horizon, shape (customers,); `lifts` (customers, topics).

    lifts is how far each topic raises the log odds of leaving above the population's mean: with the same
    `base` for everybody for whom one model speaks, base + sum of lifts are the log odds of `probability`.
    """

    probability: Floats
    lifts: Floats
    base: Floats | float


@dataclass(frozen=True, slots=True)
class ChurnModel:
    """`shares` weigh the three learnt parts; `fill` stands where an input is unknown.

    `judgement` speaks, unweighed, for the topics that the log says too little of to learn from. `calm`
    (topics,) are the lifts of a customer who was treated well, 0 for what is no treatment: what a cause is
    counted from.
    """

    champion: Champion
    shares: tuple[float, float, float]  # of p_buy, logit, stumps
    centre: float  # mean log odds of p_buy
    logit: Logit
    stumps: Stumps
    fill: tuple[float, ...]
    calibration: Calibration = Calibration()
    judgement: Logit = NO_JUDGEMENT
    calm: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """`calm` follows from the rest; it is worked out once, not with every score."""
        lifts = self._lifts(fill_unknown(CALM, self.fill))[0]
        object.__setattr__(self, "calm", np.where(_TREATED, np.minimum(lifts, 0.0), 0.0))

    def risk(self, inputs: Floats) -> ChurnRisk:
        """From the matrix of `churn_inputs`."""
        lifts = self._lifts(fill_unknown(inputs, self.fill))
        by_form, by_logit, by_stumps = self.shares
        middle = by_form * self.centre + by_logit * self.logit.intercept + by_stumps * self.stumps.intercept
        base = -(self.calibration.slope * middle + self.calibration.offset)
        return ChurnRisk(expit(base + _row_sums(lifts)), lifts, base)

    def _lifts(self, known: Floats) -> Floats:
        by_form, by_logit, by_stumps = self.shares
        lifts = np.zeros((len(known), len(TOPICS)), order="F")
        lifts[:, TOPIC_OF[P_BUY]] = by_form * (known[:, P_BUY] - self.centre)
        if by_logit:
            lifts += by_logit * self.logit.by_topic(known)
        if by_stumps:
            lifts += by_stumps * self.stumps.by_topic(known)
        lifts *= -self.calibration.slope
        lifts -= self.judgement.by_topic(known)
        return lifts

    def to_document(self) -> dict[str, Any]:
        return {
            "champion": self.champion,
            "inputs": list(NAMES),
            "shares": list(self.shares),
            "centre": self.centre,
            "logit": self.logit.to_document(),
            "stumps": self.stumps.to_document(),
            "fill": list(self.fill),
            "calibration": asdict(self.calibration),
            "judgement": self.judgement.to_document(),
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> ChurnModel:
        """From a document of today, or from before a topic was known (see `heritage`); else ValueError."""
        document = of_today(document)
        by_form, by_logit, by_stumps = document["shares"]
        return cls(
            champion=document["champion"],
            shares=(by_form, by_logit, by_stumps),
            centre=document["centre"],
            logit=Logit.from_document(document["logit"]),
            stumps=Stumps.from_document(document["stumps"]),
            fill=tuple(document["fill"]),
            calibration=Calibration(**document["calibration"]),
            judgement=Logit.from_document(document["judgement"]),
        )


def fill_unknown(inputs: Floats, fill: tuple[float, ...]) -> Floats:
    known = inputs.copy(order="F")
    for column, value in enumerate(fill):
        holes = np.isnan(known[:, column])
        if holes.any():
            known[holes, column] = value
    return known


def _row_sums(lifts: Floats) -> Floats:
    """Column by column, so that the sum of a row does not depend on how many rows there are."""
    total = np.zeros(len(lifts))
    for column in range(lifts.shape[1]):
        total += lifts[:, column]
    return total
