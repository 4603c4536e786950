"""Reminders after events and after silence: by standing rules, and those that wait for one event."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify_svc.firing.clock import look_after_overdue
from notify_svc.reminder_rules.clients import Search, Silent
from notify_svc.reminder_rules.clock import look_for_silence
from notify_svc.reminder_rules.domain import CATALOGUE, ENDS, told_by, when_after
from shared.clock import new_id
from shared.db import Reader
from shared.events.customer import CustomerRegistered
from shared.events.interaction import (
    InteractionLogged,
    PromiseKept,
    PromiseMade,
    PromiseMoved,
    VisitCancelled,
    VisitDone,
    VisitPlanned,
)
from shared.references import CustomerRef, apply

from .steps import history, items

AFTER_VISIT = {
    "name": "After a visit",
    "event": "visit.done",
    "days": 3,
    "assignee": "person",
    "subject": "Ask",
}
BEFORE_PROMISE = {**AFTER_VISIT, "name": "Keep your word", "event": "promise.due", "days": -1}


async def hear(world: Any, *events: Any) -> None:
    await world.hear(*events)


async def owned(world: Any, owner: UUID | None = None) -> UUID:
    known = CustomerRef(new_id(), None, owner or world.lin.id, None, "active", None, None, 1)
    async with world.database.begin() as tx:
        await apply(tx, [known])
    return known.id


def visit(customer: UUID, person: Any, ends_at: datetime, **given: Any) -> dict[str, Any]:
    return {
        "subject": new_id(),
        "version": 2,
        "distributor_id": None,
        "customer_id": customer,
        "assignee_id": person.id,
        "starts_at": ends_at - timedelta(hours=1),
        "ends_at": ends_at,
        **given,
    }


def promise(customer: UUID, person: Any, due_at: datetime, **given: Any) -> dict[str, Any]:
    return {
        "subject": new_id(),
        "version": 1,
        "distributor_id": None,
        "customer_id": customer,
        "promised_by": person.id,
        "due_at": due_at,
        **given,
    }


async def rule(world: Any, **given: Any) -> dict[str, Any]:
    answer = await world.post(world.manager, "/v1/reminder-rules", {**AFTER_VISIT, **given})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def made(world: Any, query: str = "") -> list[dict[str, Any]]:
    answer = await world.get(world.manager, f"/v1/reminders?sort=created_at{query}")
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_a_rule_reminds_the_person_of_the_event_so_many_days_later(world: Any) -> None:
    kept = await rule(world)
    customer, now = await owned(world), world.database.now()
    done = VisitDone(**visit(customer, world.wang, now))
    await hear(world, done, done)
    [found] = await made(world, f"&rule_id={kept['id']}")
    assert (found["source"], found["state"]) == ("rule", "scheduled")
    assert (found["assignee_id"], found["customer_id"]) == (str(world.wang.id), str(customer))
    assert moment(found["due_at"]) == now + timedelta(days=3)
    assert found["after"] == {"event": "visit.done", "days": 3, "at": None, "timezone": None}


@pytest.mark.parametrize("assignee", ["owner", "named"])
async def test_a_rule_reminds_the_owner_or_a_named_person(world: Any, assignee: Any) -> None:
    named = {"assignee_id": str(world.manager.id)} if assignee == "named" else {}
    await rule(world, assignee=assignee, **named)
    await hear(world, VisitDone(**visit(await owned(world), world.wang, world.database.now())))
    [found] = await made(world)
    assert found["assignee_id"] == str({"owner": world.lin, "named": world.manager}[assignee].id)


async def test_a_promise_is_recalled_a_day_before_moves_along_and_is_withdrawn_when_kept(world: Any) -> None:
    await rule(world, **BEFORE_PROMISE)
    due_at = world.database.now() + timedelta(days=5)
    told = promise(await owned(world), world.wang, due_at)
    await hear(world, PromiseMade(**told))
    [first] = await made(world)
    assert moment(first["due_at"]) == due_at - timedelta(days=1)
    later = due_at + timedelta(days=2)
    await hear(world, PromiseMoved(**{**told, "version": 2, "due_at": later}))
    [moved] = await made(world)
    assert (moved["id"], moment(moved["due_at"])) == (first["id"], later - timedelta(days=1))
    await hear(world, PromiseKept(**{**told, "version": 3, "due_at": later}))
    [over] = await made(world)
    assert over["state"] == "cancelled"


async def test_news_out_of_order_bring_nothing_back(world: Any) -> None:
    await rule(world, **BEFORE_PROMISE)
    told = promise(await owned(world), world.wang, world.database.now() + timedelta(days=5))
    await hear(world, PromiseKept(**{**told, "version": 3}), PromiseMade(**told))
    assert await made(world) == []


async def test_what_is_already_near_is_due_at_once(world: Any) -> None:
    await rule(world, **BEFORE_PROMISE)
    now = world.database.now()
    await hear(world, PromiseMade(**promise(await owned(world), world.wang, now + timedelta(hours=2))))
    [found] = await made(world)
    assert abs(moment(found["due_at"]) - now) < timedelta(minutes=5)


async def test_one_reminder_is_open_per_rule_and_thing(world: Any) -> None:
    await rule(world)
    await rule(world, name="Another")
    told = visit(await owned(world), world.wang, world.database.now())
    await hear(world, VisitDone(**told), VisitDone(**{**told, "version": 7}))
    assert len(await made(world)) == 2
    await hear(world, VisitDone(**visit(await owned(world), world.wang, world.database.now())))
    assert len(await made(world)) == 4


async def test_a_rule_that_is_switched_off_takes_back_what_it_scheduled_and_makes_no_more(world: Any) -> None:
    kept = await rule(world)
    await hear(world, VisitDone(**visit(await owned(world), world.wang, world.database.now())))
    path = f"/v1/reminder-rules/{kept['id']}"
    off = await world.patch(world.manager, path, {"active": False}, **{"If-Match": '"v1"'})
    assert (off.status_code, off.json()["version"]) == (200, 2)
    await hear(world, VisitDone(**visit(await owned(world), world.wang, world.database.now())))
    assert [each["state"] for each in await made(world)] == ["cancelled"]
    assert (await world.delete(world.manager, path)).status_code == 204
    assert (await world.get(world.manager, path)).status_code == 404


async def test_events_that_concern_nobody_leave_no_trace(world: Any) -> None:
    told = visit(await owned(world), world.wang, world.database.now())
    await hear(world, VisitPlanned(**told), VisitDone(**told))
    assert await world.sql("SELECT 1 FROM reminder_source") == []


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"event": "contact.none"}, "/tier_days"),
        ({"event": "contact.none", "tier_days": {"core": 3}}, "/days"),
        ({"tier_days": {"core": 3}}, "/tier_days"),
        ({"at": "09:00"}, "/timezone"),
        ({"assignee": "named"}, "/assignee_id"),
        ({"assignee_id": str(uuid4())}, "/assignee_id"),
        ({"event": "contact.none", "days": None, "tier_days": {"core": 3}}, "/assignee"),
        ({"event": "moon.full"}, "/event"),
        ({"timezone": "Mars"}, "/timezone"),
        ({"days": 400}, "/days"),
    ],
)
async def test_a_rule_whose_parts_do_not_go_together_is_refused(world: Any, given: Any, pointer: Any) -> None:
    answer = await world.post(world.manager, "/v1/reminder-rules", {**AFTER_VISIT, **given})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_rules_are_the_managers_to_write_and_everybodys_to_read(world: Any) -> None:
    kept = await rule(world)
    path = f"/v1/reminder-rules/{kept['id']}"
    assert (await world.get(world.lin, path)).json() == kept
    assert (await world.post(world.lin, "/v1/reminder-rules", AFTER_VISIT)).status_code == 403
    assert (await world.patch(world.lin, path, {"days": 1})).status_code == 403
    listed = await world.get(world.lin, "/v1/reminder-rules?active=true&event=visit.done")
    assert [each["id"] for each in listed.json()["data"]] == [kept["id"]]


async def waiting(world: Any, customer: UUID, **after: Any) -> dict[str, Any]:
    answer = await world.post(
        world.lin,
        "/v1/reminders",
        {
            "subject": "Call",
            "customer_id": str(customer),
            "after": {"event": "visit.done", "days": 2, **after},
        },
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_reminder_waits_for_the_customers_next_such_event(world: Any) -> None:
    customer, other = await owned(world), await owned(world)
    asked = await waiting(world, customer, at="09:00", timezone="Asia/Shanghai")
    assert asked["state"] == "waiting"
    ended = datetime(2030, 3, 4, 20, 30, tzinfo=UTC)  # the fifth in Shanghai
    await hear(world, VisitDone(**visit(other, world.wang, ended)))
    await hear(world, VisitPlanned(**visit(customer, world.wang, ended)))
    assert (await made(world))[0]["state"] == "waiting"
    await hear(world, VisitDone(**visit(customer, world.wang, ended)))
    [found] = await made(world)
    assert (found["state"], found["local_time"]) == ("scheduled", "2030-03-07T09:00:00")
    assert found["due_at"] == "2030-03-07T01:00:00Z"
    await hear(world, VisitDone(**visit(customer, world.wang, ended + timedelta(days=30))))
    assert (await made(world))[0]["due_at"] == found["due_at"]
    assert [one["deed"] for one in await history(world, world.lin, asked["id"])] == ["create", "arrive"]


async def test_what_came_after_a_promise_moves_along_and_goes_with_it(world: Any) -> None:
    customer, due_at = await owned(world), world.database.now() + timedelta(days=9)
    await waiting(world, customer, event="promise.due", days=-1)
    told = promise(customer, world.wang, due_at)
    await hear(world, PromiseMade(**told))
    await hear(world, PromiseMoved(**{**told, "version": 2, "due_at": due_at + timedelta(days=1)}))
    [found] = await made(world)
    assert moment(found["due_at"]) == due_at
    await hear(world, PromiseKept(**{**told, "version": 3}))
    assert [each["state"] for each in await made(world)] == ["cancelled"]


async def test_a_visit_that_does_not_take_place_takes_its_reminder_along(world: Any) -> None:
    customer = await owned(world)
    await waiting(world, customer, event="visit.planned", days=-1)
    told = visit(customer, world.wang, world.database.now() + timedelta(days=9))
    await hear(world, VisitPlanned(**told), VisitCancelled(**{**told, "version": 3}))
    assert [each["state"] for each in await made(world)] == ["cancelled"]


async def test_a_wait_in_vain_is_reported(world: Any) -> None:
    await waiting(world, await owned(world))
    await world.sql("UPDATE reminder SET due_at = now()")
    await look_after_overdue(world.database)
    [found] = await made(world)
    assert found["state"] == "missed"
    assert [item["kind"] for item in await items(world, world.lin)] == ["reminder.missed"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"after": {"event": "visit.done", "days": 1}}, "/customer_id"),
        ({"after": {"event": "visit.done", "days": 1}, "due_at": "2030-01-01T00:00:00Z"}, "/after"),
        ({"after": {"event": "nothing", "days": 1}}, "/after/event"),
        ({"after": {"event": "visit.done", "days": 999}}, "/after/days"),
        ({"after": {"event": "visit.done", "days": 1, "at": "24:00"}}, "/after/at"),
        ({"after": {"event": "visit.done", "days": 1, "at": "09:00"}}, "/after/timezone"),
    ],
)
async def test_a_wait_that_cannot_end_is_refused(world: Any, body: Any, pointer: Any) -> None:
    given = {"customer_id": str(await owned(world))} if pointer == "/after/timezone" else {}
    answer = await world.post(world.lin, "/v1/reminders", {"subject": "x", **body, **given})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def look(world: Any, silent: dict[str, list[Silent]]) -> None:
    """The clock looks for silence; who is silent by tier is as given."""

    async def find(_reader: Reader, search: Search) -> Sequence[Silent]:
        found = [
            each
            for each in sorted(silent.get(search.tier, ()))
            if each.customer_id > search.after
            and (each.last_contact_at is None or each.last_contact_at < search.before)
        ]
        return found[: search.most]

    class Job:
        db = world.database
        begin = world.database.begin

    await look_for_silence(Job, find)  # type: ignore[arg-type]


async def test_silence_is_told_to_the_owner_by_tier_and_each_silence_once(world: Any) -> None:
    now = world.database.now()
    rule_of = {
        "event": "contact.none",
        "days": None,
        "assignee": "owner",
        "tier_days": {"core": 7, "small": 30},
    }
    await rule(world, **rule_of)
    core, small, fresh = await owned(world), await owned(world), await owned(world)
    silent = {
        "core": [Silent(core, now - timedelta(days=8)), Silent(fresh, now - timedelta(days=6))],
        "small": [Silent(small, now - timedelta(days=8))],
    }
    for _ in range(2):
        await look(world, silent)
    [found] = await made(world)
    assert (found["customer_id"], found["assignee_id"]) == (str(core), str(world.lin.id))
    await world.post(world.lin, f"/v1/reminders/{found['id']}/done", {})
    await look(world, silent)
    assert len(await made(world)) == 1
    await look(world, {"core": [Silent(core, now - timedelta(days=7, hours=1))]})
    assert len(await made(world)) == 2


async def test_a_contact_ends_the_silence_and_its_reminder(world: Any) -> None:
    now = world.database.now()
    await rule(world, event="contact.none", days=None, assignee="owner", tier_days={"core": 7})
    customer = await owned(world)
    await look(world, {"core": [Silent(customer, now - timedelta(days=8))]})

    def contact(at: datetime) -> InteractionLogged:
        return InteractionLogged(
            subject=new_id(),
            version=1,
            distributor_id=None,
            customer_id=customer,
            channel="call",
            direction="outbound",
            occurred_at=at,
            kind="call",
        )

    await hear(world, contact(now - timedelta(days=9)))
    assert [each["state"] for each in await made(world)] == ["scheduled"]
    await hear(world, contact(now + timedelta(minutes=1)))
    assert [each["state"] for each in await made(world)] == ["cancelled"]


async def test_many_silent_customers_are_gone_through_page_by_page(world: Any) -> None:
    await rule(world, event="contact.none", days=None, assignee="owner", tier_days={"core": 7})
    await look(world, {"core": [Silent(new_id(), None) for _ in range(450)]})
    [row] = await world.sql("SELECT count(*) AS n, count(DISTINCT customer_id) AS who FROM reminder")
    assert (row["n"], row["who"]) == (450, 450)


@given(
    days=st.integers(-365, 365),
    zone=st.sampled_from((None, "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe")),
    clock=st.sampled_from((None, "00:00", "02:30", "09:00")),
    at=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001 - its zone follows
)
def test_it_is_due_so_many_days_of_the_clock_later_and_never_before_now(
    days: int, zone: str | None, clock: str | None, at: datetime
) -> None:
    told, now = at.replace(tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    after = {"days": days, "timezone": zone, "at": clock if zone else None}
    when = when_after(told, after, now=now)
    assert when.due_at >= now
    if when.due_at > now:
        assert abs(when.due_at - told - timedelta(days=days)) <= timedelta(hours=25)
        assert (when.local_time is None) is (zone is None)
        assert clock is None or zone is None or f"{when.local_time:%H:%M}" == clock


def test_every_event_of_the_catalogue_has_the_fields_that_it_names() -> None:
    for event, telling in CATALOGUE.items():
        fields = event.model_fields.keys()
        assert {telling.moment, telling.person, telling.customer} - {None} <= fields | {"subject"}, event
    assert all("customer_id" in event.model_fields for event in ENDS)


def test_a_new_customer_is_its_own_event() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    event = CustomerRegistered(
        subject=new_id(),
        version=1,
        distributor_id=None,
        owner_id=None,
        org_unit_id=None,
        status="active",
        channel=None,
    )
    told = told_by(event, now=now)
    assert (told.customer_id, told.moment, told.person_id) == (event.subject, now, None)
