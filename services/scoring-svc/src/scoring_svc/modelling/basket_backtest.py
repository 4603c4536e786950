"""Recommendations judged on baskets they had not seen, beside the simple rules that anybody would try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from scoring_svc.modelling.copurchase import Neighbours, Purchases, holdings, neighbours
from scoring_svc.modelling.facts import Ints

CO_PURCHASE, IN_CATEGORIES = "co_purchase", "popular_in_categories"
BOUGHT_BEFORE, MOST_POPULAR = "bought_before", "most_popular"
TOP = 10
FEWEST_BASKETS = 50
_FOLDS, _FOLD_DAYS = 3, 28
_MOST_BASKETS = 2000
_METHODS = {
    "new": (MOST_POPULAR, IN_CATEGORIES, CO_PURCHASE),
    "any": (MOST_POPULAR, IN_CATEGORIES, BOUGHT_BEFORE, CO_PURCHASE),
}
"""By task, the simplest first: products that the customer never bought before, or any."""
_NOWHERE = -1


@dataclass(frozen=True, slots=True)
class _Fold:
    """What was known at the end of a day, and the next basket of some customers after it.

    `histories` and `baskets` are 0 or more and 0 or 1, shape (baskets, products); `counts` days of purchase.
    """

    known: Neighbours
    category: Ints
    histories: sparse.csr_matrix
    counts: sparse.csr_matrix
    baskets: sparse.csr_matrix


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What a fold's methods choose from.

    Products by popularity, in all and by category, the rank of each, and what goes with each history, shape
    (baskets, products).
    """

    popular: Ints
    rank: Ints
    by_category: dict[int, Ints]
    scored: sparse.csr_matrix

    @classmethod
    def of(cls, fold: _Fold, popular: Ints) -> _Shelf:
        rank = np.full(len(fold.known.bought_by), len(popular))
        rank[popular] = np.arange(len(popular))
        kinds = fold.category[popular]
        by_category = {int(kind): popular[kinds == kind] for kind in np.unique(kinds) if kind != _NOWHERE}
        return cls(popular, rank, by_category, (fold.histories @ fold.known.matrix()).tocsr())


@dataclass(slots=True)
class _Tally:
    baskets: int = 0
    hits: int = 0
    reciprocal: float = 0.0
    offered: int = 0
    products: int = 0

    def figures(self) -> dict[str, Any]:
        if not self.baskets:
            return {"baskets": 0, "hit_rate": None, "mrr": None, "coverage": None}
        return {
            "baskets": self.baskets,
            "hit_rate": self.hits / self.baskets,
            "mrr": self.reciprocal / self.baskets,
            "coverage": self.offered / max(self.products, 1),
        }


def backtest(purchases: Purchases, category: Ints) -> dict[str, Any]:
    """Hit rate, mean reciprocal rank and coverage of each method at ten products, by task.

    Up to three folds of four weeks, each judged by the first basket (all that a customer bought on one day)
    of those who had bought before it; `category` is each product's, -1 without one. A hit is a product of
    the basket among the ten; in the task `new` only products count that the customer had not bought before,
    and baskets with such a product. Coverage is the share of known products that anybody was offered.
    """
    tallies = {task: {method: _Tally() for method in methods} for task, methods in _METHODS.items()}
    folds = 0
    last = int(purchases.day.max()) if len(purchases.day) else 0
    for place in range(_FOLDS):
        fold = _fold(purchases, category, last - _FOLD_DAYS * (place + 1))
        if fold is not None:
            folds += 1
            _judge(fold, tallies)
    figures = {
        task: {method: tally.figures() for method, tally in by_method.items()}
        for task, by_method in tallies.items()
    }
    return {"folds": folds, "fold_days": _FOLD_DAYS, "top": TOP, **figures}


def chosen(card: Mapping[str, Any], task: str) -> str:
    """The method that speaks: the simplest one that no other beats by more than a standard error.

    Of fewer than `FEWEST_BASKETS` baskets it is the most popular: nothing else is proven.
    """
    figures = card[task]
    best = MOST_POPULAR
    if figures[best]["baskets"] < FEWEST_BASKETS:
        return best
    for method in _METHODS[task]:
        rate, before = figures[method]["hit_rate"], figures[best]["hit_rate"]
        error = np.sqrt(before * (1.0 - before) / figures[best]["baskets"])
        if rate > before + error:
            best = method
    return best


def _fold(purchases: Purchases, category: Ints, day: int) -> _Fold | None:
    past = purchases.until(day)
    ahead = purchases.rows(np.flatnonzero((purchases.day > day) & (purchases.day <= day + _FOLD_DAYS)))
    who = np.intersect1d(past.customer, ahead.customer)
    if not len(who):
        return None
    who = who[:: -(-len(who) // _MOST_BASKETS)]
    first = np.full(purchases.customers, np.iinfo(np.int64).max)
    np.minimum.at(first, ahead.customer, ahead.day)
    basket = ahead.rows(np.flatnonzero(ahead.day == first[ahead.customer]))
    ones = np.ones(len(past.customer), dtype=np.float32)
    shape = (purchases.customers, purchases.products)
    counts = sparse.csr_matrix((ones, (past.customer, past.product)), shape=shape)
    return _Fold(neighbours(past), category, holdings(past)[who], counts[who], holdings(basket)[who])


def _judge(fold: _Fold, tallies: Mapping[str, Mapping[str, _Tally]]) -> None:
    bought_by = fold.known.bought_by
    popular = np.lexsort((np.arange(len(bought_by)), -bought_by))
    popular = popular[bought_by[popular] > 0]
    shelf = _Shelf.of(fold, popular)
    for task, by_method in tallies.items():
        for method, tally in by_method.items():
            _count(fold, shelf, (task, method), tally)


def _count(fold: _Fold, shelf: _Shelf, what: tuple[str, str], tally: _Tally) -> None:
    task, method = what
    offered: set[int] = set()
    for row in range(fold.baskets.shape[0]):
        own = _columns(fold.counts, row)
        without = own if task == "new" else own[:0]
        wanted = np.setdiff1d(_columns(fold.baskets, row), without)
        if not len(wanted):
            continue
        candidates = _offered(fold, shelf, method, row, task)[: 2 * TOP + len(own)]
        candidates = _distinct(candidates[~np.isin(candidates, without)])[:TOP]
        place = np.flatnonzero(np.isin(candidates, wanted))
        offered.update(candidates.tolist())
        tally.baskets += 1
        if len(place):
            tally.hits += 1
            tally.reciprocal += 1.0 / (1.0 + float(place[0]))
    tally.offered += len(offered)
    tally.products += len(shelf.popular)


def _offered(fold: _Fold, shelf: _Shelf, method: str, row: int, task: str) -> Ints:
    """What a method offers a customer, the best first."""
    if method == IN_CATEGORIES:
        return _in_categories(fold, row, shelf)
    if method == BOUGHT_BEFORE:
        return np.concatenate([_again(fold, row, shelf), shelf.popular])
    if method == CO_PURCHASE:
        along = _along(shelf, row)
        return np.concatenate([_again(fold, row, shelf), along]) if task == "any" else along
    return shelf.popular


def _columns(matrix: sparse.csr_matrix, row: int) -> Ints:
    return np.asarray(matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]], dtype=np.int64)


def _distinct(products: Ints) -> Ints:
    _, first = np.unique(products, return_index=True)
    return products[np.sort(first)]


def _in_categories(fold: _Fold, row: int, shelf: _Shelf) -> Ints:
    """The most popular of the categories that a customer bought of."""
    own = _columns(fold.counts, row)
    most = 2 * TOP + len(own)
    kinds = np.unique(fold.category[own]).tolist()
    found = [shelf.by_category[kind][:most] for kind in kinds if kind in shelf.by_category]
    together = np.concatenate([own[:0], *found])
    return together[np.argsort(shelf.rank[together], kind="stable")]


def _again(fold: _Fold, row: int, shelf: _Shelf) -> Ints:
    """What a customer bought, the oftenest first."""
    there = slice(fold.counts.indptr[row], fold.counts.indptr[row + 1])
    own = np.asarray(fold.counts.indices[there], dtype=np.int64)
    return own[np.lexsort((shelf.rank[own], -fold.counts.data[there]))]


def _along(shelf: _Shelf, row: int) -> Ints:
    """What goes with what a customer bought."""
    scored = shelf.scored
    there = slice(scored.indptr[row], scored.indptr[row + 1])
    products = np.asarray(scored.indices[there], dtype=np.int64)
    return products[np.lexsort((shelf.rank[products], -scored.data[there]))]
