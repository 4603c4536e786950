"""Warnings, breaches and escalations reach whom they should, each once, and nobody at night."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from interaction_svc.alarms.commands import AT_ONCE, tell_due
from shared.testing import staff

MANAGER = staff("manager")
CHAIN = [
    {"to": "owner", "after_minutes": 0},
    {"to": "lead", "after_minutes": 60},
    {"to": "manager", "after_minutes": 240},
]
TOLD = ("complaint.warned.v1", "complaint.breached.v1", "complaint.escalated.v1")

_SHIFT_CLOCKS = """
    UPDATE sla_clock SET started_at = started_at - $2::interval, due_at = due_at - $2::interval,
        alarm_at = (SELECT array_agg(at - $2::interval ORDER BY place)
            FROM unnest(alarm_at) WITH ORDINALITY AS a (at, place))
    WHERE complaint_id = $1
"""
_SHIFT_CASE = """
    UPDATE complaint SET opened_at = opened_at - $2::interval, sla_due_at = sla_due_at - $2::interval,
        sla_started_at = sla_started_at - $2::interval
    WHERE id = $1
"""


async def policy(world: Any, **fields: Any) -> None:
    body = {
        "name": "核心客户",
        "targets": {"high": {"first_answer": 60, "next_answer": 60, "resolution": 600}},
        "escalation": CHAIN,
        **fields,
    }
    assert (await world.post("/v1/sla-policies", body, MANAGER)).status_code == 201
    await world.counted()


async def passed(world: Any, complaint: dict[str, Any], **ago: float) -> None:
    """Let time pass for a complaint and all its clocks."""
    for shift in (_SHIFT_CLOCKS, _SHIFT_CASE):
        await world.sql(shift, UUID(complaint["id"]), timedelta(**ago))


async def sweep(world: Any) -> int:
    async with world.database.begin() as tx:
        rang: int = await tell_due(tx, most=AT_ONCE)
    return rang


async def told(world: Any) -> list[tuple[str, str | None]]:
    """What was told of clocks, and to whom, in order."""
    return [
        (event["type"].removesuffix(".v1").partition(".")[2], event["data"]["recipient_id"])
        for event in await world.events()
        if event["type"] in TOLD
    ]


async def owned(world: Any) -> tuple[dict[str, Any], str, str, str]:
    """A complaint whose owner has a lead and a manager."""
    owner, lead, manager = (str(uuid4()) for _ in range(3))
    team = {"name": "客服", "lead_id": lead, "manager_id": manager, "members": [{"staff_id": owner}]}
    assert (await world.post("/v1/teams", team, MANAGER)).status_code == 201
    complaint = await world.complaint(await world.customer(), severity="high")
    assert (await world.do(complaint, "assign", owner_id=owner)).status_code == 200
    return complaint, owner, lead, manager


async def test_the_owner_is_warned_then_told_then_those_above_each_once(world: Any) -> None:
    await policy(world, targets={"high": {"resolution": 600}})
    complaint, owner, lead, manager = await owned(world)
    expected: list[tuple[str, str | None]] = []
    assert await sweep(world) == 0
    for minutes, news in (
        (481, ("warned", owner)),
        (120, ("breached", owner)),
        (0, ("escalated", owner)),
        (60, ("escalated", lead)),
        (180, ("escalated", manager)),
    ):
        if minutes:
            await passed(world, complaint, minutes=minutes)
        expected.append(news)
        await sweep(world)
        assert await sweep(world) == 0
        if minutes != 120:  # the first of the chain is told with the breach
            assert await told(world) == expected
    read = (await world.get(f"/v1/complaints/{complaint['id']}")).json()
    assert read["escalation_level"] == 3
    history = (await world.get(f"/v1/complaints/{complaint['id']}/history")).json()["data"]
    assert [(step["verb"], step["done_by"]) for step in history[-3:]] == [("escalate", None)] * 3


async def test_who_comes_late_is_told_of_the_breach_and_not_warned(world: Any) -> None:
    await policy(world, escalation=[], targets={"high": {"resolution": 600}})
    complaint, owner, *_ = await owned(world)
    await passed(world, complaint, days=3)
    assert await sweep(world) == 1
    assert await told(world) == [("breached", owner)]


async def test_two_who_sweep_at_once_tell_once(world: Any) -> None:
    await policy(world)
    customer = await world.customer()
    for _ in range(8):
        await passed(world, await world.complaint(customer, severity="high"), days=3)
    while sum(await asyncio.gather(*(sweep(world) for _ in range(4)))):
        pass
    assert Counter(kind for kind, _ in await told(world)) == {"breached": 16, "escalated": 24}
    found = await world.sql("SELECT DISTINCT escalation_level FROM complaint")
    assert [row["escalation_level"] for row in found] == [3]


async def test_a_clock_that_stands_still_tells_nothing(world: Any) -> None:
    await policy(world, targets={"high": {"resolution": 600}})
    complaint, *_ = await owned(world)
    for verb in ("classify", "start", "wait"):
        assert (await world.do(complaint, verb)).status_code == 200
    await passed(world, complaint, days=3)
    assert await sweep(world) == 0
    assert await told(world) == []


async def test_what_was_stopped_too_late_still_tells_its_breach(world: Any) -> None:
    await policy(world, targets={"high": {"first_answer": 60, "resolution": 60000}})
    complaint, owner, *_ = await owned(world)
    await passed(world, complaint, minutes=61)
    assert (await world.do(complaint, "answer", text="抱歉")).status_code == 200
    await world.sql(
        "UPDATE sla_clock SET due_at = done_at - interval '1 second' WHERE metric = 'first_answer'"
    )
    assert await sweep(world) == 1
    assert await sweep(world) == 0
    assert await told(world) == [("breached", owner)]
    (first, _) = (await world.get(f"/v1/complaints/{complaint['id']}/clocks")).json()["data"]
    assert (first["metric"], first["state"]) == ("first_answer", "breached")


async def test_an_answer_in_time_tells_nothing_ever(world: Any) -> None:
    await policy(world, targets={"high": {"first_answer": 60, "resolution": 60000}})
    complaint, *_ = await owned(world)
    assert (await world.do(complaint, "answer", text="已收到")).status_code == 200
    await passed(world, complaint, minutes=0)
    assert await sweep(world) == 0


async def test_what_was_told_is_not_told_again_when_the_policy_changes(world: Any) -> None:
    await policy(world, escalation=[], targets={"high": {"resolution": 600}})
    complaint, owner, *_ = await owned(world)
    await passed(world, complaint, minutes=481)
    await sweep(world)
    (row,) = await world.sql("SELECT id FROM sla_policy")
    answer = await world.patch(
        f"/v1/sla-policies/{row['id']}",
        {"targets": {"high": {"resolution": 900}}},
        MANAGER,
        **{"If-Match": "*"},
    )
    assert answer.status_code == 200
    await world.counted()
    await passed(world, complaint, minutes=240)
    assert await sweep(world) == 0
    await passed(world, complaint, minutes=180)
    await sweep(world)
    assert await told(world) == [("warned", owner), ("breached", owner)]


async def test_a_past_case_that_is_loaded_tells_nothing(world: Any) -> None:
    customer = await world.customer()
    past = {
        "customer_id": customer,
        "channel": "call",
        "category": "quality",
        "severity": "critical",
        "subject": "裂纹",
        "opened_at": world.when(days=90),
        "resolved_at": world.when(days=60),
        "result": "换货",
    }
    answer = await world.post("/v1/complaints/batch", {"items": [past]})
    assert answer.json()["results"][0]["status"] == 201
    (row,) = await world.sql("SELECT due_at < done_at AS late, next_at FROM sla_clock")
    assert (row["late"], row["next_at"]) == (True, None)


async def test_nobody_is_told_while_nobody_works(world: Any) -> None:
    # The only working minute of the week is about half a week away, whenever this runs.
    now = world.database.now()
    day = (now + timedelta(days=3)).strftime("%a").lower()
    calendar = {"name": "值班", "timezone": "UTC", "week": {day: ["09:00-09:01"]}}
    assert (await world.post("/v1/calendars", calendar, MANAGER)).status_code == 201
    await policy(world, working_time=False, escalation=[], targets={"high": {"resolution": 1}})
    quiet = await world.complaint(await world.customer(), severity="high")
    (clock,) = (await world.get(f"/v1/complaints/{quiet['id']}/clocks")).json()["data"]
    assert clock["warn_at"][11:19] == "09:00:00"
    await policy(
        world,
        position=1,
        working_time=False,
        at_night=True,
        escalation=[],
        targets={"high": {"resolution": 1}},
    )
    loud = await world.complaint(await world.customer(), severity="high")
    (clock,) = (await world.get(f"/v1/complaints/{loud['id']}/clocks")).json()["data"]
    assert clock["warn_at"] < clock["due_at"]
