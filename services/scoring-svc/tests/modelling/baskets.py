"""Baskets with planted habits: customers have a few tastes, and products of one taste go together."""

import numpy as np

from scoring_svc.modelling.copurchase import Purchases


def baskets(
    *, following: float, customers: int = 900, seed: int = 1
) -> tuple[Purchases, np.ndarray, np.ndarray]:
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
