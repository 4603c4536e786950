"""What other services would tell, for stories of scoring-svc."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.clock import new_id
from shared.composition import Service
from shared.events import Event
from shared.events.customer import (
    CustomerRegistered,
    CustomersImported,
    ImportedOrder,
    OrdersImported,
    ReferenceRow,
)
from shared.messaging import outbox

NOW = datetime.now(UTC)


async def tell(service: Service, *events: Event) -> None:
    """Have these events told and heard."""
    async with service.database.begin() as tx:
        for event in events:
            outbox.record(tx, event)


async def until(check: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
    """What `check` answers as soon as it is something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = await check()
        if found:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError("it did not happen in time")


def registered(customer: UUID, owner: UUID | None = None, **changes: Any) -> CustomerRegistered:
    fields: dict[str, Any] = {
        "subject": customer, "version": 1, "distributor_id": None, "owner_id": owner,
        "org_unit_id": None, "status": "active", "channel": "shop",
    }  # fmt: skip
    return CustomerRegistered(**{**fields, **changes})


def order(customer: UUID, days_ago: float, amount: int = 100_00, **changes: Any) -> dict[str, Any]:
    return {
        "customer_id": customer, "order_id": new_id(), "ordered_at": NOW - timedelta(days=days_ago),
        "amount_minor": amount, "currency": "CNY", "channel": "shop", "kind": "sale",
        "distributor_id": None, **changes,
    }  # fmt: skip


def crowd(size: int, seed: int = 7) -> tuple[list[UUID], list[Event]]:
    """Customers of a wholesaler, a third of whom stopped buying, and the chunk events that tell of them."""
    chance = random.Random(seed)
    customers = [uuid4() for _ in range(size)]
    orders: list[dict[str, Any]] = []
    for customer in customers:
        gap = chance.lognormvariate(3.0, 0.4)
        day = chance.uniform(200, 700)
        end = chance.uniform(60, 400) if chance.random() < 0.35 else 0.0
        while day > end:
            orders.append(order(customer, day, int(chance.lognormvariate(9.5, 0.8))))
            day -= chance.gammavariate(2.0, gap / 2.0)
    load = uuid4()
    rows = [
        ReferenceRow(
            customer_id=customer, version=1, distributor_id=None, owner_id=None, org_unit_id=None,
            status="active", channel="shop",
        )
        for customer in customers
    ]  # fmt: skip
    events: list[Event] = [
        CustomersImported(subject=load, version=1, distributor_id=None, customers=tuple(rows))
    ]
    for chunk in range(0, len(orders), 1000):
        items = tuple(ImportedOrder(**fields) for fields in orders[chunk : chunk + 1000])
        events.append(
            OrdersImported(subject=uuid4(), version=chunk // 1000 + 1, distributor_id=None, orders=items)
        )
    return customers, events
