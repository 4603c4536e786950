"""What was recorded for a merged customer is kept by the one that it is now, and finds home again."""

import random
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from shared.clock import new_id
from shared.events.customer import CustomerMerged, CustomerUnmerged
from shared.references import CUSTOMER_EVENTS

_CALL = {"channel": "call", "direction": "inbound", "summary": "询价"}


def merged(customer: str, into: str, version: int, **state: Any) -> CustomerMerged:
    told = {"owner_id": None, "org_unit_id": None, "channel": None, "distributor_id": None, **state}
    return CustomerMerged(
        subject=UUID(customer), merged_into=UUID(into), version=version, status="merged", **told
    )


def unmerged(customer: str, version: int, **state: Any) -> CustomerUnmerged:
    told = {"owner_id": None, "org_unit_id": None, "channel": None, "distributor_id": None, **state}
    return CustomerUnmerged(subject=UUID(customer), version=version, status="active", **told)


async def hear(world: Any, *events: Any) -> None:
    for event in events:
        async with world.database.begin() as tx:
            await CUSTOMER_EVENTS[type(event)](tx, event)


async def ids(world: Any, path: str, **parameters: str) -> set[str]:
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    answer = await world.get(f"{path}?{query}")
    assert answer.status_code == 200, answer.text
    return {row["id"] for row in answer.json()["data"]}


async def test_everything_is_the_kept_customers_until_the_merge_is_undone(world: Any) -> None:
    old, new = await world.customer(), await world.customer()
    call, complaint = await world.interaction(old), await world.complaint(old)
    await world.do(complaint, "assign", owner_id=str(world.lin.id))
    promise = await world.post(
        "/v1/promises",
        {
            "customer_id": old,
            "content": "寄样品",
            "due_at": world.when(hours=-5),
            "interaction_id": call["id"],
        },
    )
    own = await world.interaction(new)
    await hear(world, merged(old, new, 2))
    for asked in (old, new):
        assert await ids(world, "/v1/interactions", customer_id=asked) == {call["id"], own["id"]}
        assert await ids(world, "/v1/complaints", customer_id=asked) == {complaint["id"]}
        assert await ids(world, "/v1/promises", customer_id=asked) == {promise.json()["id"]}
    assert len((await world.get(f"/v1/customers/{new}/timeline")).json()["data"]) == 5
    gone = await world.get(f"/v1/customers/{old}/timeline?limit=2")
    assert gone.status_code == 308
    assert gone.headers["location"] == f"/v1/customers/{new}/timeline?limit=2"
    await hear(world, unmerged(old, 3))
    assert await ids(world, "/v1/interactions", customer_id=old) == {call["id"]}
    assert await ids(world, "/v1/interactions", customer_id=new) == {own["id"]}
    assert len((await world.get(f"/v1/customers/{old}/timeline")).json()["data"]) == 4


async def test_what_is_recorded_for_the_old_id_is_the_kept_ones_and_told_as_the_old_ones(world: Any) -> None:
    old, new = await world.customer(), await world.customer()
    await hear(world, merged(old, new, 2))
    call, complaint = await world.interaction(old), await world.complaint(old)
    assert (call["customer_id"], complaint["customer_id"]) == (new, new)
    batch = await world.post(
        "/v1/interactions/batch",
        {"items": [{"customer_id": old, "occurred_at": world.when(hours=2), **_CALL}]},
    )
    assert batch.json()["results"][0]["status"] == 201
    await world.do(complaint, "assign", owner_id=str(world.lin.id))
    resolved = await world.do(complaint, "resolve", result="换货")
    assert resolved.status_code == 200, resolved.text
    told = [event["data"]["customer_id"] for event in await world.events()]
    assert set(told) == {old}
    await hear(world, unmerged(old, 3))
    assert len(await ids(world, "/v1/interactions", customer_id=old)) == 2
    assert await ids(world, "/v1/interactions", customer_id=new) == set()
    assert len((await world.get(f"/v1/customers/{old}/timeline")).json()["data"]) == 5


async def test_a_merged_customer_that_is_not_known_here_is_asked_for(world: Any) -> None:
    old, new = new_id(), new_id()
    world.customers.known[new] = None
    world.customers.merged[old] = new
    call = await world.interaction(str(old))
    assert call["customer_id"] == str(new)
    away = await world.get(f"/v1/customers/{old}/timeline")
    assert away.status_code == 308


async def test_what_comes_by_the_identity_of_a_merged_customer_goes_home_with_it(world: Any) -> None:
    old, new = new_id(), new_id()
    world.customers.known[new], world.customers.merged[old] = None, new
    world.customers.identities["wechat/oX-1"] = [old]
    named = {
        "identity": {"channel": "wechat", "external_id": "oX-1"},
        "occurred_at": world.when(hours=1),
        **_CALL,
    }
    one = await world.post("/v1/interactions", named)
    many = await world.post("/v1/interactions/batch", {"items": [named]})
    assert (one.status_code, many.json()["results"][0]["status"]) == (201, 201)
    assert one.json()["customer_id"] == str(new)
    both = {one.json()["id"], many.json()["results"][0]["id"]}
    assert await ids(world, "/v1/interactions", customer_id=str(new)) == both
    await hear(world, unmerged(str(old), 3))
    assert await ids(world, "/v1/interactions", customer_id=str(old)) == both


async def test_who_sees_the_kept_customer_sees_what_was_the_others(world: Any) -> None:
    here, there = new_id(), new_id()
    old, new = await world.customer(here), await world.customer(there)
    call = await world.interaction(old)
    await hear(world, merged(old, new, 2, distributor_id=here))
    one, other = world.partner(here), world.partner(there)
    assert (await world.get(f"/v1/interactions/{call['id']}", who=other)).status_code == 200
    assert (await world.get(f"/v1/interactions/{call['id']}", who=one)).status_code == 404
    assert (await world.get(f"/v1/customers/{old}/timeline", who=one)).status_code == 404
    assert (await world.get(f"/v1/customers/{old}/timeline", who=other)).status_code == 308
    await hear(world, unmerged(old, 3, distributor_id=here))
    assert (await world.get(f"/v1/interactions/{call['id']}", who=one)).status_code == 200
    assert (await world.get(f"/v1/interactions/{call['id']}", who=other)).status_code == 404


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_the_order_of_events_each_record_is_with_who_its_customer_is_now(
    world: Any, seed: int
) -> None:
    chance = random.Random(seed)
    customers = [await world.customer() for _ in range(6)]
    world.customers.known = {UUID(one): None for one in customers}  # to be asked while events form a circle
    parents, events = history(chance, customers)
    homes: dict[str, str] = {}
    told = list(disordered(chance, events))
    for event in told:
        if chance.random() < 0.4:
            named = chance.choice(customers)
            homes[(await world.interaction(named))["id"]] = named
        await hear(world, event)
    for named in customers:
        homes[(await world.interaction(named))["id"]] = named
    rows = await world.sql("SELECT id, customer_id FROM interaction")
    assert {str(row["id"]): str(row["customer_id"]) for row in rows} == {
        call: root(parents, named) for call, named in homes.items()
    }


def history(chance: random.Random, customers: list[str]) -> tuple[dict[str, str], list[Any]]:
    """Who is merged into whom at the end, and the events that tell it in the order in which it happened."""
    parents: dict[str, str] = {}
    events: list[Any] = []
    versions = dict.fromkeys(customers, 1)
    for _ in range(20):
        one, other = chance.sample(customers, 2)
        if one in parents:
            if parents[one] not in parents:
                del parents[one]
                versions[one] += 1
                events.append(unmerged(one, versions[one]))
        elif other not in parents:
            parents[one] = other
            versions[one] += 1
            events.append(merged(one, other, versions[one]))
    return parents, events


def disordered(chance: random.Random, events: list[Any]) -> list[Any]:
    """The events in another order, some of them twice."""
    told = [*events, *chance.sample(events, len(events) // 3)]
    chance.shuffle(told)
    assert any(late.version < early.version for early, late in pairwise(told))
    return told


def root(parents: dict[str, str], customer: str) -> str:
    while customer in parents:
        customer = parents[customer]
    return customer
