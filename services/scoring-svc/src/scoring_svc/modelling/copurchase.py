"""What is bought by the same customers: for each product the few others that tell most of each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from scoring_svc.modelling.facts import Floats, Ints

MOST_OTHERS = 30
MOST_OF_ONE = 500
"""Products of one customer that count, the newest: one who buys everything tells nothing of any."""
_FEWEST_TOGETHER = 2
_SHRINK = 5.0
_BLOCK = 1000


@dataclass(frozen=True, slots=True)
class Purchases:
    """Who bought what on which day, each once; indexes from 0, `day` counted from any day on."""

    customer: Ints
    product: Ints
    day: Ints
    customers: int
    products: int

    def rows(self, keep: Ints) -> Purchases:
        """Some of the rows, of the same customers and products."""
        return Purchases(
            self.customer[keep], self.product[keep], self.day[keep], self.customers, self.products
        )

    def until(self, day: int) -> Purchases:
        """What was bought on this day or before it."""
        return self.rows(np.flatnonzero(self.day <= day))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """By product: `others` (indexes, best first), their `weights`, and how many customers bought both.

    What belongs to product i lies from `starts[i]` to before `starts[i + 1]`. `bought_by` counts customers,
    shape (products,).
    """

    starts: Ints
    others: Ints
    weights: Floats
    together: Ints
    bought_by: Ints

    def of(self, product: int) -> slice:
        """Where a product's others stand."""
        return slice(int(self.starts[product]), int(self.starts[product + 1]))

    def matrix(self) -> sparse.csr_matrix:
        """The weights, shape (products, products)."""
        size = len(self.bought_by)
        return sparse.csr_matrix((self.weights, self.others, self.starts), shape=(size, size))


def holdings(purchases: Purchases) -> sparse.csr_matrix:
    """1 where a customer ever bought a product, shape (customers, products): its newest `MOST_OF_ONE`."""
    newest = np.lexsort((purchases.product, -purchases.day, purchases.customer))
    who, what = purchases.customer[newest], purchases.product[newest]
    pair = who * purchases.products + what
    _, first = np.unique(pair, return_index=True)
    first.sort()
    who, what = who[first], what[first]
    begins = np.searchsorted(who, who, side="left")
    few = np.arange(len(who)) - begins < MOST_OF_ONE
    ones = np.ones(int(few.sum()), dtype=np.float32)
    shape = (purchases.customers, purchases.products)
    return sparse.csr_matrix((ones, (who[few], what[few])), shape=shape)


def neighbours(purchases: Purchases, most: int = MOST_OTHERS) -> Neighbours:
    """The cosine of two products' customers, c / sqrt(n1 n2), shrunk by c / (c + 5) where c bought both.

    Item-to-item collaborative filtering (Linden, Smith & York 2003; Sarwar et al. 2001; the shrinkage is that
    of Bell & Koren 2007). Pairs of one customer tell nothing. Ties go to the product that more bought, then
    to the lower index, so that equal purchases give equal neighbours.
    """
    held = holdings(purchases)
    bought_by = np.asarray(held.sum(axis=0), dtype=np.float64).ravel()
    found = list(_rows(held, bought_by, most))
    sizes = np.array([len(others) for others, _, _ in found], dtype=np.int64)
    empty = np.zeros(0)
    return Neighbours(
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        others=np.concatenate([empty, *(others for others, _, _ in found)]).astype(np.int64),
        weights=np.concatenate([empty, *(weights for _, weights, _ in found)]),
        together=np.concatenate([empty, *(both for _, _, both in found)]).astype(np.int64),
        bought_by=bought_by.astype(np.int64),
    )


def _rows(held: sparse.csr_matrix, bought_by: Floats, most: int) -> Iterator[tuple[Ints, Floats, Floats]]:
    """Each product's others, in blocks that bound the memory."""
    columns = held.tocsc()
    for begin in range(0, held.shape[1], _BLOCK):
        both = (columns[:, begin : begin + _BLOCK].T @ held).tocsr()
        for row in range(both.shape[0]):
            there = slice(both.indptr[row], both.indptr[row + 1])
            yield _best(
                begin + row, both.indices[there], both.data[there].astype(np.float64), bought_by, most
            )


def _best(
    product: int, others: Ints, both: Floats, bought_by: Floats, most: int
) -> tuple[Ints, Floats, Floats]:
    kept = (others != product) & (both >= _FEWEST_TOGETHER)
    others, both = others[kept], both[kept]
    weights = both / np.sqrt(bought_by[product] * bought_by[others]) * both / (both + _SHRINK)
    best = np.lexsort((others, -bought_by[others], -weights))[:most]
    return others[best], weights[best], both[best]
