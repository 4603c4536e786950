"""What tests of webhooks share: a webhook at a sink, events that are told, and who sends them."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from standardwebhooks import Webhook

from notify_svc.deliveries.consumers import on_any_event
from notify_svc.dispatching.dispatcher import Dispatcher
from notify_svc.dispatching.sending import Sender
from shared.auth import Principal
from shared.clock import new_id, utc_now
from shared.db import Database
from shared.events import Envelope, Event
from shared.events.customer import (
    CustomersImported,
    ImportedOrder,
    OrderRecorded,
    OrdersImported,
    ReferenceRow,
)
from shared.http.guard import trusted_of
from shared.http.outward import Outward
from shared.messaging.consumers import take_in_hand
from shared.sealing import Sealer
from shared.testing.services import DATA_KEY
from shared.testing.sink import Posted, Sink

PLACE = "127.0.0.1:18999"
"""What the service under test lets webhooks lead to."""


def order(*, distributor_id: UUID | None = None, subject: UUID | None = None) -> OrderRecorded:
    """A sale."""
    return OrderRecorded(subject=subject or new_id(), version=1, distributor_id=distributor_id, **_sold())


def _sold() -> dict[str, Any]:
    return {
        "customer_id": new_id(),
        "order_id": new_id(),
        "ordered_at": utc_now(),
        "amount_minor": 12900,
        "currency": "CNY",
        "channel": "web",
        "kind": "sale",
    }


def orders(*homes: UUID | None) -> OrdersImported:
    """A chunk of sales, one for each of these distributors."""
    items = tuple(ImportedOrder(distributor_id=home, **_sold()) for home in homes)
    return OrdersImported(subject=new_id(), version=1, distributor_id=None, orders=items)


def customers(*homes: UUID | None) -> CustomersImported:
    """A chunk of customers, one for each of these distributors."""
    rows = tuple(
        ReferenceRow(
            customer_id=new_id(),
            version=1,
            distributor_id=home,
            owner_id=None,
            org_unit_id=None,
            status="active",
            channel=None,
        )
        for home in homes
    )
    return CustomersImported(subject=new_id(), version=1, distributor_id=None, customers=rows)


async def told(world: Any, *events: Event) -> list[UUID]:
    """Events heard in one transaction, as the inbox does it; their ids."""
    envelopes = [Envelope(new_id(), utc_now(), None, event) for event in events]
    async with world.database.begin() as tx:
        for envelope in envelopes:
            take_in_hand(tx, envelope)
            await on_any_event(tx, envelope.event)
    return [envelope.id for envelope in envelopes]


def dispatcher(database: Database, *places: str, **options: Any) -> Dispatcher:
    """One that trusts these sinks; it sends as a worker does."""
    seconds = options.pop("seconds", 5.0)
    sealer = Sealer(DATA_KEY)
    outward = options.pop("outward", None) or Outward()
    sender = Sender(outward, sealer, trusted_of(places), database.now, seconds)
    return Dispatcher(database, sender, **{"chance": lambda: 0.5, **options})


@asynccontextmanager
async def sending(world: Any, *places: str, **options: Any) -> AsyncIterator[None]:
    """While the block runs, what is due is sent."""
    task = asyncio.create_task(dispatcher(world.database, *places, **options).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task], timeout=0.5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(happens: Any, *, seconds: float = 20) -> Any:
    """Wait until an asynchronous question is answered with something true."""
    async with asyncio.timeout(seconds):
        while not (found := await happens()):  # noqa: ASYNC110 - only asking tells
            await asyncio.sleep(0.02)
    return found


async def states(world: Any) -> dict[str, int]:
    """How many deliveries are in which state."""
    rows = await world.sql("SELECT state, count(*) AS n FROM webhook_delivery GROUP BY state")
    return {row["state"]: row["n"] for row in rows}


async def settled(world: Any, **expected: int) -> None:
    """Wait until exactly so many deliveries are in these states."""

    async def there() -> bool:
        return await states(world) == expected

    try:
        await until(there)
    except TimeoutError:
        raise AssertionError(f"{await states(world)} and not {expected}") from None


@dataclass
class Hook:
    """A webhook as its maker has it."""

    id: str
    secret: str
    made: Mapping[str, Any] = field(default_factory=dict)

    def verified(self, posted: Posted) -> Any:
        """The body of a request that the public library verifies with this secret; raises otherwise."""
        return Webhook(self.secret).verify(posted.body, dict(posted.headers))


async def hook(
    world: Any, who: Principal, there: Sink | str, types: Sequence[str] = ("*",), **given: Any
) -> Hook:
    """A webhook that leads to a sink, whose address is written past the door: its port is not known there."""
    answer = await world.post(
        who, "/v1/webhooks", {"url": f"http://{PLACE}/in", "event_types": list(types), **given}
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()
    url = there if isinstance(there, str) else f"{there.url}/in"
    await world.sql("UPDATE webhook_endpoint SET url = $2 WHERE id = $1", UUID(made["id"]), url)
    return Hook(made["id"], made["secret"], made)


async def later(world: Any, **by: float) -> None:
    """As if so much time had passed for everything that webhooks wait for."""
    await world.sql("UPDATE webhook_delivery SET due_at = due_at - $1::interval", timedelta(**by))
    await world.sql(
        "UPDATE webhook_lane SET rest_until = rest_until - $1::interval, "
        "failing_since = failing_since - $1::interval",
        timedelta(**by),
    )


def bodies(there: Sink) -> list[Any]:
    """What arrived, as JSON."""
    return [json.loads(each.body) for each in there.seen]
