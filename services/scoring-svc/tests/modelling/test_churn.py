"""The churn model adds up, never moves against business sense, and is judged on windows that had closed."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring_svc.modelling import backtest, metrics
from scoring_svc.modelling.churn import Calibration, ChurnModel
from scoring_svc.modelling.churn_fit import (
    calibrated,
    fit_calibration,
    fit_churn,
    prior_churn,
    worth_calibrating,
)
from scoring_svc.modelling.inputs import INPUTS, NAMES, SIGNS
from scoring_svc.modelling.origins import look_back, moments

DAY = np.timedelta64(1, "D")


def invented_inputs(rows, seed):
    chance = np.random.default_rng(seed)
    inputs = chance.normal(size=(rows, len(INPUTS)))
    signal = inputs[:, 0] - 0.8 * inputs[:, NAMES.index("complaint_burden")] + chance.logistic(size=rows)
    inputs[chance.random(inputs.shape) < 0.05] = np.nan
    return inputs, signal > 0


@pytest.fixture(scope="module")
def churn():
    inputs, bought = invented_inputs(4000, 1)
    return fit_churn([inputs], [bought])


def test_the_contributions_add_up_to_the_probability(churn):
    risk = churn.risk(invented_inputs(500, 2)[0])
    odds = risk.base + risk.lifts.sum(axis=1)
    np.testing.assert_allclose(risk.probability, 1 / (1 + np.exp(-odds)), rtol=1e-9)


def test_what_the_outcome_hangs_on_is_found(churn):
    inputs, bought = invented_inputs(4000, 3)
    assert metrics.auc(churn.risk(inputs).probability, ~bought) > 0.75


@settings(max_examples=60, deadline=None)
@given(
    column=st.sampled_from(np.flatnonzero(SIGNS != 0).tolist()), more=st.floats(0, 5), seed=st.integers(0, 99)
)
def test_no_input_moves_the_risk_against_its_sign(churn, column, more, seed):
    inputs, _ = invented_inputs(20, seed)
    moved = np.nan_to_num(inputs)
    moved[:, column] += more
    change = churn.risk(moved).probability - churn.risk(np.nan_to_num(inputs)).probability
    assert np.all(change * SIGNS[column] <= 1e-12)


def test_a_row_alone_has_the_risk_it_has_among_others(churn):
    inputs, _ = invented_inputs(200, 4)
    together = churn.risk(inputs)
    for row in (0, 77, 199):
        alone = churn.risk(inputs[row : row + 1])
        np.testing.assert_allclose(alone.probability[0], together.probability[row], rtol=1e-9)
        np.testing.assert_allclose(alone.lifts[0], together.lifts[row], rtol=1e-9, atol=1e-12)


def test_a_model_survives_its_document_and_refuses_one_of_other_inputs(churn):
    document = json.loads(json.dumps(churn.to_document()))
    inputs, _ = invented_inputs(50, 5)
    again = ChurnModel.from_document(document)
    assert np.array_equal(again.risk(inputs).probability, churn.risk(inputs).probability)
    with pytest.raises(ValueError, match="other inputs"):
        ChurnModel.from_document({**document, "inputs": document["inputs"][1:]})


def test_the_prior_moves_the_closed_form_by_complaints_answers_and_contact_only():
    calm = np.full((1, len(INPUTS)), np.nan)
    calm[0, 0] = 0.0
    assert prior_churn().risk(calm).probability[0] == pytest.approx(0.5)
    complaining = calm.copy()
    complaining[0, NAMES.index("open_severity")] = 2.0
    assert prior_churn().risk(complaining).probability[0] == pytest.approx(1 / (1 + np.exp(-0.5)))


def test_recalibration_is_refused_where_the_model_is_calibrated_enough():
    chance = np.random.default_rng(6).random(4000)
    left = np.random.default_rng(7).random(4000) < chance
    assert worth_calibrating([(chance, left), (chance, left)]) is None
    assert worth_calibrating([(chance, left)]) is None
    crooked = chance**3
    found = worth_calibrating([(crooked, left), (crooked, left)])
    assert found is not None
    whole = fit_calibration(crooked, left)
    assert found == Calibration(whole.slope**0.5, whole.offset / 2)  # the other half may be a season's
    assert metrics.calibration_error(calibrated(crooked, found), left) < metrics.calibration_error(
        crooked, left
    )


def test_every_window_of_an_origin_closes_before_the_moment():
    first, as_of = np.datetime64("2023-01-01", "us"), np.datetime64("2024-01-01", "us")
    found = moments(first, as_of, 13)
    assert len(found) >= 3
    assert all(moment + 91 * DAY <= as_of for moment in found)
    assert all(moment - 56 * DAY >= first for moment in found)
    assert moments(first, first + 100 * DAY, 13) == []


def test_a_fold_is_judged_by_windows_that_had_closed(cdnow):
    origins = [look_back(cdnow, np.datetime64("1998-01-01", "us") - n * 45 * DAY, 13) for n in range(4)]
    models = [backtest.fit_trusted(origin.seen) for origin in origins]
    inputs = [backtest.inputs_at(origin, model, 7.0) for origin, model in zip(origins, models, strict=True)]
    whole = backtest.folds(origins, models, inputs)
    flipped = replace(origins[1], orders=np.where(origins[1].orders > 0, 0.0, 1.0))
    other = backtest.folds([origins[0], flipped, *origins[2:]], models, inputs)
    assert "ensemble" in whole[0].chances
    assert np.array_equal(whole[0].chance("ensemble"), other[0].chance("ensemble"))


def test_measures_agree_with_their_definitions():
    happened = np.array([True, False, True, False])
    assert metrics.auc(np.array([0.9, 0.1, 0.8, 0.2]), happened) == 1.0
    assert metrics.auc(np.full(4, 0.5), happened) == 0.5
    assert np.isnan(metrics.auc(np.ones(2), np.ones(2, dtype=bool)))
    assert metrics.calibration_error(np.array([0.5, 0.5, 0.5, 0.5]), happened) == 0.0
    assert metrics.brier(np.array([1.0, 0.0, 1.0, 0.0]), happened) == 0.0
    actual = np.array([0.0, 10.0, 3.0, 1.0])
    assert metrics.gini(actual, actual) == pytest.approx(1.0)
    assert metrics.bias(actual * 1.5, actual) == pytest.approx(0.5)
    assert metrics.top_share(actual, actual) == 1.0
    assert (
        backtest.hiatus_accuracy(np.array([1.0, 2.0, 30.0, 40.0]), np.array([False, False, True, True]))
        == 1.0
    )
