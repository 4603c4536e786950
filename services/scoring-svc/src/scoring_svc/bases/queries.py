"""The customers that reports are about, as a part of their statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    any_,
    case,
    func,
    literal,
    select,
)

from scoring_svc.bases.schemas import CustomerFilter
from scoring_svc.facts import queries as facts
from scoring_svc.facts.tables import OrderLineRow, OrderRow
from scoring_svc.models import queries as models
from scoring_svc.profiles.tables import CustomerProfile
from scoring_svc.scores.tables import Score
from shared.db import EVERYTHING, Reader, visible
from shared.references.tables import KNOWN, SIGHT

FALLBACK_CURRENCY = "CNY"
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

    `everybody`: nobody is left out, and the table holds those alone whose orders another one keeps.
    """

    table: Any
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
    return Base(_first(found.where(*fits), "base"), everybody)


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


def signed(order: Any) -> Any:
    """What an order brought: a return takes away. `order` has the columns of one."""
    return case((order.is_return, -order.amount_minor), else_=order.amount_minor)


async def currency_of(reader: Reader) -> str:
    """The currency in which scores and reports count."""
    champion = await models.champions_currency(reader)
    return champion or await facts.main_currency(reader) or FALLBACK_CURRENCY


def summed(rows: Sequence[Any], name: str) -> int:
    """The sum of a column, nothing counting as 0."""
    return int(sum(row[name] or 0 for row in rows))
