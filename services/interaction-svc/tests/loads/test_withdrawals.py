"""Loaded interactions are taken back, unless somebody changed them since."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from interaction_svc.loads.commands import FORGETTING, KEPT
from shared.events.customer import CustomerMerged
from shared.jobs import enqueue
from shared.references import CUSTOMER_EVENTS

from .steps import audited, count, loaded, row, send, take_back, taken_back, told

UNDONE = ("undone", None)


async def test_what_nobody_changed_goes_and_the_rest_stays(world: Any) -> None:
    customer, work = await world.customer(), uuid4()
    rows = [row(world, customer, summary=f"{number}") for number in range(3)]
    goes, edited, stays = [one["id"] for one in await loaded(world, rows)]
    await world.patch(f"/v1/interactions/{edited}", {"summary": "other words"})
    found = await taken_back(world, [(goes, 1), (edited, 1), (str(uuid4()), 1), (goes, 1)], work, 2)
    assert found == [UNDONE, ("kept", "changed_since"), ("kept", "gone"), ("kept", "gone")]
    assert (await world.get(f"/v1/interactions/{goes}")).status_code == 404
    timeline = (await world.get(f"/v1/customers/{customer}/timeline")).json()["data"]
    assert {one["id"] for one in timeline} == {edited, stays}
    (event,) = await told(world, "interactions.withdrawn.v1")
    assert (event["subject"], event["aggregateversion"]) == (str(work), 3)
    assert event["data"]["interactions"] == [
        {
            "interaction_id": goes,
            "customer_id": customer,
            "distributor_id": None,
            "channel": "call",
            "direction": "outbound",
            "occurred_at": rows[0]["occurred_at"],
        }
    ]
    assert await audited(world, "withdrawInteractions", goes) == ["interactions"]


async def test_its_history_goes_with_an_interaction(world: Any) -> None:
    (made,) = await loaded(world, [row(world, await world.customer())])
    await world.patch(f"/v1/interactions/{made['id']}", {"summary": "other words"})
    assert await taken_back(world, [(made["id"], 2)]) == [UNDONE]
    assert await count(world, "interaction") == await count(world, "interaction_edit") == 0


async def test_a_promise_stays_and_names_its_interaction_no_more(world: Any) -> None:
    customer = await world.customer()
    (made,) = await loaded(world, [row(world, customer)])
    promise = {"customer_id": customer, "content": "寄样品", "due_at": world.when(hours=-5)}
    given = await world.post("/v1/promises", {**promise, "interaction_id": made["id"]})
    assert given.status_code == 201
    assert await taken_back(world, [(made["id"], 1)]) == [UNDONE]
    left = (await world.get(given.headers["location"])).json()
    assert (left["interaction_id"], left["status"], left["version"]) == (None, "open", 2)


async def test_a_step_that_is_sent_again_is_answered_again_and_takes_nothing_more(world: Any) -> None:
    (made,) = await loaded(world, [row(world, await world.customer())])
    work = uuid4()
    first, again = [await take_back(world, [(made["id"], 1)], work) for _ in range(2)]
    assert first.json()["outcomes"][0]["status"] == "undone"
    assert again.content == first.content
    assert len(await told(world, "interactions.withdrawn.v1")) == 1
    assert await audited(world, "withdrawInteractions", made["id"]) == ["interactions"]
    other = await take_back(world, [(made["id"], 1)] * 2, work)
    assert (other.status_code, other.json()["code"]) == (409, "step_taken")


async def test_a_step_that_comes_twice_at_once_is_taken_once(world: Any) -> None:
    customer, work = await world.customer(), uuid4()
    made = await loaded(world, [row(world, customer, summary=f"{number}") for number in range(20)])
    items = [(one["id"], 1) for one in made]
    answers = await asyncio.gather(*(take_back(world, items, work) for _ in range(3)))
    assert {answer.content for answer in answers} == {answers[0].content}
    assert {one["status"] for one in answers[0].json()["outcomes"]} == {"undone"}
    assert await count(world, "interaction") == 0


async def test_two_undoings_at_once_take_each_interaction_once(world: Any) -> None:
    customer = await world.customer()
    made = await loaded(world, [row(world, customer, summary=f"{number}") for number in range(20)])
    items = [(one["id"], 1) for one in made]
    one, other = await asyncio.gather(taken_back(world, items), taken_back(world, items[::-1]))
    assert sorted(map(str, (*one, *other))) == sorted(map(str, [UNDONE] * 20 + [("kept", "gone")] * 20))
    assert len(await told(world, "interactions.withdrawn.v1")) == 1


async def test_what_is_out_of_sight_is_gone(world: Any) -> None:
    ours, theirs = uuid4(), uuid4()
    rows = [row(world, await world.customer(distributor)) for distributor in (ours, theirs)]
    mine, foreign = [one["id"] for one in await loaded(world, rows)]
    found = await taken_back(world, [(mine, 1), (foreign, 1)], who=world.partner(ours))
    assert found == [UNDONE, ("kept", "gone")]
    assert (await world.get(f"/v1/interactions/{foreign}")).status_code == 200
    refused = await take_back(world, [(foreign, 1)], who=world.analyst)
    assert refused.status_code == 403


async def test_what_is_taken_back_is_told_of_whom_it_was_recorded_for(world: Any) -> None:
    absorbed, kept = await world.customer(), await world.customer()
    (made,) = await loaded(world, [row(world, absorbed)])
    state: dict[str, Any] = dict.fromkeys(("distributor_id", "owner_id", "org_unit_id", "channel"))
    event = CustomerMerged(
        subject=UUID(absorbed), version=2, status="merged", merged_into=UUID(kept), **state
    )
    async with world.database.begin() as tx:
        await CUSTOMER_EVENTS[CustomerMerged](tx, event)
    assert await taken_back(world, [(made["id"], 1)]) == [UNDONE]
    (event,) = await told(world, "interactions.withdrawn.v1")
    assert [one["customer_id"] for one in event["data"]["interactions"]] == [absorbed]


async def test_what_was_taken_back_can_be_loaded_again(world: Any) -> None:
    rows = [row(world, await world.customer())]
    (made,) = await loaded(world, rows)
    await taken_back(world, [(made["id"], 1)])
    (again,) = await loaded(world, rows)
    assert again["status"] == "created"
    assert again["id"] != made["id"]


async def test_a_step_that_took_nothing_tells_nothing(world: Any) -> None:
    assert await taken_back(world, [(str(uuid4()), 1)]) == [("kept", "gone")]
    assert await world.events() == []


async def test_old_steps_and_what_was_foreseen_are_forgotten(world: Any) -> None:
    rows = [row(world, await world.customer(), summary=f"{number}") for number in range(3)]
    old, young = uuid4(), uuid4()
    for work in (old, young):
        await send(world, rows, work, dry_run=True)
    past = world.database.now() - KEPT - timedelta(hours=1)
    for table in ("load_step", "load_foreseen"):
        await world.sql(f"UPDATE {table} SET created_at = $1 WHERE work_id = $2", past, old)
    async with world.database.begin() as tx:
        await enqueue(tx, FORGETTING, {})
    waiting = "SELECT FROM job WHERE kind = $1 AND every_seconds IS NULL AND state <> 'done'"
    while await world.sql(waiting, FORGETTING):  # noqa: ASYNC110 - only asking can tell
        await asyncio.sleep(0.05)
    for table, left in (("load_step", 1), ("load_foreseen", 3)):
        assert [found["work_id"] for found in await world.sql(f"SELECT work_id FROM {table}")] == [
            young
        ] * left
    assert await count(world, "interaction") == 0
