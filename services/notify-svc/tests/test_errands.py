"""Reminders that events ask for: one per topic, whatever comes how often and in which order."""

import asyncio
import itertools
from typing import Any
from uuid import uuid4

import pytest

from notify_svc.app import build
from notify_svc.errands import consumers
from notify_svc.settings import Settings
from shared.clock import new_id
from shared.events.complaint import (
    ComplaintAssigned,
    ComplaintBreached,
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintResolved,
    ComplaintWarned,
)
from shared.events.scoring import ChurnCleared, ChurnWarned
from shared.messaging import outbox
from shared.testing import running

HANDLERS: dict[Any, Any] = {
    ChurnWarned: consumers.on_churn_warned,
    ChurnCleared: consumers.on_churn_cleared,
    ComplaintAssigned: consumers.on_complaint_assigned,
    ComplaintClosed: consumers.on_complaint_closed,
    ComplaintResolved: consumers.on_complaint_resolved,
    ComplaintEscalated: consumers.on_complaint_escalated,
    ComplaintWarned: consumers.on_clock_rang,
    ComplaintBreached: consumers.on_clock_rang,
}


async def hear(world: Any, *events: Any) -> None:
    """Each event in a transaction of its own, as the inbox does it."""
    for event in events:
        async with world.database.begin() as tx:
            await HANDLERS[type(event)](tx, event)


def warned(
    customer: Any,
    owner: Any,
    *,
    warning: Any = None,
    version: Any = 1,
    level: Any = "high",
    reasons: Any = ("own_rhythm_broken",),
) -> Any:
    return ChurnWarned(
        subject=warning or new_id(),
        version=version,
        distributor_id=None,
        customer_id=customer,
        owner_id=owner,
        level=level,
        probability=0.8,
        reasons=reasons,
        recommended_action="call_customer",
    )


def cleared(warning: Any, version: Any = 2) -> Any:
    return ChurnCleared(
        subject=warning.subject, version=version, distributor_id=None, customer_id=warning.customer_id
    )


def complaint(kind: Any, number: Any, version: Any, owner: Any, at: Any, *, closed: Any = None) -> Any:
    return kind(
        subject=number,
        version=version,
        distributor_id=None,
        customer_id=uuid4(),
        owner_id=owner,
        category="quality",
        severity="critical",
        opened_at=at,
        resolved_at=None,
        closed_at=closed,
        **({"escalation_level": 1} if kind is ComplaintEscalated else {}),
    )


async def first_items(world: Any, who: Any) -> Any:
    """What lies in somebody's inbox, as soon as anything does."""
    while True:
        items = (await world.get(who, "/v1/inbox")).json()["data"]
        if items:
            return items
        await asyncio.sleep(0.01)


async def reminders(world: Any, query: Any = "") -> Any:
    return (await world.get(world.manager, f"/v1/reminders{query}")).json()["data"]


async def test_a_warning_reminds_the_owner_to_call_and_keeps_no_name(world: Any) -> None:
    distributor = uuid4()
    event = warned(uuid4(), world.lin.id).model_copy(update={"distributor_id": distributor})
    await hear(world, event)
    [made] = (await world.get(world.lin, "/v1/reminders?source=churn", **{"Accept-Language": "zh"})).json()[
        "data"
    ]
    assert made["subject"] == "请联系客户：流失风险高（购买节奏中断），建议：电话联系或拜访"
    assert made["customer_id"] == str(event.customer_id)
    assert (made["assignee_id"], made["distributor_id"]) == (str(world.lin.id), str(distributor))
    assert made["due_at"] <= world.later(seconds=1)


async def test_the_same_warning_heard_twice_reminds_once(world: Any) -> None:
    event = warned(uuid4(), world.lin.id)
    await hear(world, event, event)
    assert [item["version"] for item in await reminders(world)] == [1]


async def test_a_newer_warning_refreshes_the_open_reminder_instead_of_piling_up(world: Any) -> None:
    customer = uuid4()
    await hear(world, warned(customer, world.lin.id, level="medium"))
    [before] = await reminders(world)
    await hear(world, warned(customer, world.wang.id, reasons=("complaint_open",)))
    [after] = await reminders(world)
    assert after["id"] == before["id"]
    assert after["due_at"] == before["due_at"]
    assert after["assignee_id"] == str(world.wang.id)
    assert after["subject_parameters"]["reasons"] == ["complaint_open"]


async def test_a_warning_after_the_call_was_done_reminds_anew(world: Any) -> None:
    customer = uuid4()
    await hear(world, warned(customer, world.lin.id))
    [first] = await reminders(world)
    await world.post(world.lin, f"/v1/reminders/{first['id']}/done", {})
    await hear(world, warned(customer, world.lin.id))
    assert sorted(item["state"] for item in await reminders(world)) == ["done", "scheduled"]


async def test_a_customer_without_owner_waits_in_the_queue_for_managers(world: Any) -> None:
    await hear(world, warned(uuid4(), None))
    [made] = await reminders(world, "?queue=unassigned")
    assert (made["assignee_id"], made["queue"]) == (None, "unassigned")
    assert (await world.get(world.lin, "/v1/reminders")).json()["data"] == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
async def test_any_order_of_two_warnings_and_their_ends_leaves_nothing_open(world: Any, order: Any) -> None:
    customer = uuid4()
    old, new = warned(customer, world.lin.id), warned(customer, world.wang.id)
    events = [old, cleared(old), new, cleared(new)]
    await hear(world, *(events[place] for place in order), *(events[place] for place in order))
    assert {item["state"] for item in await reminders(world)} <= {"cancelled"}


async def test_the_end_of_an_older_warning_leaves_the_newer_one_open(world: Any) -> None:
    customer = uuid4()
    old, new = warned(customer, world.lin.id), warned(customer, world.lin.id)
    await hear(world, old, new, cleared(old))
    assert [item["state"] for item in await reminders(world)] == ["scheduled"]


async def test_a_complaint_reminds_its_owner_follows_a_new_one_and_ends_with_it(world: Any) -> None:
    number, at = new_id(), world.database.now()
    await hear(world, complaint(ComplaintAssigned, number, 2, world.lin.id, at))
    [made] = (await world.get(world.lin, "/v1/reminders")).json()["data"]
    assert made["subject"] == "Handle the complaint assigned to you (critical, quality)"
    await hear(world, complaint(ComplaintAssigned, number, 3, world.wang.id, at))
    assert (await world.get(world.lin, "/v1/reminders")).json()["data"] == []
    await hear(world, complaint(ComplaintAssigned, number, 2, world.lin.id, at))
    [moved] = (await world.get(world.wang, "/v1/reminders")).json()["data"]
    assert (moved["id"], moved["version"]) == (made["id"], 2)
    await hear(world, complaint(ComplaintClosed, number, 4, world.wang.id, at, closed=at))
    assert [item["state"] for item in await reminders(world)] == ["cancelled"]
    await hear(world, complaint(ComplaintAssigned, number, 3, world.wang.id, at))
    assert [item["state"] for item in await reminders(world)] == ["cancelled"]


def rang(kind: Any, number: Any, to: Any, *, clock: Any = None, version: Any = 1) -> Any:
    return kind(
        subject=clock or new_id(),
        version=version,
        distributor_id=None,
        complaint_id=number,
        customer_id=uuid4(),
        metric="first_answer",
        severity="high",
        category="quality",
        due_at="2026-03-02T01:00:00Z",
        recipient_id=to,
    )


async def test_a_clock_that_rings_reminds_whoever_has_to_act_until_there_is_a_result(world: Any) -> None:
    number, clock, at = new_id(), new_id(), world.database.now()
    await hear(world, rang(ComplaintWarned, number, world.lin.id, clock=clock))
    [made] = (await world.get(world.lin, "/v1/reminders?source=sla")).json()["data"]
    assert made["subject"] == "A complaint is about to be late: first answer (high, quality)"
    late = rang(ComplaintBreached, number, world.lin.id, clock=clock, version=2)
    await hear(world, late, late, rang(ComplaintWarned, number, world.lin.id, clock=clock))
    [now] = (await world.get(world.lin, "/v1/reminders", **{"Accept-Language": "zh"})).json()["data"]
    assert (now["id"], now["subject"]) == (made["id"], "投诉已超时：首次答复（严重，quality）")
    await hear(world, complaint(ComplaintResolved, number, 3, world.lin.id, at))
    assert [item["state"] for item in await reminders(world)] == ["cancelled"]


async def test_who_follows_a_complaint_is_told_what_becomes_of_it(world: Any) -> None:
    number, at = new_id(), world.database.now()
    watchers = {"watcher_ids": (world.lin.id, world.wang.id)}
    resolved = complaint(ComplaintResolved, number, 4, None, at).model_copy(update=watchers)
    closed = complaint(ComplaintClosed, number, 5, None, at, closed=at).model_copy(update=watchers)
    await hear(world, resolved, closed, resolved)
    for who in (world.lin, world.wang):
        [made] = (await world.get(who, "/v1/reminders?source=watch", **{"Accept-Language": "zh"})).json()[
            "data"
        ]
        assert made["subject"] == "您关注的投诉已关闭（紧急，quality）"


async def test_an_older_clock_of_the_complaint_has_news_too(world: Any) -> None:
    number, older, newer = new_id(), new_id(), new_id()
    await hear(world, rang(ComplaintWarned, number, world.lin.id, clock=newer))
    await hear(world, rang(ComplaintBreached, number, world.wang.id, clock=older, version=2))
    [made] = (await world.get(world.wang, "/v1/reminders?source=sla")).json()["data"]
    assert made["subject_code"] == "sla.breached"


async def test_an_escalation_reminds_who_is_higher_and_leaves_the_owners_reminder(world: Any) -> None:
    number, at = new_id(), world.database.now()
    await hear(world, rang(ComplaintBreached, number, world.lin.id, version=2))
    for version, to in ((5, world.wang.id), (6, None)):
        event = complaint(ComplaintEscalated, number, version, world.lin.id, at)
        await hear(world, event.model_copy(update={"recipient_id": to}))
    found = {item["source"]: item["assignee_id"] for item in await reminders(world)}
    assert found == {"sla": str(world.lin.id), "escalation": None}
    await hear(world, complaint(ComplaintClosed, number, 9, world.lin.id, at, closed=at))
    assert {item["state"] for item in await reminders(world)} == {"cancelled"}


async def test_a_warning_on_the_bus_reaches_the_owners_inbox(world: Any) -> None:
    event = warned(uuid4(), world.lin.id)
    async with running(build, Settings, world.urls) as listening:
        async with listening.database.begin() as tx:
            outbox.record(tx, event)
        items = await first_items(world, world.lin)
    assert [item["customer_id"] for item in items] == [str(event.customer_id)]
    assert len(await reminders(world)) == 1
