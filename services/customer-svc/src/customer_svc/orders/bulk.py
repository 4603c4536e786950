"""Storing orders set-wise: what is there already, and the rest at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from customer_svc.batch import Outcome
from customer_svc.channels.commands import entering
from customer_svc.customers import queries as customers
from customer_svc.orders import queries
from customer_svc.orders.judging import Judged, Records, Refusals, name_of
from customer_svc.orders.schemas import OrderCreate
from customer_svc.orders.tables import Order, OrderLine
from customer_svc.tables import MOMENT
from shared.db import Record, Tx, in_sight, prepare, sight
from shared.problems import Conflict, Invalid, Problem

_t = Order.__table__  # type: ignore[attr-defined]
_l = OrderLine.__table__  # type: ignore[attr-defined]
_COLUMNS = [column.key for column in _t.c if column.key not in ("created_at", "voided_at", "voided_by")]
_LINE_COLUMNS = list(_l.c.keys())


def _unnested(table: Any, columns: Sequence[str]) -> Any:
    given = (bindparam(f"b_{name}", type_=ARRAY(table.c[name].type)) for name in columns)
    return func.unnest(*given).table_valued(*columns, name="new").render_derived()


_new = _unnested(_t, _COLUMNS)
_same = _t.alias("same")
# A row looks its own number up; as NOT EXISTS it would be a join, for which all orders there are are read.
_recorded = (
    select(_same.c.id)
    .where(
        _same.c.channel == _new.c.channel,
        _same.c.order_no == _new.c.order_no,
        _same.c.customer_id == _new.c.customer_id,
        _same.c.voided_at.is_(None),
        in_sight(customers.through_customer(_same)),
    )
    .limit(1)
    .scalar_subquery()
)
_INSERT = prepare(
    insert(_t)
    .from_select(
        [*_COLUMNS, "created_at"],
        select(*(_new.c[name] for name in _COLUMNS), bindparam("at", type_=MOMENT)).where(
            _recorded.is_(None)
        ),
    )
    .on_conflict_do_nothing(
        index_elements=["channel", "order_no", "distributor_id"], index_where=_t.c.voided_at.is_(None)
    )
)
_new_lines = _unnested(_l, _LINE_COLUMNS)
_INSERT_LINES = prepare(
    insert(_l).from_select(_LINE_COLUMNS, select(*(_new_lines.c[name] for name in _LINE_COLUMNS)))
)
_Missed = dict[int, Record | None]


@dataclass(frozen=True, slots=True)
class Stored:
    """The outcome of each row, in order, and the records that are new."""

    outcomes: list[Outcome]
    created: list[dict[str, Any]]


async def store_orders(tx: Tx, judged: Judged) -> Stored:
    """Write the rows that are new and acceptable; tells nobody."""
    rows = judged.rows
    await _settle(tx, judged)
    outcomes = judged.refused | await _without_sale(tx, judged)
    records = {place: record for place, record in judged.records.items() if place not in outcomes}
    created, missed = records, _Missed()
    if await _insert(tx, records) < len(records):
        created, missed = await _sorted_out(tx, records)
    outcomes |= {place: Outcome("created", record["id"]) for place, record in created.items()}
    outcomes |= {place: _compare(rows[place], records[place], there) for place, there in missed.items()}
    await _insert_lines(tx, created.values())
    return Stored([outcomes[place] for place in range(len(rows))], list(created.values()))


async def _settle(tx: Tx, judged: Judged) -> None:
    """Who bought and, if the row does not say, who sold: as it is until the orders are written.

    An order sent twice while its customer moves would else be one of each distributor, and count twice. Of a
    customer that was merged the order is the other's, and remembers whose it was.
    """
    held = await customers.held_still(tx, judged.homes)
    moved = {one: now for one, now in held.items() if now != (one, judged.homes[one])}
    if not moved:
        return
    for place, record in judged.records.items():
        now = moved.get(record["customer_id"])
        if now is None:
            continue
        if now.customer_id != record["customer_id"]:
            record["origin_id"] = record["origin_id"] or record["customer_id"]
            record["customer_id"] = now.customer_id
        if judged.rows[place].distributor_id is None:
            record["distributor_id"] = now.distributor_id


async def _sorted_out(tx: Tx, records: Records) -> tuple[Records, _Missed]:
    """The records that were stored, and for the others what is there in their place, if it is in sight."""
    there = defaultdict(list)
    for stored in await queries.stored(tx, map(name_of, records.values())):
        there[name_of(stored)].append(stored)
    created: Records = {}
    missed: _Missed = {}
    for place, record in records.items():
        found = _counterpart(record, there[name_of(record)])
        if found is not None and found["id"] == record["id"]:
            created[place] = record
        else:
            missed[place] = found
    return created, missed


def _counterpart(record: Mapping[str, Any], stored: Sequence[Record]) -> Record | None:
    """Of the orders of its name itself, else the customer's, else the seller's."""
    ways = ("id", "customer_id", "distributor_id")
    return next((there for way in ways for there in stored if there[way] == record[way]), None)


async def _without_sale(tx: Tx, judged: Judged) -> Refusals:
    """The returns whose sale is neither among these rows nor stored before."""
    returns = {
        place: (record["channel"], record["return_of"])
        for place, record in judged.records.items()
        if record["return_of"] is not None
    }
    if not returns:
        return {}
    orders: list[Any] = [*judged.records.values(), *await queries.held_still(tx, returns.values())]
    sales = {(*name_of(order), order["customer_id"]) for order in orders if order["kind"] == "sale"}
    return {
        place: Outcome("problem", problem=_sale_unknown())
        for place, name in returns.items()
        if (*name, judged.records[place]["customer_id"]) not in sales
    }


def _sale_unknown() -> Problem:
    return Invalid.at(
        "/return_of",
        "sale_unknown",
        en="This customer has no such sale on this channel.",
        zh="该客户在此渠道没有这笔销售。",
    )


async def _insert(tx: Tx, records: Records) -> int:
    """How many were stored; the others are there already, as orders of the same seller or customer."""
    if not records:
        return 0
    new = _without_repeats(records.values())
    columns = {f"b_{name}": _column(new, name) for name in _COLUMNS}
    return await tx.run_together(
        entering(tx, {record["channel"] for record in new}),
        (_INSERT, {**columns, "at": tx.now, **sight(tx.scope)}),
    )


def _without_repeats(records: Collection[dict[str, Any]]) -> Collection[dict[str, Any]]:
    """The first of those that are one order of a customer."""
    if len(set(map(name_of, records))) == len(records):
        return records
    first: dict[tuple[str, str, UUID], dict[str, Any]] = {}
    for record in records:
        first.setdefault((*name_of(record), record["customer_id"]), record)
    return first.values()


def _column(records: Iterable[Mapping[str, Any]], name: str) -> list[Any]:
    """The values of a column; of one without any none, for `unnest` fills up what is shorter with null."""
    values = [record[name] for record in records]
    return values if any(value is not None for value in values) else []


async def _insert_lines(tx: Tx, created: Iterable[Mapping[str, Any]]) -> None:
    lines = [
        {
            "order_id": record["id"],
            "position": position,
            "distributor_id": record["distributor_id"],
            "sku": line.sku,
            "name": line.name,
            "category": line.category,
            "quantity": line.quantity,
            "amount_minor": line.amount and line.amount.amount_minor,
        }
        for record in created
        for position, line in enumerate(record["lines"], start=1)
    ]
    if lines:
        await tx.run(_INSERT_LINES, **{f"b_{name}": [line[name] for line in lines] for name in _LINE_COLUMNS})


def _compare(row: OrderCreate, record: Mapping[str, Any], there: Record | None) -> Outcome:
    """Whether the stored order of this key says the same; one out of sight is only said to exist."""
    exists = Conflict(
        "order_exists",
        en="There is another order with this number on this channel.",
        zh="该渠道已有相同编号但内容不同的订单。",
    )
    if there is None:
        return Outcome("duplicate", problem=exists)
    same = (
        there["fingerprint"] == record["fingerprint"]
        and there["customer_id"] == record["customer_id"]
        and row.distributor_id in (None, there["distributor_id"])
    )
    return Outcome("unchanged", there["id"]) if same else Outcome("duplicate", there["id"], exists)
