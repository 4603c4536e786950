"""Who may see and do what: customers of other distributors, unknown customers, missing permissions."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.db import Scope
from shared.problems import Forbidden


async def test_a_foreign_customers_records_were_never_there(world: Any) -> None:
    ours, theirs = uuid4(), uuid4()
    customer = await world.customer(theirs)
    logged = await world.interaction(customer)
    complaint = await world.complaint(customer)
    stranger = world.partner(ours)
    absent = uuid4()
    for path, real in (
        ("/v1/interactions/{}", logged["id"]),
        ("/v1/interactions/{}/history", logged["id"]),
        ("/v1/complaints/{}", complaint["id"]),
        ("/v1/complaints/{}/history", complaint["id"]),
        ("/v1/customers/{}/timeline", customer),
    ):
        foreign = await world.get(path.format(real), who=stranger)
        never = await world.get(path.format(absent), who=stranger)
        assert (foreign.status_code, never.status_code) == (404, 404)
        for answer in (foreign, never):
            assert answer.json()["code"] == "not_found"
        assert foreign.json()["detail"] == never.json()["detail"]
    assert (await world.get("/v1/interactions", who=stranger)).json()["data"] == []
    assert (await world.get("/v1/complaints", who=stranger)).json()["data"] == []


async def test_a_partner_cannot_change_what_is_not_theirs(world: Any) -> None:
    customer = await world.customer(uuid4())
    logged = await world.interaction(customer)
    complaint = await world.complaint(customer)
    stranger = world.partner(uuid4())
    call = {"channel": "call", "direction": "inbound", "occurred_at": world.when(hours=1), "summary": "s"}
    about = {"channel": "call", "category": "quality", "subject": "s"}
    answers = [
        await world.patch(f"/v1/interactions/{logged['id']}", {"summary": "mine"}, who=stranger),
        await world.post(f"/v1/complaints/{complaint['id']}/classify", {}, who=stranger),
        await world.post("/v1/interactions", {"customer_id": customer, **call}, who=stranger),
        await world.post("/v1/complaints", {"customer_id": customer, **about}, who=stranger),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    batch = await world.post(
        "/v1/interactions/batch", {"items": [{"customer_id": customer, **call}]}, who=stranger
    )
    assert batch.json()["results"][0]["status"] == 404


async def test_a_partner_works_with_their_own_customers(world: Any) -> None:
    distributor = uuid4()
    customer = await world.customer(distributor)
    theirs = world.partner(distributor)
    about = {"channel": "other", "category": "delivery", "subject": "迟到", "severity": "high"}
    opened = await world.post("/v1/complaints", {"customer_id": customer, **about}, who=theirs)
    assert opened.status_code == 201
    assert opened.json()["distributor_id"] == str(distributor)
    timeline = await world.get(f"/v1/customers/{customer}/timeline", who=theirs)
    assert [item["type"] for item in timeline.json()["data"]] == ["complaint"]
    (event,) = await world.events()
    assert event["distributorid"] == str(distributor)


async def test_row_security_hides_what_a_query_forgets(world: Any) -> None:
    ours, theirs = uuid4(), uuid4()
    for distributor in (ours, theirs, None):
        customer = await world.customer(distributor)
        logged = await world.interaction(customer)
        await world.patch(f"/v1/interactions/{logged['id']}", {"summary": "edited"})
        await world.complaint(customer)
    for table in ("interaction", "interaction_edit", "complaint", "complaint_step"):
        statement = f"SELECT distributor_id FROM {table}"
        seen = {}
        for scope in (Scope(frozenset({ours})), Scope(frozenset()), Scope(None)):
            async with world.database.read(scope) as reader:
                seen[scope] = [row[0] for row in await reader.connection.fetch(statement)]
        assert seen[Scope(frozenset({ours}))] == [ours]
        assert seen[Scope(frozenset())] == []
        assert sorted(map(str, seen[Scope(None)])) == sorted(map(str, (ours, theirs, None)))


async def test_row_security_refuses_to_write_a_foreign_row(world: Any) -> None:
    customer = await world.customer()
    logged = await world.interaction(customer)
    with pytest.raises(Forbidden):
        async with world.database.begin(Scope(frozenset({uuid4()}))) as tx:
            await tx.connection.execute(
                "INSERT INTO interaction_edit VALUES ($1, $2, NULL, 2, '[]', $1, now())",
                uuid4(),
                UUID(logged["id"]),
            )


async def test_an_unknown_customer_is_read_through_once(world: Any) -> None:
    customer = uuid4()
    world.customers.known[customer] = None
    await world.interaction(str(customer))
    await world.interaction(str(customer))
    assert world.customers.asked == 1


async def test_a_customer_that_does_not_exist_is_not_found(world: Any) -> None:
    body = {"customer_id": str(uuid4()), "channel": "call", "category": "quality", "subject": "s"}
    answer = await world.post("/v1/complaints", body)
    assert answer.status_code == 404
    assert await world.events() == []


async def test_an_unknown_customer_while_customer_svc_is_away_means_later_and_not_never(world: Any) -> None:
    world.customers.away = True
    customer = str(uuid4())
    call = {"channel": "call", "direction": "inbound", "occurred_at": world.when(hours=1), "summary": "s"}
    about = {"channel": "call", "category": "quality", "subject": "s"}
    known = await world.customer()
    answers = [
        await world.post("/v1/interactions", {"customer_id": customer, **call}),
        await world.post("/v1/complaints", {"customer_id": customer, **about}),
        await world.get(f"/v1/customers/{customer}/timeline"),
        await world.post(
            "/v1/interactions/batch",
            {"items": [{"customer_id": known, **call}, {"customer_id": customer, **call}]},
        ),
    ]
    for answer in answers:
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["code"] == "customer_unknown_yet"
    assert (await world.get("/v1/interactions")).json()["data"] == []
    assert (await world.interaction(known))["customer_id"] == known


async def test_reading_does_not_allow_writing(world: Any) -> None:
    customer = await world.customer()
    body = {"customer_id": customer, "channel": "call", "category": "quality", "subject": "s"}
    assert (await world.post("/v1/complaints", body, who=world.analyst)).status_code == 403
    assert (await world.get("/v1/complaints", who=world.analyst)).status_code == 200


async def test_nobody_sees_anything(world: Any) -> None:
    async with world.client() as client:
        client.headers.clear()
        for path in ("/v1/interactions", "/v1/complaints", f"/v1/customers/{uuid4()}/timeline"):
            answer = await client.get(path)
            assert answer.status_code == 401
            assert "www-authenticate" in answer.headers


async def test_a_problem_is_a_problem_in_chinese_too(world: Any) -> None:
    answer = await world.get(f"/v1/complaints/{uuid4()}", **{"Accept-Language": "zh-CN"})
    assert answer.json()["detail"] == "没有这个投诉。"
