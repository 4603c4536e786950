"""The report agrees with counting by hand, and counts only what is in sight."""

import random
import statistics
from typing import Any
from uuid import UUID, uuid4

from .steps import changed, do, done, process, recorded, run, step, wrong


def share(values: list[int], part: float) -> float:
    """A continuous percentile, counted another way than the database does."""
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


async def summary(world: Any, query: str = "", who: Any = None) -> list[dict[str, Any]]:
    answer = await world.get(f"/v1/service-records/summary?{query}", who)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


async def test_figures_are_those_of_counting_by_hand(world: Any) -> None:
    chance = random.Random(7)
    template = await process(world, step("b"), step("a"))
    times: dict[str, list[int]] = {"waiting": [], "handling": []}
    ratings, in_time = [], []
    for _ in range(6):
        made = await done(world, await run(world, template), "b", "a")
        waiting, handling, late = chance.randrange(9000), chance.randrange(9000), chance.random() < 0.4
        await world.sql(
            "UPDATE service_step SET waiting_seconds = $2, waiting_working_seconds = $3, "
            "handling_seconds = $4, handling_working_seconds = $5, "
            "due_at = finished_at + $6 * interval '1 minute' "
            "WHERE record_id = $1 AND code = 'b'",
            UUID(made["id"]),
            waiting,
            waiting // 3,
            handling,
            handling // 3,
            -1 if late else 1,
        )
        times["waiting"].append(waiting)
        times["handling"].append(handling)
        in_time.append(not late)
        if chance.random() < 0.7:
            ratings.append(chance.randint(1, 5))
            await do(world, made, "rate", rating=ratings[-1])
    running, cancelled = await run(world, template), await run(world, template)
    await do(world, running, "skip", "b", reason="x")
    await do(world, cancelled, "cancel", reason="x")
    (found,) = await summary(world)
    assert found["name"] == {"en": "Repair", "zh": "售后维修"}
    counts = [found[name] for name in ("records", "done", "running", "cancelled", "ratings")]
    assert counts == [8, 6, 1, 1, len(ratings)]
    assert ratings
    assert abs(found["mean_rating"] - statistics.mean(ratings)) < 1e-9
    first, second = found["steps"]
    assert [first["code"], second["code"]] == ["b", "a"]
    assert (first["runs"], first["completed"], first["skipped"]) == (8, 6, 1)
    assert (second["runs"], second["completed"]) == (7, 6)
    for kind, values in times.items():
        assert first[kind]["median_seconds"] == statistics.median(values)
        assert abs(first[kind]["p90_seconds"] - share(values, 0.9)) < 1e-6
        working = [value // 3 for value in values]
        assert first[kind]["median_working_seconds"] == statistics.median(working)
        assert abs(first[kind]["p90_working_seconds"] - share(working, 0.9)) < 1e-6
    assert abs(first["share_in_time"] - statistics.mean(in_time)) < 1e-9
    assert 0 < first["share_in_time"] < 1


async def test_a_step_that_nobody_took_has_no_figures(world: Any) -> None:
    template = await process(world)
    await run(world, template)
    (found,) = await summary(world)
    assert found["mean_rating"] is None
    second = found["steps"][1]
    assert (second["code"], second["runs"], second["share_in_time"]) == ("repair", 0, None)
    assert set(second["waiting"].values()) == set(second["handling"].values()) == {None}


async def test_versions_are_counted_together_and_services_without_a_process_stand_last(world: Any) -> None:
    template = await process(world, step("accept"))
    await run(world, template)
    await run(world, await changed(world, template, steps=[step("look"), step("accept")], name="新名称"))
    other = await process(world)
    await run(world, other)
    await recorded(world, rating=4)
    found = await summary(world)
    assert {one["process_id"] for one in found[:2]} == {template["id"], other["id"]}
    mine = next(one for one in found if one["process_id"] == template["id"])
    assert (mine["name"]["zh"], mine["records"]) == ("新名称", 2)
    assert {each["code"]: each["runs"] for each in mine["steps"]} == {"accept": 1, "look": 1}
    last = found[2]
    assert (last["process_id"], last["name"], last["steps"], last["mean_rating"]) == (None, None, [], 4.0)
    assert [one["process_id"] for one in await summary(world, f"process_id={other['id']}")] == [other["id"]]
    assert await summary(world, f"process_id={uuid4()}") == []


async def test_the_time_is_when_services_started(world: Any) -> None:
    await recorded(world, occurred_at=world.when(days=5))
    await recorded(world, occurred_at=world.when(days=100))
    for query, wanted in (
        ("", 1),
        (f"from={world.when(days=200)}", 2),
        (f"from={world.when(days=200)}&to={world.when(days=50)}", 1),
        (f"from={world.when(days=4)}", 0),
        (f"to={world.when(days=5.5)}", 0),
    ):
        assert sum(one["records"] for one in await summary(world, query)) == wanted, query
    answer = await world.get(
        f"/v1/service-records/summary?from={world.when(days=1)}&to={world.when(days=1.1)}"
    )
    assert wrong(answer) == {"?to": "not_after"}
    assert (await world.get("/v1/service-records/summary?from=yesterday")).status_code == 422


async def test_only_what_is_in_sight_is_counted(world: Any) -> None:
    ours, theirs = uuid4(), uuid4()
    template = await process(world)
    for distributor in (ours, theirs, None):
        await run(world, template, await world.customer(distributor))
    assert [one["records"] for one in await summary(world)] == [3]
    (mine,) = await summary(world, who=world.partner(ours))
    assert (mine["records"], mine["steps"][0]["runs"]) == (1, 1)
    assert await summary(world, who=world.partner(uuid4())) == []
