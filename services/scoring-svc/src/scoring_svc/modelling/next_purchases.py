"""When the next orders of everybody who was scored are to be expected."""

from __future__ import annotations

from scoring_svc.modelling.forecast import joined
from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.next_purchase import NOMINAL, Windows, windows
from scoring_svc.modelling.purchase import histories
from scoring_svc.modelling.scoring import Scores


def windows_of(scores: Scores, model: ScoringModel) -> Windows:
    """`windows` of everybody who was scored, by the voice of the model that speaks for each."""
    seen = histories(scores.known.rhythm)
    parts = []
    for voice, indexes in model.speaking_for(scores.markets, len(scores)):
        levels = voice.window_levels or NOMINAL
        if indexes is None:
            return windows(voice.purchase, seen, levels)
        parts.append((indexes, windows(voice.purchase, seen.at(indexes), levels)))
    found: Windows = joined(len(scores), parts)
    return found
