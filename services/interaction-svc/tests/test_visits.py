"""Visits are planned, carried out, reported, cancelled or missed, and each of it is told once."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from interaction_svc.visits.commands import AT_ONCE, MISSING
from interaction_svc.visits.tables import Visit
from shared.auth import Principal
from shared.clock import new_id
from shared.db import Scope
from shared.references import CustomerRef, apply

_COLUMNS = [column.key for column in Visit.__table__.c]  # type: ignore[attr-defined]
HERE = {"latitude": 31.3702, "longitude": 121.2511, "accuracy_m": 12.5}


async def let_pass(world: Any, visit: dict[str, Any], **ago: float) -> None:
    """Have the visit ended so long ago."""
    end = world.database.now() - timedelta(**ago)
    await world.sql(
        "UPDATE visit SET starts_at = $2::timestamptz - interval '1 hour', ends_at = $2 WHERE id = $1",
        UUID(visit["id"]),
        end,
    )


async def told(world: Any) -> list[str]:
    return [event["type"] for event in await world.events() if event["type"].startswith("visit.")]


async def verbs(world: Any, visit: dict[str, Any]) -> list[str]:
    steps = (await world.get(f"/v1/visits/{visit['id']}/history")).json()["data"]
    assert [step["version"] for step in steps] == list(range(1, len(steps) + 1))
    return [step["verb"] for step in steps]


async def test_a_visit_is_the_callers_unless_somebody_else_is_named(world: Any) -> None:
    customer, other = await world.customer(), str(uuid4())
    mine = await world.visit(customer)
    assert (mine["assignee_id"], mine["status"], mine["late"]) == (str(world.lin.id), "planned", False)
    assert (mine["warnings"], mine["by_hand"], mine["series_id"]) == ([], False, None)
    assert (await world.visit(customer, assignee_id=other))["assignee_id"] == other


async def test_what_is_planned_is_answered_as_it_was_sent(world: Any) -> None:
    plan = {
        "purpose": '<b>年度回顾</b>, review; "quoted"',
        "content": "第一行\nsecond line <script>alert(1)</script>",
        "timezone": "Asia/Shanghai",
        "place": {"text": "二号会议室", "latitude": -90, "longitude": 180},
        "participants": [
            {"kind": "staff", "id": str(uuid4()), "name": "陈静"},
            {"kind": "contact", "id": None, "name": "Tom"},
        ],
    }
    made = await world.visit(await world.customer(), **plan)
    assert {name: made[name] for name in plan} == plan
    assert (await world.get(f"/v1/visits/{made['id']}")).json() == made


async def test_a_visit_is_told_without_its_words(world: Any) -> None:
    made = await world.visit(await world.customer(), place={"text": "二号会议室"})
    (event,) = await world.events()
    assert event["type"] == "visit.planned.v1"
    assert event["data"] == {
        "customer_id": made["customer_id"],
        "assignee_id": str(world.lin.id),
        "starts_at": made["starts_at"],
        "ends_at": made["ends_at"],
    }
    assert event["subject"] == made["id"]


@pytest.mark.parametrize(
    ("starts", "ends", "pointer", "code"),
    [
        ((2, 0), (2, 0), "/ends_at", "ends_before_start"),
        ((2, 0), (1, 0), "/ends_at", "ends_before_start"),
        ((2, 0), (3, 0.1), "/ends_at", "too_long"),
        ((-367, 0), (-367, 1), "/starts_at", "too_far_away"),
        ((732, 0), (732, 1), "/starts_at", "too_far_away"),
    ],
)
async def test_a_visit_that_cannot_be_is_refused(
    world: Any, starts: tuple[int, float], ends: tuple[int, float], pointer: str, code: str
) -> None:
    now = world.database.now()
    times = {
        name: (now + timedelta(days=days, hours=hours)).isoformat()
        for name, (days, hours) in (("starts_at", starts), ("ends_at", ends))
    }
    body = world.visit_body(await world.customer(), **times)
    made = await world.visit(body["customer_id"])
    for answer in (
        await world.post("/v1/visits", body),
        await world.patch(f"/v1/visits/{made['id']}", times),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await verbs(world, made), await told(world)) == (["plan"], ["visit.planned.v1"])


@pytest.mark.parametrize("lasting", [1 / 60, 24])
async def test_a_visit_may_last_a_minute_and_a_day(world: Any, lasting: float) -> None:
    start = world.database.now() + timedelta(days=730)
    times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=lasting)).isoformat()}
    assert (await world.visit(await world.customer(), **times))["status"] == "planned"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"timezone": "../etc/passwd"}, "/timezone"),
        ({"purpose": ""}, "/purpose"),
        ({"purpose": "   "}, "/purpose"),
        ({"purpose": "a\u202eb"}, "/purpose"),
        ({"starts_at": "2026-12-15T09:00:00"}, "/starts_at"),
        ({"starts_at": 1_765_000_000}, "/starts_at"),
        ({"place": {"text": "x", "latitude": 90.1, "longitude": 0}}, "/place/latitude"),
        ({"place": {"text": "x", "latitude": 0, "longitude": -180.1}}, "/place/longitude"),
        ({"place": {"text": "x", "latitude": True, "longitude": 0}}, "/place/latitude"),
        ({"place": {"text": "x", "latitude": 1}}, "/place"),
        ({"place": {"latitude": 1, "longitude": 1}}, "/place/text"),
        ({"participants": [{"kind": "ghost"}]}, "/participants/0/kind"),
        ({"participants": [{"name": "x"}] * 51}, "/participants"),
        ({"status": "done"}, "/status"),
    ],
)
async def test_a_wrong_field_is_named_and_not_echoed(world: Any, wrong: Any, pointer: str) -> None:
    answer = await world.post("/v1/visits", world.visit_body(await world.customer(), **wrong))
    assert answer.status_code == 422, answer.text
    assert {error["pointer"].removesuffix("/Participant") for error in answer.json()["errors"]} & {
        pointer,
        pointer.replace("/0/", "/0/Participant/"),
    }
    assert "Olympus" not in answer.text
    assert await world.events() == []


async def test_a_planned_visit_can_be_changed_and_moved(world: Any) -> None:
    made = await world.visit(await world.customer(), content="样品", place={"text": "A"})
    path, other = f"/v1/visits/{made['id']}", str(uuid4())
    changed = await world.patch(
        path, {"purpose": "报价", "content": None, "place": None}, **{"If-Match": '"v1"'}
    )
    assert (changed.status_code, changed.headers["etag"]) == (200, '"v2"')
    assert [changed.json()[name] for name in ("purpose", "content", "place")] == ["报价", None, None]
    assert (await world.patch(path, {"purpose": "报价"})).json()["version"] == 2
    times = {"starts_at": world.when(days=-5), "ends_at": world.when(days=-5, hours=-1)}
    moved = (await world.patch(path, times)).json()
    assert {name: moved[name] for name in times} == times
    given = (await world.patch(path, {"assignee_id": other})).json()
    assert given["assignee_id"] == other
    assert (await world.patch(path, {"purpose": "y"}, **{"If-Match": '"v1"'})).status_code == 412
    assert (await world.patch(path, {"purpose": None})).status_code == 422
    assert await verbs(world, made) == ["plan", "change", "move", "change"]
    assert await told(world) == ["visit.planned.v1"] * 3


async def test_somebody_checks_in_once_and_our_clock_says_when(world: Any) -> None:
    made = await world.visit(await world.customer())
    path = f"/v1/visits/{made['id']}"
    before = world.database.now()
    there = (await world.post(f"{path}/check-in", HERE, **{"If-Match": '"v1"'})).json()
    assert {name: there["check_in"][name] for name in HERE} == HERE
    assert before <= datetime.fromisoformat(there["check_in"]["at"]) <= world.database.now()
    assert (there["check_in"]["by"], there["status"]) == (str(world.lin.id), "planned")
    again = await world.post(f"{path}/check-in", HERE)
    assert (again.status_code, again.json()["code"]) == (409, "visit_checked_in")
    assert (await world.post(f"{path}/check-in", HERE, **{"If-Match": '"v1"'})).status_code == 412
    assert await told(world) == ["visit.planned.v1"]


async def test_nobody_checks_in_days_before(world: Any) -> None:
    times = {"starts_at": world.when(days=-3), "ends_at": world.when(days=-3, hours=-1)}
    made = await world.visit(await world.customer(), **times)
    answer = await world.post(f"/v1/visits/{made['id']}/check-in", HERE)
    assert (answer.status_code, answer.json()["code"]) == (409, "visit_too_far_ahead")


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude": 91},
        {"longitude": 181},
        {"accuracy_m": -1},
        {"latitude": "31"},
        {"at": "2026-12-01T00:00:00Z"},
    ],
)
async def test_a_place_that_is_none_is_refused(world: Any, wrong: Any) -> None:
    made = await world.visit(await world.customer())
    answer = await world.post(f"/v1/visits/{made['id']}/check-in", {**HERE, **wrong})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{next(iter(wrong))}")


async def test_a_report_becomes_an_interaction_and_ends_the_visit(world: Any) -> None:
    customer = await world.customer()
    people = [{"kind": "contact", "name": "王建国"}]
    made = await world.visit(customer, participants=people)
    path = f"/v1/visits/{made['id']}"
    there = (await world.post(f"{path}/check-in", HERE)).json()["check_in"]
    body = {"summary": "数量已确认", "agreement": "周五前报价"}
    done = (await world.post(f"{path}/report", body, **{"If-Match": '"v2"'})).json()
    assert (done["status"], done["late"], done["done_by"]) == ("done", False, str(world.lin.id))
    talk = (await world.get(f"/v1/interactions/{done['interaction_id']}")).json()
    assert (talk["channel"], talk["direction"], talk["customer_id"]) == ("meeting", "outbound", customer)
    assert (talk["summary"], talk["agreement"], talk["occurred_at"]) == (*body.values(), there["at"])
    assert [one["kind"] for one in talk["participants"]] == ["staff", "contact"]
    assert talk["participants"][0]["id"] == str(world.lin.id)
    assert await told(world) == ["visit.planned.v1", "visit.done.v1"]
    for verb, more in (("report", body), ("cancel", {"reason": "x"}), ("check-in", HERE)):
        refused = await world.post(f"{path}/{verb}", more)
        assert (refused.status_code, refused.json()["code"]) == (409, "visit_not_planned")
        assert (refused.json()["visit_status"], refused.json()["allowed"]) == ("done", [])
    changed = await world.patch(path, {"purpose": "x"})
    assert (changed.status_code, changed.json()["code"]) == (409, "visit_not_planned")
    assert len((await world.get(f"/v1/interactions?customer_id={customer}")).json()["data"]) == 1


async def test_a_report_says_when_and_how_if_it_was_otherwise(world: Any) -> None:
    made = await world.visit(await world.customer())
    when = world.when(hours=3)
    body = {"summary": "电话会议", "occurred_at": when, "channel": "call"}
    done = (await world.post(f"/v1/visits/{made['id']}/report", body)).json()
    talk = (await world.get(f"/v1/interactions/{done['interaction_id']}")).json()
    assert (talk["occurred_at"], talk["channel"], talk["agreement"]) == (when, "call", None)


async def test_a_visit_of_next_week_has_not_taken_place(world: Any) -> None:
    times = {"starts_at": world.when(days=-7), "ends_at": world.when(days=-7, hours=-1)}
    made = await world.visit(await world.customer(), **times)
    answer = await world.post(f"/v1/visits/{made['id']}/report", {"summary": "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "in_the_future")
    assert (await world.get(f"/v1/visits/{made['id']}")).json() == made
    assert (await world.get("/v1/interactions")).json()["data"] == []


async def test_two_reports_at_once_log_one_interaction(world: Any) -> None:
    made = await world.visit(await world.customer())
    body = {"summary": "x"}
    answers = await asyncio.gather(*(world.post(f"/v1/visits/{made['id']}/report", body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert len((await world.get("/v1/interactions")).json()["data"]) == 1


async def test_a_visit_is_cancelled_with_a_reason(world: Any) -> None:
    made = await world.visit(await world.customer())
    path = f"/v1/visits/{made['id']}"
    assert (await world.post(f"{path}/cancel", {})).status_code == 422
    gone = (await world.post(f"{path}/cancel", {"reason": "客户出差"})).json()
    assert (gone["status"], gone["reason"], gone["cancelled_by"]) == (
        "cancelled",
        "客户出差",
        str(world.lin.id),
    )
    assert (await world.post(f"{path}/report", {"summary": "x"})).status_code == 409
    await let_pass(world, made, days=3)
    await world.swept(MISSING)
    assert await told(world) == ["visit.planned.v1", "visit.cancelled.v1"]


async def test_a_visit_nobody_reported_is_missed_once_and_can_be_reported_late(world: Any) -> None:
    customer = await world.customer()
    late, fresh, ahead = [await world.visit(customer) for _ in range(3)]
    await let_pass(world, late, hours=25)
    await let_pass(world, fresh, hours=23)
    await world.swept(MISSING)
    await world.swept(MISSING)
    missed = (await world.get(f"/v1/visits/{late['id']}")).json()
    assert (missed["status"], missed["late"], missed["missed_at"] is not None) == ("missed", True, True)
    for other in (fresh, ahead):
        assert (await world.get(f"/v1/visits/{other['id']}")).json()["status"] == "planned"
    refused = await world.post(f"/v1/visits/{late['id']}/cancel", {"reason": "x"})
    assert (refused.status_code, refused.json()["allowed"]) == (409, ["report"])
    done = (await world.post(f"/v1/visits/{late['id']}/report", {"summary": "补报"})).json()
    assert (done["status"], done["late"]) == ("done", True)
    assert await verbs(world, late) == ["plan", "miss", "report"]
    assert await told(world) == ["visit.planned.v1"] * 3 + ["visit.missed.v1", "visit.done.v1"]


async def test_more_visits_than_one_look_takes_are_missed_together(world: Any) -> None:
    await let_pass(world, await world.visit(await world.customer()), days=2)
    columns, others = ", ".join(_COLUMNS), ", ".join(("gen_random_uuid()", *_COLUMNS[1:]))
    await world.sql(
        f"INSERT INTO visit ({columns}) SELECT {others} FROM visit, generate_series(1, {AT_ONCE})"
    )
    await world.swept(MISSING)
    assert (await told(world)).count("visit.missed.v1") == AT_ONCE + 1


async def test_the_database_refuses_what_no_visit_can_be(world: Any) -> None:
    made = await world.visit(await world.customer())
    for change in (
        "status = 'done'",
        "status = 'cancelled'",
        "status = 'missed'",
        "status = 'gone'",
        "ends_at = starts_at",
        "ends_at = starts_at + interval '25 hours'",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await world.sql(f"UPDATE visit SET {change} WHERE id = $1", UUID(made["id"]))
    with pytest.raises(asyncpg.CheckViolationError):
        await world.sql("UPDATE visit_step SET status = 'done'")


async def test_the_list_is_filtered_sorted_and_paged(world: Any) -> None:
    customer, other = await world.customer(), await world.customer()
    person = str(uuid4())
    one, two, three = [
        await world.visit(
            whose, starts_at=world.when(days=-days), ends_at=world.when(days=-days, hours=-1), **more
        )
        for whose, days, more in ((customer, 3, {}), (customer, 1, {"assignee_id": person}), (other, 2, {}))
    ]
    await world.post(f"/v1/visits/{three['id']}/cancel", {"reason": "x"})

    async def ids(query: str) -> list[str]:
        answer = await world.get(f"/v1/visits?{query}")
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["data"]]

    assert await ids("") == [two["id"], three["id"], one["id"]]
    assert await ids("sort=-starts_at") == [one["id"], three["id"], two["id"]]
    assert await ids("sort=-created_at") == [three["id"], two["id"], one["id"]]
    assert await ids(f"customer_id={customer}") == [two["id"], one["id"]]
    assert await ids(f"assignee_id={person}") == [two["id"]]
    assert await ids("status=cancelled") == [three["id"]]
    assert await ids(f"starts_at[gte]={two['starts_at']}&starts_at[lt]={one['starts_at']}") == [
        two["id"],
        three["id"],
    ]
    assert await ids(f"series_id={uuid4()}") == []
    page = (await world.get("/v1/visits?limit=2&count=exact")).json()["page"]
    assert (page["total"], page["has_more"]) == (3, True)
    assert await ids(f"limit=2&cursor={page['next_cursor']}") == [one["id"]]
    assert (await world.get("/v1/visits?status=gone")).status_code == 422
    assert (await world.get("/v1/visits?sort=purpose")).status_code == 400


async def test_every_step_stands_in_the_customers_timeline(world: Any) -> None:
    customer = await world.customer()
    made = await world.visit(customer, purpose="报价")
    await world.post(f"/v1/visits/{made['id']}/cancel", {"reason": "改期"})
    await world.interaction(customer)
    page = (await world.get(f"/v1/customers/{customer}/timeline?type=visit")).json()
    assert [item["visit"]["verb"] for item in page["data"]] == ["cancel", "plan"]
    step = page["data"][0]
    assert (step["type"], step["visit"]["id"], step["visit"]["purpose"]) == ("visit", made["id"], "报价")
    assert (step["visit"]["status"], step["visit"]["note"]) == ("cancelled", "改期")
    assert len((await world.get(f"/v1/customers/{customer}/timeline")).json()["data"]) == 3


async def test_an_unknown_customer_or_visit_is_not_found(world: Any) -> None:
    assert (await world.post("/v1/visits", world.visit_body(str(uuid4())))).status_code == 404
    path = f"/v1/visits/{uuid4()}"
    for answer in (
        await world.get(path),
        await world.get(f"{path}/history"),
        await world.patch(path, {"purpose": "x"}),
        await world.post(f"{path}/check-in", HERE),
        await world.post(f"{path}/report", {"summary": "x"}),
        await world.post(f"{path}/cancel", {"reason": "x"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_reading_does_not_allow_writing(world: Any) -> None:
    made = await world.visit(await world.customer())
    path = f"/v1/visits/{made['id']}"
    assert (await world.get(path, who=world.analyst)).status_code == 200
    for answer in (
        await world.post("/v1/visits", world.visit_body(made["customer_id"]), who=world.analyst),
        await world.patch(path, {"purpose": "x"}, who=world.analyst),
        await world.post(f"{path}/report", {"summary": "x"}, who=world.analyst),
    ):
        assert answer.status_code == 403


async def test_a_partner_sees_the_visits_of_its_own_customers(world: Any) -> None:
    here, there = new_id(), new_id()
    mine, foreign = await world.customer(here), await world.customer(there)
    key = world.partner(here)
    own = await world.visit(mine, who=key)
    assert own["distributor_id"] == str(here)
    others = await world.visit(foreign)
    assert [row["id"] for row in (await world.get("/v1/visits", who=key)).json()["data"]] == [own["id"]]
    assert (await world.post("/v1/visits", world.visit_body(foreign), who=key)).status_code == 404
    path = f"/v1/visits/{others['id']}"
    for answer in (
        await world.get(path, who=key),
        await world.get(f"{path}/history", who=key),
        await world.patch(path, {"purpose": "x"}, who=key),
        await world.post(f"{path}/report", {"summary": "x"}, who=key),
    ):
        assert answer.status_code == 404
    assert (await world.get(path)).json() == others


def only(who: Principal) -> Principal:
    """The same person with the data scope `own`."""
    return Principal("staff", who.id, who.roles, scope=Scope(holders=frozenset({who.id})))


async def test_who_is_to_go_there_sees_and_reports_the_visit_though_another_holds_the_customer(
    world: Any,
) -> None:
    owner, goer = only(world.lin), only(world.wang)
    customer = CustomerRef(new_id(), None, owner.id, None, "active", None, None, 1)
    async with world.database.begin() as tx:
        await apply(tx, [customer])
    made = await world.visit(str(customer.id), who=owner, assignee_id=str(goer.id))
    alone = await world.visit(str(customer.id), who=owner)
    path = f"/v1/visits/{made['id']}"
    assert [row["id"] for row in (await world.get("/v1/visits", who=goer)).json()["data"]] == [made["id"]]
    assert (await world.get(f"/v1/visits/{alone['id']}", who=goer)).status_code == 404
    assert (await world.post(f"{path}/check-in", HERE, who=goer)).status_code == 200
    done = await world.post(f"{path}/report", {"summary": "已拜访"}, who=goer)
    assert done.status_code == 200, done.text
    talk = await world.get(f"/v1/interactions/{done.json()['interaction_id']}", who=owner)
    assert talk.json()["created_by"] == str(goer.id)


async def test_a_visit_can_be_given_to_somebody_who_does_not_see_the_customer_and_back(world: Any) -> None:
    owner, goer = only(world.lin), only(world.wang)
    customer = CustomerRef(new_id(), None, owner.id, None, "active", None, None, 1)
    async with world.database.begin() as tx:
        await apply(tx, [customer])
    made = await world.visit(str(customer.id), who=owner, assignee_id=str(goer.id))
    path = f"/v1/visits/{made['id']}"
    given = await world.patch(path, {"assignee_id": str(owner.id)}, who=goer)
    assert (given.status_code, given.json()["assignee_id"]) == (200, str(owner.id))
    assert (await world.get(path, who=goer)).status_code == 404
    assert (await world.get(path, who=owner)).status_code == 200
