"""Referral value stands apart, a negative value names its causes, and one order gets an interval."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from scoring_svc.modelling.cold_start import interval, second_orders
from scoring_svc.modelling.negative import Cause, balance, causes
from scoring_svc.modelling.referrals import referral_value


def test_a_referral_is_worth_a_share_of_whom_it_brought():
    value = np.array([1000.0, 200.0, 400.0, 90.0])
    worth = referral_value(np.array([-1, 0, 0, -1]), value, np.array([2.0, 0.0, 0.0, 0.0]), share=0.25)
    assert worth.tolist() == [150.0, 0.0, 0.0, 0.0]


def test_whom_nobody_here_knows_counts_as_the_mean_of_the_referred():
    value = np.array([10.0, 300.0, 10.0])
    worth = referral_value(np.array([-1, 0, -1]), value, np.array([1.0, 0.0, 1.0]), share=0.5)
    assert worth.tolist() == [150.0, 0.0, 150.0]
    nobody = referral_value(np.full(2, -1), np.full(2, np.nan), np.array([3.0, 0.0]), share=1.0)
    assert nobody.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_outside_of_0_and_1_is_refused(share):
    with pytest.raises(ValueError, match="share"):
        referral_value(np.array([-1]), np.zeros(1), np.zeros(1), share=share)


def test_a_negative_value_names_what_cost_the_most_first():
    told = balance(
        sold=np.array([1000.0, 1000.0, 0.0]),
        returned=np.array([900.0, 0.0, 0.0]),
        service=np.array([150.0, 10.0, 0.0]),
        margin=0.3,
    )
    np.testing.assert_allclose(told.contribution, [-120.0, 290.0, 0.0])
    assert causes(told, 0) == (Cause("returns", 270.0), Cause("service", 150.0))
    assert causes(told, 1) == causes(told, 2) == ()


def test_discounts_count_only_where_somebody_knows_them():
    given = {"sold": np.full(2, 100.0), "returned": np.zeros(2), "service": np.full(2, 12.0), "margin": 0.1}
    known = balance(**given, discounts=np.array([30.0, np.nan]))
    assert causes(known, 0) == (Cause("discounts", 30.0), Cause("service", 12.0))
    assert causes(known, 1) == (Cause("service", 12.0),)


def test_a_segment_of_its_own_moves_the_rate_as_far_as_it_was_seen():
    segment = np.repeat([0, 1], 1000)
    bought = np.concatenate([np.arange(1000) < 100, np.arange(1000) < 400])
    known = second_orders(segment, np.full(2000, 3.0), bought, segments=3)
    told = interval(known, np.array([0, 1, 2, -1]), np.full(4, 3.0))
    np.testing.assert_allclose(told.chance, [0.1, 0.4, 0.25, 0.25], atol=0.005)
    assert np.all((told.low < told.chance) & (told.chance < told.high))
    width = told.high - told.low
    assert width[2] > 4 * width[0]  # a segment that nobody was seen of
    assert width[3] < width[2]


def test_where_nobody_was_ever_seen_nearly_anything_is_possible():
    known = second_orders(np.zeros(0, int), np.zeros(0), np.zeros(0, bool), segments=1)
    told = interval(known, np.zeros(1, int), np.array([5.0]))
    assert told.low[0] < 0.06
    assert told.high[0] > 0.94


@settings(max_examples=50, deadline=None)
@given(
    silence=arrays.arrays(float, 30, elements=st.floats(0, 500)),
    bought=arrays.arrays(bool, 30),
    asked=st.floats(0, 500),
)
def test_an_interval_holds_its_chance_and_is_a_probability(silence, bought, asked):
    known = second_orders(np.arange(30) % 3, silence, bought, segments=3)
    told = interval(known, np.array([-1, 0, 1, 2]), np.full(4, asked))
    assert np.all((told.low >= 0) & (told.low <= told.chance) & (told.chance <= told.high) & (told.high <= 1))
