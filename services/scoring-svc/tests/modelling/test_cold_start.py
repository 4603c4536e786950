"""What is said after one order: the rate of the market, shrunk to everybody's, with an honest interval."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring_svc.modelling.cold_start import NOBODY_SEEN, SecondOrders, second_orders
from scoring_svc.modelling.facts import Facts, record
from scoring_svc.modelling.features import features
from scoring_svc.modelling.model import ScoringModel
from scoring_svc.modelling.origins import look_back

from .conftest import START

WEEK = np.timedelta64(7, "D")
HORIZON = 13.0


def once_each(again: list[float], each: int = 1000) -> tuple[Facts, np.ndarray]:
    """A market for each share: of so many customers with one order at the start, that share orders again."""
    names = np.array([f"{market}-{number:04d}" for market in range(len(again)) for number in range(each)])
    labels = np.repeat([f"industry={market}" for market in range(len(again))], each)
    second = np.concatenate([np.arange(each) < share * each for share in again])
    who = np.concatenate([names, names[second]])
    ts = np.where(np.arange(len(who)) < len(names), START, START + 9 * WEEK)
    facts = record(np.unique(names), orders={"customer": who, "ts": ts, "amount": np.ones(len(who))})
    return facts, labels


def asked(known: SecondOrders, labels: list[str], *, weeks: int = 3) -> list[tuple[float, float, float]]:
    """What is said of one customer of each of these markets, so long after its only order."""
    names = np.array([f"n{place}" for place in range(len(labels))])
    orders = {"customer": names, "ts": np.full(len(names), START), "amount": np.ones(len(names))}
    told = known.interval(features(record(names, orders=orders), START + weeks * WEEK), np.array(labels))
    return list(zip(told.share.tolist(), told.low.tolist(), told.high.tolist(), strict=True))


def test_a_market_moves_the_rate_as_far_as_it_was_seen() -> None:
    facts, markets = once_each([0.1, 0.4])
    known = second_orders([look_back(facts, START + 3 * WEEK, HORIZON)], markets)
    tea, wine, finer, other = asked(known, ["industry=0", "industry=1", "industry=1|region=31", "industry=2"])
    np.testing.assert_allclose([tea[0], wine[0], other[0]], [0.9, 0.6, 0.75], atol=0.005)
    assert finer == wine, "a finer market that was never seen has the coarser one's rate"
    assert all(low < share < high for share, low, high in (tea, wine, other))
    assert other[2] - other[1] < tea[2] - tea[1] + wine[2] - wine[1]


def test_a_small_market_is_drawn_to_everybody_and_less_sure() -> None:
    facts, markets = once_each([0.3] * 3)
    markets[:60] = "industry=9"
    known = second_orders([look_back(facts, START + 3 * WEEK, HORIZON)], markets)
    small, large = asked(known, ["industry=9", "industry=1"])
    assert 0.0 < small[0] < 0.25, "all sixty bought again; the rest of the world, three in ten"
    assert small[2] - small[1] > 1.5 * (large[2] - large[1])


def test_moments_whose_horizons_overlap_count_once() -> None:
    facts, markets = once_each([0.5])
    past = [look_back(facts, START + weeks * WEEK, HORIZON) for weeks in (8, 6, 4)]
    assert (
        second_orders(past, markets).seen[0].sum() == second_orders(past[:1], markets).seen[0].sum() == 1000
    )


def test_where_nobody_was_ever_seen_nearly_anything_is_possible() -> None:
    assert second_orders([], None) is NOBODY_SEEN
    ((share, low, high),) = asked(NOBODY_SEEN, ["industry=0"])
    assert share == 0.5
    assert low < 0.06
    assert high > 0.94


def test_who_has_no_order_or_several_has_no_such_interval() -> None:
    who, ts = np.array(["b", "c", "c"]), np.array([START, START, START + WEEK])
    facts = record(np.array(["a", "b", "c"]), orders={"customer": who, "ts": ts, "amount": np.ones(3)})
    told = NOBODY_SEEN.interval(features(facts, START + 2 * WEEK), None)
    assert np.isnan(told.share).tolist() == [True, False, True]


@settings(max_examples=50, deadline=None)
@given(
    again=st.lists(st.sampled_from([0.0, 0.02, 0.5, 1.0]), min_size=1, max_size=4), weeks=st.integers(0, 500)
)
def test_an_interval_holds_its_share_and_is_a_probability(again: list[float], weeks: int) -> None:
    facts, markets = once_each(again, each=60)
    known = second_orders([look_back(facts, START + 3 * WEEK, HORIZON)], markets)
    labels = [f"industry={market}" for market in range(len(again) + 1)]
    for share, low, high in asked(known, labels, weeks=weeks):
        assert 0 <= low <= share <= high <= 1


def test_it_is_learnt_with_the_model_and_kept_in_its_document(world) -> None:
    kept = ScoringModel.from_document(world.model.to_document()).second_orders
    assert np.array_equal(kept.seen, world.model.second_orders.seen)
    assert kept.seen[0].sum() > 100
    document = {name: part for name, part in world.model.to_document().items() if name != "second_orders"}
    assert ScoringModel.from_document(document).second_orders is NOBODY_SEEN


@pytest.mark.parametrize("weeks", [3, 20])
def test_the_share_is_what_happened_to_those_who_were_not_counted(cdnow: Facts, weeks: int) -> None:
    """Of CDNOW's customers every other one is counted; the rest fall where these say."""
    moment = cdnow.orders.ts.min() + weeks * WEEK
    even, odd = (cdnow.chosen(np.arange(first, len(cdnow), 2)) for first in (0, 1))
    known = second_orders([look_back(even, moment, HORIZON)], None)
    past = look_back(odd, moment, HORIZON)
    told = known.interval(past.known, None)
    once = past.known.rhythm.order_days == 1
    assert abs(told.share[once].mean() - past.left[once].mean()) < 0.05
