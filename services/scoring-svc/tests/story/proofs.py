"""A model with a real backtest, made without an hour of learning, and how it comes on record."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from scoring_svc.modelling import backtest, gate
from scoring_svc.modelling.facts import Facts, record
from scoring_svc.modelling.features import features
from scoring_svc.modelling.fingerprint import of_facts
from scoring_svc.modelling.model import ScoringModel, teachers
from scoring_svc.modelling.origins import Origin, look_back, moments
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.proof import fold_proof
from scoring_svc.modelling.scoring import rank
from scoring_svc.modelling.standing import reference_of, standing
from scoring_svc.models import commands as models
from scoring_svc.models.commands import Learnt
from scoring_svc.policies.commands import publish_default
from shared.composition import Service

from .stories import NOW, crowd

STORED = Path(__file__).parents[1] / "data/model_before_promises.json"
AS_OF = np.datetime64(NOW.replace(tzinfo=None), "us")


@cache
def facts() -> Facts:
    """Of three hundred customers of a wholesaler."""
    customers, events = crowd(300)
    orders = [order for event in events[1:] for order in event.orders]  # type: ignore[attr-defined]
    return record(
        np.array([str(customer) for customer in customers]),
        orders={
            "customer": [str(order.customer_id) for order in orders],
            "ts": np.array([order.ordered_at.replace(tzinfo=None) for order in orders], "datetime64[us]"),
            "amount": [order.amount_minor / 100 for order in orders],
        },
    )


@cache
def model() -> ScoringModel:
    """A model that was learnt once, judged on these customers by the code that judges every model."""
    stored = ScoringModel.from_document(json.loads(STORED.read_text())["document"])
    buyers = teachers(facts(), AS_OF)
    past = moments(buyers.orders.ts.min(), AS_OF, stored.horizon_weeks)[:3]
    folds = [_fold(stored, look_back(buyers, moment, stored.horizon_weeks)) for moment in past]
    card = {"customers": len(buyers), "folds": folds, "calibrated": False}
    return replace(stored, card={**card, "reference": reference_of(features(buyers, AS_OF), stored)})


def _fold(stored: ScoringModel, origin: Origin) -> dict[str, Any]:
    chance = standing(origin.known, stored)[1]
    chances = {"p_buy": 1.0 - stored.purchase.p_buy(origin.seen, origin.horizon), "ensemble": chance}
    return {
        **backtest.report(origin, chance, stored.purchase),
        **fold_proof(origin, chances, stored.purchase, champion="ensemble"),
    }


async def kept(service: Service, **changes: Any) -> UUID:
    """Put it on record in the shadow, with the gate's verdict; its id."""
    judged = replace(model(), **changes)
    learnt = Learnt(
        judged, rank(facts(), judged, Policy(), AS_OF), 1, "CNY", 300, len(facts().orders.ts), NOW,
        of_facts(facts(), AS_OF), "daily",
    )  # fmt: skip
    async with service.database.begin() as tx:
        await publish_default(tx)
        return await models.keep(tx, learnt, gate.verdict(judged, None, None))
