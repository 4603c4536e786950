"""What is bought together, learnt from the log of orders."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Date, DateTime, bindparam, cast, select

from scoring_svc.bases.queries import KEEPER, LINES, O
from scoring_svc.modelling import basket_backtest as judge
from scoring_svc.modelling.copurchase import Neighbours, Purchases, neighbours
from scoring_svc.profiles.tables import CustomerProfile
from scoring_svc.recommendations.domain import segment_of
from shared.db import Tx, prepare
from shared.references.tables import KNOWN

WINDOW = timedelta(weeks=104)
MOST_PRODUCTS = 100_000
ALL = "all"
_MOST_POPULAR = 200
_FEWEST_OF_SEGMENT = 20
_AT_ONCE = 5000
_P: Any = CustomerProfile.__table__  # type: ignore[attr-defined]
_PURCHASES = prepare(
    select(
        KEEPER.label("customer"),
        LINES.c.sku,
        cast(O.c.ordered_at, Date).label("day"),
        LINES.c.category,
        _P.c.industry,
    )
    .join(O, O.c.order_id == LINES.c.order_id)
    .join(KNOWN, KNOWN.c.id == O.c.customer_id)
    .outerjoin(_P, _P.c.customer_id == KEEPER)
    .where(
        LINES.c.sku.is_not(None),
        ~O.c.voided,
        ~O.c.is_return,
        O.c.ordered_at >= bindparam("since", type_=DateTime(timezone=True)),
        O.c.ordered_at < bindparam("until", type_=DateTime(timezone=True)),
    )
)


@dataclass
class Shelves:
    """Purchases as they are read: customers, products and industries numbered as they come."""

    customers: dict[UUID, int] = field(default_factory=dict)
    products: dict[str, int] = field(default_factory=dict)
    categories: dict[int, str] = field(default_factory=dict)
    industries: dict[int, str] = field(default_factory=dict)
    who: array[int] = field(default_factory=lambda: array("i"))
    what: array[int] = field(default_factory=lambda: array("i"))
    day: array[int] = field(default_factory=lambda: array("i"))

    def add(self, row: Any) -> None:
        """One line of an order."""
        customer = self.customers.setdefault(row["customer"], len(self.customers))
        product = self.products.setdefault(row["sku"], len(self.products))
        if row["category"] is not None:
            self.categories[product] = row["category"]
        if row["industry"] is not None:
            self.industries[customer] = row["industry"]
        self.who.append(customer)
        self.what.append(product)
        self.day.append(row["day"].toordinal())


@dataclass(frozen=True)
class Built:
    """A build before it is stored; `skus` and `categories` by the number of the product."""

    bases: dict[str, str]
    card: dict[str, Any]
    popular: dict[str, list[list[int]]]
    skus: list[str]
    categories: list[str | None]
    known: Neighbours
    customers: int
    purchases: int


async def read(tx: Tx, now: datetime) -> Shelves:
    """The purchases of the last 104 weeks, in pieces."""
    shelves = Shelves()
    arguments = _PURCHASES.arguments({"since": now - WINDOW, "until": now})
    cursor = await tx.connection.cursor(_PURCHASES.sql, *arguments)
    while rows := await cursor.fetch(_AT_ONCE):
        for row in rows:
            shelves.add(row)
    return shelves


def learnt(shelves: Shelves) -> Built:
    """The same purchases give the same build, in whatever order they were read."""
    order = sorted(shelves.products)
    number = np.zeros(len(order), dtype=np.int64)
    for place, sku in enumerate(order):
        number[shelves.products[sku]] = place
    purchases = _purchases(shelves, number)
    names = sorted(set(shelves.categories.values()))
    told = {int(number[product]): name for product, name in shelves.categories.items()}
    places = {name: place for place, name in enumerate(names)}
    category = np.array([places.get(told.get(place, ""), -1) for place in range(len(order))], dtype=np.int64)
    card = judge.backtest(purchases, category)
    known = neighbours(purchases)
    return Built(
        bases={task: judge.chosen(card, task) for task in ("new", "any")},
        card=card,
        popular=_popular(purchases, known, shelves),
        skus=order,
        categories=[told.get(place) for place in range(len(order))],
        known=known,
        customers=purchases.customers,
        purchases=len(purchases.day),
    )


def _purchases(shelves: Shelves, number: Any) -> Purchases:
    """Each customer, product and day once; of very many products the most bought ones."""
    ranks = np.zeros(len(shelves.customers), dtype=np.int64)
    for place, customer in enumerate(sorted(shelves.customers)):
        ranks[shelves.customers[customer]] = place
    what = number[np.array(shelves.what, dtype=np.int64)] if len(shelves.what) else number[:0]
    who = ranks[np.array(shelves.who, dtype=np.int64)] if len(shelves.who) else ranks[:0]
    rows = np.unique(np.stack([who, what, np.array(shelves.day, dtype=np.int64)], axis=1), axis=0)
    counts = np.bincount(rows[:, 1], minlength=len(number))
    best = np.lexsort((np.arange(len(number)), -counts))[:MOST_PRODUCTS]
    rows = rows[np.isin(rows[:, 1], best)]
    return Purchases(rows[:, 0], rows[:, 1], rows[:, 2], len(ranks), len(number))


def _popular(purchases: Purchases, known: Neighbours, shelves: Shelves) -> dict[str, list[list[int]]]:
    """The products that most customers bought: of all, and of each industry with enough customers."""
    found = {ALL: _most(known.bought_by)}
    ranks = {customer: place for place, customer in enumerate(sorted(shelves.customers))}
    of_industry: dict[str, list[int]] = {}
    for customer, first in shelves.customers.items():
        industry = shelves.industries.get(first)
        if industry is not None:
            of_industry.setdefault(industry, []).append(ranks[customer])
    for industry, members in sorted(of_industry.items()):
        if len(members) >= _FEWEST_OF_SEGMENT:
            rows = np.flatnonzero(np.isin(purchases.customer, members))
            pairs = np.unique(np.stack([purchases.customer[rows], purchases.product[rows]], axis=1), axis=0)
            found[segment_of(industry)] = _most(np.bincount(pairs[:, 1], minlength=purchases.products))
    return found


def _most(customers: Any) -> list[list[int]]:
    best = np.lexsort((np.arange(len(customers)), -customers))[:_MOST_POPULAR]
    return [[int(product), int(customers[product])] for product in best if customers[product] > 0]
