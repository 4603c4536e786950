"""Facts are cut at the moment of scoring, and features of one customer do not depend on the others."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring_svc.modelling.facts import record
from scoring_svc.modelling.features import Features, features

NOON = np.datetime64("2024-09-01T12:00", "us")
moments = st.integers(0, 400).map(
    lambda day: np.datetime64("2024-01-01T12:00", "us") + np.timedelta64(day, "D")
)


def columns(known: Features):
    return {
        f"{part}.{column.name}": getattr(getattr(known, part), column.name)
        for part in ("rhythm", "care")
        for column in fields(getattr(known, part))
    }


def assert_same(one: Features, other: Features, at=slice(None)):
    for name, column in columns(other).items():
        if column.dtype.kind == "M":
            assert np.array_equal(columns(one)[name], column[at], equal_nan=True), name
        else:
            np.testing.assert_allclose(columns(one)[name], column[at], rtol=1e-12, atol=1e-9, err_msg=name)


@settings(max_examples=20, deadline=None)
@given(moment=moments, seed=st.integers(0, 1000))
def test_rows_after_the_moment_change_nothing(invent, moment, seed):
    facts = invent(40, seed)
    assert_same(features(facts.as_of(moment), moment), features(facts, moment))


@settings(max_examples=20, deadline=None)
@given(moment=moments, seed=st.integers(0, 1000))
def test_a_customer_alone_has_the_features_it_has_among_others(invent, moment, seed):
    facts = invent(30, seed)
    together = features(facts, moment)
    for index in range(0, 30, 7):
        assert_same(features(facts.between(index, index + 1), moment), together, slice(index, index + 1))


def test_the_order_of_arrival_changes_nothing():
    rows = {"customer": ["b", "a", "b", "a"], "ts": ["2024-05-01", "2024-02-01", "2024-03-01", "2024-02-01"]}
    amounts = [10.0, 20.0, 30.0, 40.0]
    one = record(["a", "b"], orders={**rows, "amount": amounts})
    backwards = {name: column[::-1] for name, column in rows.items()}
    other = record(["a", "b"], orders={**backwards, "amount": amounts[::-1]})
    assert_same(features(one, NOON), features(other, NOON))


def test_orders_of_one_day_are_one_and_a_return_lowers_money_only():
    orders = {
        "customer": ["a"] * 4,
        "ts": ["2024-06-03T09:00", "2024-06-03T17:00", "2024-07-01T10:00", "2024-07-05T10:00"],
        "amount": [100.0, 50.0, 80.0, -30.0],
    }
    known = features(record(["a"], orders=orders), NOON).rhythm
    assert known.repeats[0] == 1
    assert known.last_week[0] == pytest.approx(4.0)
    assert known.age[0] == pytest.approx(90 / 7)
    assert known.net[0] == pytest.approx(200.0)
    assert known.mean_value[0] == pytest.approx(100.0)


def test_a_complaint_resolved_later_is_open():
    complaints = {"customer": ["a"], "ts": ["2024-08-04"], "severity": [3], "resolved": ["2024-09-10"]}
    known = features(record(["a"], complaints=complaints), NOON).care
    assert known.complaints_open[0] == 1
    assert known.open_weeks[0] == pytest.approx(4.0)
    later = features(record(["a"], complaints=complaints), np.datetime64("2024-09-11", "us")).care
    assert later.complaints_open[0] == 0
    assert later.slow_26[0] == 1


def test_attempts_without_an_answer_are_no_contact():
    contacts = {
        "customer": ["a"] * 3,
        "ts": ["2024-06-09", "2024-08-18", "2024-08-25"],
        "direction": ["in", "out", "out"],
    }
    known = features(record(["a"], contacts=contacts), NOON).care
    assert known.weeks_since_contact[0] == pytest.approx(12.0)
    assert known.unanswered[0] == 2


def test_an_unknown_customer_or_a_missing_number_is_refused():
    with pytest.raises(ValueError, match="unknown customer"):
        record(["a"], orders={"customer": ["b"], "ts": ["2024-01-01"], "amount": [1.0]})
    with pytest.raises(ValueError, match="finite"):
        record(["a"], orders={"customer": ["a"], "ts": ["2024-01-01"], "amount": [float("nan")]})
    with pytest.raises(ValueError, match="twice"):
        record(["a", "a"])
