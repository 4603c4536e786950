"""Whose services are: distributors and holders, moves and merges of customers, and two at once."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.clock import new_id
from shared.db import Scope
from shared.events.customer import CustomerAssigned, CustomerMerged, CustomerUnmerged
from shared.problems import Forbidden
from shared.references import CUSTOMER_EVENTS, CustomerRef, apply
from shared.testing import staff

from .steps import do, done, employed, holding, listed, process, recorded, refused, run, told


async def hear(world: Any, event: Any) -> None:
    async with world.database.begin() as tx:
        await CUSTOMER_EVENTS[type(event)](tx, event)


def state(customer: str, version: int, distributor: UUID | None = None, **more: Any) -> dict[str, Any]:
    whose = {"owner_id": None, "org_unit_id": None, "channel": None, "distributor_id": distributor}
    return {"subject": UUID(customer), "version": version, "status": "active", **whose, **more}


async def test_a_foreign_customers_services_were_never_there(world: Any) -> None:
    customer = await world.customer(uuid4())
    made, stranger = await run(world, await process(world), customer), world.partner(uuid4())
    for record in (made, {"id": str(uuid4())}):
        path = f"/v1/service-records/{record['id']}"
        answers = [
            await world.get(path, stranger),
            await world.get(f"{path}/history", stranger),
            await do(world, record, "start", "accept", who=stranger),
            await do(world, record, "complete", "accept", who=stranger),
            await do(world, record, "skip", "accept", who=stranger, reason="x"),
            await do(world, record, "cancel", who=stranger, reason="x"),
            await do(world, record, "rate", who=stranger, rating=1),
        ]
        assert {(answer.status_code, answer.json()["detail"]) for answer in answers} == {
            (404, "There is no such service record.")
        }
    assert await listed(world, who=stranger) == []
    body = {"customer_id": customer, "process_id": made["process_id"]}
    refused(await world.post("/v1/service-records", body, stranger), 404, "not_found")
    assert (await world.get(f"/v1/service-records/{made['id']}")).json()["version"] == 1


async def test_row_security_hides_what_a_query_forgets(world: Any) -> None:
    ours, template = uuid4(), await process(world)
    mine = await run(world, template, await world.customer(ours))
    for distributor in (uuid4(), None):
        await run(world, template, await world.customer(distributor))
    for table, column, most in (
        ("service_record", "id", 3),
        ("service_step", "record_id", 6),
        ("service_move", "record_id", 3),
    ):
        for scope, wanted in (
            (Scope(frozenset({ours})), {UUID(mine["id"])}),
            (Scope(frozenset()), set()),
            (Scope(None, frozenset({uuid4()})), set()),
        ):
            async with world.database.read(scope) as reader:
                rows = await reader.connection.fetch(f"SELECT {column} FROM {table}")
            assert {row[0] for row in rows} == wanted
        assert len(await world.sql(f"SELECT FROM {table}")) == most


async def test_row_security_refuses_to_write_a_foreign_row(world: Any) -> None:
    made = await run(world, await process(world), await world.customer(uuid4()))
    with pytest.raises(Forbidden):
        async with world.database.begin(Scope(frozenset({uuid4()}))) as tx:
            await tx.connection.execute(
                "INSERT INTO service_move (id, record_id, version, verb, status, done_by, done_at) "
                "VALUES ($1, $2, 9, 'cancel', 'running', $1, now())",
                uuid4(),
                UUID(made["id"]),
            )


async def test_who_holds_the_customer_looks_after_it_or_has_its_step_in_hand_sees_it(world: Any) -> None:
    owner, assignee, handler, nobody = (holding("service") for _ in range(4))
    ids = [who.id for who in (owner, assignee, handler)]
    ref = CustomerRef(new_id(), None, ids[0], None, "active", None, None, 1)
    async with world.database.begin() as tx:
        await apply(tx, [ref])
    await world.sql("INSERT INTO staff_ref VALUES ($1, NULL, $2, true, 1)", ids[2], ["service"])
    made = await run(world, await process(world), str(ref.id), assignee_id=str(ids[1]))
    path = f"/v1/service-records/{made['id']}"

    async def seen() -> list[int]:
        answers = [await world.get(path, who) for who in (owner, assignee, handler, nobody)]
        lists = [await listed(world, who=who) for who in (owner, assignee, handler, nobody)]
        assert [bool(each) for each in lists] == [answer.status_code == 200 for answer in answers]
        return [answer.status_code for answer in answers]

    assert await seen() == [200, 200, 404, 404]
    started = await do(world, made, "start", "accept", who=owner, assignee_id=str(ids[2]))
    assert started.status_code == 200, started.text
    assert await seen() == [200, 200, 200, 404]
    completed = await do(world, made, "complete", "accept", who=handler)
    assert completed.status_code == 200, completed.text
    assert await seen() == [200, 200, 404, 404]


async def test_services_go_with_their_customer_to_another_distributor(world: Any) -> None:
    here, there = uuid4(), uuid4()
    customer = await world.customer(here)
    made = await run(world, await process(world), customer)
    await hear(world, CustomerAssigned(**state(customer, 2, there)))
    assert await listed(world, who=world.partner(here)) == []
    assert await listed(world, who=world.partner(there)) == [made["id"]]
    later = await recorded(world, customer)
    assert later["distributor_id"] == str(there)
    history = await world.get(f"/v1/service-records/{made['id']}/history", world.partner(there))
    assert history.status_code == 200


async def test_services_of_a_merged_customer_are_the_kept_ones_until_it_is_undone(world: Any) -> None:
    here, there = uuid4(), uuid4()
    old, new = await world.customer(here), await world.customer(there)
    made = await run(world, await process(world), old)
    merged = state(old, 2, here, merged_into=UUID(new), status="merged")
    await hear(world, CustomerMerged(**merged))
    assert await listed(world, who=world.partner(there)) == [made["id"]]
    assert await listed(world, who=world.partner(here)) == []
    later = await recorded(world, old, rating=5)
    assert (later["customer_id"], later["distributor_id"]) == (new, str(there))
    for asked in (old, new):
        assert set(await listed(world, f"customer_id={asked}")) == {made["id"], later["id"]}
    over = await done(world, made, "accept", "repair")
    assert over["customer_id"] == new
    assert {event["data"]["customer_id"] for event in await told(world)} == {old}
    assert {event["distributorid"] for event in await told(world)} == {str(there)}
    items = (await world.get(f"/v1/customers/{new}/timeline")).json()["data"]
    assert {item["id"] for item in items} == {made["id"], later["id"]}
    await hear(world, CustomerUnmerged(**state(old, 3, here)))
    assert set(await listed(world, f"customer_id={old}")) == {made["id"], later["id"]}
    assert await listed(world, f"customer_id={new}") == []
    assert set(await listed(world, who=world.partner(here))) == {made["id"], later["id"]}


async def test_an_unknown_customer_while_customer_svc_is_away_means_later_and_not_never(world: Any) -> None:
    template = await process(world)
    body = {"customer_id": str(uuid4()), "process_id": template["id"]}
    refused(await world.post("/v1/service-records", body), 404, "not_found")
    world.customers.away = True
    refused(await world.post("/v1/service-records", body), 503, "customer_unknown_yet")
    assert await listed(world) == []


async def test_of_two_who_start_a_step_at_once_one_is_refused(world: Any) -> None:
    others = [await employed(world, "service") for _ in range(6)]
    made = await run(world, await process(world))
    answers = await asyncio.gather(
        *(do(world, made, "start", "accept", assignee_id=other) for other in others)
    )
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    for answer in answers:
        if answer not in won:
            refused(answer, 409, "step_started")
    found = (await world.get(f"/v1/service-records/{made['id']}")).json()
    assert found == won[0].json()
    assert (found["version"], found["handler_id"]) == (2, found["steps"][0]["assignee_id"])


async def test_of_two_who_complete_or_rate_at_once_one_is_refused(world: Any) -> None:
    made = await run(world, await process(world))
    await do(world, made, "start", "accept")
    completed = await asyncio.gather(*(do(world, made, "complete", "accept") for _ in range(5)))
    assert sorted(answer.status_code for answer in completed) == [200, 409, 409, 409, 409]
    await done(world, made, "repair")
    rated = await asyncio.gather(*(do(world, made, "rate", rating=1 + n) for n in range(5)))
    assert sorted(answer.status_code for answer in rated) == [200, 409, 409, 409, 409]
    assert [event["type"] for event in await told(world)] == ["service.recorded.v1", "service.rated.v1"]


async def test_a_template_is_removed_or_run_and_never_both(world: Any) -> None:
    template, customer = await process(world), await world.customer()
    body = {"customer_id": customer, "process_id": template["id"]}
    async with world.client(staff("manager")) as client:
        begun, removed = await asyncio.gather(
            world.post("/v1/service-records", body),
            client.delete(f"/v1/service-processes/{template['id']}", headers={"If-Match": "*"}),
        )
    assert (begun.status_code, removed.status_code) in {(201, 409), (422, 204)}
    assert len(await listed(world)) == (begun.status_code == 201)


async def test_who_changes_what_another_changed_is_told(world: Any) -> None:
    made = await run(world, await process(world))
    path = f"/v1/service-records/{made['id']}"
    assert (await world.get(path)).headers["etag"] == '"v1"'
    first = await world.post(f"{path}/steps/accept/start", {}, **{"If-Match": '"v1"'})
    assert (first.status_code, first.headers["etag"]) == (200, '"v2"')
    refused(await world.post(f"{path}/cancel", {"reason": "x"}, **{"If-Match": '"v1"'}), 412, "version_stale")
    assert (await world.get(path)).json()["status"] == "running"
