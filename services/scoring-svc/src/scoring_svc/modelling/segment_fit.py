"""Which model speaks for which segment: its own, or a coarser one's at the segment's own horizon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from scoring_svc.modelling import metrics
from scoring_svc.modelling.churn import Champion
from scoring_svc.modelling.churn_fit import SHARES, speaking_as
from scoring_svc.modelling.facts import Facts, Floats, Ints
from scoring_svc.modelling.features import Features, features, median_gap
from scoring_svc.modelling.inputs import churn_inputs
from scoring_svc.modelling.model import Learnt, ScoringModel, enough, learn_and_judge
from scoring_svc.modelling.origins import Origin, buyers_at, look_back
from scoring_svc.modelling.segments import EVERYBODY, Labels, coarser, members
from scoring_svc.modelling.value import horizon_for

FEWEST_FOR_A_RHYTHM = 100
"""Customers who repeated, from whom on a segment's usual gap is its own and not chance."""
MOST_SEGMENTS = 24
_FEWEST_FOLDS = 2
_CLEAR = 2.0  # standard errors of the paired difference


@dataclass(frozen=True, slots=True)
class Speaker:
    """What was learnt from somebody, in one of its mixes; `name` is "" for everybody's usual one."""

    name: str
    learnt: Learnt
    champion: Champion

    @property
    def model(self) -> ScoringModel:
        model = self.learnt.model
        usual = model.churn.champion == self.champion
        return model if usual else replace(model, churn=speaking_as(model.churn, self.champion))

    def losses(self, past: Iterable[Origin]) -> Floats | None:
        """Log loss of each customer at each of these origins; None if it could not speak at all of them."""
        folds = {str(fold.origin.moment): fold for fold in self.learnt.folds}
        each = []
        for origin in past:
            fold = folds.get(str(origin.moment))
            if fold is None or fold.trained is None:
                return None
            inputs = churn_inputs(origin.known, fold.purchase, origin.horizon, self.learnt.model.usual_gap)
            chance = speaking_as(fold.trained, self.champion).risk(inputs).probability
            each.append(metrics.log_losses(chance, origin.left))
        return np.concatenate(each) if each else None


def learn_by_segment(
    facts: Facts, as_of: np.datetime64, segments: Labels, *, horizon_weeks: float | None = None
) -> ScoringModel:
    """`learn`, with a voice for each of the 24 largest segments whose rhythm asks for one.

    A segment's horizon is 4, 13 or 26 weeks by the usual gap of its own customers, unless `horizon_weeks` is
    given. At that horizon the coarser segment's voice speaks, unless the rolling backtest finds a model of
    its own, or another mix, better by more than two standard errors of the paired difference.
    """
    known = facts.as_of(as_of)
    everybody = _Everybody(known, as_of, segments, horizon_weeks)
    chosen: dict[str, Speaker] = {EVERYBODY: everybody.at(None)}
    told: dict[str, dict[str, Any]] = {}
    for label, inside in _worth_a_look(known, as_of, segments):
        above = next(chosen[each] for each in (*list(coarser(label))[1:], EVERYBODY) if each in chosen)
        chosen[label], told[label] = _choose(everybody, label, inside, above)
    usual = chosen.pop(EVERYBODY)
    voices = {speaker.name: speaker.model for speaker in chosen.values() if speaker.name != EVERYBODY}
    spoken = {label: speaker.name for label, speaker in chosen.items()}
    card = {**usual.model.card, "segments": told}
    return replace(usual.model, card=card, voices=voices, segments=spoken)


class _Everybody:
    """Everybody's model at each horizon that a segment asks for, learnt once."""

    def __init__(
        self, known: Facts, as_of: np.datetime64, segments: Labels, horizon_weeks: float | None
    ) -> None:
        self.known, self.as_of, self.segments, self.given = known, as_of, segments, horizon_weeks
        usual = learn_and_judge(known, as_of, horizon_weeks=horizon_weeks, markets=segments)
        self.horizon = float(usual.model.horizon_weeks)
        self._learnt = {self.horizon: usual}

    def at(self, horizon: float | None) -> Speaker:
        wanted = horizon or self.horizon
        if wanted not in self._learnt:
            self._learnt[wanted] = learn_and_judge(
                self.known, self.as_of, horizon_weeks=wanted, markets=self.segments
            )
        learnt = self._learnt[wanted]
        name = EVERYBODY if wanted == self.horizon else f"{wanted:g} weeks"
        return Speaker(name, learnt, learnt.model.churn.champion)


def _worth_a_look(known: Facts, as_of: np.datetime64, segments: Labels) -> Iterator[tuple[str, Ints]]:
    """The largest segments that have a rhythm of their own: whoever bought more than once shows one.

    Coarser ones come first.
    """
    buyers = buyers_at(known, as_of)
    large = list(members(segments[buyers], smallest=FEWEST_FOR_A_RHYTHM).items())[:MOST_SEGMENTS]
    for label, places in sorted(large, key=lambda entry: (len(list(coarser(entry[0]))), entry[0])):
        inside = buyers[places]
        rhythm = features(known.chosen(inside), as_of).rhythm
        if int((rhythm.repeats > 0).sum()) >= FEWEST_FOR_A_RHYTHM:
            yield label, inside


def _choose(
    everybody: _Everybody, label: str, inside: Ints, above: Speaker
) -> tuple[Speaker, dict[str, Any]]:
    group = everybody.known.chosen(inside)
    now = features(group, everybody.as_of)
    gap = median_gap(now.rhythm)
    horizon = float(everybody.given or horizon_for(gap))
    usual = above if above.learnt.model.horizon_weeks == horizon else everybody.at(horizon)
    moments = [fold.origin.moment for fold in usual.learnt.folds if fold.trained is not None]
    past = [look_back(group, moment, horizon) for moment in moments]
    speaker, losses = _best(usual, list(_others(usual, label, group, now, everybody.as_of)), past)
    card = {
        "customers": len(inside),
        "horizon_weeks": horizon,
        "usual_gap": float(gap),
        "voice": speaker.name or "everybody",
        "champion": speaker.champion,
        "log_loss": losses,
    }
    return speaker, card


def _others(
    usual: Speaker, label: str, group: Facts, now: Features, as_of: np.datetime64
) -> Iterator[Speaker]:
    """The other mixes of the usual voice, and the segment's own if there is enough to learn it from."""
    if usual.champion in SHARES:
        yield from (replace(usual, name=label, champion=mix) for mix in SHARES if mix != usual.champion)
    if enough(now):
        horizon = usual.learnt.model.horizon_weeks
        own = learn_and_judge(group, as_of, horizon_weeks=horizon, past=usual.learnt.past or None)
        yield Speaker(label, own, own.model.churn.champion)


def _best(usual: Speaker, others: list[Speaker], past: list[Origin]) -> tuple[Speaker, dict[str, float]]:
    """The usual voice, unless another's losses are clearly lower; and everybody's mean loss, by mix."""
    base = usual.losses(past)
    if len(past) < _FEWEST_FOLDS or base is None or not len(base):
        return usual, {}
    found, lead = usual, 0.0
    told: dict[str, float] = {usual.champion: float(base.mean())}
    for other in others:
        each = other.losses(past)
        if each is None:
            continue
        told["own" if other.learnt is not usual.learnt else other.champion] = float(each.mean())
        gain = base - each
        if gain.mean() > max(lead, _CLEAR * gain.std() / np.sqrt(len(gain))):
            found, lead = other, float(gain.mean())
    return found, told
