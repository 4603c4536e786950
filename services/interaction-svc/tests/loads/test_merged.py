"""Loads for customers that were merged, or are being merged just now."""

import asyncio
from typing import Any
from uuid import UUID

from shared.events.customer import CustomerMerged, CustomerUnmerged
from shared.references import CUSTOMER_EVENTS

from .steps import count, loaded, row, told, verdicts

_STATE: dict[str, Any] = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": None}
_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def merged(absorbed: str, kept: str) -> CustomerMerged:
    return CustomerMerged(
        subject=UUID(absorbed), version=2, status="merged", merged_into=UUID(kept), **_STATE
    )


async def hear(tx: Any, event: Any) -> None:
    await CUSTOMER_EVENTS[type(event)](tx, event)


async def test_a_row_for_a_merged_customer_is_known_among_those_of_the_other(world: Any) -> None:
    absorbed, kept = await world.customer(), await world.customer()
    there = await world.interaction(kept, summary="there")
    async with world.database.begin() as tx:
        await hear(tx, merged(absorbed, kept))
    same = {"summary": "there", "occurred_at": there["occurred_at"]}
    outcomes = await loaded(
        world, [row(world, absorbed, **same), row(world, absorbed, summary="new"), row(world, kept, **same)]
    )
    assert verdicts(outcomes) == [("unchanged", None), ("created", None), ("unchanged", None)]
    new = (await world.get(f"/v1/interactions/{outcomes[1]['id']}")).json()
    assert new["customer_id"] == kept
    (event,) = await told(world, "interactions.imported.v1")
    assert [one["customer_id"] for one in event["data"]["interactions"]] == [absorbed]
    async with world.database.begin() as tx:
        await hear(tx, CustomerUnmerged(subject=UUID(absorbed), version=3, status="active", **_STATE))
    assert (await world.get(f"/v1/interactions/{new['id']}")).json()["customer_id"] == absorbed


async def test_a_load_waits_for_a_merge_that_is_under_way(world: Any) -> None:
    absorbed, kept = await world.customer(), await world.customer()
    there = await world.interaction(kept)
    rows = [row(world, absorbed, occurred_at=there["occurred_at"])]
    async with world.database.begin() as tx:
        await hear(tx, merged(absorbed, kept))
        loading = asyncio.ensure_future(loaded(world, rows))
        while not (await world.sql(_WAITING))[0][0]:  # noqa: ASYNC110 - only asking can tell
            await asyncio.sleep(0.01)
    (outcome,) = await loading
    assert (outcome["status"], outcome["id"]) == ("unchanged", there["id"])
    assert await count(world, "interaction") == 1
