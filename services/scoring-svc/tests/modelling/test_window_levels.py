"""Windows of the next order hold what they say, also where gaps are more or less even than the model has."""

import numpy as np
import pytest

from scoring_svc.modelling.facts import Facts, record
from scoring_svc.modelling.model import ScoringModel, learn
from scoring_svc.modelling.next_purchase import NOMINAL, windows
from scoring_svc.modelling.origins import look_back
from scoring_svc.modelling.purchase import PurchaseModel
from scoring_svc.modelling.purchase_fit import fit_named
from scoring_svc.modelling.window_backtest import coverage
from scoring_svc.modelling.window_levels import FEWEST, Returns, coverage_of, learnt_levels, levels_of

START = np.datetime64("2023-01-01T09:00", "us")
MOMENT = START + np.timedelta64(364, "D")
EARLIER = [MOMENT - np.timedelta64(days, "D") for days in (42, 84, 126, 168)]
DAY_MICROS = 86_400_000_000


def shop(seed: int, evenness: tuple[float, ...], *, weeks: int = 156, customers: int = 1500) -> Facts:
    """Customers whose gaps are gamma with these shapes, in turn, around their own mean; some leave.

    The log goes on for two years after `MOMENT`, so that hardly a next order is missing from it.
    """
    chance = np.random.default_rng(seed)
    who, when = [], []
    for customer in range(customers):
        shape = evenness[customer % len(evenness)]
        mean, at = chance.lognormal(1.2, 0.5), chance.uniform(0.0, 26.0)
        while at < weeks:
            who.append(customer)
            when.append(at)
            if chance.uniform() < 0.03:
                break
            at += mean * chance.gamma(shape, 1.0 / shape)
    ts = START + (np.array(when) * 7 * DAY_MICROS).astype("timedelta64[us]")
    names = np.array([f"c{place:05}" for place in range(customers)])
    orders = {"customer": names[who], "ts": ts, "amount": np.ones(len(who))}
    return record(names, orders=orders)


@pytest.mark.parametrize(
    ("evenness", "variant"),
    [((1.0,), "mbg"), ((0.5,), "mbg"), ((3.0,), "mbg-3"), ((0.7, 8.0), "mbg-3"), ((1.0, 2.0, 20.0), "mbg-3")],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_windows_hold_at_an_origin_that_did_not_teach_them(evenness, variant, seed):
    facts = shop(seed, evenness)
    told = coverage(facts, MOMENT, variant, taught=EARLIER)
    assert told.bought > 800
    assert 0.75 <= told.inside_80 <= 0.85
    assert 0.44 <= told.inside_50 <= 0.56
    assert 0.44 <= told.before_expected <= 0.56


@pytest.mark.parametrize(("evenness", "variant"), [((0.5,), "mbg"), ((0.7, 8.0), "mbg-3")])
def test_without_being_taught_they_are_too_narrow(evenness, variant):
    facts = shop(1, evenness)
    assert coverage(facts, MOMENT, variant).inside_80 < 0.75


def test_a_log_that_ends_hides_late_orders_and_teaches_no_earlier_ends():
    chance = np.random.default_rng(3)
    place, end = chance.uniform(size=40_000), chance.uniform(0.2, 1.0, size=40_000)
    seen = place <= end
    told = Returns(place[seen], end[seen])
    assert levels_of([told]) == pytest.approx(NOMINAL, abs=0.03)
    assert np.mean(told.place <= 0.5) > 0.6
    late = Returns(np.sqrt(place[seen]), np.sqrt(end[seen]))
    assert levels_of([late]) == pytest.approx(np.sqrt(NOMINAL), abs=0.03)


def test_of_few_who_came_back_nothing_is_learnt():
    half = np.full(FEWEST - 1, 0.5)
    assert levels_of([Returns(half, np.ones(FEWEST - 1))]) is None
    assert levels_of([]) is None
    assert np.isnan(coverage_of(Returns(half[:0], half[:0])).inside_80)


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_levels_of_customers_who_are_all_alike_still_rise(place):
    same = np.full(FEWEST, place)
    found = levels_of([Returns(same, np.ones(FEWEST))])
    assert found is not None
    assert list(found) == sorted(found)
    assert all(0 < level < 1 for level in found)


@pytest.fixture(scope="module")
def learnt() -> tuple[Facts, ScoringModel]:
    facts = shop(5, (0.5,), weeks=70, customers=900)
    return facts, learn(facts, MOMENT)


def test_a_model_keeps_the_ends_of_its_windows_and_says_what_they_did_before_and_after(learnt):
    _, model = learnt
    again = ScoringModel.from_document(model.to_document())
    assert again.window_levels == model.window_levels
    assert model.window_levels is not None
    held_out = model.card["windows"]
    assert held_out["before"]["bought"] == held_out["after"]["bought"] > FEWEST
    assert held_out["used"]
    before, after = (abs(held_out[name]["fair_80"] - 0.8) for name in ("before", "after"))
    assert after < before


def test_windows_that_did_worse_when_taught_are_left_as_they_were():
    facts = shop(7, (4.0,), weeks=70, customers=900)
    moments = [MOMENT - np.timedelta64(days, "D") for days in (60, 90, 120)]
    origins = [look_back(facts, moment, 1.0) for moment in moments]
    right, wrong = (fit_named(origins[0].seen, "mbg-4"), PurchaseModel("mbg", 1, 0.2, 60.0, 0.5, 5.0))
    levels, told = learnt_levels(facts.as_of(MOMENT), origins, [right, wrong, wrong], MOMENT)
    assert told is not None
    assert not told["used"]
    assert levels is None


def test_a_model_from_before_speaks_on_with_the_windows_that_it_had(learnt):
    facts, model = learnt
    document = model.to_document()
    del document["window_levels"]
    old = ScoringModel.from_document(document)
    assert old.window_levels is None
    seen = look_back(facts, MOMENT, 1.0).seen
    wide, plain = windows(model.purchase, seen, model.window_levels), windows(old.purchase, seen)
    assert np.all(wide.latest_80 > plain.latest_80)
