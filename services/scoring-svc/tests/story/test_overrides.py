"""A person pins a customer to a tier for a while; the rules go on beneath it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text

from scoring_svc.overrides.commands import expire
from shared.auth import Principal
from shared.composition import Service
from shared.db import Scope
from shared.events.customer import CustomerMerged, CustomerUnmerged, OrderRecorded
from shared.testing import partner, service_client, staff

from .stories import order, registered, tell, until

Json = dict[str, Any]
_STATE: Json = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": "shop"}


def pin(customer: UUID, tier: str = "core", days: float = 30) -> Json:
    until_then = datetime.now(UTC) + timedelta(days=days)
    return {
        "customer_id": str(customer),
        "tier": tier,
        "reason": "明年春季新开三店",
        "expires_at": until_then.isoformat(),
    }


async def tiered(client: httpx.AsyncClient, customer: UUID, tier: str, *, pinned: bool) -> Json:
    """The customer's score as soon as it has this tier, by a person or by the rules."""

    async def check() -> Json | None:
        found = (await client.get(f"/v1/scores/{customer}")).json()
        fits = found.get("tier") == tier and (found["tier_override"] is not None) == pinned
        return found if fits else None

    return dict(await until(check))


async def newcomer(service: Service, client: httpx.AsyncClient, **who: Any) -> UUID:
    customer = uuid4()
    fields = order(customer, 3, 1_00, distributor_id=who.get("distributor_id"))
    event = OrderRecorded(subject=fields["order_id"], version=1, **fields)
    await tell(service, registered(customer, **who), event)
    await until(lambda: _scored(client, customer))
    return customer


async def _scored(client: httpx.AsyncClient, customer: UUID) -> bool:
    found = await client.get(f"/v1/scores/{customer}")
    return found.status_code == 200 and found.json()["lifecycle_stage"] == "first_purchase"


async def told(service: Service, kind: str) -> list[Json]:
    async with service.database.read() as reader:
        rows = await reader.rows(
            text("SELECT payload FROM outbox WHERE type = :kind ORDER BY aggregate_version").bindparams(
                kind=kind
            )
        )
    return [row["payload"] for row in rows]


async def test_a_pin_holds_with_its_reason_until_it_is_ended_and_leaves_nothing_behind(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    customer = await newcomer(scoring, manager)
    before = (await manager.get(f"/v1/scores/{customer}")).json()
    other = "core" if before["tier"] != "core" else "ordinary"
    made = await manager.post("/v1/tier-overrides", json=pin(customer, other))
    assert made.status_code == 201
    assert made.json()["reason"] == "明年春季新开三店"
    score = await tiered(manager, customer, other, pinned=True)
    assert score["tier_override"]["by_rule"] == before["tier"]
    assert score["tier_override"]["id"] == made.json()["id"]
    again = await manager.post("/v1/tier-overrides", json=pin(customer))
    assert (again.status_code, again.json()["code"]) == (409, "override_active")
    listed = (await manager.get(f"/v1/tier-overrides?customer_id={customer}&active=true")).json()["data"]
    assert [row["id"] for row in listed] == [made.json()["id"]]
    path = made.headers["location"]
    assert (await manager.post(f"{path}/end", headers={"If-Match": '"v7"'})).status_code == 412
    ended = await manager.post(f"{path}/end", headers={"If-Match": made.headers["etag"]})
    assert ended.json()["end_cause"] == "ended"
    await tiered(manager, customer, before["tier"], pinned=False)
    assert (await manager.post(f"{path}/end")).json()["code"] == "override_ended"
    moves = [event["data"]["to_tier"] for event in await told(scoring, "tier.changed.v1")]
    assert moves[-2:] == [other, before["tier"]]
    assert [event["data"]["tier"] for event in await told(scoring, "tier.pinned.v1")] == [other]
    assert [event["data"]["cause"] for event in await told(scoring, "tier.unpinned.v1")] == ["ended"]


async def test_a_pin_runs_out_by_itself(scoring: Service, manager: httpx.AsyncClient) -> None:
    customer = await newcomer(scoring, manager)
    tier = (await manager.get(f"/v1/scores/{customer}")).json()["tier"]
    other = "core" if tier != "core" else "ordinary"
    made = (await manager.post("/v1/tier-overrides", json=pin(customer, other))).json()
    await tiered(manager, customer, other, pinned=True)
    async with scoring.database.begin() as tx:
        await tx.run(text("UPDATE tier_override SET created_at = now() - interval '2 d', expires_at = now()"))
    assert await expire(scoring.database) == 1
    await tiered(manager, customer, tier, pinned=False)
    found = (await manager.get(f"/v1/tier-overrides/{made['id']}")).json()
    assert (found["end_cause"], found["ended_by"]) == ("expired", None)


async def test_a_pin_goes_with_a_merge_and_comes_back_with_its_undoing(
    scoring: Service, manager: httpx.AsyncClient
) -> None:
    kept, absorbed = await newcomer(scoring, manager), await newcomer(scoring, manager)
    await manager.post("/v1/tier-overrides", json=pin(kept, "ordinary"))
    await manager.post("/v1/tier-overrides", json=pin(absorbed, "core"))
    await tiered(manager, absorbed, "core", pinned=True)
    merge = CustomerMerged(subject=absorbed, version=2, merged_into=kept, status="merged", **_STATE)
    await tell(scoring, merge)
    score = await tiered(manager, kept, "core", pinned=True)
    assert score["tier_override"]["tier"] == "core", "of two that meet the newer one counts"
    listed = (await manager.get(f"/v1/tier-overrides?customer_id={kept}&active=true")).json()["data"]
    assert len(listed) == 2
    back = CustomerUnmerged(subject=absorbed, version=3, status="active", **_STATE)
    await tell(scoring, back)
    await tiered(manager, kept, "ordinary", pinned=True)
    await tiered(manager, absorbed, "core", pinned=True)


async def test_who_may_pin_whom_and_until_when(scoring: Service, manager: httpx.AsyncClient) -> None:
    distributor, owner = uuid4(), uuid4()
    customer = await newcomer(scoring, manager, owner=owner, distributor_id=distributor)
    for days in (-1, 800):
        refused = await manager.post("/v1/tier-overrides", json=pin(customer, days=days))
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/expires_at"
    no_reason = {**pin(customer), "reason": " "}
    assert (await manager.post("/v1/tier-overrides", json=no_reason)).status_code == 422
    assert (await manager.post("/v1/tier-overrides", json=pin(uuid4()))).status_code == 404
    made = (await manager.post("/v1/tier-overrides", json=pin(customer))).json()
    key = partner(distributor, "scores:read")
    async with service_client(scoring, key) as own, service_client(scoring, staff("sales")) as sales:
        for client in (own, sales):
            assert (await client.post("/v1/tier-overrides", json=pin(customer))).status_code == 403
        assert (await own.get("/v1/tier-overrides")).status_code == 403
        shown = (await own.get(f"/v1/scores/{customer}")).json()["tier_override"]
        assert shown.keys() == {"id", "tier", "by_rule", "expires_at"}, "its reason is ours"
    stranger = Principal("staff", uuid4(), frozenset({"manager"}), scope=Scope(holders=frozenset({uuid4()})))
    async with service_client(scoring, stranger) as far:
        assert (await far.get(f"/v1/tier-overrides/{made['id']}")).status_code == 404
        assert (await far.get("/v1/tier-overrides")).json()["data"] == []
        assert (await far.post("/v1/tier-overrides", json=pin(customer))).status_code == 404
