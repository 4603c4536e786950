"""Colleagues at one complaint: merging duplicates, notes, watchers, macros, many at once."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.testing import partner, staff

MANAGER = staff("manager")
LOST = {
    "name": "物流丢件",
    "actions": [
        {"verb": "classify", "category": "delivery", "severity": "high"},
        {"verb": "answer", "text": "您好，{number}（{subject}）已受理。"},
        {"verb": "note", "text": "按丢件流程处理"},
    ],
}


async def read(world: Any, complaint: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await world.get(f"/v1/complaints/{complaint['id']}")).json()
    return found


async def notes(world: Any, complaint: dict[str, Any]) -> list[str]:
    page = (await world.get(f"/v1/complaints/{complaint['id']}/notes")).json()
    return [note["text"] for note in page["data"]]


async def macro(world: Any, **fields: Any) -> dict[str, Any]:
    answer = await world.post("/v1/complaint-macros", {**LOST, **fields}, MANAGER)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_duplicate_is_merged_and_the_merging_undone(world: Any) -> None:
    customer = await world.customer()
    kept, double = await world.complaint(customer), await world.complaint(customer)
    merged = (await world.do(double, "merge", into_id=kept["id"], reason="同一批货")).json()
    assert (merged["status"], merged["merged_into"], merged["sla"]["state"]) == (
        "merged",
        kept["id"],
        "paused",
    )
    assert merged["step_due_at"] is None
    found = (await world.get(f"/v1/complaints?merged_into={kept['id']}")).json()["data"]
    assert [one["id"] for one in found] == [double["id"]]
    await world.sql(
        "UPDATE complaint SET sla_paused_at = sla_paused_at - interval '3 hours' WHERE id = $1",
        UUID(double["id"]),
    )
    again = (await world.do(double, "unmerge", reason="两批不同的货")).json()
    assert (again["status"], again["merged_into"]) == ("received", None)
    late = datetime.fromisoformat(again["sla"]["due_at"]) - datetime.fromisoformat(double["sla"]["due_at"])
    assert timedelta(hours=3) <= late < timedelta(hours=3, minutes=1)
    told = [event["type"] for event in await world.events() if event["subject"] == double["id"]]
    assert told == ["complaint.opened.v1", "complaint.merged.v1", "complaint.unmerged.v1"]


async def test_a_duplicate_of_another_customers_or_of_itself_is_none(world: Any) -> None:
    customer = await world.customer()
    one, other = await world.complaint(customer), await world.complaint(customer)
    foreign = await world.complaint(await world.customer())
    await world.do(other, "merge", into_id=one["id"])
    for into in (one, foreign):
        answer = await world.do(one, "merge", into_id=into["id"])
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/into_id"
    third = await world.complaint(customer)
    assert (await world.do(third, "merge", into_id=other["id"])).status_code == 422
    assert (await world.do(third, "merge", into_id=str(uuid4()))).status_code == 422
    assert (await read(world, one))["version"] == one["version"]


async def test_two_who_merge_each_into_the_other_do_not_both(world: Any) -> None:
    customer = await world.customer()
    one, other = await world.complaint(customer), await world.complaint(customer)
    answers = await asyncio.gather(
        world.do(one, "merge", into_id=other["id"]), world.do(other, "merge", into_id=one["id"])
    )
    assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_a_merged_case_rings_no_clock(world: Any) -> None:
    targets = {severity: {"first_answer": 60} for severity in ("low", "normal")}
    await world.post("/v1/sla-policies", {"name": "x", "targets": targets}, MANAGER)
    await world.counted()
    customer = await world.customer()
    kept, double = await world.complaint(customer), await world.complaint(customer)
    await world.do(double, "merge", into_id=kept["id"])
    rows = await world.sql("SELECT next_at FROM sla_clock WHERE complaint_id = $1", UUID(double["id"]))
    assert [row["next_at"] for row in rows] == [None, None]


async def test_notes_are_for_colleagues_only(world: Any) -> None:
    shop = uuid4()
    complaint = await world.complaint(await world.customer(shop))
    path = f"/v1/complaints/{complaint['id']}/notes"
    for text in ("承运商承认丢件", "<b>财务</b>确认中"):
        assert (await world.post(path, {"text": text})).status_code == 201
    assert await notes(world, complaint) == ["<b>财务</b>确认中", "承运商承认丢件"]
    assert (await world.get(path, world.partner(shop))).status_code == 403
    assert (await world.post(path, {"text": "x"}, world.partner(shop))).status_code == 403
    assert (await world.get(f"/v1/complaints/{uuid4()}/notes")).status_code == 404
    assert (await world.post(f"/v1/complaints/{uuid4()}/notes", {"text": "x"})).status_code == 404
    assert (await world.post(path, {"text": " "})).status_code == 422
    for leaf in ("承认丢件", "财务"):
        assert leaf not in str(await world.events())
    stranger = partner(uuid4(), "complaints:read", "complaint_notes:read")
    assert (await world.get(path, stranger)).status_code == 404


async def test_who_follows_a_complaint_is_named_in_its_events(world: Any) -> None:
    complaint = await world.complaint(await world.customer())
    path = f"/v1/complaints/{complaint['id']}/watchers"
    one, other = sorted((str(uuid4()), str(uuid4())))
    async with world.client() as client:
        for who in (one, other, one):
            answer = await client.put(f"{path}/{who}")
            assert answer.status_code == 200
        assert answer.json() == {"watcher_ids": [other, one]}
        assert (await client.delete(f"{path}/{other}")).json() == {"watcher_ids": [one]}
    found = (await world.get(f"/v1/complaints?watcher_id={one}")).json()["data"]
    assert [each["id"] for each in found] == [complaint["id"]]
    assert (await world.get(f"/v1/complaints?watcher_id={other}")).json()["data"] == []
    await world.do(complaint, "assign", owner_id=str(uuid4()))
    assert (await world.events())[-1]["data"]["watcher_ids"] == [one]
    assert (await read(world, complaint))["watcher_ids"] == [one]


async def test_more_than_fifty_do_not_follow_a_complaint(world: Any) -> None:
    complaint = await world.complaint(await world.customer())
    await world.sql(
        "UPDATE complaint SET watcher_ids = ARRAY(SELECT gen_random_uuid() FROM generate_series(1, 50))"
    )
    async with world.client() as client:
        answer = await client.put(f"/v1/complaints/{complaint['id']}/watchers/{uuid4()}")
    assert (answer.status_code, answer.json()["code"]) == (409, "watchers_too_many")


async def test_a_macro_is_created_read_changed_and_removed(world: Any) -> None:
    made = await macro(world)
    path = f"/v1/complaint-macros/{made['id']}"
    assert made["actions"] == LOST["actions"]
    assert (await world.get(path)).json() == made
    changed = (await world.patch(path, {"name": "国内丢件"}, MANAGER)).json()
    assert (changed["name"], changed["actions"], changed["version"]) == ("国内丢件", LOST["actions"], 2)
    assert (await world.patch(path, {"name": "x"}, MANAGER, **{"If-Match": '"v1"'})).status_code == 412
    await macro(world)
    taken = await world.patch(path, {"name": LOST["name"]}, MANAGER)
    assert (taken.status_code, taken.json()["code"]) == (409, "macro_exists")
    listed = (await world.get("/v1/complaint-macros")).json()["data"]
    assert {one["name"] for one in listed} == {"国内丢件", "物流丢件"}
    async with world.client(MANAGER) as client:
        assert (await client.delete(path)).status_code == 204
    assert (await world.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("actions", "pointer"),
    [
        ([], "/actions"),
        ([{"verb": "shout"}], "/actions/0"),
        ([{"verb": "answer"}], "/actions/0/answer/text"),
        ([{"verb": "reopen", "reason": "x"}], "/actions/0"),
    ],
)
async def test_a_wrong_macro_is_refused(world: Any, actions: Any, pointer: str) -> None:
    answer = await world.post("/v1/complaint-macros", {"name": "x", "actions": actions}, MANAGER)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_macro_does_all_that_it_says(world: Any) -> None:
    made = await macro(world)
    complaint = await world.complaint(await world.customer(), subject="杯口有裂纹")
    answer = await world.do(complaint, "apply", macro_id=made["id"])
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["category"]) == ("classified", "delivery")
    history = (await world.get(f"/v1/complaints/{complaint['id']}/history")).json()["data"]
    assert [step["verb"] for step in history] == ["open", "classify", "answer"]
    assert history[-1]["note"] == f"您好，{complaint['number']}（杯口有裂纹）已受理。"
    assert await notes(world, complaint) == ["按丢件流程处理"]


async def test_a_macro_that_is_refused_on_its_way_does_nothing(world: Any) -> None:
    made = await macro(world, actions=[*LOST["actions"], {"verb": "resolve", "result": "补发"}])
    complaint = await world.complaint(await world.customer())
    answer = await world.do(complaint, "apply", macro_id=made["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "owner_missing")
    assert await read(world, complaint) == complaint
    assert await notes(world, complaint) == []
    assert (await world.do(complaint, "apply", macro_id=str(uuid4()))).status_code == 422


async def test_the_same_is_done_to_many_and_each_is_answered(world: Any) -> None:
    customer = await world.customer()
    first, second = await world.complaint(customer), await world.complaint(customer)
    await world.do(second, "assign", owner_id=str(uuid4()))
    body = {
        "complaint_ids": [second["id"], first["id"], str(uuid4())],
        "actions": [{"verb": "resolve", "result": "补发"}],
    }
    answer = await world.post("/v1/complaints/bulk", body)
    assert answer.status_code == 207
    assert [line["status"] for line in answer.json()["results"]] == [200, 409, 404]
    assert answer.json()["results"][1]["problem"]["code"] == "owner_missing"
    assert ((await read(world, second))["status"], (await read(world, first))["status"]) == (
        "resolved",
        "received",
    )
    made = await macro(world)
    answer = await world.post("/v1/complaints/bulk", {"complaint_ids": [first["id"]], "macro_id": made["id"]})
    assert [(line["status"], line["id"]) for line in answer.json()["results"]] == [(200, first["id"])]
    assert (await read(world, first))["category"] == "delivery"


@pytest.mark.parametrize("wrong", [{}, {"actions": [{"verb": "wait"}], "macro_id": str(uuid4())}])
async def test_many_need_deeds_or_a_macro(world: Any, wrong: dict[str, Any]) -> None:
    answer = await world.post("/v1/complaints/bulk", {"complaint_ids": [str(uuid4())], **wrong})
    assert answer.status_code == 422


async def test_product_and_order_are_told_found_and_corrected(world: Any) -> None:
    customer = await world.customer()
    complaint = await world.complaint(customer, product="PE-140", order_no="SO-17")
    await world.complaint(customer)
    for query in ("product=PE-140", "order_no=SO-17"):
        found = (await world.get(f"/v1/complaints?{query}")).json()["data"]
        assert [one["id"] for one in found] == [complaint["id"]]
    changed = (await world.do(complaint, "classify", product="PE-150")).json()
    assert (changed["product"], changed["order_no"]) == ("PE-150", "SO-17")
