"""Somebody senior joins visits to customers of some tiers now and then; who plans otherwise is warned."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from interaction_svc.staff.consumers import on_staff_changed
from interaction_svc.tiers.consumers import on_tier_changed
from shared.clock import new_id
from shared.events.gateway import StaffChanged
from shared.events.scoring import TierChanged
from shared.testing import staff

RULE = {"tiers": ["core"], "senior_roles": ["manager"], "every_days": 30}


async def put(world: Any, body: Any, who: Any = None, **headers: str) -> Any:
    async with world.client(who or staff("manager")) as client:
        return await client.put("/v1/visit-rule", json=body, headers=headers)


async def customer_of(world: Any, tier: str, distributor: UUID | None = None) -> str:
    customer: str = await world.customer(distributor)
    event = TierChanged(subject=UUID(customer), version=1, distributor_id=None, from_tier=None, to_tier=tier)
    async with world.database.begin() as tx:
        await on_tier_changed(tx, event)
    return customer


async def person(world: Any, *roles: str, active: bool = True) -> str:
    who = new_id()
    event = StaffChanged(
        subject=who,
        distributor_id=None,
        version=1,
        roles=roles,
        active=active,
        org_unit_id=None,
        data_scope="all",
    )
    async with world.database.begin() as tx:
        await on_staff_changed(tx, event)
    return str(who)


def times(world: Any, days: float) -> dict[str, str]:
    return {"starts_at": world.when(days=-days), "ends_at": world.when(days=-days, hours=-1)}


def codes(visit: Any) -> list[str]:
    return [warning["code"] for warning in visit["warnings"]]


async def missing(world: Any, query: str = "") -> set[str]:
    answer = await world.get(f"/v1/visits?senior_missing=true{query}")
    assert answer.status_code == 200, answer.text
    assert all(codes(row) == ["senior_missing"] for row in answer.json()["data"])
    return {row["id"] for row in answer.json()["data"]}


async def test_there_is_one_rule_and_at_first_it_asks_for_nothing(world: Any) -> None:
    unset = await world.get("/v1/visit-rule")
    assert (unset.headers["etag"], unset.json()["tiers"]) == ('"v0"', [])
    assert (unset.json()["senior_roles"], unset.json()["version"]) == (["manager"], 0)
    boss = staff("manager")
    answer = await put(world, {"tiers": ["core", "core", "important"]}, boss, **{"If-Match": '"v0"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"v1"')
    told = answer.json()
    assert (told["tiers"], told["every_days"], told["updated_by"]) == (
        ["core", "important"],
        90,
        str(boss.id),
    )
    assert (await put(world, RULE, boss, **{"If-Match": '"v0"'})).status_code == 412
    assert (await put(world, RULE, boss, **{"If-Match": '"v1"'})).json()["version"] == 2
    assert (await put(world, RULE, boss)).json()["version"] == 3
    assert (await world.get("/v1/visit-rule")).json()["tiers"] == ["core"]
    assert len(await world.sql("SELECT FROM visit_rule")) == 1


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"tiers": ["no such tier!"]}, "/tiers/0"),
        ({"tiers": ["core"] * 21}, "/tiers"),
        ({"senior_roles": ["king"]}, "/senior_roles/0"),
        ({"senior_roles": []}, "/senior_roles"),
        ({"every_days": 0}, "/every_days"),
        ({"every_days": 1097}, "/every_days"),
        ({"every_days": True}, "/every_days"),
        ({"every_day": 3}, "/every_day"),
    ],
)
async def test_a_rule_out_of_bounds_is_refused(world: Any, wrong: Any, pointer: str) -> None:
    answer = await put(world, {**RULE, **wrong})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert (await world.get("/v1/visit-rule")).json()["version"] == 0


async def test_only_who_may_change_rules_changes_it(world: Any) -> None:
    assert (await put(world, RULE, world.wang)).status_code == 403
    assert (await world.get("/v1/visit-rule", world.wang)).status_code == 200
    key = world.partner(new_id())
    assert (await world.get("/v1/visit-rule", key)).status_code == 403


async def test_a_visit_that_nobody_senior_joins_is_warned_of_everywhere(world: Any) -> None:
    await put(world, RULE)
    manager, colleague = await person(world, "manager"), await person(world, "sales")
    core = await customer_of(world, "core")
    made = await world.visit(core, participants=[{"kind": "staff", "id": colleague, "name": "x"}])
    path = f"/v1/visits/{made['id']}"
    assert codes(made) == ["senior_missing"]
    assert codes((await world.get(path)).json()) == ["senior_missing"]
    assert codes((await world.patch(path, {"purpose": "x"})).json()) == ["senior_missing"]
    assert await missing(world) == {made["id"]}
    joined = await world.patch(path, {"participants": [{"kind": "staff", "id": manager}]})
    assert codes(joined.json()) == []
    assert await missing(world) == set()
    alone = await world.patch(path, {"participants": [{"kind": "contact", "id": manager}]})
    assert codes(alone.json()) == ["senior_missing"]
    given = await world.patch(path, {"assignee_id": manager})
    assert codes(given.json()) == []


async def test_the_warning_is_in_the_language_of_the_request(world: Any) -> None:
    await put(world, RULE)
    made = await world.visit(await customer_of(world, "core"))
    path = f"/v1/visits/{made['id']}"
    texts = [
        (await world.get(path, **{"Accept-Language": language})).json()["warnings"][0]["text"]
        for language in ("zh-CN", "en")
    ]
    assert "高层" in texts[0]
    assert "senior" in texts[1]


async def test_once_in_so_many_days_is_enough(world: Any) -> None:
    await put(world, RULE)
    manager, core = await person(world, "manager"), await customer_of(world, "core")
    with_manager = await world.visit(core, assignee_id=manager, **times(world, 10))
    soon, later, before = [await world.visit(core, **times(world, days)) for days in (39, 41, 9)]
    assert [codes(visit) for visit in (with_manager, soon, later, before)] == [
        [],
        [],
        ["senior_missing"],
        ["senior_missing"],
    ]
    assert await missing(world) == {later["id"], before["id"]}
    assert await missing(world, f"&starts_at[gte]={times(world, 40)['starts_at']}") == {later["id"]}
    others = (await world.get("/v1/visits?senior_missing=false")).json()["data"]
    assert {row["id"] for row in others} == {with_manager["id"], soon["id"]}
    await world.post(f"/v1/visits/{with_manager['id']}/cancel", {"reason": "x"})
    assert await missing(world) == {soon["id"], later["id"], before["id"]}


async def test_a_manager_who_left_has_been_there_but_will_not_come(world: Any) -> None:
    await put(world, RULE)
    gone, core = await person(world, "manager", active=False), await customer_of(world, "core")
    was_there = await world.visit(core, assignee_id=gone, **times(world, -1))
    later = await world.visit(core)
    assert [codes(visit) for visit in (was_there, later)] == [["senior_missing"]] * 2
    await world.post(f"/v1/visits/{was_there['id']}/report", {"summary": "x"})
    assert await missing(world) == set()


async def test_what_is_over_and_who_is_not_of_the_tier_is_not_warned_of(world: Any) -> None:
    await put(world, RULE)
    manager_who_left = await person(world, "manager", active=False)
    core, normal = await customer_of(world, "core"), await customer_of(world, "normal")
    unknown = await world.customer()
    assert codes(await world.visit(normal)) == codes(await world.visit(unknown)) == []
    assert codes(await world.visit(core, assignee_id=manager_who_left)) == ["senior_missing"]
    made = await world.visit(core)
    done = await world.post(f"/v1/visits/{made['id']}/report", {"summary": "x"})
    assert codes(done.json()) == []
    await put(world, {**RULE, "tiers": []})
    assert await missing(world) == set()


async def test_a_partner_is_warned_of_its_own_visits_alone(world: Any) -> None:
    await put(world, RULE)
    here, there = new_id(), new_id()
    key = world.partner(here)
    own = await world.visit(await customer_of(world, "core", here), key)
    await world.visit(await customer_of(world, "core", there))
    assert codes(own) == ["senior_missing"]
    rows = (await world.get("/v1/visits?senior_missing=true", key)).json()["data"]
    assert [row["id"] for row in rows] == [own["id"]]


async def test_plan_and_deed_are_counted_person_by_person(world: Any) -> None:
    from interaction_svc.visits.commands import MISSING  # noqa: PLC0415

    customer, other = await world.customer(), str(uuid4())
    done, late, missed, gone, _ = [await world.visit(customer, **times(world, -3)) for _ in range(5)]
    await world.visit(customer, assignee_id=other, **times(world, 3))
    await world.visit(customer, **times(world, 40))
    await world.post(f"/v1/visits/{done['id']}/report", {"summary": "x"})
    await world.post(f"/v1/visits/{gone['id']}/cancel", {"reason": "x"})
    await world.sql(
        "UPDATE visit SET ends_at = now() + interval '1 hour', starts_at = now() WHERE id <> ALL ($1)",
        [UUID(one["id"]) for one in (done, late, missed, gone)],
    )
    await world.swept(MISSING)
    await world.post(f"/v1/visits/{late['id']}/report", {"summary": "x"})
    period = f"from={world.when(days=10)}&to={world.when(days=-10)}"
    answer = await world.get(f"/v1/visits/summary?{period}")
    assert answer.status_code == 200, answer.text
    found = {row["assignee_id"]: row for row in answer.json()["data"]}
    assert found[str(world.lin.id)] == {
        "assignee_id": str(world.lin.id),
        "planned": 5,
        "done": 2,
        "on_time": 1,
        "missed": 1,
        "cancelled": 1,
        "open": 2,
        "done_share": 0.6667,
    }
    assert (found[other]["open"], found[other]["done_share"]) == (1, None)
    alone = (await world.get(f"/v1/visits/summary?{period}&assignee_id={other}")).json()["data"]
    assert [row["assignee_id"] for row in alone] == [other]
    empty = f"from={world.when(days=90)}&to={world.when(days=60)}"
    assert (await world.get(f"/v1/visits/summary?{empty}")).json()["data"] == []


async def test_a_summary_counts_what_is_in_sight(world: Any) -> None:
    here, there = new_id(), new_id()
    key = world.partner(here)
    own = await world.visit(await world.customer(here), key)
    await world.visit(await world.customer(there))
    period = f"from={world.when(days=1)}&to={world.when(days=-1)}"
    rows = (await world.get(f"/v1/visits/summary?{period}", key)).json()["data"]
    assert [(row["assignee_id"], row["planned"]) for row in rows] == [(own["assignee_id"], 1)]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from=2026-01-01T00:00:00Z",
        "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=2026-01-01T00:00:00Z&to=2027-01-03T00:00:00Z",
        "from=2026-01-01&to=2026-02-01",
        "from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00Z&assignee_id=42",
    ],
)
async def test_a_period_that_is_none_is_refused(world: Any, query: str) -> None:
    assert (await world.get(f"/v1/visits/summary?{query}")).status_code == 422
