"""A series makes its visits ahead of time, each once; what a hand has touched it leaves alone."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from interaction_svc.visit_series.commands import MAKING
from interaction_svc.visit_series.domain import AHEAD
from shared.auth import Principal
from shared.clock import new_id
from shared.db import Scope
from shared.references import CustomerRef, apply

SHANGHAI = ZoneInfo("Asia/Shanghai")


def tomorrow(world: Any, **later: float) -> datetime:
    """Nine o'clock of tomorrow in Shanghai, by its wall clock."""
    today = world.database.now().astimezone(SHANGHAI).replace(tzinfo=None)
    return (today + timedelta(days=1, **later)).replace(hour=9, minute=0, second=0, microsecond=0)


def body_of(world: Any, customer: str, **given: Any) -> dict[str, Any]:
    return {
        "customer_id": customer,
        "rrule": "FREQ=WEEKLY",
        "starts_on_local": tomorrow(world).isoformat(),
        "timezone": "Asia/Shanghai",
        "duration_minutes": 45,
        "purpose": "例行拜访",
        **given,
    }


async def begun(world: Any, customer: str, who: Principal | None = None, **given: Any) -> dict[str, Any]:
    answer = await world.post("/v1/visit-series", body_of(world, customer, **given), who)
    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"] == '"v1"'
    made: dict[str, Any] = answer.json()
    assert (await world.get(answer.headers["location"], who)).json() == made
    return made


async def visits(world: Any, series: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    answer = await world.get(f"/v1/visits?series_id={series['id']}&limit=200{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def walls(rows: list[dict[str, Any]]) -> list[datetime]:
    """When they start by the clocks of Shanghai."""
    starts = (datetime.fromisoformat(row["starts_at"]).astimezone(SHANGHAI) for row in rows)
    return [start.replace(tzinfo=None) for start in starts]


async def told(world: Any) -> list[str]:
    return [event["type"] for event in await world.events() if event["type"].startswith("visit.")]


async def wound_back(world: Any, series: dict[str, Any], **since: float) -> None:
    """As if the visits had been made so long ago: those of the last days are still to be made."""
    await world.sql(
        "UPDATE visit_series SET made_until = made_until - $2::interval WHERE id = $1",
        UUID(series["id"]),
        timedelta(**since),
    )
    await world.sql(
        "WITH late AS (SELECT id FROM visit WHERE series_id = $1 AND starts_at >= "
        "(SELECT made_until FROM visit_series WHERE id = $1) AND NOT by_hand) DELETE FROM visit USING late "
        "WHERE visit.id = late.id",
        UUID(series["id"]),
    )


async def test_a_series_makes_the_visits_of_the_next_ninety_days(world: Any) -> None:
    customer, person = await world.customer(), str(uuid4())
    place = {"text": "二号会议室", "latitude": 31.3, "longitude": 121.2}
    series = await begun(world, customer, assignee_id=person, place=place, content="样品")
    assert (series["status"], series["assignee_id"], series["ends_at"]) == ("active", person, None)
    made = await visits(world, series)
    assert walls(made) == [tomorrow(world) + timedelta(weeks=week) for week in range(13)]
    for row in made:
        start, end = (datetime.fromisoformat(row[name]) for name in ("starts_at", "ends_at"))
        assert end - start == timedelta(minutes=45)
        assert (row["assignee_id"], row["place"], row["content"]) == (person, place, "样品")
        assert (row["status"], row["by_hand"], row["timezone"]) == ("planned", False, "Asia/Shanghai")
    assert await told(world) == ["visit.planned.v1"] * 13
    history = (await world.get(f"/v1/visits/{made[0]['id']}/history")).json()["data"]
    assert [step["verb"] for step in history] == ["plan"]


async def test_a_daily_series_has_ninety_visits_and_none_in_the_past(world: Any) -> None:
    start = (tomorrow(world) - timedelta(days=40)).isoformat()
    series = await begun(world, await world.customer(), rrule="FREQ=DAILY", starts_on_local=start)
    made = await visits(world, series)
    assert len(made) == 90
    assert min(row["starts_at"] for row in made) > world.when()


async def test_the_worker_goes_on_making_visits_each_once(world: Any) -> None:
    series = await begun(world, await world.customer(), rrule="FREQ=DAILY")
    whole = walls(await visits(world, series))
    await wound_back(world, series, days=30)
    assert walls(await visits(world, series)) == whole[:-30]
    await world.swept(MAKING)
    assert walls(await visits(world, series)) == whole
    await world.swept(MAKING)
    assert walls(await visits(world, series)) == whole


async def test_two_workers_at_once_make_each_visit_once(world: Any) -> None:
    made = [await begun(world, await world.customer(), rrule="FREQ=DAILY") for _ in range(3)]
    whole = [walls(await visits(world, series)) for series in made]
    for series in made:
        await wound_back(world, series, days=30)
    before = len(await told(world))

    class Job:
        """A run that holds its lease, whoever else runs."""

        db = world.database

        def begin(self) -> Any:
            return world.database.begin()

    from interaction_svc.visit_series.commands import make_ahead  # noqa: PLC0415

    jobs: list[Any] = [Job(), Job(), Job()]
    await asyncio.gather(*(make_ahead(job, {}) for job in jobs))
    assert [walls(await visits(world, series)) for series in made] == whole
    assert len(await told(world)) - before == 90


async def test_a_series_with_a_count_ends_by_itself(world: Any) -> None:
    series = await begun(world, await world.customer(), rrule="rrule:freq=daily;count=3")
    assert series["rrule"] == "FREQ=DAILY;COUNT=3"
    await wound_back(world, series, days=20)
    await world.swept(MAKING)
    assert len(await visits(world, series)) == 3


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"rrule": "FREQ=SECONDLY"}, "/rrule", "rrule_not_allowed"),
        ({"rrule": "FREQ=HOURLY"}, "/rrule", "rrule_not_allowed"),
        ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "/rrule", "rrule_empty"),
        ({"rrule": "FREQ=DAILY;COUNT=36500"}, "/rrule", "rrule_too_long"),
        ({"rrule": "FREQ=DAILY;UNTIL=21261231T000000Z"}, "/rrule", "rrule_too_long"),
        ({"rrule": "FREQ=DAILY;BYDAY=" + "MO," * 100_000 + "MO"}, "/rrule", "too_long"),
        ({"rrule": "FREQ=DAILY\nDTSTART:19000101T000000"}, "/rrule", "rrule_not_allowed"),
        ({"rrule": "not a rule"}, "/rrule", "rrule_not_allowed"),
        ({"starts_on_local": "2026-12-01T09:00:00Z"}, "/starts_on_local", "not_a_local_time"),
        ({"starts_on_local": "2026-12-01T09:00:30"}, "/starts_on_local", "not_a_local_time"),
        ({"starts_on_local": 1_765_000_000}, "/starts_on_local", "not_a_local_time"),
        ({"starts_on_local": "2026-02-30T09:00"}, "/starts_on_local", None),
        ({"starts_on_local": "2019-12-01T09:00"}, "/starts_on_local", "too_far_away"),
        ({"starts_on_local": "2039-12-01T09:00"}, "/starts_on_local", "too_far_away"),
        ({"timezone": "Mars/Olympus"}, "/timezone", "zone_unknown"),
        ({"duration_minutes": 0}, "/duration_minutes", "out_of_range"),
        ({"duration_minutes": 1441}, "/duration_minutes", "out_of_range"),
        ({"duration_minutes": True}, "/duration_minutes", "not_an_integer"),
    ],
)
async def test_a_series_out_of_bounds_is_refused(world: Any, wrong: Any, pointer: str, code: Any) -> None:
    customer = await world.customer()
    made = await begun(world, customer, rrule="FREQ=YEARLY;INTERVAL=2")
    for answer in (
        await world.post("/v1/visit-series", body_of(world, customer, **wrong)),
        await world.patch(f"/v1/visit-series/{made['id']}", wrong),
    ):
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert (error["pointer"], code or error["code"]) == (pointer, error["code"])
    assert (await world.get(f"/v1/visit-series/{made['id']}")).json() == made
    assert len((await world.get("/v1/visits")).json()["data"]) == 1


async def test_a_change_reaches_what_is_to_come_and_no_hand_has_touched(world: Any) -> None:
    series = await begun(world, await world.customer(), purpose="旧", rrule="FREQ=DAILY;COUNT=6")
    changed, moved, gone, there, *free = await visits(world, series)
    await world.patch(f"/v1/visits/{changed['id']}", {"purpose": "自己改的"})
    times = {"starts_at": world.when(days=-200), "ends_at": world.when(days=-200, hours=-1)}
    await world.patch(f"/v1/visits/{moved['id']}", times)
    await world.post(f"/v1/visits/{gone['id']}/cancel", {"reason": "出差"})
    await world.sql(
        'UPDATE visit SET check_in = \'{"latitude": 1, "longitude": 1, "accuracy_m": null}\', '
        "checked_in_at = now(), checked_in_by = $2 WHERE id = $1",
        UUID(there["id"]),
        world.lin.id,
    )
    start = (tomorrow(world) + timedelta(hours=1)).isoformat()
    patch = {"purpose": "新", "starts_on_local": start, "duration_minutes": 30}
    answer = await world.patch(f"/v1/visit-series/{series['id']}", patch, **{"If-Match": '"v1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"v2"')
    after = {row["id"]: row for row in await visits(world, series)}
    assert len(after) == 6
    assert (after[changed["id"]]["purpose"], after[changed["id"]]["by_hand"]) == ("自己改的", True)
    assert after[changed["id"]]["starts_at"] == changed["starts_at"]
    assert (after[moved["id"]]["purpose"], after[moved["id"]]["starts_at"]) == ("旧", times["starts_at"])
    assert (after[gone["id"]]["status"], after[gone["id"]]["purpose"]) == ("cancelled", "旧")
    assert after[there["id"]]["purpose"] == "旧"
    assert walls([after[row["id"]] for row in free]) == [wall + timedelta(hours=1) for wall in walls(free)]
    for row in free:
        assert (after[row["id"]]["purpose"], after[row["id"]]["by_hand"]) == ("新", False)
        length = datetime.fromisoformat(after[row["id"]]["ends_at"]) - datetime.fromisoformat(
            after[row["id"]]["starts_at"]
        )
        assert length == timedelta(minutes=30)


async def test_another_rule_cancels_the_days_that_are_none_and_takes_them_back(world: Any) -> None:
    series = await begun(world, await world.customer(), rrule="FREQ=DAILY;COUNT=4")
    path = f"/v1/visit-series/{series['id']}"
    await world.patch(path, {"rrule": "FREQ=DAILY;INTERVAL=2;COUNT=3"})
    made = await visits(world, series)
    assert [row["status"] for row in made] == ["planned", "cancelled", "planned", "cancelled", "planned"]
    assert not any(row["by_hand"] for row in made)
    again = (await world.patch(path, {"rrule": "FREQ=DAILY;COUNT=5"})).json()
    back = await visits(world, series)
    assert [row["id"] for row in back] == [row["id"] for row in made]
    assert ({row["status"] for row in back}, again["version"]) == ({"planned"}, 3)
    history = (await world.get(f"/v1/visits/{back[1]['id']}/history")).json()["data"]
    assert [step["verb"] for step in history] == ["plan", "cancel", "replan"]
    assert (await told(world)).count("visit.cancelled.v1") == 2


async def test_a_change_that_changes_nothing_makes_no_version(world: Any) -> None:
    series = await begun(world, await world.customer())
    path = f"/v1/visit-series/{series['id']}"
    same = await world.patch(path, {"purpose": series["purpose"], "rrule": "rrule:freq=weekly"})
    assert (same.status_code, same.json()["version"]) == (200, 1)
    assert (await world.patch(path, {"purpose": "x"}, **{"If-Match": '"v7"'})).status_code == 412
    assert (await world.patch(path, {"customer_id": str(uuid4())})).status_code == 422
    assert await told(world) == ["visit.planned.v1"] * 13


async def test_a_series_that_is_ended_has_no_more_visits(world: Any) -> None:
    series = await begun(world, await world.customer(), rrule="FREQ=DAILY")
    path = f"/v1/visit-series/{series['id']}"
    one, *others = await visits(world, series)
    times = {"starts_at": world.when(days=-300), "ends_at": world.when(days=-300, hours=-1)}
    moved = (await world.patch(f"/v1/visits/{others[0]['id']}", times)).json()
    end = others[9]["starts_at"]
    ended = await world.post(f"{path}/end", {"from": end}, **{"If-Match": '"v1"'})
    assert (ended.json()["status"], ended.json()["ends_at"]) == ("ended", end)
    assert ended.json()["ended_by"] == str(world.lin.id)
    left = await visits(world, series, "&status=planned")
    assert [row["id"] for row in left] == [one["id"], *(row["id"] for row in others[1:9])]
    assert (await world.get(f"/v1/visits/{moved['id']}")).json()["status"] == "cancelled"
    await wound_back(world, series, days=89)
    await world.swept(MAKING)
    assert len(await visits(world, series, "&status=planned")) == 9
    for answer in (
        await world.post(f"{path}/end", {}),
        await world.patch(path, {"purpose": "x"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "series_ended")


async def test_a_series_ends_now_if_nothing_is_said_and_not_in_ten_years(world: Any) -> None:
    series = await begun(world, await world.customer())
    path = f"/v1/visit-series/{series['id']}"
    refused = await world.post(f"{path}/end", {"from": world.when(days=-3650)})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/from")
    assert (await world.post(f"{path}/end", {})).status_code == 200
    assert {row["status"] for row in await visits(world, series)} == {"cancelled"}
    assert (await told(world)).count("visit.cancelled.v1") == 13


async def test_a_series_that_ends_after_what_is_made_is_made_to_its_end(world: Any) -> None:
    series = await begun(world, await world.customer(), rrule="FREQ=DAILY")
    whole = await visits(world, series)
    await wound_back(world, series, days=30)
    body = {"from": whole[70]["starts_at"]}
    assert (await world.post(f"/v1/visit-series/{series['id']}/end", body)).status_code == 200
    await world.swept(MAKING)
    assert walls(await visits(world, series, "&status=planned")) == walls(whole[:70])


async def test_the_list_of_series_is_filtered(world: Any) -> None:
    one, other = await world.customer(), await world.customer()
    person = str(uuid4())
    first = await begun(world, one, rrule="FREQ=YEARLY")
    second = await begun(world, other, rrule="FREQ=YEARLY", assignee_id=person)
    await world.post(f"/v1/visit-series/{first['id']}/end", {})
    for query, found in (
        ("", [second, first]),
        (f"?customer_id={one}", [first]),
        (f"?assignee_id={person}", [second]),
        ("?ended=true", [first]),
        ("?ended=false", [second]),
    ):
        rows = (await world.get(f"/v1/visit-series{query}")).json()["data"]
        assert [row["id"] for row in rows] == [row["id"] for row in found]


async def test_a_foreign_series_is_not_found(world: Any) -> None:
    here, there = new_id(), new_id()
    key = world.partner(here)
    own = await begun(world, await world.customer(here), key, rrule="FREQ=YEARLY")
    foreign = await begun(world, await world.customer(there), rrule="FREQ=YEARLY")
    assert own["distributor_id"] == str(here)
    assert [row["id"] for row in (await world.get("/v1/visit-series", key)).json()["data"]] == [own["id"]]
    for path in (f"/v1/visit-series/{foreign['id']}", f"/v1/visit-series/{uuid4()}"):
        for answer in (
            await world.get(path, key),
            await world.patch(path, {"purpose": "x"}, key),
            await world.post(f"{path}/end", {}, key),
        ):
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    body = body_of(world, foreign["customer_id"])
    assert (await world.post("/v1/visit-series", body, key)).status_code == 404
    assert (await world.post("/v1/visit-series", body, world.analyst)).status_code == 403
    assert (await world.get(f"/v1/visit-series/{foreign['id']}")).json() == foreign


async def test_who_goes_there_changes_a_series_though_another_holds_the_customer(world: Any) -> None:
    owner, goer = (
        Principal("staff", who.id, who.roles, scope=Scope(holders=frozenset({who.id})))
        for who in (world.lin, world.wang)
    )
    customer = CustomerRef(new_id(), None, owner.id, None, "active", None, None, 1)
    async with world.database.begin() as tx:
        await apply(tx, [customer])
    series = await begun(world, str(customer.id), owner, rrule="FREQ=DAILY;COUNT=2", assignee_id=str(goer.id))
    path = f"/v1/visit-series/{series['id']}"
    answer = await world.patch(path, {"rrule": "FREQ=DAILY;COUNT=4", "purpose": "x"}, goer)
    assert answer.status_code == 200, answer.text
    assert {row["purpose"] for row in await visits(world, series)} == {"x"}
    assert len(await visits(world, series)) == 4
    given = await world.patch(path, {"assignee_id": str(owner.id)}, goer)
    assert given.status_code == 200, given.text
    assert (await world.get(path, goer)).status_code == 404


async def test_a_series_far_ahead_is_made_when_its_time_comes(world: Any) -> None:
    start = tomorrow(world) + AHEAD + timedelta(days=5)
    series = await begun(world, await world.customer(), starts_on_local=start.isoformat(), rrule="FREQ=DAILY")
    assert await visits(world, series) == []
    await world.sql(
        "UPDATE visit_series SET starts_on_local = starts_on_local - interval '10 days', "
        "made_until = made_until - interval '10 days'"
    )
    await world.swept(MAKING)
    assert walls(await visits(world, series))[0] == start - timedelta(days=10)
    assert datetime.now(UTC) < datetime.fromisoformat((await visits(world, series))[0]["starts_at"])
