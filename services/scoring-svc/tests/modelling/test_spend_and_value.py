"""The spend model reproduces what was published, refuses what it may not model, and values follow from it."""

import numpy as np
import pytest

from scoring_svc.modelling.features import features
from scoring_svc.modelling.purchase import Histories, PurchaseModel
from scoring_svc.modelling.spend import SpendModel, fit_gamma_gamma, fit_spend
from scoring_svc.modelling.value import expected_value, horizon_for

CALIBRATION_END = np.datetime64("1997-09-30", "us")


def test_the_published_cdnow_parameters_come_out(cdnow):
    """Fader & Hardie (2013): p 6.25, q 3.74, gamma 15.44, LL -4055.92, 946 customers with repeats."""
    seen = features(cdnow, CALIBRATION_END).rhythm
    known = cdnow.as_of(CALIBRATION_END).orders
    first = known.ts.astype("datetime64[D]") == seen.first_day[known.customer]
    spent = np.bincount(known.customer[~first], weights=known.amount[~first], minlength=len(cdnow))
    repeated = (seen.repeats > 0) & (spent > 0)
    model = fit_gamma_gamma(seen.repeats[repeated], spent[repeated] / seen.repeats[repeated])
    assert model.customers == 946
    assert model.p == pytest.approx(6.25, rel=0.01)
    assert model.q == pytest.approx(3.74, rel=0.01)
    assert model.gamma == pytest.approx(15.44, rel=0.01)
    assert model.log_likelihood == pytest.approx(-4055.92, abs=0.05)
    assert model.correlation == pytest.approx(0.11, abs=0.01)


def test_value_that_grows_with_the_number_of_orders_is_not_modelled_as_independent():
    orders = np.arange(1.0, 101.0)
    model = fit_spend(orders, 10.0 * orders)
    assert model.kind == "shrunk_mean"
    assert model.refused == "correlated"
    assert model.order_value(np.array([100.0]), np.array([1000.0]))[0] == pytest.approx(990, abs=5)
    assert model.order_value(np.array([0.0]), np.array([0.0]))[0] == pytest.approx(model.mean)


def test_too_few_customers_are_said_to_be_too_few():
    assert fit_spend(np.ones(3), np.array([10.0, 20.0, 30.0])).refused == "too_little_data"
    assert fit_spend(np.zeros(0), np.zeros(0)).order_value(np.zeros(1), np.zeros(1))[0] == 0


def test_the_more_orders_the_more_weight_has_ones_own_mean():
    chance = np.random.default_rng(3)
    orders = chance.integers(1, 30, 500).astype(float)
    model = fit_spend(orders, chance.gamma(3.0, 20.0, 500))
    values = model.order_value(np.array([0.0, 1.0, 10.0, 1000.0]), np.full(4, 500.0))
    assert list(values) == sorted(values)
    assert values[-1] == pytest.approx(500.0, rel=0.02)


def test_a_spend_model_survives_its_document():
    model = fit_spend(np.full(30, 4.0), np.linspace(5, 50, 30))
    assert SpendModel.from_document(model.to_document()) == model


@pytest.mark.parametrize(
    ("gap", "weeks"), [(0.5, 4), (2, 4), (4, 13), (7.5, 13), (10, 26), (60, 26), (float("nan"), 13)]
)
def test_the_horizon_is_about_two_usual_gaps(gap, weeks):
    assert horizon_for(gap) == weeks


def test_discounting_lowers_value_by_at_most_a_year_of_it():
    model = PurchaseModel("mbg", 2, 0.9, 4.0, 0.3, 2.0)
    seen = Histories(np.array([6.0]), np.array([40.0]), np.array([44.0]), np.array([8.0]))
    plain = expected_value(model, seen, np.array([100.0]), weeks=52)
    discounted = expected_value(model, seen, np.array([100.0]), weeks=52, yearly_discount=0.1)
    assert plain[0] / 1.1 < discounted[0] < plain[0]
    half = expected_value(model, seen, np.array([100.0]), weeks=52, margin=0.5)
    assert half[0] == pytest.approx(plain[0] / 2)


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("weeks", [13, 52, 104])
def test_discounting_by_four_ends_is_discounting_by_every_month(k, weeks):
    model = PurchaseModel("mbg", k, 0.9, 4.0, 0.6, 2.0)
    repeats = np.array([0.0, 1.0, 6.0, 40.0])
    seen = Histories(repeats, repeats * 3.0, repeats * 3.0 + np.array([1.0, 9.0, 4.0, 2.0]), np.zeros(4))
    ends = np.append(np.arange(52 / 12, weeks, 52 / 12), weeks)
    before, total = np.zeros(4), np.zeros(4)
    for end in ends:
        orders = model.expected_orders(seen, float(end))
        total += (orders - before) / 1.1 ** (end / 52)
        before = orders
    value = expected_value(model, seen, np.ones(4), weeks=weeks, yearly_discount=0.1)
    np.testing.assert_allclose(value, total, rtol=2e-3)
