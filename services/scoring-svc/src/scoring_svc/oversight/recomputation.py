"""A decision made again from its stored inputs, by the recorded model and policy: the same or not."""

from collections.abc import Mapping
from datetime import date
from math import isclose
from typing import Any
from uuid import UUID

import numpy as np

from scoring_svc.modelling.facts import Floats
from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.percentiles import Percentiles, Segments
from scoring_svc.modelling.replay import stored_features
from scoring_svc.modelling.report import Score, score_of
from scoring_svc.modelling.scoring import Previous, score_known
from scoring_svc.policies.queries import Standard
from scoring_svc.scores.domain import previous
from scoring_svc.warnings.domain import next_step
from shared.db import Record

_ANYBODY = UUID(int=0)
_CLOSE = 1e-9
_COMPARED = {
    "tier": ("tier", "contribution", "potential", "negative_value"),
    "warning": ("lifecycle_stage", "churn_level", "churn_probability", "contribution"),
}


class Ranked(Percentiles):
    """Percentiles that a decision stored: whatever is ranked by that name has that rank."""

    def rank(self, name: str, values: Floats, segments: Segments | None = None) -> Floats:  # noqa: ARG002 - stored
        """The stored rank; NaN for NaN, or where none was stored."""
        stored = self.grids[""].get(name)
        rank = np.nan if stored is None else float(stored[0])
        return np.where(np.isnan(values), np.nan, rank)


def again(decision: Record, model: ScoringModel, standard: Standard) -> dict[str, Any]:
    """What is decided now from what was stored, by figure: `{"decided", "equal", "figures": [...]}`."""
    inputs = decision["inputs"]
    found = _figures(_scored(inputs, model, standard))
    decided, said = _decided(decision["kind"], found), decision["decided"]
    same = all(decided[name] == said[name] for name in decided)
    figures = [
        {"name": name, "then": inputs["figures"].get(name), "now": found[name]}
        for name in _COMPARED[decision["kind"]]
    ]
    for figure in figures:
        figure["equal"] = _equal(figure["then"], figure["now"])
    return {
        "decided": decided,
        "equal": same and all(figure["equal"] for figure in figures),
        "figures": figures,
    }


def _scored(inputs: Mapping[str, Any], model: ScoringModel, standard: Standard) -> Score:
    as_of = np.datetime64(inputs["as_of"], "us")
    ranks, segment, market = (inputs.get(name) for name in ("percentiles", "segment", "market"))
    headroom = inputs.get("headroom")
    stored = None if ranks is None else Ranked({"": {name: np.array([ranks[name]]) for name in ranks}})
    scores = score_known(
        np.array([""]),
        stored_features(as_of.astype("datetime64[D]"), inputs["features"]),
        model,
        standard.policy,
        stored or standard.grids,
        previous=_held(inputs["held"]),
        segments=None if segment is None else Segments.of(np.array([segment])),
        markets=None if market is None else np.array([market]),
        headroom=None if headroom is None else np.array([headroom]),
        declared_lost=np.array([bool(inputs.get("declared_lost"))]),
    )
    return score_of(scores, 0)


def _held(held: Mapping[str, Any] | None) -> Previous | None:
    if held is None:
        return None
    row = {
        "tier": held["tier"],
        "lifecycle_stage": held["stage"],
        "rule_tier": None,
        "rule_tier_since": None,
        **{name: date.fromisoformat(held[name]) for name in ("tier_since", "stage_since")},
    }
    return previous([_ANYBODY], {_ANYBODY: row})


def _figures(score: Score) -> dict[str, Any]:
    return {
        "tier": score.tier,
        "contribution": score.contribution,
        "potential": score.potential,
        "negative_value": score.negative_value,
        "lifecycle_stage": score.lifecycle_stage,
        "churn_level": score.churn.level,
        "churn_probability": score.churn.probability,
    }


def _decided(kind: str, found: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "tier":
        return {"tier": found["tier"]}
    step = next_step(
        warned=False,
        stage=found["lifecycle_stage"],
        level=found["churn_level"],
        contribution=found["contribution"],
    )
    return {"step": step, "level": found["churn_level"]}


def _equal(then: Any, now: Any) -> bool:
    if isinstance(then, float | int) and isinstance(now, float | int):
        return isclose(then, now, rel_tol=_CLOSE, abs_tol=_CLOSE)
    return bool(then == now)
