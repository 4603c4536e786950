"""An event that a service cannot take is put aside for operators, holds up no other, and can be replayed."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.resilience.places import OPERATOR, Pair, as_owner, ids, pair

from shared.messaging.local import LocalBus
from shared.testing import service_client
from shared.testing.talking import eventually
from tonglu_local.postgres import ServiceUrls

pytestmark = pytest.mark.slow
_ADDRESS = "/v1/interaction-svc/dead-letters"


@dataclass
class Place:
    """Two services; the listener's tables belong to `listener_urls`."""

    pair: Pair
    listener_urls: ServiceUrls

    async def letters(self) -> list[dict[str, Any]]:
        """What an operator is shown."""
        async with service_client(self.pair.listener, OPERATOR) as client:
            answer = await client.get(_ADDRESS)
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    async def replay(self, letter: str) -> int:
        async with service_client(self.pair.listener, OPERATOR) as client:
            return (await client.post(f"{_ADDRESS}/{letter}/replay")).status_code


@pytest.fixture
async def place(service_database: Callable[[str], ServiceUrls]) -> AsyncIterator[Place]:
    urls = [service_database(f"poison_{name}") for name in ("customer", "interaction")]
    bus = LocalBus(expects=["customer-svc", "interaction-svc"])
    async with pair(urls[0], urls[1], (bus, bus)) as both:
        yield Place(both, urls[1])


async def test_a_poisonous_event_is_parked_and_takes_effect_once_when_it_is_replayed(place: Place) -> None:
    await as_owner(
        place.listener_urls,
        "ALTER TABLE customer_ref ADD CONSTRAINT no_room CHECK (channel IS DISTINCT FROM 'direct')",
    )
    body = {"name": "海纳百货", "kind": "organisation"}
    answer = await place.pair.client.post("/v1/customers", json={**body, "channel": "direct"})
    poison = answer.json()["id"]
    await place.pair.make()

    async def others_go_on() -> bool:
        return set(place.pair.made) <= await ids(place.pair.listener, "SELECT id FROM customer_ref")

    await eventually(others_go_on)

    async def parked() -> bool:
        """Instead of waiting six minutes, have the next attempt now."""
        await as_owner(place.listener_urls, "UPDATE inbox_retry SET retry_at = now()")
        return bool(await place.letters())

    await eventually(parked)
    letter = (await place.letters())[0]
    assert (letter["reason"], letter["attempts"]) == ("attempts_exhausted", 5)
    assert letter["error_class"] == "CheckViolationError"
    await as_owner(place.listener_urls, "ALTER TABLE customer_ref DROP CONSTRAINT no_room")
    assert await place.replay(letter["id"]) == 202

    async def heard() -> bool:
        return poison in await ids(place.pair.listener, "SELECT id FROM customer_ref")

    await eventually(heard)
    before = await as_owner(place.listener_urls, "SELECT * FROM customer_ref ORDER BY id")
    assert await place.replay(letter["id"]) == 202

    async def tried() -> bool:
        return not await as_owner(place.listener_urls, "SELECT 1 FROM inbox_retry")

    await eventually(tried)
    assert await as_owner(place.listener_urls, "SELECT * FROM customer_ref ORDER BY id") == before
