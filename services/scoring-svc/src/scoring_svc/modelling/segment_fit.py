"""Which model speaks for which segment: its own, or everybody's at the segment's own horizon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scoring_svc.modelling import metrics
from scoring_svc.modelling.backtest import CLEARLY, Fold
from scoring_svc.modelling.churn import Champion
from scoring_svc.modelling.churn_fit import SHARES, speaking_as
from scoring_svc.modelling.facts import Facts, Floats, Ints
from scoring_svc.modelling.features import features, median_gap
from scoring_svc.modelling.inputs import churn_inputs
from scoring_svc.modelling.model import Learnt, ScoringModel, enough, learn_and_judge
from scoring_svc.modelling.origins import Origin, buyers_at, look_back
from scoring_svc.modelling.percentiles import EVERYBODY, Segments
from scoring_svc.modelling.segments import members
from scoring_svc.modelling.value import horizon_for

FEWEST_FOR_A_RHYTHM = 100
"""Customers who repeated, from whom on a segment's usual gap is its own and not chance."""
MOST_SEGMENTS = 24
_FEWEST_FOLDS = 2


def learn_by_segment(
    facts: Facts, as_of: np.datetime64, segments: Segments, *, horizon_weeks: float | None = None
) -> ScoringModel:
    """`learn`, with a voice for each of the 24 largest segments whose rhythm asks for one.

    A segment's horizon is 4, 13 or 26 weeks by the usual gap of its own customers, unless `horizon_weeks` is
    given. At that horizon the rolling backtest chooses among a model of its own, where it is large enough to
    learn from, and the mixes of everybody's: another than everybody's usual one must be clearly better.
    """
    known = facts.as_of(as_of)
    base = _Everybody(known, as_of, horizon_weeks)
    usual = base.at(None)
    voices: dict[str, ScoringModel] = {}
    spoken: dict[str, str] = {}
    told: dict[str, dict[str, Any]] = {}
    for label, inside in _worth_a_look(known, as_of, segments):
        choice = _choose(base, label, inside, horizon_weeks)
        told[label] = choice.card
        spoken[label] = choice.name
        if choice.name != EVERYBODY:
            voices[choice.name] = choice.model
    card = {**usual.model.card, "segments": told}
    return replace(usual.model, card=card, voices=voices, segments=spoken)


class _Everybody:
    """Everybody's model at each horizon that a segment asks for, learnt once."""

    def __init__(self, known: Facts, as_of: np.datetime64, horizon_weeks: float | None) -> None:
        self.known, self.as_of = known, as_of
        self._usual = learn_and_judge(known, as_of, horizon_weeks=horizon_weeks)
        self._learnt: dict[float, Learnt] = {self._usual.model.horizon_weeks: self._usual}

    @property
    def horizon(self) -> float:
        return self._usual.model.horizon_weeks

    def at(self, horizon: float | None) -> Learnt:
        wanted = self.horizon if horizon is None else horizon
        if wanted not in self._learnt:
            self._learnt[wanted] = learn_and_judge(self.known, self.as_of, horizon_weeks=wanted)
        return self._learnt[wanted]


@dataclass(frozen=True, slots=True)
class _Choice:
    name: str
    model: ScoringModel
    card: dict[str, Any]


def _worth_a_look(known: Facts, as_of: np.datetime64, segments: Segments) -> Iterator[tuple[str, Ints]]:
    """The largest segments that have a rhythm of their own: whoever bought more than once shows one."""
    buyers = buyers_at(known, as_of)
    large = members(segments[buyers], smallest=FEWEST_FOR_A_RHYTHM)
    for label, places in list(large.items())[:MOST_SEGMENTS]:
        inside = buyers[places]
        rhythm = features(known.chosen(inside), as_of).rhythm
        if int((rhythm.repeats > 0).sum()) >= FEWEST_FOR_A_RHYTHM:
            yield label, inside


def _choose(base: _Everybody, label: str, inside: Ints, horizon_weeks: float | None) -> _Choice:
    group = base.known.chosen(inside)
    now = features(group, base.as_of)
    horizon = float(horizon_weeks or horizon_for(median_gap(now.rhythm)))
    common = base.at(horizon)
    folds = [fold for fold in common.folds if fold.trained is not None]
    past = [look_back(group, fold.origin.moment, horizon) for fold in folds]
    losses = _common_losses(common.model, folds, past)
    own = None
    if enough(now):
        own = learn_and_judge(group, base.as_of, horizon_weeks=horizon, past=common.past or None)
        losses |= _own_loss(own, folds)
    best = _best(losses, common.model.churn.champion)
    at_usual = horizon == base.horizon
    name, model = _voice(best, label, common.model, own, at_usual=at_usual)
    card = {
        "customers": len(inside),
        "horizon_weeks": horizon,
        "usual_gap": float(median_gap(now.rhythm)),
        "voice": name or "everybody",
        "champion": model.churn.champion,
        "log_loss": losses,
    }
    return _Choice(name, model, card)


def _common_losses(common: ScoringModel, folds: Sequence[Fold], past: Sequence[Origin]) -> dict[str, float]:
    """Mean log loss on the segment of everybody's models, in each of their mixes; none without two folds."""
    if len(folds) < _FEWEST_FOLDS or not all(len(origin.known) for origin in past):
        return {}
    losses = {}
    for champion in SHARES:
        each = [
            metrics.log_loss(_chance(common, fold, origin, champion), origin.left)
            for fold, origin in zip(folds, past, strict=True)
        ]
        losses[champion] = float(np.mean(each))
    return {str(name): loss for name, loss in losses.items()}


def _chance(common: ScoringModel, fold: Fold, origin: Origin, champion: Champion) -> Floats:
    """What everybody's model of that fold said of the segment's customers."""
    if fold.trained is None:
        raise ValueError("nothing was learnt for this fold")
    inputs = churn_inputs(origin.known, fold.purchase, origin.horizon, common.usual_gap)
    return speaking_as(fold.trained, champion).risk(inputs).probability


def _own_loss(own: Learnt, folds: Sequence[Fold]) -> dict[str, float]:
    """The own model's mean log loss, if it could speak at every moment at which everybody's could."""
    champion = own.model.churn.champion
    said = {str(fold.origin.moment): fold for fold in own.folds if champion in fold.chances}
    wanted = [str(fold.origin.moment) for fold in folds]
    if len(wanted) < _FEWEST_FOLDS or not all(moment in said for moment in wanted):
        return {}
    each = [metrics.log_loss(said[at].chances[champion], said[at].origin.left) for at in wanted]
    return {"own": float(np.mean(each))}


def _best(losses: dict[str, float], usual: Champion) -> str:
    """The choice with the least loss, if it is clearly less than that of everybody's usual mix."""
    if usual not in losses:
        return usual
    best = min(losses, key=lambda name: losses[name])
    return best if losses[best] < CLEARLY * losses[usual] else usual


def _voice(
    best: str, label: str, common: ScoringModel, own: Learnt | None, *, at_usual: bool
) -> tuple[str, ScoringModel]:
    if best == "own" and own is not None:
        return label, own.model
    if best == common.churn.champion or best not in SHARES:
        return (EVERYBODY if at_usual else f"{common.horizon_weeks:g} weeks"), common
    mixed = replace(common, churn=speaking_as(common.churn, best))
    return f"{common.horizon_weeks:g} weeks, {best}", mixed
