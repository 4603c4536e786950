"""The report put together: of everybody in sight, or of one customer with its own habits."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from scoring_svc.bases import clocks
from scoring_svc.bases import queries as bases
from scoring_svc.bases.domain import mean_money, money, share
from scoring_svc.behaviour import domain, statements
from scoring_svc.behaviour.schemas import BehaviourQuery
from scoring_svc.expectations import queries as expectations
from scoring_svc.facts import queries as facts
from scoring_svc.scores import queries as scores
from shared.db import Reader, Record
from shared.references import root

_TREND = timedelta(weeks=13)
_FAVOURITES = 3


async def behaviour(reader: Reader, query: BehaviourQuery, now: datetime) -> dict[str, Any]:
    """The report; of a customer that is not in sight there is nothing in it."""
    span = query.span(now)
    only = None if query.customer_id is None else await _family(reader, query.customer_id)
    head = await bases.heading(reader, query, span, only=only)
    currency = head["currency"]
    base = bases.customers(reader, query, only=only)
    at = (base, query, span, currency)
    times = await reader.rows(statements.times(*at))
    counted = await reader.rows(statements.customers(*at))
    points = await reader.value(statements.amounts(*at))
    products = await reader.rows(statements.products(*at))
    days, _ = clocks.beginnings(*span, "month", query.timezone)
    told = [_of_month(row, days) for row in times]
    report = {
        **head,
        **_report(told, [_of_month(row, days) for row in counted], products, currency),
        "season": domain.season(_amounts(told), *_local(span, query)),
    }
    amounts = [None] * len(statements.POINTS) if points is None else points
    report["order_amounts"] = [
        {"point": point, "amount": None if amount is None else money(amount, currency)}
        for point, amount in zip(statements.POINTS, amounts, strict=True)
    ]
    if not only:
        return {**report, "customer": None}
    return {**report, "customer": await _habits(reader, query, base, report)}


async def _family(reader: Reader, customer_id: UUID) -> list[UUID]:
    """The customer that it is now, with those that were merged into it; nobody if it is not in sight."""
    if not await scores.is_known(reader, customer_id):
        return []
    return await facts.family(reader, await root(reader, customer_id))


def _of_month(row: Record, days: Sequence[date]) -> dict[str, Any]:
    """A row with the first day of its month."""
    return {**dict(row), "month": None if row["month"] is None else days[row["month"] - 1]}


def _amounts(times: Sequence[Mapping[str, Any]]) -> dict[date, float]:
    return {row["month"]: float(row["sold"]) for row in times if statements.grouped_by(row) == "month"}


def _local(span: tuple[datetime, datetime], query: BehaviourQuery) -> tuple[datetime, datetime]:
    since, until = (moment.astimezone(ZoneInfo(query.timezone)).replace(tzinfo=None) for moment in span)
    return since, until


def _report(
    times: Sequence[Mapping[str, Any]],
    counted: Sequence[Mapping[str, Any]],
    products: Sequence[Record],
    currency: str,
) -> dict[str, Any]:
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for row in times:
        parts.setdefault(statements.grouped_by(row), []).append(row)
    whole = parts["all"][0]
    buyers = {row["month"]: row["customers"] for row in counted if row["month"] is not None}
    months = [
        {"month": row["month"], "customers": buyers.get(row["month"], 0), **_sums(row, whole, currency)}
        for row in sorted(parts.get("month", ()), key=lambda row: row["month"])
    ]
    baskets = next(row for row in products if row["all"])
    return {
        "customers": sum(row["customers"] for row in counted if row["month"] is None),
        **_sums(whole, whole, currency),
        "returns": whole["returns"],
        "return_share": share(float(whole["returned"]), float(whole["sold"])),
        "mean_order": mean_money(whole["sold"], whole["orders"], currency),
        "basket": _basket(baskets, currency),
        "frequency": _frequency(counted, currency),
        "channels": [
            {"channel": row["channel"], **_sums(row, whole, currency)}
            for row in sorted(
                parts.get("channel", ()), key=lambda row: (-row["orders"], row["channel"] or "")
            )
        ],
        "categories": [_category(row, baskets, currency) for row in products if not row["all"]],
        "weekdays": _spread(parts.get("weekday", ()), "weekday", range(1, 8), whole, currency),
        "hours": _spread(parts.get("hour", ()), "hour", range(24), whole, currency),
        "months": months,
    }


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


def _frequency(counted: Sequence[Mapping[str, Any]], currency: str) -> list[dict[str, Any]]:
    found = {row["bucket"]: row for row in counted if row["month"] is None}
    total = sum(row["customers"] for row in found.values())
    told = []
    for place, (fewest, most) in enumerate(domain.BUCKETS):
        row = found.get(place)
        customers, sold = (row["customers"], row["sold"]) if row else (0, 0)
        told.append(
            {
                "fewest": fewest,
                "most": most,
                "customers": customers,
                "share": share(customers, total),
                "amount": money(sold, currency),
            }
        )
    return told


def _basket(row: Record, currency: str) -> dict[str, Any]:
    orders = row["orders"]
    return {
        "orders_with_lines": orders,
        "mean_lines": share(float(row["lines"]), orders),
        "mean_quantity": share(float(row["quantity"]), orders),
        "mean_amount": mean_money(row["amount"], orders, currency),
    }


def _category(row: Record, whole: Record, currency: str) -> dict[str, Any]:
    return {
        "category": row["category"],
        "lines": int(row["lines"]),
        "quantity": float(row["quantity"]),
        "amount": money(row["amount"], currency),
        "amount_share": share(float(row["amount"]), float(whole["amount"])),
    }


async def _habits(reader: Reader, query: BehaviourQuery, base: Any, report: dict[str, Any]) -> dict[str, Any]:
    currency, until = report["currency"], report["until"]
    days: list[date] = [
        row["day"] for row in await reader.rows(statements.days(base, query, currency, until))
    ]
    edges = (until - 2 * _TREND, until - _TREND, until)
    windows = {
        row["now"]: dict(row) for row in await reader.rows(statements.windows(base, query, currency, edges))
    }
    nothing = {"orders": 0, "net": 0}
    today = until.astimezone(ZoneInfo(query.timezone)).date()
    customer_id = await root(reader, query.customer_id) if query.customer_id else None
    return {
        "customer_id": customer_id,
        **domain.rhythm(days, today),
        "usual_weekday": domain.usual_weekday(days),
        "favourite_channel": next((row["channel"] for row in report["channels"] if row["channel"]), None),
        "favourite_categories": [row["category"] for row in report["categories"] if row["category"]][
            :_FAVOURITES
        ],
        "trend": domain.trend(windows.get(True, nothing), windows.get(False, nothing)),
        "next_purchase": None if customer_id is None else await expectations.of(reader, customer_id),
    }
