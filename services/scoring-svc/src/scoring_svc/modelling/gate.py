"""The gate: whether a model that was just learnt may speak by itself, with what speaks for and against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from scoring_svc.modelling import metrics
from scoring_svc.modelling.facts import Bools, Facts, Floats
from scoring_svc.modelling.model import ScoringModel, teachers
from scoring_svc.modelling.origins import Origin, look_back, moments
from scoring_svc.modelling.standing import standing

MOST_FOLDS = 3
MOST_MARGIN = 0.03
"""No sample is so small that a model may be worse than its rival by more than this."""
_ERRORS = 2.0
_LOSS_MARGIN = 0.01

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """`figure` is the challenger's, `bound` what it must not be below by more than `margin`."""

    code: str
    figure: float | None
    bound: float | None
    margin: float
    holds: bool

    def to_document(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "code": self.code,
            "figure": self.figure,
            "bound": self.bound,
            "margin": self.margin,
            "holds": self.holds,
        }


def verdict(
    challenger: ScoringModel,
    incumbent: ScoringModel | None,
    compared: Sequence[Figures] | None,
    *,
    alarms: Sequence[str] = (),
) -> dict[str, Any]:
    """Whether the challenger may speak: `{"passes": …, "reasons": [code, …], "checks": […], "against": […]}`.

    It must not be worse than the recency and hiatus rules on its own folds, nor than the incumbent on the
    folds of `compared`, by more than chance may make of it (two standard errors, at most .03). With a drift
    alarm (`alarms`, by measure) nobody but a person lets it speak. While neither has learnt enough to be
    judged, the newer one speaks; one that has learnt too little never follows one that had learnt enough.
    """
    checks = [*_against_rules(challenger.card.get("folds", ())), *_against(compared or ())]
    reasons = [check.code for check in checks if not check.holds]
    if incumbent is not None and incumbent.basis == "fitted" and challenger.basis != "fitted":
        reasons.append("too_little_data")
    if alarms:
        reasons.append("drift_alarm")
    return {
        "passes": not reasons,
        "reasons": reasons,
        "checks": [check.to_document() for check in checks],
        "against": [dict(each) for each in compared or ()],
        "alarms": list(alarms),
    }


def compare(
    facts: Facts, as_of: np.datetime64, challenger: ScoringModel, incumbent: ScoringModel
) -> list[dict[str, Any]] | None:
    """Both as they stand, on the same customers at the challenger's origins; None where that says nothing.

    Both have seen most of what they are judged by, so neither is ahead by that; what a model is worth on what
    it has not seen is said by its own folds. Models of different horizons say different things.
    """
    if {challenger.basis, incumbent.basis} != {"fitted"}:
        return None
    if challenger.horizon_weeks != incumbent.horizon_weeks or not challenger.card.get("folds"):
        return None
    buyers = teachers(facts, as_of)
    past = moments(buyers.orders.ts.min(), as_of, challenger.horizon_weeks)[:MOST_FOLDS]
    origins = [look_back(buyers, moment, challenger.horizon_weeks) for moment in past]
    return [_both(origin, challenger, incumbent) for origin in origins]


def _both(origin: Origin, challenger: ScoringModel, incumbent: ScoringModel) -> dict[str, Any]:
    chances = {
        "challenger": standing(origin.known, challenger)[1],
        "champion": standing(origin.known, incumbent)[1],
    }
    return {
        "origin": str(origin.moment),
        "customers": len(origin.known),
        "left": int(origin.left.sum()),
        **{name: _judged(chance, origin.left) for name, chance in chances.items()},
    }


def _judged(chance: Floats, left: Bools) -> dict[str, float | None]:
    auc = metrics.auc(chance, left)
    return {
        "auc": None if np.isnan(auc) else auc,
        "brier": metrics.brier(chance, left),
        "ece": metrics.calibration_error(chance, left),
        "log_loss": metrics.log_loss(chance, left),
    }


def _against_rules(folds: Sequence[Figures]) -> list[Check]:
    """The mean over the folds, each beside the same folds' rule."""
    if not folds:
        return []
    kept = sum(round((1.0 - fold["left_share"]) * fold["customers"]) for fold in folds) / len(folds)
    left = sum(round(fold["left_share"] * fold["customers"]) for fold in folds) / len(folds)
    cases, rarer = sum(fold["customers"] for fold in folds) / len(folds), min(kept, left)
    early = [fold["groups"]["early"] for fold in folds if "early" in fold.get("groups", {})]
    return [
        _check("worse_than_recency", _pairs(folds, "auc", "auc_recency"), rarer),
        _check("worse_than_recency_early", _pairs(folds, "auc_early", "auc_recency_early"), _rarer(early)),
        _check("worse_than_hiatus", _pairs(folds, "accuracy", "accuracy_hiatus"), cases),
    ]


def _against(compared: Sequence[Figures]) -> list[Check]:
    if not compared:
        return []
    rarer = sum(min(each["left"], each["customers"] - each["left"]) for each in compared) / len(compared)
    pairs = [(each["challenger"]["auc"], each["champion"]["auc"]) for each in compared]
    known = [(one, other) for one, other in pairs if one is not None and other is not None]
    ours, theirs = (
        float(np.mean([each[name]["log_loss"] for each in compared])) for name in ("challenger", "champion")
    )
    margin = theirs * _LOSS_MARGIN
    return [
        _check("worse_than_champion", known, rarer),
        Check("likelihood_below_champion", -ours, -theirs, margin, -ours >= -theirs - margin),
    ]


def _pairs(folds: Sequence[Figures], ours: str, theirs: str) -> list[tuple[float, float]]:
    known = [(fold[ours], fold[theirs]) for fold in folds]
    return [(one, other) for one, other in known if one is not None and other is not None]


def _rarer(groups: Sequence[Figures]) -> float:
    if not groups:
        return 0.0
    sizes = [group["customers"] * min(group["left_share"], 1.0 - group["left_share"]) for group in groups]
    return float(np.mean(sizes))


def _check(code: str, pairs: Sequence[tuple[float, float]], cases: float) -> Check:
    """Nothing to compare holds: nobody can say that it is worse."""
    if not pairs:
        return Check(code, None, None, 0.0, holds=True)
    figure, bound = (float(np.mean(side)) for side in zip(*pairs, strict=True))
    margin = min(MOST_MARGIN, _ERRORS * sqrt(max(bound * (1.0 - bound), 0.0) / max(cases, 1.0)))
    return Check(code, figure, bound, margin, holds=figure >= bound - margin)
