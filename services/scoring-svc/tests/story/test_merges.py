"""Customers that are merged are one to the scores, and two again when that is undone."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.composition import Service
from shared.events.customer import CustomerMerged, CustomerUnmerged, OrderRecorded

from .stories import order, registered, tell, until

_STATE: dict[str, Any] = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": "shop"}
_OF_NOW = ("version", "scored_at")


async def _scored(client: httpx.AsyncClient, customer: UUID, orders: int) -> dict[str, Any]:
    async def score() -> dict[str, Any] | None:
        answer = await client.get(f"/v1/scores/{customer}")
        found = answer.json() if answer.status_code == 200 else None
        return found if found and found["features"]["orders_52"] == orders else None

    found: dict[str, Any] = await until(score)
    return {name: found[name] for name in ("tier", "lifecycle_stage", "contribution", "features")}


def _orders(customer: UUID, *days_ago: float) -> list[OrderRecorded]:
    told = [order(customer, day) for day in days_ago]
    return [OrderRecorded(subject=each["order_id"], version=1, **each) for each in told]


async def test_the_kept_customer_is_scored_by_what_both_did(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    kept, absorbed = uuid4(), uuid4()
    await tell(scoring, registered(kept), registered(absorbed))
    await tell(scoring, *_orders(kept, 3, 40), *_orders(absorbed, 10, 20, 30))
    before = [await _scored(manager, kept, 2), await _scored(manager, absorbed, 3)]
    merged = CustomerMerged(subject=absorbed, version=2, status="merged", merged_into=kept, **_STATE)
    await tell(scoring, merged)
    await _scored(manager, kept, 5)
    for path in (f"/v1/scores/{absorbed}", f"/v1/scores/{absorbed}/history"):
        gone = await manager.get(path)
        assert gone.status_code == 308
        assert gone.headers["location"] == path.replace(str(absorbed), str(kept))
    listed = {row["customer_id"] for row in (await manager.get("/v1/scores?limit=200")).json()["data"]}
    assert str(absorbed) not in listed
    assert (await manager.get("/v1/insights/tiers")).json()["customers"] == len(listed)
    await tell(scoring, *_orders(absorbed, 1))
    await _scored(manager, kept, 6)
    await tell(scoring, CustomerUnmerged(subject=absorbed, version=3, status="active", **_STATE))
    await _scored(manager, absorbed, 4)
    after = await _scored(manager, kept, 2)
    assert after == before[0]
