"""The report put together: of everybody in sight, or of one customer with its own habits."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from scoring_svc.bases import bought, clocks
from scoring_svc.bases.domain import mean_money, money, share
from scoring_svc.behaviour import counting, domain
from scoring_svc.behaviour.schemas import BehaviourQuery
from scoring_svc.books.domain import Orders
from scoring_svc.expectations import queries as expectations
from scoring_svc.facts import queries as facts
from scoring_svc.scores import queries as scores
from shared.db import Reader
from shared.references import root

_TREND = timedelta(weeks=13)
_FAVOURITES = 3


async def behaviour(reader: Reader, query: BehaviourQuery, now: datetime) -> dict[str, Any]:
    """The report; of a customer that is not in sight there is nothing in it."""
    only = None if query.customer_id is None else await _family(reader, query.customer_id)
    read = await bought.read(reader, query, query.span(now), only=only, lines=True)
    report = await asyncio.to_thread(_report, read, query, with_habits=bool(only))
    if not only or query.customer_id is None:
        return report
    customer_id = await root(reader, query.customer_id)
    report["customer"]["customer_id"] = customer_id
    report["customer"]["next_purchase"] = await expectations.of(reader, customer_id)
    return report


async def _family(reader: Reader, customer_id: UUID) -> list[UUID]:
    """The customer that it is now, with those that were merged into it; nobody if it is not in sight."""
    if not await scores.is_known(reader, customer_id):
        return []
    return await facts.family(reader, await root(reader, customer_id))


def _local(span: tuple[datetime, datetime], query: BehaviourQuery) -> tuple[datetime, datetime]:
    since, until = (moment.astimezone(ZoneInfo(query.timezone)).replace(tzinfo=None) for moment in span)
    return since, until


def _report(read: bought.Bought, query: BehaviourQuery, *, with_habits: bool) -> dict[str, Any]:
    head, ever = bought.sifted(read)
    span, currency = read.span, read.currency
    orders = ever.where(bought.within(ever, span))
    days, edges = clocks.beginnings(*span, "month", query.timezone)
    months = bought.place(orders.at, edges)
    parts = counting.parts(orders, months, span, query.timezone)
    for row in parts["month"]:
        row["number"], row["month"] = row["month"], days[row["month"] - 1]
    report = {
        **head,
        **_figures(orders, parts, currency),
        "months": _months(parts, counting.buyers(orders, months, len(days)), currency),
        "season": domain.season({row["month"]: row["sold"] for row in parts["month"]}, *_local(span, query)),
        "order_amounts": [
            {"point": point, "amount": None if amount is None else money(amount, currency)}
            for point, amount in zip(counting.POINTS, counting.amounts(orders), strict=True)
        ],
    }
    return {**report, "customer": _habits(ever, query, report) if with_habits else None}


def _figures(orders: Orders, parts: dict[str, list[dict[str, Any]]], currency: str) -> dict[str, Any]:
    (whole,) = parts["all"]
    baskets, categories = counting.products(orders)
    frequency = counting.frequency(orders)
    channels = sorted(parts["channel"], key=lambda row: (-row["orders"], row["channel"] or ""))
    return {
        "customers": sum(customers for customers, _ in frequency),
        **_sums(whole, whole, currency),
        "returns": whole["returns"],
        "return_share": share(whole["returned"], whole["sold"]),
        "mean_order": mean_money(whole["sold"], whole["orders"], currency),
        "basket": _basket(baskets, currency),
        "frequency": _frequency(frequency, currency),
        "channels": [{"channel": row["channel"], **_sums(row, whole, currency)} for row in channels],
        "categories": [_category(row, baskets, currency) for row in categories],
        "weekdays": _spread(parts["weekday"], "weekday", range(1, 8), whole, currency),
        "hours": _spread(parts["hour"], "hour", range(24), whole, currency),
    }


def _months(
    parts: dict[str, list[dict[str, Any]]], buyers: Sequence[int], currency: str
) -> list[dict[str, Any]]:
    (whole,) = parts["all"]
    return [
        {"month": row["month"], "customers": buyers[row["number"]], **_sums(row, whole, currency)}
        for row in parts["month"]
    ]


def _sums(row: Mapping[str, Any], whole: Mapping[str, Any], currency: str) -> dict[str, Any]:
    return {
        "orders": row["orders"],
        "share": share(float(row["orders"]), float(whole["orders"])),
        "amount": money(row["sold"], currency),
    }


def _spread(
    rows: Sequence[Mapping[str, Any]], name: str, every: range, whole: Mapping[str, Any], currency: str
) -> list[dict[str, Any]]:
    """A row for each of them, also where nobody ordered."""
    found: dict[int, Any] = {row[name]: row for row in rows}
    nothing = {"orders": 0, "sold": 0}
    return [{name: each, **_sums(found.get(each, nothing), whole, currency)} for each in every]


def _frequency(found: Sequence[tuple[int, float]], currency: str) -> list[dict[str, Any]]:
    total = sum(customers for customers, _ in found)
    return [
        {
            "fewest": fewest,
            "most": most,
            "customers": customers,
            "share": share(customers, total),
            "amount": money(sold, currency),
        }
        for (fewest, most), (customers, sold) in zip(domain.BUCKETS, found, strict=True)
    ]


def _basket(row: Mapping[str, Any], currency: str) -> dict[str, Any]:
    orders = row["orders"]
    return {
        "orders_with_lines": orders,
        "mean_lines": share(float(row["lines"]), orders),
        "mean_quantity": share(float(row["quantity"]), orders),
        "mean_amount": mean_money(row["amount"], orders, currency),
    }


def _category(row: Mapping[str, Any], whole: Mapping[str, Any], currency: str) -> dict[str, Any]:
    return {
        "category": row["category"],
        "lines": int(row["lines"]),
        "quantity": float(row["quantity"]),
        "amount": money(row["amount"], currency),
        "amount_share": share(float(row["amount"]), float(whole["amount"])),
    }


def _habits(orders: Orders, query: BehaviourQuery, report: dict[str, Any]) -> dict[str, Any]:
    until: datetime = report["until"]
    days = counting.days(orders, until, query.timezone)
    before, now = counting.windows(orders, (until - 2 * _TREND, until - _TREND, until))
    today = until.astimezone(ZoneInfo(query.timezone)).date()
    return {
        **domain.rhythm(days, today),
        "usual_weekday": domain.usual_weekday(days),
        "favourite_channel": next((row["channel"] for row in report["channels"] if row["channel"]), None),
        "favourite_categories": [row["category"] for row in report["categories"] if row["category"]][
            :_FAVOURITES
        ],
        "trend": domain.trend(now, before),
    }
