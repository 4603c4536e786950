"""A preview says what the load will say, and stores no interaction."""

import random
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.events.customer import CustomerMerged
from shared.references import CUSTOMER_EVENTS

from .steps import count, loaded, plain, row, send, verdicts

_STATE: dict[str, Any] = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": None}


async def merge(world: Any, absorbed: str, kept: str) -> None:
    event = CustomerMerged(
        subject=UUID(absorbed), version=2, status="merged", merged_into=UUID(kept), **_STATE
    )
    async with world.database.begin() as tx:
        await CUSTOMER_EVENTS[CustomerMerged](tx, event)


async def test_a_preview_stores_and_tells_nothing(world: Any) -> None:
    rows, work = [row(world, await world.customer(), agreement="A")], uuid4()
    (outcome,) = await loaded(world, rows, work, dry_run=True)
    assert (outcome["status"], outcome["id"]) == ("created", None)
    assert await count(world, "interaction") == 0
    assert await world.events() == []


async def test_later_steps_of_a_preview_meet_the_rows_of_earlier_ones(world: Any) -> None:
    one, work = row(world, await world.customer(), agreement="A"), uuid4()
    await loaded(world, [one], work, 0, dry_run=True)
    later = [one, {**one, "agreement": "B"}, {**one, "summary": "another"}]
    outcomes = await loaded(world, later, work, 1, dry_run=True)
    assert verdicts(outcomes) == [
        ("unchanged", None),
        ("duplicate", "interaction_there"),
        ("created", None),
    ]
    assert [one["id"] for one in outcomes] == [None] * 3
    alone = await loaded(world, [one], uuid4(), 0, dry_run=True)
    assert verdicts(alone) == [("created", None)]


async def test_a_step_of_a_preview_that_is_sent_again_is_answered_again(world: Any) -> None:
    rows, work = [row(world, await world.customer())], uuid4()
    first, again = [await send(world, rows, work, dry_run=True) for _ in range(2)]
    assert first.json()["outcomes"][0]["status"] == "created"
    assert again.content == first.content
    assert await count(world, "load_foreseen") == 1


async def test_the_same_work_can_be_previewed_and_then_loaded(world: Any) -> None:
    rows, work = [row(world, await world.customer())], uuid4()
    preview = await send(world, rows, work, dry_run=True)
    assert plain(await send(world, rows, work)) == plain(preview)
    assert await count(world, "interaction") == 1


@pytest.mark.parametrize("seed", range(5))
async def test_a_preview_of_several_steps_answers_as_the_load_does(world: Any, seed: int) -> None:
    chance = random.Random(seed)
    customers = [await world.customer() for _ in range(4)]
    await merge(world, customers[0], customers[1])
    times = [world.when(hours=hours) for hours in (2, 3)]
    for _ in range(3):
        known = {"occurred_at": chance.choice(times), "agreement": chance.choice(["A", "B"])}
        await world.interaction(chance.choice(customers), summary="one", **known)
    people = [*customers, str(uuid4())]
    steps = [
        [
            row(
                world,
                chance.choice(people),
                occurred_at=chance.choice([*times, "never"]),
                summary=chance.choice(["one", "two"]),
                agreement=chance.choice(["A", "B", None]),
                participants=chance.choice([["王建国"], None]),
            )
            for _ in range(12)
        ]
        for _ in range(4)
    ]
    before, work, preview = await count(world, "interaction"), uuid4(), uuid4()
    foreseen = [await send(world, rows, preview, n, dry_run=True) for n, rows in enumerate(steps)]
    assert await count(world, "interaction") == before
    stored = [await send(world, rows, work, n) for n, rows in enumerate(steps)]
    assert [plain(answer) for answer in foreseen] == [plain(answer) for answer in stored]
    statuses = {one["status"] for answer in stored for one in answer.json()["outcomes"]}
    assert statuses == {"created", "unchanged", "duplicate", "problem"}


async def test_what_was_foreseen_for_a_customer_that_is_merged_is_foreseen_for_the_other(world: Any) -> None:
    absorbed, kept = await world.customer(), await world.customer()
    one, work = row(world, absorbed), uuid4()
    await loaded(world, [one], work, 0, dry_run=True)
    await merge(world, absorbed, kept)
    outcomes = await loaded(world, [{**one, "customer_id": kept}, one], work, 1, dry_run=True)
    assert verdicts(outcomes) == [("unchanged", None)] * 2


async def test_what_a_preview_remembers_is_no_text(world: Any) -> None:
    summary, agreement = "Zahlungsaufschub vereinbart", "Stundung bis Ostern"
    await loaded(
        world, [row(world, await world.customer(), summary=summary, agreement=agreement)], dry_run=True
    )
    for table in ("load_foreseen", "load_step"):
        (stored,) = await world.sql(f"SELECT {table}::text AS whole FROM {table}")
        for text in (summary, agreement):
            assert text not in stored["whole"]
            assert text.encode().hex() not in stored["whole"]
