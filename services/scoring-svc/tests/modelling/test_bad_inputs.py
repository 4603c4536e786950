"""What no log should hold and every log does: no NaN, no exception, no warning, an honest "unknown"."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from scoring_svc.modelling.facts import Facts, record
from scoring_svc.modelling.model import learn
from scoring_svc.modelling.policy import Policy
from scoring_svc.modelling.report import score_of
from scoring_svc.modelling.review import weeks_to_review
from scoring_svc.modelling.scoring import rank, score
from scoring_svc.scorefile.reading import Batch
from scoring_svc.scorefile.writing import predictions

NOW = np.datetime64("2024-09-01T12:00", "us")
DAY = np.timedelta64(1, "D")


def log(customers: int, days: np.ndarray, amount: np.ndarray | float = 100.0) -> Facts:
    """Orders of each customer so many `days` ago, shape (customers, orders) or (orders,)."""
    days = np.broadcast_to(days, (customers, np.shape(days)[-1]))
    who = np.repeat(np.arange(customers), days.shape[1])
    amounts = np.broadcast_to(amount, days.size).astype(float)
    return record(
        np.arange(customers), orders={"customer": who, "ts": NOW - days.ravel() * DAY, "amount": amounts}
    )


def chance() -> np.random.Generator:
    return np.random.default_rng(8)


def returns_only() -> Facts:
    """Goods come back that nobody here ever bought."""
    some = log(400, chance().integers(1, 300, (400, 5)))
    orders = {
        "customer": np.append(some.orders.customer, np.arange(400, 420)),
        "ts": np.append(some.orders.ts, np.full(20, NOW - 9 * DAY)),
        "amount": np.append(some.orders.amount, np.full(20, -80.0)),
    }
    return record(np.arange(420), orders=orders)


def one_giant() -> Facts:
    """A till that was booked as a customer: a million orders."""
    some = log(400, chance().integers(1, 300, (400, 5)))
    many = 1_000_000
    return record(
        np.arange(401),
        orders={
            "customer": np.append(some.orders.customer, np.full(many, 400)),
            "ts": np.append(some.orders.ts, NOW - chance().integers(1, 300 * 86_400, many).astype("m8[s]")),
            "amount": np.append(some.orders.amount, np.full(many, 3.0)),
        },
    )


LOGS: dict[str, Callable[[], Facts]] = {
    "amounts of 0": lambda: log(400, chance().integers(1, 300, (400, 5)), 0.0),
    "returns without a purchase": returns_only,
    "dates in the future": lambda: log(400, chance().integers(-300, 300, (400, 6))),
    "only dates in the future": lambda: log(400, np.array([-1, -20])),
    "one customer with a million orders": one_giant,
    "all customers with one order": lambda: log(500, chance().integers(1, 400, (500, 1))),
    "constant intervals": lambda: log(400, np.arange(7, 365, 14)),
    "five customers": lambda: log(5, chance().integers(1, 300, (5, 4))),
    "all on one day": lambda: log(500, np.array([3, 3, 3])),
    "all today": lambda: log(500, np.array([0, 0])),
    "huge amounts": lambda: log(
        400, chance().integers(1, 300, (400, 5)), 10.0 ** chance().integers(-6, 15, 2000)
    ),
    "nobody": lambda: log(0, np.zeros((0, 1))),
}


@pytest.fixture(scope="module", params=LOGS)
def facts(request: pytest.FixtureRequest) -> Facts:
    return LOGS[request.param]()


def test_everything_told_is_a_number_or_said_to_be_unknown(facts: Facts) -> None:
    model, policy = learn(facts, NOW), Policy()
    assert json.dumps(model.to_document(), allow_nan=False)
    scores = score(facts, model, policy, rank(facts, model, policy, NOW), NOW)
    bought = scores.known.bought
    assert np.array_equal(np.isnan(weeks_to_review(scores, model, policy)), ~bought)
    for index in np.unique(np.linspace(0, len(facts) - 1, 30).astype(int)) if len(facts) else ():
        told = score_of(scores, int(index))
        assert json.dumps({**told.to_document(), "customer": int(index)}, allow_nan=False)
        assert not any("nan" in reason.text_en + reason.text_zh for reason in told.churn.reasons)
        if not bought[index]:
            assert (told.churn.probability, told.churn.level) == (None, "unknown")
            assert [found.code for found in told.churn.reasons] == ["too_little_data"]
        elif scores.known.rhythm.repeats[index] == 0:
            assert told.churn.evidence == "low"
            assert told.churn.level != "high"


def test_a_file_of_it_has_a_row_for_each_buyer_and_finite_numbers(facts: Facts) -> None:
    rows = list(predictions(Batch(facts, NOW, 13.0)))
    past = (facts.orders.ts <= NOW) & ~facts.orders.is_return
    assert len(rows) == len(np.unique(facts.orders.customer[past]))
    for _, leaving, orders, value, _ in rows:
        assert 0.0 <= leaving <= 1.0
        assert np.isfinite([orders, value]).all()
        assert orders >= 0.0
        assert value >= 0.0


@pytest.mark.parametrize("column", ["amount", "ts"])
def test_what_is_no_number_or_no_time_is_refused(column: str) -> None:
    orders = {"customer": [1], "ts": ["2024-01-01"], "amount": [5.0]}
    orders[column] = [np.nan] if column == "amount" else ["NaT"]
    with pytest.raises(ValueError, match="every row needs"):
        record([1], orders=orders)
