"""The customers and orders that reports are made of, as parts of their statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Double,
    Integer,
    Text,
    Uuid,
    any_,
    case,
    cast,
    exists,
    func,
    literal,
    select,
)

from scoring_svc.bases.schemas import BaseQuery, CustomerFilter
from scoring_svc.facts import queries as facts
from scoring_svc.facts.tables import OrderLineRow, OrderRow
from scoring_svc.models import queries as models
from scoring_svc.profiles.tables import CustomerProfile
from scoring_svc.scores.tables import Score
from shared.db import EVERYTHING, Reader, visible
from shared.references.tables import KNOWN, SIGHT

FALLBACK_CURRENCY = "CNY"
EVER = datetime(1800, 1, 1, tzinfo=UTC)
"""No moment that the API takes is earlier."""
Span = tuple[datetime, datetime]
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


@dataclass(frozen=True, slots=True)
class Base:
    """Customers of one statement: `id`, `keeper` (and `segment`), in sight and fitting.

    `apart`: they are so many that their orders are best read all, and then joined. `everybody`: nobody is
    left out, and the table holds those alone whose orders another one keeps.
    """

    table: Any
    apart: bool
    everybody: bool = False

    @property
    def c(self) -> Any:
        return self.table.c


def customers(
    reader: Reader,
    query: CustomerFilter,
    *,
    segment: str | None = None,
    only: Sequence[UUID] | None = None,
    all_of_them: bool = False,
) -> Base:
    """The customers that a report is about; `only` are the ids of the only ones.

    With `all_of_them` each has its row, also where nobody is left out.
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
    narrow = only is not None or any(value is not None for value in wanted.values())
    wide = reader.scope == EVERYTHING and not narrow
    fits = _fits(query)
    everybody = wide and segment is None and not fits and not all_of_them
    if everybody:
        fits = [KNOWN.c.merged_into.is_not(None)]
    return Base(_first(found.where(*fits), "base"), wide, everybody)


def _first(found: Any, name: str) -> Any:
    """Rows that are read first, and then worked on.

    Row security lets PostgreSQL believe that reading is so dear that it does not matter how it goes on: it
    would sort, and look for the orders of each customer, where it could hash.
    """
    return found.cte(name).prefix_with("MATERIALIZED")


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
    base: Base, query: BaseQuery, span: Span | None, currency: str, names: Sequence[str], *, to: str = "read"
) -> Any:
    """What these customers ordered and returned in a time (None: ever), as rows to select from.

    `customer` is who keeps an order, `names` are the columns of `order_fact` that are wanted, `segment` that
    of the customer if the base has it. `to` tells the orders of one statement apart.
    """
    # Doubles hold any sum of money that there is, and PostgreSQL adds them ten times as fast as numerics.
    amount = cast(O.c.amount_minor, Double).label("amount_minor")
    columns = (amount if name == "amount_minor" else O.c[name] for name in names)
    read = select(O.c.customer_id, *columns).where(O.c.currency == currency, *told(query, span))
    there = _first(read, to) if base.apart else read.subquery(to)
    more = [base.c.segment] if "segment" in base.c else []
    keeper = func.coalesce(base.c.keeper, there.c.customer_id)
    joined = select(keeper.label("customer"), *more, *(there.c[name] for name in names))
    return joined.select_from(_theirs(there, base)).subquery(f"{to}_orders")


def _theirs(there: Any, base: Base) -> Any:
    """Of what was read, what tells of the customers."""
    return there.join(base.table, base.c.id == there.c.customer_id, isouter=base.everybody)


def lines(base: Base) -> Any:
    """The lines of all orders, to be joined with those that are wanted."""
    amount = cast(LINES.c.amount_minor, Double).label("amount_minor")
    read = select(LINES.c.order_id, LINES.c.position, LINES.c.category, LINES.c.quantity, amount)
    return _first(read, "line") if base.apart else read.subquery("line")


def told(query: BaseQuery, span: Span | None) -> list[ColumnElement[bool]]:
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


def local(query: BaseQuery, moment: Any) -> Any:
    """A moment by the clocks of the report's time zone."""
    return func.timezone(literal(query.timezone, Text), moment)


def place(moment: Any, edges: Sequence[datetime]) -> Any:
    """How many of these ascending moments are not after it: 0 before the first."""
    if not edges:
        return literal(0, Integer)
    return func.width_bucket(moment, literal(list(edges), ARRAY(DateTime(timezone=True))), type_=Integer)


def signed(order: Any) -> Any:
    """What an order brought: a return takes away. `order` has the columns of one."""
    return case((order.is_return, -order.amount_minor), else_=order.amount_minor)


async def currency_of(reader: Reader) -> str:
    """The currency in which scores and reports count."""
    champion = await models.champions_currency(reader)
    return champion or await facts.main_currency(reader) or FALLBACK_CURRENCY


async def heading(
    reader: Reader, query: BaseQuery, span: Span, *, only: Sequence[UUID] | None = None
) -> dict[str, Any]:
    """What every report says first of itself (see `Report`)."""
    currency = await currency_of(reader)
    base = customers(reader, query, only=only)
    read = select(O.c.customer_id, O.c.currency).where(O.c.currency != currency, *told(query, span))
    there = _first(read, "other") if base.apart else read.subquery("other")
    others = await reader.rows(
        select(there.c.currency, func.count().label("orders"))
        .select_from(_theirs(there, base))
        .group_by(there.c.currency)
        .order_by(there.c.currency)
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
