"""Runs: who enters and how often, what each step does, what ends a run, and what people can do about it."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from notify_svc.playbook_runs.clients import Answered
from notify_svc.playbook_runs.stepping import MOST_FAILURES
from notify_svc.templates.shipping import ship
from shared.clock import new_id
from shared.db import Scope
from shared.events.customer import CustomerMerged
from shared.references import CustomerRef, apply

from .playing import (
    COMPLAIN,
    LOST,
    REMIND,
    TAG,
    WAIT,
    WRITE,
    Others,
    Post,
    detail,
    hear,
    later,
    lost,
    objection,
    only_if,
    order,
    playbook,
    run,
    runs,
    score,
    taken,
    tier,
    told,
)


@pytest.fixture(autouse=True)
async def _templates(world: Any) -> None:
    async with world.database.begin() as tx:
        await ship(tx)


async def owned(world: Any, owner: UUID, status: str = "active") -> UUID:
    known = CustomerRef(new_id(), None, owner, None, status, None, None, 1)
    async with world.database.begin() as tx:
        await apply(tx, [known])
    return known.id


async def test_a_run_reminds_the_owner_waits_writes_and_is_told(world: Any) -> None:
    customer, post = await owned(world, world.lin.id), Post()
    book = await playbook(world, REMIND, WAIT, WRITE)
    await hear(world, lost(customer))
    await run(world, post)
    [mine] = (await world.get(world.lin, "/v1/reminders", **{"Accept-Language": "zh-CN"})).json()["data"]
    assert (mine["subject"], mine["source"], mine["customer_id"]) == ("请致电", "playbook", str(customer))
    assert post.wanted == []
    [going] = await runs(world, customer_id=customer)
    assert (going["state"], going["step"], going["playbook_id"]) == ("running", 3, book)
    await later(world, 3)
    await run(world, post)
    done = await detail(world, going["id"])
    assert (done["state"], done["outcome"], done["wake_at"]) == ("finished", "completed", None)
    assert taken(done) == [
        (1, "reminder", "done", None), (2, "wait", "done", None), (3, "message", "done", None),
    ]  # fmt: skip
    assert done["steps"][0]["made_id"] == mine["id"]
    [letter] = post.wanted
    assert (letter.template, letter.channels, letter.customer_id) == (
        "winback.lost",
        ("email", "sms"),
        customer,
    )
    assert letter.dedup_key == f"playbook:{going['id']}:3"
    about = {"playbook_id": book, "playbook_version": 1, "customer_id": str(customer)}
    assert await told(world, "playbook.started.v1") == [about]
    assert await told(world, "playbook.finished.v1") == [{**about, "outcome": "completed"}]


async def test_what_is_told_twice_is_heard_once(world: Any) -> None:
    customer = await world.customer()
    await playbook(world, REMIND)
    await hear(world, lost(customer), lost(customer))
    await run(world)
    await hear(world, lost(customer))
    await run(world)
    assert len(await runs(world)) == 1


@pytest.mark.parametrize(
    ("entry", "entries"),
    [({"mode": "once"}, 1), ({"mode": "per_days", "days": 30}, 1), ({"mode": "always"}, 3)],
)
async def test_the_entry_rule_says_how_often_a_customer_enters(world: Any, entry: Any, entries: int) -> None:
    customer = await world.customer()
    await playbook(world, REMIND, entry=entry)
    for version in (1, 2, 3):
        await hear(world, lost(customer, version))
        await run(world)
    assert len(await runs(world)) == entries


async def test_nobody_enters_while_a_run_is_going_on(world: Any) -> None:
    customer = await world.customer()
    await playbook(world, WAIT, REMIND)
    await hear(world, lost(customer, 1), lost(customer, 2))
    await run(world)
    assert len(await runs(world)) == 1


async def test_a_goal_in_the_same_breath_ends_what_it_began(world: Any) -> None:
    customer = await world.customer()
    await playbook(world, WAIT, REMIND, goal={"event": "order.recorded"})
    bought = order(world, customer)
    await hear(world, lost(customer, 1), bought, lost(customer, 2))
    await run(world)
    found = sorted((each["state"], each["outcome"]) for each in await runs(world))
    assert found == [("finished", "goal_reached"), ("running", None)]


async def test_the_goal_ends_a_run_and_nothing_more_is_done(world: Any) -> None:
    customer, post = await world.customer(), Post()
    await playbook(world, WAIT, WRITE, goal={"event": "order.recorded"})
    await hear(world, lost(customer))
    await run(world, post)
    await hear(world, order(world, customer))
    await run(world, post)
    await later(world, 9)
    await run(world, post)
    [done] = await runs(world)
    assert (done["outcome"], done["code"], post.wanted) == ("goal_reached", "order.recorded", [])


async def test_history_that_is_loaded_neither_starts_nor_ends_anything(world: Any) -> None:
    customer = await world.customer()
    await playbook(world, WAIT, REMIND, goal={"event": "order.recorded"})
    await playbook(world, REMIND, trigger={"on": "event", "event": "order.recorded"})
    await hear(world, lost(customer), order(world, customer, days_ago=60))
    await run(world)
    assert [each["state"] for each in await runs(world)] == ["running"]


async def test_a_goal_that_is_a_condition_is_looked_at_before_each_step(world: Any) -> None:
    customer = await world.customer()
    goal = {"condition": {"all": [{"field": "orders", "at_least": 1}]}}
    await playbook(world, WAIT, REMIND, goal=goal)
    await hear(world, lost(customer))
    await run(world)
    await hear(world, order(world, customer, days_ago=20))
    await later(world, 3)
    await run(world)
    [done] = await runs(world)
    assert (done["outcome"], done["code"]) == ("goal_reached", "goal")


async def test_an_exit_ends_a_run_as_left(world: Any) -> None:
    customer = await world.customer()
    exits = {"condition": {"all": [{"field": "tier", "none_of": ["core"]}]}}
    await playbook(world, WAIT, REMIND, trigger={"on": "tier", "entered": ["core"]}, exit=exits)
    now = world.database.now()
    await hear(world, score(customer, 1, "low", now), tier(customer, "important", "core"))
    await run(world)
    await hear(world, score(customer, 2, "low", now, to="ordinary"))
    await later(world, 3)
    await run(world)
    [done] = await runs(world)
    assert (done["outcome"], done["code"]) == ("exited", "exit")


@pytest.mark.parametrize(
    ("trigger", "entries"),
    [
        ({"on": "tier", "entered": ["core"]}, 2),
        ({"on": "tier", "direction": "up"}, 1),
        ({"on": "tier", "direction": "down"}, 1),
        ({"on": "tier", "entered": ["core"], "left": ["important"]}, 1),
    ],
)
async def test_tiers_trigger_by_where_from_where_to_and_which_way(
    world: Any, trigger: Any, entries: int
) -> None:
    await playbook(world, REMIND, trigger=trigger)
    for before, to in (("important", "core"), (None, "core"), ("core", "ordinary")):
        await hear(world, tier(await world.customer(), before, to))
    await run(world)
    assert len(await runs(world)) == entries


async def test_a_level_of_risk_triggers_when_it_is_reached_not_while_it_stays(world: Any) -> None:
    customer, now = await world.customer(), world.database.now()
    await playbook(world, REMIND, trigger={"on": "churn", "entered": ["high"]})
    for version, level in enumerate(("low", "high", "high", "medium"), start=1):
        await hear(world, score(customer, version, level, now))
        await run(world)
    assert len(await runs(world)) == 1


async def test_a_condition_lets_in_and_another_one_branches_forward(world: Any) -> None:
    many, few = await world.customer(), await world.customer()
    await hear(world, *(order(world, many, days_ago=30) for _ in range(3)), order(world, few, days_ago=30))
    await playbook(
        world,
        only_if("orders", at_least=3, otherwise=3),
        WRITE,
        REMIND,
        condition={
            "all": [{"field": "orders", "at_least": 1}],
            "any": [{"field": "tier", "none_of": ["core"]}],
        },
    )
    post, nobody = Post(), await world.customer()
    await hear(world, *(lost(each) for each in (many, few, nobody)))
    await run(world, post)
    assert {each["customer_id"] for each in await runs(world)} == {str(many), str(few)}
    assert [letter.customer_id for letter in post.wanted] == [many]
    [branched] = await runs(world, customer_id=few)
    assert taken(await detail(world, branched["id"])) == [
        (1, "condition", "skipped", "condition_failed"), (3, "reminder", "done", None),
    ]  # fmt: skip


async def test_a_wait_until_a_workday_ends_at_its_time_there(world: Any) -> None:
    await playbook(world, {"kind": "wait_until_workday", "at": "09:00", "timezone": "Asia/Shanghai"}, REMIND)
    await hear(world, lost(await world.customer()))
    await run(world)
    [going] = await runs(world)
    assert going["wake_at"].endswith("T01:00:00Z")


async def test_who_objects_to_automatic_decisions_leaves_and_enters_only_what_is_no_marketing(
    world: Any,
) -> None:
    inside, outside = await world.customer(), await world.customer()
    marketing = await playbook(world, WAIT, REMIND)
    await hear(world, lost(inside))
    await run(world)
    service = await playbook(world, WAIT, REMIND, marketing=False)
    await hear(world, objection(inside), objection(outside), lost(outside), lost(inside, 2))
    await run(world)
    [stopped] = await runs(world, playbook_id=marketing)
    assert (stopped["customer_id"], stopped["outcome"], stopped["code"]) == (
        str(inside),
        "stopped",
        "objection",
    )
    assert {each["state"] for each in await runs(world, playbook_id=service)} == {"running"}
    assert len(await runs(world, playbook_id=service)) == 2


async def test_a_customer_that_is_archived_leaves(world: Any) -> None:
    await playbook(world, WAIT, REMIND)
    customer = await owned(world, world.lin.id, status="archived")
    await hear(world, lost(customer))
    await run(world)
    assert await runs(world) == []


async def test_other_services_are_asked_once_and_the_run_waits_for_them(world: Any) -> None:
    customer, others = await world.customer(), Others()
    await playbook(world, COMPLAIN, TAG, REMIND)
    await hear(world, lost(customer))
    await run(world)
    [waiting] = await runs(world)
    assert (waiting["wake_at"], waiting["step"]) == (None, 2)
    assert taken(await detail(world, waiting["id"])) == [(1, "open_complaint", "waiting", None)]
    await run(world, None, others)
    done = await detail(world, waiting["id"])
    assert done["outcome"] == "completed"
    assert [step["state"] for step in done["steps"]] == ["done"] * 3
    assert [(each.kind, each.key, each.customer_id) for each in others.asked] == [
        ("open_complaint", f"playbook-{waiting['id']}-1", customer),
        ("set_tag", f"playbook-{waiting['id']}-2", customer),
    ]
    assert dict(others.asked[0].said) == {"category": "service", "severity": "high", "subject": "Follow up"}


async def test_an_unknown_outcome_is_asked_again_under_the_same_key(world: Any) -> None:
    others = Others(Answered("unknown", "unreachable"), Answered("unknown", "http_503"))
    await playbook(world, TAG)
    await hear(world, lost(await world.customer()))
    await run(world, None, others)
    [done] = await runs(world)
    assert done["outcome"] == "completed"
    assert len({each.key for each in others.asked}) == 1
    assert len(others.asked) == 3


@pytest.mark.parametrize(
    ("said", "outcome", "states"),
    [("go_on", "completed", ["failed", "done"]), ("stop", "stopped", ["failed"])],
)
async def test_a_refusal_for_good_fails_the_step_and_the_run_goes_on_or_stops_as_it_says(
    world: Any, said: str, outcome: str, states: Any
) -> None:
    await playbook(world, {**TAG, "if_refused": said}, REMIND)
    await hear(world, lost(await world.customer()))
    await run(world, None, Others(Answered("refused", "tags_full")))
    [done] = await runs(world)
    assert done["outcome"] == outcome
    steps = (await detail(world, done["id"]))["steps"]
    assert ([step["state"] for step in steps], steps[0]["code"]) == (states, "tags_full")


async def test_one_run_that_cannot_take_its_step_holds_up_no_other_and_gives_up(world: Any) -> None:
    bad, good, post = await world.customer(), await world.customer(), Post()
    post.failing.add(bad)
    await playbook(world, WRITE)
    await hear(world, lost(bad), lost(good))
    await run(world, post)
    assert [letter.customer_id for letter in post.wanted] == [good]
    for _ in range(MOST_FAILURES):
        await later(world, 1)
        await run(world, post)
    [done] = await runs(world, customer_id=bad)
    assert (done["outcome"], done["code"]) == ("stopped", "step_failed")
    assert (await detail(world, done["id"]))["steps"] == []


async def test_people_pause_resume_and_stop_a_run(world: Any) -> None:
    customer, post = await owned(world, world.lin.id), Post()
    await playbook(world, WAIT, WRITE, WAIT, WRITE)
    await hear(world, lost(customer))
    await run(world, post)
    [going] = (await world.get(world.lin, "/v1/playbook-runs")).json()["data"]
    there = f"/v1/playbook-runs/{going['id']}"
    paused = await world.post(world.lin, f"{there}/pause")
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert (await world.post(world.lin, f"{there}/pause")).status_code == 409
    await later(world, 4)
    await run(world, post)
    assert post.wanted == []
    stale = await world.post(world.lin, f"{there}/resume", None, **{"If-Match": '"v1"'})
    assert stale.status_code == 412
    assert (await world.post(world.lin, f"{there}/resume")).json()["state"] == "running"
    await run(world, post)
    assert len(post.wanted) == 1
    stopped = (await world.post(world.lin, f"{there}/stop")).json()
    assert (stopped["outcome"], stopped["code"], stopped["changed_by"]) == (
        "stopped",
        "by_person",
        str(world.lin.id),
    )
    assert (await world.post(world.lin, f"{there}/stop")).status_code == 409
    await later(world, 9)
    await run(world, post)
    assert len(post.wanted) == 1


async def test_a_run_that_was_stopped_asks_nobody_any_more(world: Any) -> None:
    await playbook(world, TAG)
    await hear(world, lost(await world.customer()))
    await run(world)
    [going] = await runs(world)
    await world.post(world.manager, f"/v1/playbook-runs/{going['id']}/stop")
    others = Others()
    await run(world, None, others)
    assert others.asked == []


async def test_the_database_lets_no_finished_run_go_on(world: Any) -> None:
    await playbook(world, REMIND)
    await hear(world, lost(await world.customer()))
    await run(world)
    with pytest.raises(Exception, match="finished run cannot become running"):
        await world.sql("UPDATE playbook_run SET state = 'running', outcome = NULL, finished_at = NULL")


async def test_runs_stay_on_their_version_and_an_older_one_can_hold_again(world: Any) -> None:
    first, second, third = [await world.customer() for _ in range(3)]
    book = await playbook(world, WAIT, REMIND)
    await hear(world, lost(first))
    await run(world)
    changed = await world.patch(
        world.manager,
        f"/v1/playbooks/{book}",
        {"definition": {"trigger": LOST, "entry": {"mode": "always"}, "steps": [TAG]}},
    )
    assert (changed.json()["number"], changed.json()["published"]) == (2, 1)
    await world.post(world.manager, f"/v1/playbooks/{book}/publish")
    await hear(world, lost(second))
    await run(world)
    again = await world.post(world.manager, f"/v1/playbooks/{book}/publish", {"number": 1})
    assert again.json()["published"] == 1
    await hear(world, lost(third))
    await run(world)
    versions = {each["customer_id"]: each["playbook_version"] for each in await runs(world)}
    assert versions == {str(first): 1, str(second): 2, str(third): 1}


async def test_archiving_lets_runs_end_by_themselves_or_stops_them(world: Any) -> None:
    book = await playbook(world, WAIT, REMIND)
    await hear(world, *[lost(await world.customer()) for _ in range(3)])
    await run(world)
    there = f"/v1/playbooks/{book}/archive"
    assert (await world.post(world.manager, there)).json()["state"] == "archived"
    await hear(world, lost(await world.customer()))
    await run(world)
    assert [each["state"] for each in await runs(world)] == ["running"] * 3
    await world.post(world.manager, there, {"stop_runs": True})
    await run(world)
    assert {each["code"] for each in await runs(world)} == {"playbook_archived"}
    assert len(await told(world, "playbook.finished.v1")) == 3
    assert (await world.sql("SELECT stopping FROM playbook WHERE id = $1", UUID(book)))[0][
        "stopping"
    ] is False


async def test_runs_follow_their_customer_into_another_one(world: Any) -> None:
    old, new = await world.customer(), await world.customer()
    await playbook(world, WAIT, REMIND, goal={"event": "order.recorded"})
    await hear(world, lost(old), lost(new))
    await run(world)
    state = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": None}
    await hear(world, CustomerMerged(subject=old, version=2, status="merged", merged_into=new, **state))
    assert len(await runs(world, customer_id=new)) == 2
    await hear(world, order(world, old))
    await run(world)
    assert [each["outcome"] for each in await runs(world)] == ["goal_reached"] * 2


async def test_sales_see_the_runs_of_their_own_customers_alone(world: Any) -> None:
    await playbook(world, WAIT, REMIND)
    mine, other = await owned(world, world.lin.id), await owned(world, world.wang.id)
    await hear(world, lost(mine), lost(other))
    await run(world)

    lin = replace(world.lin, scope=Scope(holders=frozenset({world.lin.id})))
    [seen] = (await world.get(lin, "/v1/playbook-runs")).json()["data"]
    assert seen["customer_id"] == str(mine)
    [hidden] = await runs(world, customer_id=other)
    assert (await world.get(lin, f"/v1/playbook-runs/{hidden['id']}")).status_code == 404
    assert (await world.post(lin, f"/v1/playbook-runs/{hidden['id']}/stop")).status_code == 404
