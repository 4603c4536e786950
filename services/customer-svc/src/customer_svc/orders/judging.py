"""What can be said of orders before they are stored: who bought, what is refused, records of the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from customer_svc.batch import Outcome
from customer_svc.distributors import queries as distributors
from customer_svc.distributors.domain import home, unknown_distributor
from customer_svc.orders import domain
from customer_svc.orders.buyers import Buyer, buyers
from customer_svc.orders.schemas import OrderCreate
from customer_svc.orders.schemas import OrderLine as Line
from shared.db import Record, Tx
from shared.problems import Invalid, Problem

Refusals = dict[int, Outcome]
Records = dict[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Judged:
    """Orders about to be written: what is refused already, and the records of the rest, by row.

    The records come in the order of the key, so that two chunks at once wait for each other instead of
    deadlocking; `homes` are the distributors of their customers as they were found.
    """

    rows: Sequence[OrderCreate]
    refused: Refusals
    records: Records
    homes: Mapping[UUID, UUID | None]

    @property
    def named(self) -> frozenset[tuple[str, str]]:
        """The orders that these are or return, by channel and number."""
        records = self.records.values()
        sold = ((record["channel"], record["return_of"]) for record in records if record["return_of"])
        return frozenset(map(name_of, records)).union(sold)


def name_of(record: Mapping[str, Any] | Record) -> tuple[str, str]:
    """Channel and number: one order of a seller, as long as it is not voided."""
    return record["channel"], record["order_no"]


async def judge_orders(tx: Tx, rows: Sequence[OrderCreate]) -> Judged:
    """All that can be said of orders before those ahead of them are stored; writes nothing."""
    bought = await buyers(tx, rows)
    sellers = await distributors.known(tx, (row.distributor_id for row in rows))
    refused: Refusals = {}
    records: Records = {}
    homes: dict[UUID, UUID | None] = {}
    for place, row in enumerate(rows):
        try:
            buyer = _accepted(tx, row, bought[place], sellers)
        except Problem as problem:
            refused[place] = Outcome("problem", problem=problem)
            continue
        records[place] = _record(tx, row, buyer)
        homes[buyer.customer_id] = buyer.distributor_id
    return Judged(rows, refused, dict(sorted(records.items(), key=_by_key)), homes)


def _by_key(item: tuple[int, Mapping[str, Any]]) -> tuple[str, str, int]:
    return (*name_of(item[1]), item[0])


def _accepted(tx: Tx, row: OrderCreate, buyer: Buyer | Problem, sellers: frozenset[UUID]) -> Buyer:
    """Who bought; raises the row's problem if it has one."""
    if isinstance(buyer, Problem):
        raise buyer
    if row.distributor_id is not None and home(tx.scope.distributors, row.distributor_id) not in sellers:
        raise unknown_distributor()
    if domain.too_far_ahead(row.ordered_at, tx.now):
        raise Invalid.at(
            "/ordered_at",
            "in_the_future",
            en="The order lies more than a day in the future.",
            zh="订单时间晚于当前时间超过一天。",
        )
    return buyer


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
        "lines": row.lines,
    }


def _said(line: Line) -> list[Any]:
    amount = line.amount and line.amount.amount_minor
    return [line.sku, line.name, line.category, str(line.quantity.normalize()), amount]
