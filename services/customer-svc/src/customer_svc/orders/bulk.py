"""Recording orders set-wise: who bought, what is refused, what is there already, and the rest at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from customer_svc.batch import Outcome
from customer_svc.channels.commands import enter_channels
from customer_svc.customers import queries as customers
from customer_svc.distributors import queries as distributors
from customer_svc.distributors.domain import home, unknown_distributor
from customer_svc.orders import domain, queries
from customer_svc.orders.buyers import Buyer, buyers
from customer_svc.orders.schemas import OrderCreate
from customer_svc.orders.schemas import OrderLine as Line
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
_Refusals = dict[int, Outcome]
_Records = dict[int, dict[str, Any]]
_Missed = dict[int, Record | None]


@dataclass(frozen=True, slots=True)
class Judged:
    """Orders about to be written: what is refused already, and the records of the rest, by row."""

    rows: Sequence[OrderCreate]
    refused: _Refusals
    records: _Records


@dataclass(frozen=True, slots=True)
class Stored:
    """The outcome of each row, in order, and the records that are new."""

    outcomes: list[Outcome]
    created: list[dict[str, Any]]


async def judge_orders(tx: Tx, rows: Sequence[OrderCreate]) -> Judged:
    """All that can be said of orders before those ahead of them are stored; writes nothing."""
    bought = await buyers(tx, rows)
    homes = await distributors.known(tx, (row.distributor_id for row in rows))
    refused: _Refusals = {}
    records: _Records = {}
    for place, row in enumerate(rows):
        try:
            records[place] = _judge(tx, row, bought[place], homes)
        except Problem as problem:
            refused[place] = Outcome("problem", problem=problem)
    return Judged(rows, refused, records)


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
    await _insert_lines(tx, rows, created)
    return Stored([outcomes[place] for place in range(len(rows))], list(created.values()))


async def _settle(tx: Tx, judged: Judged) -> None:
    """Who bought and, if the row does not say, who sold: as it is until the orders are written.

    An order sent twice while its customer moves would else be one of each distributor, and count twice. Of a
    customer that was merged the order is the other's, and remembers whose it was.
    """
    if not judged.records:
        return
    held = await customers.held_still(tx, (record["customer_id"] for record in judged.records.values()))
    for place, record in judged.records.items():
        now = held.get(record["customer_id"])
        if now is None:
            continue
        if now.customer_id != record["customer_id"]:
            record["origin_id"] = record["origin_id"] or record["customer_id"]
            record["customer_id"] = now.customer_id
        if judged.rows[place].distributor_id is None:
            record["distributor_id"] = now.distributor_id


async def _sorted_out(tx: Tx, records: _Records) -> tuple[_Records, _Missed]:
    """The records that were stored, and for the others what is there in their place, if it is in sight."""
    there = defaultdict(list)
    for stored in await queries.stored(tx, map(_name, records.values())):
        there[_name(stored)].append(stored)
    created: _Records = {}
    missed: _Missed = {}
    for place, record in records.items():
        found = _counterpart(record, there[_name(record)])
        if found is not None and found["id"] == record["id"]:
            created[place] = record
        else:
            missed[place] = found
    return created, missed


def _name(record: Mapping[str, Any] | Record) -> tuple[str, str]:
    return record["channel"], record["order_no"]


def _counterpart(record: Mapping[str, Any], stored: Sequence[Record]) -> Record | None:
    """Of the orders of its name itself, else the customer's, else the seller's."""
    ways = ("id", "customer_id", "distributor_id")
    return next((there for way in ways for there in stored if there[way] == record[way]), None)


async def _without_sale(tx: Tx, judged: Judged) -> _Refusals:
    """The returns whose sale is neither among these rows nor stored before."""
    returns = {
        place: (record["channel"], record["return_of"])
        for place, record in judged.records.items()
        if record["return_of"] is not None
    }
    if not returns:
        return {}
    orders: list[Any] = [*judged.records.values(), *await queries.held_still(tx, returns.values())]
    sales = {(*_name(order), order["customer_id"]) for order in orders if order["kind"] == "sale"}
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


def _judge(tx: Tx, row: OrderCreate, buyer: Buyer | Problem, homes: frozenset[UUID]) -> dict[str, Any]:
    """The record of an acceptable row; raises its problem otherwise."""
    if isinstance(buyer, Problem):
        raise buyer
    if row.distributor_id is not None and home(tx.scope.distributors, row.distributor_id) not in homes:
        raise unknown_distributor()
    if domain.too_far_ahead(row.ordered_at, tx.now):
        raise Invalid.at(
            "/ordered_at",
            "in_the_future",
            en="The order lies more than a day in the future.",
            zh="订单时间晚于当前时间超过一天。",
        )
    return _record(tx, row, buyer)


def _record(tx: Tx, row: OrderCreate, buyer: Buyer) -> dict[str, Any]:
    amount = row.amount
    texts = [row.return_of, [_said(line) for line in row.lines]] if row.return_of or row.lines else ()
    fixed = f"{row.kind} {row.ordered_at.isoformat()} {amount.amount_minor} {amount.currency}"
    return {
        "id": tx.new_id(),
        "channel": row.channel,
        "order_no": row.order_no,
        "kind": row.kind,
        "return_of": row.return_of,
        "customer_id": buyer.customer_id,
        "origin_id": buyer.origin_id,
        "distributor_id": row.distributor_id or buyer.distributor_id,
        "ordered_at": row.ordered_at,
        "amount_minor": amount.amount_minor,
        "currency": amount.currency,
        "fingerprint": domain.fingerprint(fixed, texts),
    }


def _said(line: Line) -> list[Any]:
    amount = line.amount and line.amount.amount_minor
    return [line.sku, line.name, line.category, str(line.quantity.normalize()), amount]


async def _insert(tx: Tx, records: _Records) -> int:
    """How many were stored; the others are there already, as orders of the same seller or customer."""
    if not records:
        return 0
    await enter_channels(tx, {record["channel"] for record in records.values()})
    first = {(*_name(record), record["customer_id"]): record for record in reversed(records.values())}
    # In the order of the key, so that two chunks at once wait for each other instead of deadlocking.
    ordered = sorted(first.values(), key=lambda record: (*_name(record), record["id"]))
    columns = {f"b_{name}": _column(ordered, name) for name in _COLUMNS}
    return await tx.run(_INSERT, **columns, at=tx.now, **sight(tx.scope))


def _column(records: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    """The values of a column; of one without any none, for `unnest` fills up what is shorter with null."""
    values = [record[name] for record in records]
    return values if any(value is not None for value in values) else []


async def _insert_lines(
    tx: Tx, rows: Sequence[OrderCreate], created: Mapping[int, Mapping[str, Any]]
) -> None:
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
        for place, record in created.items()
        for position, line in enumerate(rows[place].lines, start=1)
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
