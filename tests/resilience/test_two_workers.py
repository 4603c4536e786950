"""Two workers of one service share its work: each effect happens once."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from tests.resilience.places import Pair, ids, pair, removed

import interaction_svc.app
import interaction_svc.settings
import notify_svc.app
import notify_svc.settings
from shared.composition import Service
from shared.http.client import make_client
from shared.messaging.rabbit import RabbitBus
from shared.testing import migrated, service_client, staff
from shared.testing.services import settings_for
from shared.testing.talking import eventually
from tonglu_local.postgres import ServiceUrls

pytestmark = [pytest.mark.slow, pytest.mark.rabbit]
_CUSTOMERS, _REMINDERS = 150, 120


@pytest.fixture
async def prefix(amqp_url: str) -> AsyncIterator[str]:
    prefix = f"test-{uuid4().hex[:12]}"
    yield prefix
    await removed(amqp_url, prefix, ["customer-svc", "interaction-svc", "notify-svc"])


@pytest.fixture
async def crowded(
    amqp_url: str, prefix: str, service_database: Callable[[str], ServiceUrls]
) -> AsyncIterator[tuple[Pair, Service]]:
    """customer-svc, and two interaction-svc on one database."""
    urls = [service_database(f"crowd_{name}") for name in ("customer", "interaction")]
    buses = [RabbitBus(amqp_url, prefix=prefix) for _ in range(3)]
    await buses[1].declare("interaction-svc", ["customer.registered.v1"])
    async with pair(urls[0], urls[1], (buses[0], buses[1])) as both, make_client() as nobody:
        settings = settings_for(
            interaction_svc.settings.Settings, urls[1], customer_url="http://customer-svc"
        )
        second = interaction_svc.app.build(settings, buses[2], customers=nobody)
        async with second.running(api=False):
            yield both, second
    for bus in buses:
        await bus.close()


async def test_two_consumers_of_one_service_handle_each_event_once(crowded: tuple[Pair, Service]) -> None:
    both, second = crowded
    for _ in range(_CUSTOMERS):
        await both.make()
    await eventually(both.settled)
    told = await ids(both.teller, "SELECT id FROM outbox")
    assert await ids(both.listener, "SELECT event_id AS id FROM inbox") == told
    assert len(told) == _CUSTOMERS
    assert not await ids(both.listener, "SELECT event_id AS id FROM inbox_retry")
    assert all(second.loops.alive().values())


async def test_two_workers_fire_each_reminder_once(
    amqp_url: str, prefix: str, service_database: Callable[[str], ServiceUrls]
) -> None:
    urls, me = service_database("crowd_notify"), staff("sales")
    await migrated("notify_svc", urls)
    settings = settings_for(notify_svc.settings.Settings, urls)
    due = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    async with AsyncExitStack() as stack:
        workers = []
        for _ in range(2):
            bus = RabbitBus(amqp_url, prefix=prefix)
            stack.push_async_callback(bus.close)
            nobody = await stack.enter_async_context(make_client())
            service = notify_svc.app.build(settings, bus, customers=nobody)
            workers.append(await stack.enter_async_context(service.running()))
        client = await stack.enter_async_context(service_client(workers[0], me))
        for number in range(_REMINDERS):
            answer = await client.post("/v1/reminders", json={"subject": f"call {number}", "due_at": due})
            assert answer.status_code == 201, answer.text

        async def fired() -> bool:
            return len(await ids(workers[0], "SELECT id FROM inbox_item")) >= _REMINDERS

        await eventually(fired)
        answer = await client.get("/v1/inbox", params={"limit": 200, "count": "exact"})
    items = answer.json()["data"]
    assert answer.json()["page"]["total"] == _REMINDERS
    assert len({item["subject"] for item in items}) == _REMINDERS
