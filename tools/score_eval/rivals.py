"""The simple rules and single models that the scoring model has to beat, each learnt before `as_of` only."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from tools.score_eval.cases import Case

from scoring_svc.modelling.churn import Calibration
from scoring_svc.modelling.facts import Bools, Floats
from scoring_svc.modelling.inputs import churn_inputs
from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.origins import look_back, moments
from scoring_svc.modelling.purchase_fit import fit_bgnbd, fit_named
from scoring_svc.modelling.spend import fit_spend


@dataclass(frozen=True)
class Rivals:
    """By name: `ranks` order by risk only, `chances` are of leaving; `orders`, `spend` within the horizon."""

    ranks: Mapping[str, Floats]
    chances: Mapping[str, Floats]
    orders: Mapping[str, Floats]
    spend: Mapping[str, Floats]
    hiatus: Bools
    """Who has left by the hiatus rule, tuned on the last window that had closed by `as_of`."""


def rivals(case: Case, model: ScoringModel) -> Rivals:
    """What each says of the buyers of the case."""
    seen, rhythm, horizon = case.origin.seen, case.origin.known.rhythm, case.horizon
    bg = fit_bgnbd(seen)
    chosen = fit_named(seen, model.purchase.name if model.purchase.family == "mbg" else "mbg")
    worth = fit_spend(rhythm.order_days, rhythm.mean_value).order_value(rhythm.order_days, rhythm.mean_value)
    last = rhythm.orders_13 * horizon / 13.0
    bg_orders, own_orders = (each.expected_orders(seen, horizon) for each in (bg, chosen))
    return Rivals(
        ranks={"recency": rhythm.silence, "last-N": -rhythm.orders_13},
        chances={
            "BG P(alive)": 1.0 - bg.p_alive(seen),
            "BG p_buy": 1.0 - bg.p_buy(seen, horizon),
            f"{chosen.name} p_buy": 1.0 - chosen.p_buy(seen, horizon),
            **_parts(case, model),
        },
        orders={"last-N": last, "BG": bg_orders, chosen.name: own_orders},
        spend={
            "last-N": rhythm.net_13 * horizon / 13.0,
            "BGxGG": bg_orders * worth,
            f"{chosen.name}xGG": own_orders * worth,
        },
        hiatus=rhythm.silence > _tuned(case),
    )


def hindsight(silence: Floats, left: Bools) -> float:
    """The silence in weeks that tells best who has left, seen from afterwards."""
    order = np.argsort(silence, kind="stable")
    right = (
        np.concatenate([[0], np.cumsum(~left[order])])
        + left.sum()
        - np.concatenate([[0], np.cumsum(left[order])])
    )
    best = int(np.argmax(right))
    return float(silence[order][best - 1]) if best else -1.0


def _tuned(case: Case) -> float:
    known = case.facts.as_of(case.as_of)
    past = moments(known.orders.ts.min(), case.as_of, case.horizon)
    before = look_back(known, past[0], case.horizon)
    return hindsight(before.known.rhythm.silence, before.left)


def _parts(case: Case, model: ScoringModel) -> dict[str, Floats]:
    inputs = churn_inputs(case.origin.known, model.purchase, case.horizon, model.usual_gap)
    shares = {"logit": (0.0, 1.0, 0.0), "stumps": (0.0, 0.0, 1.0), "mean": (1 / 3, 1 / 3, 1 / 3)}
    return {
        name: replace(model.churn, shares=share, calibration=Calibration()).risk(inputs).probability
        for name, share in shares.items()
    }
