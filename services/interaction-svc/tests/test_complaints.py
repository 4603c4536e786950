"""Complaints from the first word to the last, and every way to go wrong between."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from interaction_svc.complaints.transitions import EDITS, STATUSES, TRANSITIONS, VERBS

COURSE = {
    "received": (),
    "classified": ("classify",),
    "investigating": ("classify", "assign", "start"),
    "waiting_customer": ("classify", "assign", "start", "wait"),
    "resolving": ("classify", "assign", "start", "start"),
    "resolved": ("assign", "resolve"),
    "informed": ("assign", "resolve", "inform"),
    "mediation": ("assign", "resolve", "inform", "mediate"),
    "merged": ("merge",),
    "closed": ("assign", "resolve", "inform", "close"),
}
NOTED = {
    "resolve": {"result": "换货"},
    "answer": {"text": "已收到照片"},
    "hear": {"text": "什么时候补发？"},
    **{verb: {"reason": "仍有裂纹"} for verb in ("close", "reopen", "mediate", "escalate", "unmerge")},
}


async def done(world: Any, complaint: Any, verb: str) -> Any:
    """A verb with what it needs."""
    if verb == "merge":
        other = await world.complaint(complaint["customer_id"])
        return await world.do(complaint, verb, into_id=other["id"])
    return await world.do(complaint, verb, **body_of(verb))


def body_of(verb: str) -> dict[str, Any]:
    return {"owner_id": str(uuid4())} if verb == "assign" else NOTED.get(verb, {})


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def brought_to(world: Any, status: str) -> Any:
    """A complaint that was brought to this state through the API."""
    complaint = await world.complaint(await world.customer())
    for verb in COURSE[status]:
        answer = await done(world, complaint, verb)
        assert answer.status_code == 200, answer.text
        complaint = answer.json()
    assert complaint["status"] == status
    return complaint


async def test_a_complaint_goes_from_the_first_word_to_the_result_told(world: Any) -> None:
    complaint = await world.complaint(await world.customer(), severity="high")
    assert complaint["number"].startswith(f"C-{complaint['opened_at'][:4]}-")
    assert complaint["status"] == "received"
    assert complaint["sla"]["state"] == "running"
    owner = str(uuid4())
    steps = [
        ("classify", {"category": "delivery", "cause": "承运商丢件", "note": "已核实"}, "classified"),
        ("assign", {"owner_id": owner}, "classified"),
        ("start", {"step": "investigating"}, "investigating"),
        ("start", {"step": "resolving"}, "resolving"),
        ("resolve", {"result": "补发并退还运费"}, "resolved"),
        ("inform", {"text": "已补发，请查收"}, "informed"),
        ("close", {}, "closed"),
    ]
    for number, (verb, body, status) in enumerate(steps, start=2):
        answer = await world.do(complaint, verb, **body)
        assert answer.status_code == 200, answer.text
        assert answer.headers["etag"] == f'"v{number}"'
        assert answer.json()["status"] == status
    closed = (await world.get(f"/v1/complaints/{complaint['id']}")).json()
    assert closed == answer.json()
    assert (closed["owner_id"], closed["category"], closed["cause"]) == (owner, "delivery", "承运商丢件")
    assert (closed["result"], closed["told"]) == ("补发并退还运费", "已补发，请查收")
    assert closed["sla"]["state"] == "met"
    assert closed["step_due_at"] is None
    history = (await world.get(f"/v1/complaints/{complaint['id']}/history")).json()["data"]
    assert [line["verb"] for line in history] == ["open", *(verb for verb, _, _ in steps)]
    assert [line["version"] for line in history] == list(range(1, 9))
    assert {line["done_by"] for line in history} == {str(world.lin.id)}
    assert history[1]["note"] == "已核实"
    assert [event["type"] for event in await world.events()] == [
        "complaint.opened.v1",
        "complaint.assigned.v1",
        "complaint.resolved.v1",
        "complaint.informed.v1",
        "complaint.closed.v1",
    ]


async def test_events_of_a_complaint_tell_where_it_stands_but_not_its_words(world: Any) -> None:
    complaint = await world.complaint(await world.customer(), subject="秘密", description="机密")
    owner = str(uuid4())
    await world.do(complaint, "assign", owner_id=owner)
    await world.do(complaint, "resolve", result="悄悄话")
    opened, assigned, resolved = await world.events()
    assert [event["aggregateversion"] for event in (opened, assigned, resolved)] == [1, 2, 3]
    assert opened["data"]["owner_id"] is None
    assert assigned["data"]["owner_id"] == owner
    assert resolved["data"]["resolved_at"] is not None
    assert resolved["data"]["severity"] == "normal"
    for secret in ("秘密", "机密", "悄悄话"):
        assert secret not in str([opened, assigned, resolved])


@pytest.mark.parametrize("status", STATUSES)
async def test_every_verb_does_what_the_table_says_in_every_state(world: Any, status: Any) -> None:
    table = {t.verb: t.target for t in TRANSITIONS if t.source == status}
    if status == "merged":
        table["unmerge"] = "received"  # where it was before
    for verb in {t.verb for t in TRANSITIONS if t.source}:
        complaint = await brought_to(world, status)
        await world.sql("UPDATE complaint SET owner_id = $1 WHERE id = $2", uuid4(), UUID(complaint["id"]))
        answer = await done(world, complaint, verb)
        if verb in table:
            assert (answer.status_code, answer.json()["status"]) == (200, table[verb]), verb
            assert answer.json()["version"] == complaint["version"] + 1
        else:
            assert (answer.status_code, answer.json()["code"]) == (409, "transition_not_allowed"), verb
            assert answer.json()["complaint_status"] == status
            assert set(answer.json()["allowed"]) == set(table)
            after = (await world.get(f"/v1/complaints/{complaint['id']}")).json()
            assert after["version"] == complaint["version"]


async def test_the_database_holds_the_same_table(world: Any) -> None:
    complaint = await world.complaint(await world.customer())
    allowed = {(t.source, t.verb, t.target) for t in (*TRANSITIONS, *EDITS)}
    insert = """
        INSERT INTO complaint_step SELECT gen_random_uuid(), id, customer_id, NULL, 99, $2, $3, $4,
        NULL, NULL, created_by, now(), '[]' FROM complaint WHERE id = $1
    """
    taken = set()
    for source in (None, *STATUSES):
        for verb in VERBS:
            for target in STATUSES:
                async with world.database.begin() as tx:
                    try:
                        async with tx.savepoint():
                            await tx.connection.execute(insert, UUID(complaint["id"]), verb, source, target)
                            taken.add((source, verb, target))
                            await tx.connection.execute("DELETE FROM complaint_step WHERE version = 99")
                    except asyncpg.CheckViolationError:
                        pass
    assert taken == allowed


async def test_the_database_refuses_a_status_that_cannot_follow(world: Any) -> None:
    complaint = await brought_to(world, "investigating")
    with pytest.raises(asyncpg.CheckViolationError):
        await world.sql("UPDATE complaint SET status = 'received' WHERE id = $1", UUID(complaint["id"]))
    with pytest.raises(asyncpg.CheckViolationError):
        await world.sql("UPDATE complaint SET status = 'resolved' WHERE id = $1", UUID(complaint["id"]))


@pytest.mark.parametrize(("status", "verb"), [("received", "resolve"), ("classified", "start")])
async def test_work_needs_an_owner(world: Any, status: Any, verb: Any) -> None:
    complaint = await brought_to(world, status)
    refused = await world.do(complaint, verb, **body_of(verb))
    assert (refused.status_code, refused.json()["code"]) == (409, "owner_missing")
    assert refused.json()["allowed"] == ["assign"]
    await world.do(complaint, "assign", owner_id=str(uuid4()))
    assert (await world.do(complaint, verb, **body_of(verb))).status_code == 200


async def test_a_complaint_is_not_closed_behind_the_customers_back(world: Any) -> None:
    complaint = await brought_to(world, "resolved")
    refused = await world.do(complaint, "close")
    assert (refused.status_code, refused.json()["code"]) == (409, "customer_not_informed")
    assert (await world.do(complaint, "close", reason="客户已停业")).json()["status"] == "closed"


async def test_what_the_customer_is_told_is_the_result_unless_said_otherwise(world: Any) -> None:
    complaint = await brought_to(world, "resolved")
    informed = (await world.do(complaint, "inform")).json()
    assert informed["told"] == informed["result"] == "换货"
    assert informed["informed_at"] is not None


async def test_waiting_for_the_customer_stops_the_clock_and_gives_the_time_back(world: Any) -> None:
    complaint = await brought_to(world, "investigating")
    waiting = (await world.do(complaint, "wait", note="请客户补拍照片")).json()
    assert (waiting["status"], waiting["sla"]["state"]) == ("waiting_customer", "paused")
    assert waiting["sla"]["paused_at"] == waiting["step_started_at"]
    assert waiting["sla"]["due_at"] == complaint["sla"]["due_at"]
    assert waiting["step_due_at"] > waiting["step_started_at"]
    await world.sql(
        "UPDATE complaint SET sla_paused_at = sla_paused_at - interval '3 days' WHERE id = $1",
        UUID(complaint["id"]),
    )
    assigned = (await world.do(complaint, "assign", owner_id=str(uuid4()))).json()
    assert assigned["sla"]["state"] == "paused"
    resumed = (await world.do(complaint, "resume")).json()
    assert (resumed["status"], resumed["sla"]["state"]) == ("investigating", "running")
    assert resumed["sla"]["paused_at"] is None
    late = moment(resumed["sla"]["due_at"]) - moment(complaint["sla"]["due_at"])
    assert timedelta(days=3) < late < timedelta(days=3, minutes=1)
    harder = (await world.do(complaint, "classify", severity="low")).json()
    assert moment(harder["sla"]["due_at"]) - moment(complaint["opened_at"]) > timedelta(days=13)
    assert [event["type"] for event in await world.events()][-2:] == [
        "complaint.assigned.v1",
        "complaint.resumed.v1",
    ]


async def test_a_result_found_while_waiting_ends_the_pause(world: Any) -> None:
    complaint = await brought_to(world, "waiting_customer")
    resolved = (await world.do(complaint, "resolve", result="照片显示运输破损，换货")).json()
    assert (resolved["status"], resolved["sla"]["state"]) == ("resolved", "met")
    assert resolved["sla"]["paused_at"] is None


async def test_a_complaint_is_escalated_three_times_at_most(world: Any) -> None:
    complaint = await world.complaint(await world.customer())
    for level in (1, 2, 3):
        answer = (await world.do(complaint, "escalate", reason="客户威胁终止合作")).json()
        assert (answer["escalation_level"], answer["status"]) == (level, "received")
        assert (await world.events())[-1]["data"]["escalation_level"] == level
    refused = await world.do(complaint, "escalate", reason="x")
    assert (refused.status_code, refused.json()["code"]) == (409, "escalated_fully")
    assert "威胁" not in str(await world.events())
    listed = (await world.get("/v1/complaints?escalated=true")).json()["data"]
    assert [one["id"] for one in listed] == [complaint["id"]]
    assert (await world.get("/v1/complaints?escalated=false")).json()["data"] == []


async def test_who_does_not_accept_the_result_gets_a_mediator_and_another_one(world: Any) -> None:
    complaint = await brought_to(world, "informed")
    mediated = (await world.do(complaint, "mediate", reason="客户不接受部分赔偿")).json()
    assert mediated["status"] == "mediation"
    assert mediated["reopened_count"] == 1
    assert (mediated["result"], mediated["told"], mediated["resolved_at"]) == (None, None, None)
    assert mediated["sla"]["due_at"] > complaint["sla"]["due_at"]
    again = (await world.do(complaint, "resolve", result="全部更换")).json()
    assert (again["status"], again["result"]) == ("resolved", "全部更换")
    assert (await world.do(complaint, "close")).status_code == 409


async def test_starting_names_the_step_that_is_meant(world: Any) -> None:
    complaint = await brought_to(world, "investigating")
    refused = await world.do(complaint, "start", step="investigating")
    assert (refused.status_code, refused.json()["next"]) == (409, "resolving")
    assert (await world.do(complaint, "start", step="resolving")).status_code == 200


async def test_reopening_starts_the_clock_anew_and_keeps_what_was_said(world: Any) -> None:
    complaint = await brought_to(world, "closed")
    reopened = (await world.do(complaint, "reopen", reason="仍有裂纹")).json()
    assert reopened["status"] == "investigating"
    assert reopened["reopened_count"] == 1
    assert reopened["owner_id"] == complaint["owner_id"]
    assert reopened["sla"]["due_at"] > complaint["sla"]["due_at"]
    for gone in ("resolved_at", "result", "informed_at", "told", "closed_at"):
        assert reopened[gone] is None
    history = (await world.get(f"/v1/complaints/{complaint['id']}/history")).json()["data"]
    assert (history[-1]["verb"], history[-1]["note"]) == ("reopen", "仍有裂纹")
    last = (await world.events())[-1]
    assert last["type"] == "complaint.reopened.v1"
    assert last["data"]["resolved_at"] is None


async def test_the_deadlines_follow_the_severity(world: Any) -> None:
    complaint = await world.complaint(await world.customer(), severity="low")
    harder = (await world.do(complaint, "classify", severity="critical")).json()
    assert harder["sla"]["due_at"] < complaint["sla"]["due_at"]
    assert harder["step_due_at"] < complaint["step_due_at"]
    assert harder["step_due_at"] <= harder["sla"]["due_at"]


async def test_a_step_from_a_stale_version_is_refused(world: Any) -> None:
    complaint = await world.complaint(await world.customer())
    path = f"/v1/complaints/{complaint['id']}/classify"
    assert (await world.post(path, {}, **{"If-Match": '"v1"'})).status_code == 200
    late = await world.post(path, {"severity": "low"}, **{"If-Match": '"v1"'})
    assert late.status_code == 412
    assert (await world.get(f"/v1/complaints/{complaint['id']}")).json()["version"] == 2


async def test_a_step_sent_twice_is_done_once(world: Any) -> None:
    complaint = await world.complaint(await world.customer())
    path, owner = f"/v1/complaints/{complaint['id']}/assign", {"owner_id": str(uuid4())}
    first = await world.post(path, owner, **{"Idempotency-Key": "a"})
    again = await world.post(path, owner, **{"Idempotency-Key": "a"})
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()
    assert again.headers["etag"] == '"v2"'
    assert [event["type"] for event in await world.events()].count("complaint.assigned.v1") == 1


async def test_of_two_people_who_start_the_same_step_one_is_told_no(world: Any) -> None:
    complaint = await brought_to(world, "classified")
    await world.do(complaint, "assign", owner_id=str(uuid4()))
    answers = await asyncio.gather(
        *(world.do(complaint, "start", step="investigating") for _ in range(5)),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert (await world.get(f"/v1/complaints/{complaint['id']}")).json()["status"] == "investigating"


async def test_a_verb_can_be_sent_without_a_body(world: Any) -> None:
    complaint = await world.complaint(await world.customer())
    async with world.client() as client:
        answer = await client.post(f"/v1/complaints/{complaint['id']}/classify")
    assert answer.json()["status"] == "classified"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"channel": "pigeon"}, "/channel"),
        ({"severity": "apocalyptic"}, "/severity"),
        ({"category": "has space"}, "/category"),
        ({"category": "x" * 65}, "/category"),
        ({"subject": ""}, "/subject"),
        ({"subject": "x" * 201}, "/subject"),
        ({"description": "a\u0000b"}, "/description"),
        ({"description": "x" * 10_001}, "/description"),
        ({"status": "closed"}, "/status"),
        ({"opened_at": "2020-01-01T00:00:00Z"}, "/opened_at"),
    ],
)
async def test_bad_input_is_pointed_at_and_not_echoed(world: Any, wrong: Any, pointer: Any) -> None:
    body = {"customer_id": str(uuid4()), "channel": "call", "category": "q", "subject": "s", **wrong}
    answer = await world.post("/v1/complaints", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert "apocalyptic" not in answer.text
    assert "pigeon" not in answer.text


@pytest.mark.parametrize(
    ("verb", "body", "pointer"),
    [
        ("assign", {}, "/owner_id"),
        ("assign", {"owner_id": "lin"}, "/owner_id"),
        ("resolve", {}, "/result"),
        ("resolve", {"result": " "}, "/result"),
        ("reopen", {"reason": ""}, "/reason"),
        ("start", {"step": "closed"}, "/step"),
        ("classify", {"status": "closed"}, "/status"),
        ("close", {"reason": "x" * 501}, "/reason"),
    ],
)
async def test_a_wrong_verb_body_changes_nothing(world: Any, verb: Any, body: Any, pointer: Any) -> None:
    complaint = await world.complaint(await world.customer())
    answer = await world.do(complaint, verb, **body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await world.get(f"/v1/complaints/{complaint['id']}")).json() == complaint


async def test_the_list_finds_what_is_asked_for(world: Any) -> None:
    one, other = await world.customer(), await world.customer()
    first = await world.complaint(one, severity="critical", category="safety")
    second = await world.complaint(other, category="delivery")
    owner = str(uuid4())
    await world.do(second, "assign", owner_id=owner)

    async def found(query: str) -> set[str]:
        answer = await world.get(f"/v1/complaints?{query}")
        assert answer.status_code == 200, answer.text
        return {item["id"] for item in answer.json()["data"]}

    assert await found("severity=critical") == {first["id"]}
    assert await found("category=delivery") == {second["id"]}
    assert await found(f"owner_id={owner}") == {second["id"]}
    assert await found(f"customer_id={one}") == {first["id"]}
    assert await found("status=received") == {first["id"], second["id"]}
    assert await found("status=closed") == set()
    assert await found(f"opened_at[gte]={first['opened_at']}&opened_at[lt]={second['opened_at']}") == {
        first["id"]
    }
    assert await found("sort=sla_due_at&limit=1") == {first["id"]}
    assert await found("overdue=true") == set()
    assert await found("overdue=false") == {first["id"], second["id"]}
    assert (await world.get("/v1/complaints?mood=bad")).status_code == 400
    assert (await world.get("/v1/complaints?sort=mood")).status_code == 400


async def test_numbers_are_given_once(world: Any) -> None:
    customer = await world.customer()
    numbers = [(await world.complaint(customer))["number"] for _ in range(3)]
    assert len(set(numbers)) == 3
    assert numbers == sorted(numbers)
