"""What a model says of customers where they stand: its inputs, and its chance of leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring_svc.modelling.drift import FEWEST, Document, reference
from scoring_svc.modelling.facts import Floats
from scoring_svc.modelling.features import Features
from scoring_svc.modelling.inputs import NAMES, churn_inputs

if TYPE_CHECKING:
    from scoring_svc.modelling.model import ScoringModel


def standing(known: Features, model: ScoringModel) -> tuple[Floats, Floats]:
    """(inputs, shape (customers, NAMES); chance of no order within the model's horizon) of buyers."""
    inputs = churn_inputs(known, model.purchase, model.horizon_weeks, model.usual_gap)
    return inputs, model.churn.risk(inputs).probability


def reference_of(known: Features, model: ScoringModel) -> Document | None:
    """What drift is measured from later: how the model's own buyers stood; None below 200 of them."""
    if len(known) < FEWEST:
        return None
    inputs, chance = standing(known, model)
    return reference(inputs, NAMES, chance)
