"""What other services are asked for: not for a run that is paused or over, and never beyond a day."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from notify_svc.playbook_runs.asking import lease_some, settle
from notify_svc.playbook_runs.clients import Answered
from notify_svc.playbook_runs.clock import ask_services

from .playing import REMIND, TAG, Others, detail, hear, lost, playbook, run, runs, taken


async def waiting(world: Any, *steps: Any) -> str:
    """A run that waits for an answer, and has not asked yet."""
    await playbook(world, *(steps or (TAG, REMIND)))
    await hear(world, lost(await world.customer()))
    await run(world)
    [going] = await runs(world)
    found: str = going["id"]
    return found


async def do(world: Any, run_id: str, deed: str) -> None:
    answer = await world.post(world.manager, f"/v1/playbook-runs/{run_id}/{deed}")
    assert answer.status_code == 200, answer.text


async def test_a_paused_run_asks_nobody_until_it_is_resumed(world: Any) -> None:
    others, run_id = Others(), await waiting(world)
    await do(world, run_id, "pause")
    await run(world, None, others)
    assert others.asked == []
    await do(world, run_id, "resume")
    assert (await detail(world, run_id))["wake_at"] is None
    await run(world, None, others)
    assert len(others.asked) == 1
    assert (await detail(world, run_id))["outcome"] == "completed"


async def test_an_answer_that_comes_while_a_run_is_paused_counts_once_it_goes_on(world: Any) -> None:
    run_id = await waiting(world)
    async with world.database.begin() as tx:
        [asking] = await lease_some(tx, 1)
    await do(world, run_id, "pause")
    async with world.database.begin() as tx:
        assert await settle(tx, asking, Answered("done"))
    await run(world)
    paused = await detail(world, run_id)
    assert (paused["state"], taken(paused)) == ("paused", [(1, "set_tag", "done", None)])
    await do(world, run_id, "resume")
    await run(world)
    assert (await detail(world, run_id))["outcome"] == "completed"


async def test_a_run_that_is_stopped_shows_that_nobody_was_asked(world: Any) -> None:
    run_id = await waiting(world)
    await do(world, run_id, "stop")
    assert taken(await detail(world, run_id)) == [(1, "set_tag", "failed", "run_over")]


async def test_a_run_that_is_stopped_while_somebody_is_asked_asks_not_again(world: Any) -> None:
    """An answer that is known is kept; one that is not is no reason to try again."""
    others, run_id = Others(), await waiting(world)
    async with world.database.begin() as tx:
        [asking] = await lease_some(tx, 1)
    await do(world, run_id, "stop")
    async with world.database.begin() as tx:
        assert await settle(tx, asking, Answered("unknown", "unreachable"))
    await run(world, None, others)
    assert others.asked == []
    assert taken(await detail(world, run_id)) == [(1, "set_tag", "failed", "unreachable")]


async def test_an_answer_that_comes_after_the_end_is_kept_and_wakes_nobody(world: Any) -> None:
    run_id = await waiting(world)
    async with world.database.begin() as tx:
        [asking] = await lease_some(tx, 1)
    await do(world, run_id, "stop")
    async with world.database.begin() as tx:
        assert await settle(tx, asking, Answered("done"))
    await run(world)
    after = await detail(world, run_id)
    assert (after["outcome"], after["wake_at"]) == ("stopped", None)
    assert taken(after) == [(1, "set_tag", "done", None)]


async def test_what_died_while_asking_asks_not_again_for_a_run_that_is_over(world: Any) -> None:
    others, run_id = Others(), await waiting(world)
    async with world.database.begin() as tx:
        assert len(await lease_some(tx, 1)) == 1
    await do(world, run_id, "stop")
    await world.sql("UPDATE playbook_intent SET leased_until = now() - interval '1 second'")
    await ask_services(world.database, others)
    assert others.asked == []
    [row] = await world.sql("SELECT state FROM playbook_intent")
    assert row["state"] == "failed"
    after = await detail(world, run_id)
    assert (after["outcome"], after["code"]) == ("stopped", "by_person")


@pytest.mark.parametrize(("attempts", "asked"), [(1, 0), (0, 1)])
async def test_whoever_may_have_done_it_is_not_asked_again_once_the_key_may_be_forgotten(
    world: Any, attempts: int, asked: int
) -> None:
    """Everything was down for a day: a first request still goes out, a repeated one does not."""
    others, run_id = Others(), await waiting(world)
    await world.sql("UPDATE playbook_intent SET give_up_at = now(), attempts = $1", attempts)
    await run(world, None, others)
    assert len(others.asked) == asked
    first = (await detail(world, run_id))["steps"][0]
    assert (first["state"], first["code"]) == (("failed", "given_up") if attempts else ("done", None))


async def test_an_unknown_outcome_is_tried_again_later_and_later(world: Any) -> None:
    run_id = await waiting(world)
    pauses = []
    for _ in range(3):
        await world.sql("UPDATE playbook_intent SET due_at = now()")
        others = Others(Answered("unknown", "http_503"))
        await ask_services(world.database, others)
        assert len(others.asked) == 1
        [row] = await world.sql("SELECT due_at - now() AS pause FROM playbook_intent")
        pauses.append(row["pause"])
    assert timedelta() < pauses[0] < pauses[1] < pauses[2]
    assert taken(await detail(world, run_id)) == [(1, "set_tag", "waiting", None)]


async def test_a_wish_that_is_held_is_nobody_elses(world: Any) -> None:
    await waiting(world)
    async with world.database.begin() as tx:
        assert len(await lease_some(tx, 5)) == 1
    others = Others()
    await ask_services(world.database, others)
    assert others.asked == []


async def test_a_goal_that_is_reached_while_somebody_is_asked_stays_the_outcome(world: Any) -> None:
    run_id = await waiting(world, {**TAG, "if_refused": "stop"})
    async with world.database.begin() as tx:
        [asking] = await lease_some(tx, 1)
    await world.sql(
        "UPDATE playbook_run SET state = 'finished', outcome = 'goal_reached', finished_at = now(),"
        " version = 2 WHERE id = $1",
        UUID(run_id),
    )
    async with world.database.begin() as tx:
        assert await settle(tx, asking, Answered("refused", "tags_full"))
    assert (await detail(world, run_id))["outcome"] == "goal_reached"
