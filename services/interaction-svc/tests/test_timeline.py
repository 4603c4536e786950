"""One customer's timeline: everything in one order, page by page."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from interaction_svc.timeline import queries
from interaction_svc.timeline.details import told
from interaction_svc.timeline.schemas import TimelineQuery
from shared.db import Prepared, Reader, Record
from shared.db.statements import compile_now


async def walked(world: Any, customer: Any, query: str = "") -> Any:
    items, cursor = [], ""
    while cursor is not None:
        answer = await world.get(f"/v1/customers/{customer}/timeline?limit=2{query}{cursor}")
        assert answer.status_code == 200, answer.text
        items += answer.json()["data"]
        following = answer.json()["page"]["next_cursor"]
        cursor = following and f"&cursor={following}"
    return items


async def test_the_timeline_merges_contacts_and_complaints_newest_first(world: Any) -> None:
    customer, other = await world.customer(), await world.customer()
    complaint = await world.complaint(customer, subject="裂纹")
    await world.do(complaint, "assign", owner_id=str(uuid4()))
    call = await world.interaction(customer, summary="道歉", occurred_at=world.when(days=-0.5))
    old = await world.interaction(customer, summary="首次来电", occurred_at=world.when(days=3))
    await world.interaction(other)
    await world.complaint(other)
    items = await walked(world, customer)
    assert [item["type"] for item in items] == ["interaction", "complaint", "complaint", "interaction"]
    assert [item["at"] for item in items] == sorted((item["at"] for item in items), reverse=True)
    assert (items[0]["id"], items[3]["id"]) == (call["id"], old["id"])
    assert items[0]["interaction"]["summary"] == "道歉"
    assert [item["complaint"]["verb"] for item in items[1:3]] == ["assign", "open"]
    assert items[2]["complaint"] == {
        "id": complaint["id"],
        "number": complaint["number"],
        "subject": "裂纹",
        "category": "quality",
        "severity": "normal",
        "verb": "open",
        "from_status": None,
        "to_status": "received",
        "owner_id": None,
        "note": None,
        "done_by": str(world.lin.id),
    }


async def test_the_timeline_can_be_narrowed(world: Any) -> None:
    customer = await world.customer()
    await world.complaint(customer)
    for days in (1, 2, 3):
        await world.interaction(customer, occurred_at=world.when(days=days), summary=f"{days}")
    assert {item["type"] for item in await walked(world, customer, "&type=complaint")} == {"complaint"}
    window = f"&at[gte]={world.when(days=2.5)}&at[lt]={world.when(days=1.5)}"
    assert [item["interaction"]["summary"] for item in await walked(world, customer, window)] == ["2"]
    oldest = await walked(world, customer, "&sort=at")
    assert [item["type"] for item in oldest] == ["interaction"] * 3 + ["complaint"]


async def test_both_ways_lead_past_every_item_once_also_those_of_one_moment(world: Any) -> None:
    customer, at = await world.customer(), world.when(days=1)
    for number in range(5):
        await world.interaction(customer, occurred_at=at, summary=f"{number}")
    complaint = await world.complaint(customer)
    await world.do(complaint, "assign", owner_id=str(uuid4()))
    newest, oldest = await walked(world, customer), await walked(world, customer, "&sort=at")
    assert len(newest) == 7
    assert newest == oldest[::-1]
    first = (await world.get(f"/v1/customers/{customer}/timeline?limit=2")).json()["page"]["next_cursor"]
    turned = await world.get(f"/v1/customers/{customer}/timeline?limit=2&sort=at&cursor={first}")
    assert turned.status_code == 400


async def test_several_kinds_can_be_asked_for_at_once(world: Any) -> None:
    customer = await world.customer()
    await world.complaint(customer)
    await world.interaction(customer)
    promise = {"customer_id": customer, "content": "寄样品", "due_at": world.when(days=-3)}
    assert (await world.post("/v1/promises", promise)).status_code == 201

    async def kinds(query: str) -> list[str]:
        return sorted(item["type"] for item in await walked(world, customer, query))

    assert await kinds("") == ["complaint", "interaction", "promise"]
    assert await kinds("&type=interaction&type=complaint") == ["complaint", "interaction"]
    assert await kinds("&sort=at&type=promise&type=complaint") == ["complaint", "promise"]
    assert await kinds("&type=promise") == ["promise"]
    path = f"/v1/customers/{customer}/timeline"
    assert (await world.get(f"{path}?type=interaction&type=order")).status_code == 422
    assert (await world.get(f"{path}?type=interaction,complaint")).status_code == 422


async def test_staff_and_contacts_of_an_interaction_are_told_apart(world: Any) -> None:
    customer, people = await world.customer(), (str(uuid4()), str(uuid4()))
    told = [
        {"kind": "staff", "id": people[0], "name": "陈静"},
        {"kind": "contact", "id": people[1], "name": None},
        {"kind": "other", "id": None, "name": "Tom Baker"},
    ]
    await world.interaction(customer, participants=[*told[:2], "Tom Baker"])
    (item,) = await walked(world, customer)
    assert item["interaction"]["participants"] == told


async def test_a_quiet_customer_has_an_empty_timeline(world: Any) -> None:
    customer = await world.customer()
    assert await walked(world, customer) == []
    assert (await world.get(f"/v1/customers/{uuid4()}/timeline")).status_code == 404
    assert (await world.get("/v1/customers/42/timeline")).status_code == 422


async def test_a_page_reads_no_more_rows_than_it_shows(world: Any) -> None:
    customer = await world.customer()
    await world.sql(
        """
        INSERT INTO interaction SELECT gen_random_uuid(), $1::text::uuid, NULL, 'call', 'inbound',
        now() - make_interval(mins => n), '[]', 's', NULL, '[]', gen_random_uuid(), 1, now(), now()
        FROM generate_series(1, 10000) n
        """,
        customer,
    )
    await world.complaint(customer)
    await analysed(world)
    async with world.database.read() as reader:
        spy = Spy(reader)
        first = await queries.timeline(spy, customer, TimelineQuery(), world.service.sealer)
        following = TimelineQuery(cursor=first["page"]["next_cursor"])
        second = await queries.timeline(spy, customer, following, world.service.sealer)
    assert first["data"][-1]["at"] > second["data"][0]["at"]
    assert all(blocks < 1000 for blocks in spy.blocks), spy.blocks


async def test_what_has_gone_since_the_page_was_found_is_left_out(world: Any) -> None:
    customer = await world.customer()
    kept = await world.interaction(customer)
    there = {"type": "interaction", "id": UUID(kept["id"]), "at": datetime.now(UTC)}
    async with world.database.read() as reader:
        (item,) = await told(reader, [{**there, "id": uuid4()}, there])
    assert (item["id"], item["interaction"]["summary"]) == (there["id"], kept["summary"])


async def analysed(world: Any) -> None:
    owner = await asyncpg.connect(world.urls.owner_url)
    try:
        await owner.execute("VACUUM ANALYZE")
    finally:
        await owner.close()


class Spy(Reader):
    """A reader that notes how many blocks each statement touched."""

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader.connection, reader.scope)
        self.blocks: list[int] = []

    async def rows(self, statement: Any, **given: Any) -> list[Record]:
        prepared = isinstance(statement, Prepared)
        sql, arguments = (statement.sql, statement.arguments(given)) if prepared else compile_now(statement)
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}"
        plan = (await self.connection.fetchval(explain, *arguments))[0]["Plan"]
        self.blocks.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        return await super().rows(statement, **given)
