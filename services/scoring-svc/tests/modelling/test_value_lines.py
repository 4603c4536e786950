"""Referral value stands apart, and a negative value names its causes."""

import numpy as np
import pytest

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
