"""On two public logs the model reaches what it must, judged on windows it never saw."""

from dataclasses import replace

import numpy as np
import pytest

from scoring_svc.modelling import backtest, metrics
from scoring_svc.modelling.forecast import foresee
from scoring_svc.modelling.inputs import churn_inputs
from scoring_svc.modelling.model import learn
from scoring_svc.modelling.origins import look_back
from scoring_svc.modelling.policy import Policy

HORIZON = 13.0
LIMITS = {
    "cdnow": {
        "auc": 0.785,
        "early": 0.715,
        "brier": 0.113,
        "ece": 0.045,
        "mae": 0.352,
        "bias": 0.18,
        "gini": 0.64,
        "top": 0.46,
    },
    "retail": {
        "auc": 0.738,
        "early": 0.745,
        "brier": 0.217,
        "ece": 0.11,
        "mae": 0.94,
        "bias": 0.32,
        "gini": 0.68,
        "top": 0.55,
    },
}


@pytest.fixture(scope="module", params=["cdnow", "retail"])
def judged(request):
    """The log's name, its model and what followed the moment of learning."""
    facts = request.getfixturevalue(request.param)
    as_of = np.datetime64({"cdnow": "1997-09-30T23:59", "retail": "2011-09-09T23:59:59"}[request.param], "us")
    return LIMITS[request.param], learn(facts, as_of, horizon_weeks=HORIZON), look_back(facts, as_of, HORIZON)


def chance_of(model, origin):
    return model.churn.risk(churn_inputs(origin.known, model.purchase, HORIZON, model.usual_gap)).probability


def test_churn_is_ranked_and_calibrated(judged):
    limits, model, origin = judged
    chance, early = chance_of(model, origin), origin.early
    assert metrics.auc(chance, origin.left) >= limits["auc"]
    assert metrics.auc(chance[early], origin.left[early]) >= limits["early"]
    assert metrics.brier(chance, origin.left) <= limits["brier"]
    assert metrics.calibration_error(chance, origin.left) <= limits["ece"]
    hiatus = backtest.hiatus_accuracy(origin.known.rhythm.silence, origin.left)
    assert np.mean((chance > 0.5) == origin.left) >= hiatus - 0.005


def test_orders_and_spend_are_forecast(judged):
    limits, model, origin = judged
    forecast = foresee(origin.known, model, Policy())
    assert metrics.mean_absolute_error(forecast.expected_orders, origin.orders) <= limits["mae"]
    assert abs(metrics.bias(forecast.expected_orders, origin.orders)) <= limits["bias"]
    assert metrics.gini(forecast.expected_value, origin.net) >= limits["gini"]
    assert metrics.top_share(forecast.expected_value, origin.net) >= limits["top"]


def test_the_card_tells_the_backtest_beside_the_simple_rules(judged):
    _, model, _ = judged
    assert model.basis == "fitted"
    assert len(model.card["folds"]) == 3
    for fold in model.card["folds"]:
        assert {"auc", "auc_early", "auc_recency", "accuracy_hiatus", "orders_mae_last_window", "ece"} <= set(
            fold
        )


def test_what_follows_the_moment_teaches_nothing(judged):
    _, model, origin = judged
    assert model.to_document()["as_of"] == str(origin.moment)
    assert chance_of(model, replace(origin, orders=origin.orders * 0)) == pytest.approx(
        chance_of(model, origin)
    )
