"""The purchase model reproduces what was published and behaves as its story says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import check_grad
from scipy.stats import beta

from scoring_svc.modelling import purchase_fit
from scoring_svc.modelling.features import features
from scoring_svc.modelling.purchase import Histories, PurchaseModel, histories

CALIBRATION_END = np.datetime64("1997-09-30", "us")
positive = st.floats(0.05, 20.0)
models = st.builds(
    PurchaseModel, st.just("mbg"), st.integers(1, 4), positive, positive, positive, positive
) | st.builds(PurchaseModel, st.just("bg"), st.just(1), positive, positive, positive, positive)


@pytest.fixture(scope="module")
def seen(cdnow):
    return histories(features(cdnow, CALIBRATION_END).rhythm)


def test_the_published_cdnow_parameters_come_out(seen):
    """Fader, Hardie & Lee (2005): LL -9582.4, parameters printed to three decimals."""
    model = purchase_fit.fit_bgnbd(seen, l2=0)
    printed = [0.243, 4.414, 0.793, 2.426]
    for ours, theirs in zip([model.r, model.alpha, model.a, model.b], printed, strict=True):
        assert abs(ours - theirs) <= max(0.001 * theirs, 0.0005)
    assert model.log_likelihood == pytest.approx(-9582.43, abs=0.005)
    assert not model.degenerate


@pytest.mark.parametrize(("family", "k"), purchase_fit.VARIANTS)
def test_the_gradient_is_the_slope(seen, family, k):
    objective = purchase_fit._objective(seen, family, k, 1e-3, np.array([0.2, 0.0, -0.3, 0.5]))
    at = np.array([0.1, -0.4, 0.3, 0.2])
    assert check_grad(lambda logs: objective(logs)[0], lambda logs: objective(logs)[1], at) < 1e-5


@settings(max_examples=100, deadline=None)
@given(model=models, repeats=st.integers(0, 60), gap=st.floats(0.2, 8), weeks=st.sampled_from([1, 4, 13, 52]))
def test_silence_never_makes_an_order_likelier_and_p_buy_is_a_probability(model, repeats, gap, weeks):
    """With Erlang gaps (k > 1) a long gap first makes the next order likelier, so this holds for k = 1."""
    silence = np.linspace(0.0, 200.0, 60)
    last = np.full_like(silence, repeats * gap)
    seen = Histories(np.full_like(silence, repeats), last, last + silence, np.zeros_like(silence))
    chance = model.p_buy(seen, weeks)
    assert np.all((chance >= 0) & (chance <= 1))
    if model.k == 1:
        assert np.all(np.diff(chance) <= 1e-12)
    else:
        assert chance[-1] <= chance.max()
    assert np.all(model.p_buy(seen, weeks + 1) >= chance - 1e-12)
    np.testing.assert_allclose(
        model.p_buy(seen, weeks, silent_for=3.0)[0],
        model.p_buy(Histories(seen.repeats, seen.last_week, seen.age + 3.0, seen.sum_log_gaps), weeks)[0],
    )


@settings(max_examples=100, deadline=None)
@given(model=models, repeats=st.integers(0, 300), gap=st.floats(0.2, 8), silence=st.floats(0, 100))
def test_expected_orders_are_finite_and_grow_with_the_horizon(model, repeats, gap, silence):
    seen = Histories(
        *(np.array([value]) for value in (float(repeats), repeats * gap, repeats * gap + silence, 0.0))
    )
    orders = [float(model.expected_orders(seen, weeks)[0]) for weeks in (4, 13, 26, 52)]
    assert all(np.isfinite(orders))
    assert orders == sorted(orders)
    if model.k == 1:
        assert orders[1] >= float(model.p_buy(seen, 13)[0]) * (1 - 1e-6)


@pytest.mark.parametrize("family", ["bg", "mbg"])
def test_expected_orders_are_the_integral_over_the_chance_to_leave(family):
    model = PurchaseModel(family, 1, 0.4, 5.0, 1.3, 2.4)
    seen = Histories(np.array([4.0]), np.array([20.0]), np.array([26.0]), np.zeros(1))
    kept = 5.0 if family == "mbg" else 4.0

    def orders_if(leaving):
        served = 1 - ((5.0 + 26.0) / (5.0 + 26.0 + leaving * 13)) ** 4.4
        return beta.pdf(leaving, 1.3, 2.4 + kept) * served / leaving

    expected = quad(orders_if, 0, 1)[0] * model.p_alive(seen)[0]
    assert model.expected_orders(seen, 13)[0] == pytest.approx(expected, rel=1e-6)


def test_a_fit_in_which_nobody_leaves_says_so():
    regular = Histories(np.full(50, 9.0), np.full(50, 9.0), np.full(50, 9.5), np.zeros(50))
    assert purchase_fit.fit_bgnbd(regular, l2=0).degenerate


def test_little_data_moves_the_prior_little_and_much_data_replaces_it(seen):
    prior = purchase_fit.usual_model(7.0)
    few = purchase_fit.fit_from_prior(seen.at(slice(0, 5)), 7.0)
    assert few.alpha == pytest.approx(prior.alpha, rel=0.3)
    everybody = purchase_fit.fit_from_prior(seen, 7.0)
    freely = purchase_fit.fit_purchase(seen)
    np.testing.assert_allclose(everybody.p_buy(seen, 13), freely.p_buy(seen, 13), atol=0.03)
    assert purchase_fit.fit_from_prior(seen.at(slice(0, 0)), 7.0) == prior


def test_a_model_survives_its_document(seen):
    model = purchase_fit.fit_purchase(seen, family="mbg", k=2)
    assert PurchaseModel.from_document(model.to_document()) == model


def test_nobody_to_learn_from_is_refused():
    with pytest.raises(ValueError, match="nobody"):
        purchase_fit.fit_bgnbd(Histories(*(np.zeros(0) for _ in range(4))))


def lived(model: PurchaseModel, customers: int, seed: int) -> tuple[Histories, np.ndarray]:
    """Customers who live as the model says, seen for up to a year, and their orders of the 13 weeks after."""
    chance = np.random.default_rng(seed)
    rate = chance.gamma(model.r, 1.0 / model.alpha, customers)
    leaving = chance.beta(model.a, model.b, customers)
    age, now = chance.uniform(10.0, 52.0, customers), np.zeros(customers)
    last, repeats, after = (np.zeros(customers) for _ in range(3))
    here = chance.random(customers) >= leaving
    while here.any():
        who = np.flatnonzero(here)
        now[who] += chance.gamma(model.k, 1.0 / rate[who])
        past = who[now[who] <= age[who]]
        last[past] = now[past]
        repeats[past] += 1
        after[who[(now[who] > age[who]) & (now[who] <= age[who] + 13)]] += 1
        here[who] = (now[who] <= age[who] + 13) & (chance.random(len(who)) >= leaving[who])
    return Histories(repeats, last, age, np.zeros(customers)), after


@pytest.mark.parametrize(
    ("k", "r", "alpha", "a", "b"), [(1, 0.9, 4, 0.5, 3), (2, 1.9, 2.8, 0.7, 25), (3, 6, 4, 0.3, 10)]
)
def test_expected_orders_and_p_buy_are_what_happens_to_customers_of_the_model(k, r, alpha, a, b):
    """E[orders] is exact for k = 1 and 2 to 8 % low for k > 1; p_buy is exact for both."""
    model = PurchaseModel("mbg", k, r, alpha, a, b)
    seen, after = lived(model, 30_000, 3)
    expected, chance = model.expected_orders(seen, 13), model.p_buy(seen, 13)
    assert chance.mean() == pytest.approx(np.mean(after > 0), abs=0.01)
    ratio = expected.sum() / after.sum()
    assert (0.97 < ratio < 1.03) if k == 1 else (0.92 < ratio < 1.0)
    silence = (seen.age - seen.last_week) / (k * alpha / r)
    for low, high in ((0.0, 0.3), (0.3, 0.7), (0.7, 1.2)):
        group = (silence >= low) & (silence < high)
        assert expected[group].mean() == pytest.approx(after[group].mean(), rel=0.07)
    assert np.all(expected >= chance - 1e-12) or k == 1


@pytest.mark.parametrize(("family", "k"), purchase_fit.VARIANTS)
def test_a_degenerate_fit_raises_its_alarm_and_is_drawn_to_the_prior(family, k):
    """Nobody ever ordered again: freely fitted, the parameters mean nothing."""
    once = Histories(np.zeros(400), np.zeros(400), np.linspace(1, 40, 400), np.zeros(400))
    trusted = purchase_fit.fit_trusted(once, family=family, k=k)
    assert trusted.degenerate
    assert PurchaseModel.from_document(trusted.to_document()).degenerate
    usual = purchase_fit.usual_model(6.0 / k)
    free = purchase_fit.fit_purchase(once, family=family, k=k)
    far = [abs(np.log(model.a / usual.a)) + abs(np.log(model.b / usual.b)) for model in (trusted, free)]
    assert far[0] <= far[1] + 1e-9
    assert np.all(trusted.p_buy(once, 13) < 0.6)


def test_a_sound_fit_is_trusted_as_it_is(seen):
    assert purchase_fit.fit_trusted(seen, k=2) == purchase_fit.fit_purchase(seen, k=2)
    assert not purchase_fit.fit_trusted(seen, k=2).degenerate


def test_the_whole_and_every_nth_of_many_customers_teach_the_same():
    seen, _ = lived(PurchaseModel("mbg", 1, 0.9, 4, 0.5, 3), 41_000, 5)
    sampled = purchase_fit.fit_purchase(seen)  # above 40,000: every second
    whole = purchase_fit.fit_purchase(seen.at(slice(0, 40_000)))
    assert sampled.customers == 41_000
    np.testing.assert_allclose(sampled.p_buy(seen, 13), whole.p_buy(seen, 13), atol=0.02)
