"""The customers and orders that reports are made of, as parts of their statements."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, any_, case, exists, func, literal, select

from scoring_svc.bases.schemas import BaseQuery, CustomerFilter
from scoring_svc.facts import queries as facts
from scoring_svc.facts.tables import OrderLineRow, OrderRow
from scoring_svc.models import queries as models
from scoring_svc.profiles.tables import CustomerProfile
from scoring_svc.scores.tables import Score
from shared.db import Reader, visible
from shared.references.tables import KNOWN, SIGHT

FALLBACK_CURRENCY = "CNY"
O: Any = OrderRow.__table__  # type: ignore[attr-defined]  # noqa: E741 - the log of orders
LINES: Any = OrderLineRow.__table__  # type: ignore[attr-defined]
_P: Any = CustomerProfile.__table__  # type: ignore[attr-defined]
_S: Any = Score.__table__  # type: ignore[attr-defined]
_ROOT = func.customer_root(KNOWN.c.id, type_=KNOWN.c.id.type)
KEEPER: Any = case((KNOWN.c.merged_into.is_(None), KNOWN.c.id), else_=_ROOT)
"""Who keeps now what is told of a customer: itself, or whom it was merged into (and is held like)."""
SEGMENTS = {
    "distributor": KNOWN.c.distributor_id,
    "industry": _P.c.industry,
    "region": _P.c.region,
    "tier": _S.c.tier,
}
"""What customers have in common, by name."""


def customers(
    reader: Reader,
    query: CustomerFilter,
    *,
    segment: str | None = None,
    only: Sequence[UUID] | None = None,
) -> Any:
    """Each customer's `id` beside its `keeper` (and `segment`), in sight and fitting, once for a statement.

    `only` are the ids of the only ones.
    """
    columns = [KNOWN.c.id, KEEPER.label("keeper")]
    if segment is not None:
        columns.append(func.coalesce(SEGMENTS[segment].cast(Text), "").label("segment"))
    found = select(*columns).where(*visible(reader.scope, SIGHT))
    if only is not None:
        found = found.where(KNOWN.c.id == any_(literal(list(only), ARRAY(Uuid))))
    wanted = {KNOWN.c.distributor_id: query.distributor_id, KNOWN.c.owner_id: query.owner_id}
    found = found.where(*(column == value for column, value in wanted.items() if value is not None))
    if query.industry is not None or query.region is not None or segment in {"industry", "region"}:
        found = found.outerjoin(_P, _P.c.customer_id == KEEPER)
    if query.tier is not None or query.stage is not None or segment == "tier":
        found = found.outerjoin(_S, _S.c.customer_id == KEEPER)
    # Not looked into: row security would have PostgreSQL sort where it could hash.
    return found.where(*_fits(query)).cte("base").prefix_with("MATERIALIZED")


def _fits(query: CustomerFilter) -> list[ColumnElement[bool]]:
    wanted = []
    if query.industry is not None:
        wanted.append(_P.c.industry == query.industry)
    if query.region is not None:
        wanted.append(_within(_P.c.region, query.region))
    if query.tier is not None:
        wanted.append(_S.c.tier == query.tier)
    if query.stage is not None:
        wanted.append(_S.c.lifecycle_stage == query.stage)
    return wanted


def _within(column: Any, region: str) -> ColumnElement[bool]:
    """A GB/T 2260 code ends with a pair of zeros for each level below it that it holds."""
    stem = region
    while len(stem) > 2 and stem.endswith("00"):  # noqa: PLR2004 - two digits a level
        stem = stem[:-2]
    found: ColumnElement[bool] = column.startswith(stem, autoescape=True)
    return found


def orders(
    base: Any, query: BaseQuery, span: tuple[datetime, datetime] | None, currency: str, *columns: Any
) -> Any:
    """What these customers ordered and returned in a time (None: ever); `customer` is who keeps it."""
    return (
        select(base.c.keeper.label("customer"), *columns)
        .join_from(O, base, base.c.id == O.c.customer_id)
        .where(O.c.currency == currency, *told(query, span))
    )


def told(query: BaseQuery, span: tuple[datetime, datetime] | None) -> list[ColumnElement[bool]]:
    """The conditions of an order that counts."""
    conditions = [~O.c.voided]
    if span is not None:
        conditions += [O.c.ordered_at >= span[0], O.c.ordered_at < span[1]]
    if query.channel is not None:
        conditions.append(O.c.channel == query.channel)
    if query.category is not None:
        conditions.append(
            exists(
                select(LINES.c.order_id).where(
                    LINES.c.order_id == O.c.order_id, LINES.c.category == query.category
                )
            )
        )
    return conditions


def local(query: BaseQuery) -> Any:
    """When it was ordered, by the clocks of the report's time zone."""
    return func.timezone(literal(query.timezone, Text), O.c.ordered_at)


def signed() -> Any:
    """What an order brought: a return takes away."""
    return case((O.c.is_return, -O.c.amount_minor), else_=O.c.amount_minor)


async def currency_of(reader: Reader) -> str:
    """The currency in which scores and reports count."""
    champion = await models.champions_currency(reader)
    return champion or await facts.main_currency(reader) or FALLBACK_CURRENCY


async def heading(reader: Reader, query: BaseQuery, span: tuple[datetime, datetime]) -> dict[str, Any]:
    """What every report says first of itself (see `Report`)."""
    currency = await currency_of(reader)
    base = customers(reader, query)
    others = await reader.rows(
        select(O.c.currency, func.count().label("orders"))
        .join_from(O, base, base.c.id == O.c.customer_id)
        .where(O.c.currency != currency, *told(query, span))
        .group_by(O.c.currency)
        .order_by(O.c.currency)
    )
    return {
        "since": span[0],
        "until": span[1],
        "timezone": query.timezone,
        "currency": currency,
        "left_out": [dict(row) for row in others],
    }


def summed(rows: Sequence[Any], name: str) -> int:
    """The sum of a column, nothing counting as 0."""
    return int(sum(row[name] or 0 for row in rows))
