"""What goes together is found where it was planted, and speaks only where it beats the most popular."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring_svc.modelling import basket_backtest as judge
from scoring_svc.modelling.copurchase import MOST_OF_ONE, Purchases, neighbours


def baskets(*, following: float, customers: int = 500, seed: int = 1):
    """Purchases of 400 days, each product's category and taste; `following` of them are by taste."""
    chance = np.random.default_rng(seed)
    products, tastes = 200, 20
    popularity = 1.0 / np.arange(1, products + 1)
    popularity /= popularity.sum()
    taste = chance.permutation(np.arange(products) % tastes)
    members = [np.flatnonzero(taste == each) for each in range(tastes)]
    rows = []
    for customer in range(customers):
        own = chance.choice(tastes, 2, replace=False)
        for day in chance.integers(0, 400, chance.poisson(8)):
            for _ in range(1 + chance.poisson(2)):
                if chance.random() < following:
                    product = chance.choice(members[chance.choice(own)])
                else:
                    product = chance.choice(products, p=popularity)
                rows.append((customer, product, day))
    found = np.unique(np.array(rows), axis=0)
    return Purchases(*found.T, customers, products), taste // 4, taste


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 6), st.integers(0, 3)), max_size=60))
def test_pairs_are_counted_as_by_hand(rows):
    columns = np.array(sorted(set(rows)), dtype=np.int64).reshape(-1, 3).T
    known = neighbours(Purchases(*columns, 8, 7))
    owned = {customer: {p for c, p, _ in rows if c == customer} for customer in range(8)}
    for product in range(7):
        buyers = {customer for customer, products in owned.items() if product in products}
        assert known.bought_by[product] == len(buyers)
        there = known.of(product)
        told = dict(zip(known.others[there].tolist(), known.together[there].tolist(), strict=True))
        both = {other: sum(other in owned[each] for each in buyers) for other in range(7) if other != product}
        assert told == {other: count for other, count in both.items() if count >= 2}
        assert list(known.weights[there]) == sorted(known.weights[there], reverse=True)
        for other, weight in zip(known.others[there], known.weights[there], strict=True):
            count, size = told[int(other)], known.bought_by[product] * known.bought_by[other]
            assert weight == pytest.approx(count / np.sqrt(size) * count / (count + 5))


def test_planted_companions_are_neighbours():
    purchases, _, taste = baskets(following=0.7)
    known = neighbours(purchases, 5)
    same = [np.mean(taste[known.others[known.of(product)]] == taste[product]) for product in range(200)]
    assert np.mean(same) > 0.9


def test_it_beats_the_most_popular_where_habits_are_and_says_so_where_none_are():
    for following, basis in ((0.7, judge.CO_PURCHASE), (0.0, judge.MOST_POPULAR)):
        purchases, category, _ = baskets(following=following)
        card = judge.backtest(purchases, category)
        assert card["folds"] == 3
        assert judge.chosen(card, "new") == basis
    assert judge.chosen(card, "any") == judge.MOST_POPULAR


def test_a_fold_learns_nothing_of_what_follows():
    purchases, category, _ = baskets(following=0.7, customers=200)
    last = purchases.day.max()
    before = purchases.until(last - 28)
    changed = Purchases(
        np.append(purchases.customer, 0),
        np.append(purchases.product, 7),
        np.append(purchases.day, last - 1),
        200,
        200,
    )
    again = changed.until(last - 28)
    assert [
        np.array_equal(getattr(before, name), getattr(again, name)) for name in ("customer", "product", "day")
    ]
    assert np.array_equal(neighbours(before).weights, neighbours(again).weights)
    assert judge.backtest(purchases, category)["new"]["most_popular"]["baskets"] > 0


@pytest.mark.parametrize("rows", [[], [(0, 0, 1)], [(0, 0, 1), (0, 0, 400)]])
def test_of_next_to_nothing_the_most_popular_speak(rows):
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    card = judge.backtest(Purchases(*columns, 1, 1), np.array([-1]))
    assert judge.chosen(card, "new") == judge.chosen(card, "any") == judge.MOST_POPULAR
    rates = [told["hit_rate"] for method in card["any"].values() for told in [method]]
    assert all(rate is None or 0 <= rate <= 1 for rate in rates)


def test_who_buys_everything_counts_by_the_newest_purchases_alone():
    many = MOST_OF_ONE + 20
    who = np.concatenate([np.zeros(many, int), np.ones(2, int)])
    what = np.concatenate([np.arange(many), [0, 1]])
    day = np.concatenate([np.arange(many), [1, 1]])
    known = neighbours(Purchases(who, what, day, 2, many))
    assert known.bought_by[0] == 1
    assert known.bought_by[many - 1] == 1
