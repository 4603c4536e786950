"""Books unpacked: orders and lines of many customers as columns of numbers, ready to be counted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Amounts = NDArray[np.float64]
Flags = NDArray[np.bool_]
_ORDER = np.dtype([("at", ">i8"), ("amount", ">i8"), ("kind", ">i8")])
_LINE = np.dtype([("place", ">i4"), ("quantity", ">f8"), ("amount", ">i8"), ("category", ">i8")])
_ORDER_BYTES, _LINE_BYTES, _ID_BYTES = 24, 28, 16
_UNIT = "\x1f"


class Pages(NamedTuple):
    """What is read of books, end to end: bytes as PostgreSQL packed them, and what the codes mean.

    `keepers` are of one book each; those of them who are in `moved` are kept by who is at the same place of
    `moved_to`. `lines` are None if they were not asked for.
    """

    keepers: bytes
    moved: bytes
    moved_to: bytes
    orders: bytes
    order_bytes: bytes
    lines: bytes | None
    line_bytes: bytes
    segments: list[str] | None
    words: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of orders: `order` is the order's place among the orders, `category` one of `categories`."""

    order: Numbers
    quantity: Amounts
    amount: Amounts
    category: Numbers
    categories: list[str | None]


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders and returns, one a row; customers, channels and currencies are places in lists.

    `at` is in microseconds since 1970, `amount` in minor units and never negative. `segments` are the
    customers', None if nobody asked; `lines` are None likewise. There are `customers` customers, perhaps
    without an order here.
    """

    customer: Numbers
    at: Numbers
    amount: Amounts
    returned: Flags
    currency: Numbers
    channel: Numbers
    customers: int
    currencies: list[str]
    channels: list[str | None]
    segments: list[str] | None
    lines: Lines | None

    def where(self, chosen: Flags) -> "Orders":
        """Those of the orders that are chosen, with their lines."""
        if chosen.all():
            return self
        lines = self.lines
        if lines is not None:
            kept, place = chosen[lines.order], np.cumsum(chosen) - 1
            lines = Lines(
                place[lines.order[kept]],
                lines.quantity[kept],
                lines.amount[kept],
                lines.category[kept],
                lines.categories,
            )
        return replace(
            self,
            customer=self.customer[chosen],
            at=self.at[chosen],
            amount=self.amount[chosen],
            returned=self.returned[chosen],
            currency=self.currency[chosen],
            channel=self.channel[chosen],
            lines=lines,
        )

    @property
    def net(self) -> Amounts:
        """What each brought: a return takes away."""
        return np.where(self.returned, -self.amount, self.amount)

    def count(self, groups: Numbers, among: int, chosen: Flags | None = None) -> Numbers:
        """How many of the chosen (all) are in each of the groups, which are numbers below `among`."""
        return np.bincount(groups if chosen is None else groups[chosen], minlength=among).astype(np.int64)

    def total(self, groups: Numbers, among: int, amounts: Amounts, chosen: Flags | None = None) -> Amounts:
        """The sum of the amounts of the chosen (all) in each of the groups."""
        if chosen is not None:
            groups, amounts = groups[chosen], amounts[chosen]
        return np.bincount(groups, weights=amounts, minlength=among).astype(np.float64)


def unpacked(pages: Pages) -> Orders:
    """The orders of these pages; who is named more than once is one customer."""
    _, first, customer = np.unique(_keepers(pages), return_index=True, return_inverse=True)
    counts = np.frombuffer(pages.order_bytes, dtype=">i4").astype(np.int64) // _ORDER_BYTES
    read = np.frombuffer(pages.orders, dtype=_ORDER)
    codes, kinds = _coded(read["kind"], pages.words, "o")
    named = [word.split(_UNIT, 2) for word in kinds]
    currency, currencies = _listed([each[0] for each in named])
    channel, channels = _listed([each[2][1:] if each[2] else None for each in named])
    returned = np.array([each[1] == "true" for each in named], dtype=np.bool_)
    return Orders(
        customer=np.repeat(customer.astype(np.int64), counts),
        at=read["at"].astype(np.int64),
        amount=read["amount"].astype(np.float64),
        returned=returned[codes],
        currency=currency[codes],
        channel=channel[codes],
        customers=len(first),
        currencies=currencies,
        channels=channels,
        segments=None if pages.segments is None else [pages.segments[place] for place in first],
        lines=None if pages.lines is None else _lines(pages.lines, pages, counts),
    )


def _keepers(pages: Pages) -> Any:
    ids, moved, moved_to = (
        np.frombuffer(packed, dtype=f"S{_ID_BYTES}")
        for packed in (pages.keepers, pages.moved, pages.moved_to)
    )
    if not len(moved):
        return ids
    order = np.argsort(moved)
    place = np.minimum(np.searchsorted(moved[order], ids), len(moved) - 1)
    return np.where(moved[order][place] == ids, moved_to[order][place], ids)


def _lines(packed: bytes, pages: Pages, orders: Numbers) -> Lines:
    read = np.frombuffer(packed, dtype=_LINE)
    counts = np.frombuffer(pages.line_bytes, dtype=">i4").astype(np.int64) // _LINE_BYTES
    before = np.cumsum(orders) - orders
    codes, names = _coded(read["category"], pages.words, "c")
    category, categories = _listed([name[1:] if name else None for name in names])
    return Lines(
        order=read["place"].astype(np.int64) + np.repeat(before, counts),
        quantity=read["quantity"].astype(np.float64),
        amount=read["amount"].astype(np.float64),
        category=category[codes],
        categories=categories,
    )


def _coded(codes: Any, words: Mapping[int, str], of: str) -> tuple[Numbers, list[str]]:
    """Each code's place among the names of these words; KeyError of a code that no word is of."""
    known = {code: word[1:] for code, word in words.items() if word.startswith(of)}
    order = np.array(sorted(known), dtype=np.int64)
    native = codes.astype(np.int64)
    places = np.searchsorted(order, native).astype(np.int64)
    if len(native) and (not len(order) or (order[np.minimum(places, len(order) - 1)] != native).any()):
        raise KeyError("a code of an order book has no word")
    return places, [known[code] for code in order.tolist()]


def _listed(names: list[Any]) -> tuple[Numbers, list[Any]]:
    """Each one's place among the different ones."""
    places: dict[Any, int] = {}
    found = [places.setdefault(name, len(places)) for name in names]
    return np.array(found, dtype=np.int64), list(places)
