"""What a report's customers bought, read from their books: columns to be counted outside the event loop."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from scoring_svc.bases import queries as bases
from scoring_svc.bases.queries import Span
from scoring_svc.bases.schemas import BaseQuery
from scoring_svc.books import queries as books
from scoring_svc.books.domain import Flags, Numbers, Orders, Pages, unpacked
from scoring_svc.facts.changes import micros
from shared.db import Reader

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Bought(NamedTuple):
    """What was read for a report, and for which; `sifted` makes orders of it."""

    pages: Pages
    query: BaseQuery
    span: Span
    currency: str


async def read(
    reader: Reader,
    query: BaseQuery,
    span: Span,
    *,
    segment: str | None = None,
    only: Sequence[UUID] | None = None,
    lines: bool = False,
) -> Bought:
    """All that the customers of the report ever bought; `only` are the ids of the only ones."""
    base = bases.customers(reader, query, segment=segment, only=only)
    pages = await books.read(reader, base, lines=lines or query.category is not None)
    return Bought(pages, query, span, await bases.currency_of(reader))


def sifted(bought: Bought) -> tuple[dict[str, Any], Orders]:
    """What the report says first (see `Report`), and the orders of its currency that count, of any time."""
    query, span, currency = bought.query, bought.span, bought.currency
    orders = unpacked(bought.pages)
    counts = _fitting(orders, query)
    ours = orders.currencies.index(currency) if currency in orders.currencies else -1
    others = counts & within(orders, span) & (orders.currency != ours)
    left_out = orders.count(orders.currency, len(orders.currencies), others).tolist()
    head = {
        "since": span[0],
        "until": span[1],
        "timezone": query.timezone,
        "currency": currency,
        "left_out": [
            {"currency": name, "orders": count}
            for name, count in sorted(zip(orders.currencies, left_out, strict=True))
            if count
        ],
    }
    return head, orders.where(counts & (orders.currency == ours))


def _fitting(orders: Orders, query: BaseQuery) -> Flags:
    fits: Flags = np.ones(len(orders.at), dtype=np.bool_)
    if query.channel is not None:
        wanted = [place for place, name in enumerate(orders.channels) if name == query.channel]
        fits &= np.isin(orders.channel, wanted)
    if query.category is not None and orders.lines is not None:
        wanted = [place for place, name in enumerate(orders.lines.categories) if name == query.category]
        having = orders.lines.order[np.isin(orders.lines.category, wanted)]
        fits &= orders.count(having, len(fits)) > 0
    return fits


def within(orders: Orders, span: Span) -> Flags:
    """Which of them were ordered from the beginning to before the end."""
    since, until = (micros(moment) for moment in span)
    return (orders.at >= since) & (orders.at < until)


def place(at: Numbers, edges: Sequence[datetime]) -> Numbers:
    """How many of these ascending moments are not after each: 0 before the first."""
    marks = np.array([micros(edge) for edge in edges], dtype=np.int64)
    return np.searchsorted(marks, at, side="right").astype(np.int64)


def moment(at: int) -> datetime:
    """The moment of so many microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=at)
