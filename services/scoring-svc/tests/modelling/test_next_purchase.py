"""The window of the next order is what the purchase model says, and holds on public logs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring_svc.modelling.facts import record
from scoring_svc.modelling.next_purchase import MOST_WEEKS, chance_by, weeks_until, windows
from scoring_svc.modelling.purchase import Histories, PurchaseModel
from scoring_svc.modelling.window_backtest import coverage

positive = st.floats(0.05, 20.0)


@st.composite
def models(draw):
    family = draw(st.sampled_from(["bg", "mbg"]))
    k = 1 if family == "bg" else draw(st.integers(1, 4))
    return PurchaseModel(family, k, draw(positive), draw(positive), draw(positive), draw(positive))


@st.composite
def seen(draw):
    repeats = draw(st.integers(0, 60))
    last = draw(st.floats(0.2, 200.0)) if repeats else 0.0
    age = last + draw(st.floats(0.0, 150.0))
    return Histories(*(np.array([value], dtype=float) for value in (repeats, last, age, 0.0)))


@settings(max_examples=80, deadline=None)
@given(models(), seen(), st.floats(0.01, 0.99))
def test_by_the_time_that_is_told_the_order_comes_with_that_chance(model, history, chance):
    weeks = weeks_until(model, history, chance)
    assert np.all((weeks > 0) & (weeks <= MOST_WEEKS))
    if weeks[0] < MOST_WEEKS * 0.999 and weeks[0] > 2e-4:
        assert chance_by(model, history, weeks) == pytest.approx([chance], abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(models(), seen(), st.floats(0.1, 60.0))
def test_the_chance_is_that_of_an_order_over_that_of_being_a_customer(model, history, weeks):
    alive = model.p_alive(history)
    if alive[0] > 1e-6:
        assert chance_by(model, history, weeks) * alive == pytest.approx(
            model.p_buy(history, weeks), abs=1e-9, rel=1e-6
        )


@settings(max_examples=50, deadline=None)
@given(models(), seen())
def test_windows_lie_in_each_other(model, history):
    told = windows(model, history)
    assert told.earliest_80 <= told.earliest_50 <= told.expected <= told.latest_50 <= told.latest_80


@pytest.mark.parametrize(
    ("log", "moment", "variant"),
    [
        ("retail", "2011-05-31T23:59", "mbg"),
        ("retail", "2011-07-31T23:59", "bg"),
        ("cdnow", "1997-06-30T23:59", "mbg"),
    ],
)
def test_four_in_five_orders_come_inside_the_window_of_80_per_cent(request, log, moment, variant):
    told = coverage(request.getfixturevalue(log), np.datetime64(moment, "us"), variant)
    assert told.bought > 600
    assert 0.76 <= told.fair_80 <= 0.84
    assert 0.45 <= told.fair_50 <= 0.56
    assert 0.78 <= told.inside_80 <= 0.88


def test_nobody_who_comes_back_leaves_nothing_to_judge():
    orders = {
        "customer": ["a", "b", "b"],
        "ts": ["2024-01-01", "2024-01-02", "2024-02-01"],
        "amount": [1.0, 1.0, 1.0],
    }
    facts = record(np.array(["a", "b"]), orders=orders)
    told = coverage(facts, np.datetime64("2024-03-01", "us"), "mbg")
    assert told.bought == 0
    assert np.isnan(told.inside_80)
