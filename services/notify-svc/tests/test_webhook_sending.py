"""What is told arrives: signed, once under one id, tried again, and one webhook delays no other."""

from typing import Any

from shared.testing.sink import sink

from .hooking import hook, order, sending, settled, told


async def test_an_event_arrives_signed_and_as_it_was_told(world: Any) -> None:
    async with sink() as there:
        mine = await hook(world, world.manager, there, ["order.*"])
        event = order()
        (event_id,) = await told(world, event)
        async with sending(world, there.place):
            await settled(world, delivered=1)
    body = mine.verified(there.seen[0])
    assert body["type"] == "order.recorded.v1"
    assert body["data"]["order_id"] == str(event.order_id)
    assert body["data"]["subject"] == str(event.subject)
    (row,) = (await world.get(world.manager, "/v1/webhook-deliveries")).json()["data"]
    assert (row["event_id"], row["state"], row["attempts"]) == (str(event_id), "delivered", 1)
    assert there.seen[0].headers["webhook-id"] == row["message_id"]
    assert row["occurred_at"] == body["timestamp"]
