"""Complaints of the past, loaded from another system."""

from typing import Any
from uuid import uuid4

import pytest

ABOUT = {"channel": "email", "category": "delivery", "subject": "迟到九天", "severity": "normal"}


async def loaded(world: Any, *items: Any) -> Any:
    answer = await world.post("/v1/complaints/batch", {"items": list(items)})
    assert answer.status_code == 207, answer.text
    return answer.json()["results"]


async def test_a_past_case_keeps_its_times_in_record_history_and_events(world: Any) -> None:
    customer, owner = await world.customer(), str(uuid4())
    opened, resolved, closed = world.when(days=40), world.when(days=38), world.when(days=37)
    past = {
        "customer_id": customer,
        **ABOUT,
        "owner_id": owner,
        "opened_at": opened,
        "resolved_at": resolved,
        "result": "退还运费",
        "informed_at": resolved,
        "closed_at": closed,
    }
    (line,) = await loaded(world, past)
    assert line["status"] == 201
    case = (await world.get(f"/v1/complaints/{line['id']}")).json()
    assert (case["status"], case["sla"]["state"]) == ("closed", "met")
    assert (case["opened_at"], case["resolved_at"], case["closed_at"]) == (opened, resolved, closed)
    assert case["number"].startswith(f"C-{opened[:4]}-")
    history = (await world.get(f"/v1/complaints/{line['id']}/history")).json()["data"]
    assert [(step["verb"], step["done_at"]) for step in history] == [
        ("open", opened),
        ("assign", opened),
        ("resolve", resolved),
        ("inform", resolved),
        ("close", closed),
    ]
    told = [(event["type"], event["data"]["opened_at"]) for event in await world.events()]
    assert told == [(f"complaint.{what}.v1", opened) for what in ("opened", "resolved", "informed", "closed")]
    assert (await world.events())[-1]["data"]["closed_at"] == closed


async def test_a_past_case_that_took_too_long_says_so(world: Any) -> None:
    item = {"customer_id": await world.customer(), **ABOUT}
    (line,) = await loaded(
        world, {**item, "opened_at": world.when(days=40), "resolved_at": world.when(days=1), "result": "ok"}
    )
    case = (await world.get(f"/v1/complaints/{line['id']}")).json()
    assert (case["status"], case["sla"]["state"]) == ("resolved", "breached")
    assert case["owner_id"] == str(world.lin.id)


async def test_an_open_case_of_long_ago_is_overdue_and_its_owner_is_told(world: Any) -> None:
    customer, owner = await world.customer(), str(uuid4())
    fresh, old = await loaded(
        world,
        {"customer_id": customer, **ABOUT},
        {"customer_id": customer, **ABOUT, "opened_at": world.when(days=9), "owner_id": owner},
    )
    found = (await world.get("/v1/complaints?overdue=true")).json()["data"]
    assert [case["id"] for case in found] == [old["id"]]
    assert found[0]["sla"]["state"] == "breached"
    rest = (await world.get("/v1/complaints?overdue=false")).json()["data"]
    assert [case["id"] for case in rest] == [fresh["id"]]
    told = [event["type"] for event in await world.events() if event["subject"] == old["id"]]
    assert told == ["complaint.opened.v1", "complaint.assigned.v1"]


async def test_a_wrong_case_does_not_stop_the_others(world: Any) -> None:
    right = {"customer_id": await world.customer(), **ABOUT}
    lines = await loaded(
        world,
        right,
        {**right, "severity": "awful"},
        {**right, "resolved_at": world.when(days=1)},
        {**right, "closed_at": world.when(days=1)},
        {**right, "opened_at": world.when(days=1), "resolved_at": world.when(days=2), "result": "r"},
        {**right, "opened_at": world.when(days=-1)},
        {**right, "customer_id": str(uuid4())},
        right,
    )
    assert [line["status"] for line in lines] == [201, 422, 422, 422, 422, 422, 404, 201]
    assert [line["problem"]["errors"][0]["code"] for line in lines[2:6]] == [
        "result_and_time",
        "not_resolved",
        "times_out_of_order",
        "in_the_future",
    ]
    assert (await world.get("/v1/complaints?count=exact")).json()["page"]["total"] == 2


async def test_the_same_load_sent_twice_goes_in_once(world: Any) -> None:
    body = {"items": [{"customer_id": await world.customer(), **ABOUT}] * 3}
    first = await world.post("/v1/complaints/batch", body, **{"Idempotency-Key": "load"})
    again = await world.post("/v1/complaints/batch", body, **{"Idempotency-Key": "load"})
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.status_code, again.json()) == (207, first.json())
    assert (await world.get("/v1/complaints?count=exact")).json()["page"]["total"] == 3


@pytest.mark.parametrize("reopened", [True, False])
async def test_a_loaded_case_can_be_taken_up_again(world: Any, reopened: Any) -> None:
    item = {"customer_id": await world.customer(), **ABOUT, "opened_at": world.when(days=5)}
    end = {"resolved_at": world.when(days=4), "result": "r", "closed_at": world.when(days=3)}
    (line,) = await loaded(world, {**item, **(end if reopened else {})})
    verb, body = ("reopen", {"reason": "again"}) if reopened else ("classify", {})
    answer = await world.post(f"/v1/complaints/{line['id']}/{verb}", body)
    assert answer.status_code == 200, answer.text
