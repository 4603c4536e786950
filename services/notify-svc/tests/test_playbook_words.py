"""Every word of a playbook does what it says: triggers, conditions, endings, waits, reminders, webhooks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from notify_svc.playbook_runs.clients import Answered
from notify_svc.playbook_runs.commands import start
from notify_svc.playbook_runs.domain import Book, Entered, Fact, Offer, advance, may_enter
from notify_svc.playbook_runs.facts import Told, note
from notify_svc.playbook_runs.intake import take_facts
from notify_svc.playbook_runs.stepping import MOST_FAILURES, due_now, step_due, step_one
from notify_svc.playbooks.conditions import holds
from notify_svc.playbooks.domain import EVENTS
from notify_svc.standing.domain import Standing
from notify_svc.templates.shipping import ship
from shared.clock import new_id
from shared.db import Scope
from shared.events.complaint import ComplaintClosed, ComplaintEscalated, ComplaintOpened, ComplaintResolved
from shared.events.customer import (
    ContractChanged,
    CustomerMerged,
    CustomerRegistered,
    ImportedOrder,
    OrderReturned,
    OrdersImported,
)
from shared.events.gateway import StaffChanged
from shared.events.interaction import (
    ImportedInteraction,
    InteractionLogged,
    InteractionsImported,
    PromiseBroken,
    ServiceRecorded,
    SurveyAnswered,
    VisitDone,
    VisitMissed,
)
from shared.events.scoring import ChurnCleared, ChurnWarned
from shared.references import CustomerRef, apply
from shared.testing import staff

from .playing import (
    REMIND,
    WAIT,
    Others,
    Post,
    definition,
    detail,
    hear,
    later,
    lost,
    only_if,
    order,
    playbook,
    run,
    runs,
    taken,
    tier,
)

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
CUSTOMER = UUID(int=7)


@pytest.fixture(autouse=True)
async def _templates(world: Any) -> None:
    async with world.database.begin() as tx:
        await ship(tx)


def sample(name: str, customer: UUID, now: datetime) -> Any:
    """One event of each name that a playbook may begin with, as its service tells it."""
    of = {"subject": new_id(), "version": 1, "distributor_id": None, "customer_id": customer}
    fact = {
        "order_id": of["subject"],
        "ordered_at": now,
        "amount_minor": 5,
        "currency": "CNY",
        "channel": None,
    }
    visit = {"assignee_id": new_id(), "starts_at": now, "ends_at": now}
    case = {
        "owner_id": None, "category": "delivery", "severity": "high", "opened_at": now, "resolved_at": None,
        "closed_at": None,
    }  # fmt: skip
    state = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": None}
    made = {
        "customer.registered": lambda: CustomerRegistered(
            subject=customer, version=1, status="active", **state
        ),
        "order.recorded": lambda: OrdersImported(
            subject=new_id(),
            version=1,
            distributor_id=None,
            orders=(ImportedOrder(customer_id=customer, distributor_id=None, kind="sale", **fact),),
        ),
        "order.returned": lambda: OrderReturned(**of, kind="return", **fact),
        "interaction.logged": lambda: InteractionLogged(
            **of, channel="call", direction="inbound", occurred_at=now, kind="call"
        ),
        "visit.done": lambda: VisitDone(**of, **visit),
        "visit.missed": lambda: VisitMissed(**of, **visit),
        "complaint.opened": lambda: ComplaintOpened(**of, **case),
        "complaint.escalated": lambda: ComplaintEscalated(**of, **case, escalation_level=1),
        "complaint.resolved": lambda: ComplaintResolved(**of, **{**case, "resolved_at": now}),
        "complaint.closed": lambda: ComplaintClosed(**of, **{**case, "resolved_at": now, "closed_at": now}),
        "promise.broken": lambda: PromiseBroken(**of, promised_by=new_id(), due_at=now),
        "survey.answered": lambda: SurveyAnswered(
            **of,
            invitation_id=new_id(),
            survey_id=new_id(),
            complaint_id=None,
            owner_id=None,
            answered_at=now,
            ratings=(),
            nps=9,
        ),
        "service.recorded": lambda: ServiceRecorded(
            **of, phase="after_sale", process_id=None, rating=None, started_at=now, finished_at=now
        ),
        "contract.ended": lambda: ContractChanged(
            **of, owner_id=None, kind="sales", status="ended", starts_on=date(2025, 1, 1), ends_on=None
        ),
        "churn.warned": lambda: ChurnWarned(
            **of, owner_id=None, level="high", probability=0.9, reasons=(), recommended_action=None
        ),
        "churn.cleared": lambda: ChurnCleared(**of),
    }
    return made[name]()


@pytest.mark.parametrize("name", EVENTS)
async def test_every_event_that_can_be_named_begins_a_run(world: Any, name: str) -> None:
    customer = await world.customer()
    await playbook(world, WAIT, REMIND, trigger={"on": "event", "event": name})
    await world.hear(sample(name, customer, world.database.now()))
    await run(world)
    assert [each["customer_id"] for each in await runs(world)] == [str(customer)]


async def test_every_event_that_can_be_named_ends_a_run_that_names_it_as_exit(world: Any) -> None:
    customer = await world.customer()
    for name in EVENTS:
        await playbook(world, WAIT, REMIND, exit={"event": name})
    await world.hear(lost(customer))
    await run(world)
    now = world.database.now()
    await world.hear(*(sample(name, customer, now) for name in EVENTS))
    await run(world)
    found = await runs(world)
    assert {each["outcome"] for each in found} == {"exited"}
    assert sorted(each["code"] for each in found) == sorted(EVENTS)


async def test_contacts_that_are_loaded_while_fresh_count_like_those_that_are_written_down(
    world: Any,
) -> None:
    fresh, old = await world.customer(), await world.customer()
    now = world.database.now()
    await playbook(world, WAIT, REMIND, trigger={"on": "event", "event": "interaction.logged"})
    contacts = tuple(
        ImportedInteraction(
            interaction_id=new_id(), customer_id=customer, distributor_id=None, channel="call",
            direction="inbound", occurred_at=now - timedelta(days=days),
        )
        for customer, days in ((fresh, 1), (old, 30))
    )  # fmt: skip
    chunk = {"subject": new_id(), "version": 1, "distributor_id": None}
    await world.hear(InteractionsImported(**chunk, interactions=contacts))
    await run(world)
    assert [each["customer_id"] for each in await runs(world)] == [str(fresh)]


async def test_a_visit_of_long_ago_that_is_only_now_reported_begins_nothing(world: Any) -> None:
    customer, now = await world.customer(), world.database.now()
    await playbook(world, WAIT, REMIND, trigger={"on": "event", "event": "visit.done"})
    await world.hear(sample("visit.done", customer, now - timedelta(days=8)))
    await run(world)
    assert await runs(world) == []


async def test_what_is_heard_more_than_a_week_late_begins_nothing(world: Any) -> None:
    customer = await world.customer()
    await playbook(world, REMIND)
    async with world.database.begin() as tx:
        told = Told("stage", customer, 1, customer, None, tx.now - timedelta(days=8), "active", "lost")
        await note(tx, [told, told._replace(number=2, at=tx.now - timedelta(days=6))], now=tx.now)
    await run(world)
    assert [row["number"] for row in await world.sql("SELECT number FROM trigger_fact")] == [2]


async def test_a_warning_that_goes_to_another_owner_begins_nothing_again(world: Any) -> None:
    customer = await world.customer()
    await playbook(world, REMIND, trigger={"on": "event", "event": "churn.warned"})
    warned = sample("churn.warned", customer, world.database.now())
    await world.hear(warned)
    await run(world)
    await world.hear(warned.model_copy(update={"version": 2, "owner_id": new_id()}))
    await run(world)
    assert len(await runs(world)) == 1


async def test_a_contract_that_goes_on_begins_nothing_and_one_that_is_over_once(world: Any) -> None:
    customer = await world.customer()
    await playbook(world, REMIND, trigger={"on": "event", "event": "contract.ended"})
    over = sample("contract.ended", customer, world.database.now())
    await world.hear(over.model_copy(update={"status": "active"}))
    await run(world)
    assert await runs(world) == []
    for version in (2, 3):
        await world.hear(over.model_copy(update={"version": version}))
        await run(world)
    assert len(await runs(world)) == 1


async def test_a_return_is_no_purchase(world: Any) -> None:
    bought, returned = await world.customer(), await world.customer()
    fact = {"ordered_at": world.database.now(), "amount_minor": 5, "currency": "CNY", "channel": None}
    await playbook(world, REMIND, trigger={"on": "event", "event": "order.recorded"})
    back = await playbook(world, REMIND, trigger={"on": "event", "event": "order.returned"})
    orders = tuple(
        ImportedOrder(order_id=new_id(), customer_id=customer, distributor_id=None, kind=kind, **fact)
        for customer, kind in ((bought, "sale"), (returned, "return"))
    )
    await world.hear(OrdersImported(subject=new_id(), version=1, distributor_id=None, orders=orders))
    await run(world)
    whose = {each["playbook_id"] == back: each["customer_id"] for each in await runs(world)}
    assert whose == {False: str(bought), True: str(returned)}


@pytest.mark.parametrize(("direction", "who"), [("up", 0), ("down", 1)])
async def test_up_is_towards_core_and_down_is_away_from_it(world: Any, direction: str, who: int) -> None:
    people = [await world.customer() for _ in range(3)]
    await playbook(world, REMIND, trigger={"on": "tier", "direction": direction})
    moves = (("ordinary", "important"), ("core", "important"), (None, "core"))
    await hear(world, *(tier(each, *move) for each, move in zip(people, moves, strict=True)))
    await run(world)
    assert [each["customer_id"] for each in await runs(world)] == [str(people[who])]


async def test_what_begins_a_run_does_not_reach_its_goal_and_the_next_one_does(world: Any) -> None:
    customer = await world.customer()
    bought = {"event": "order.recorded"}
    await playbook(world, WAIT, REMIND, trigger={"on": "event", **bought}, goal=bought)
    await hear(world, order(world, customer))
    await run(world)
    assert [each["state"] for each in await runs(world)] == ["running"]
    await hear(world, order(world, customer))
    await run(world)
    assert sorted(each["outcome"] or "" for each in await runs(world)) == ["", "goal_reached"]


async def test_a_step_that_holds_may_lead_further_on(world: Any) -> None:
    customer = await world.customer()
    await playbook(world, {**only_if("orders", at_most=0), "then_go_to": 3}, WAIT, REMIND)
    await hear(world, lost(customer))
    await run(world)
    [done] = await runs(world)
    assert taken(await detail(world, done["id"])) == [
        (1, "condition", "done", "condition_held"), (3, "reminder", "done", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wait", "hours"),
    [({"days": 2}, 48), ({"hours": 5}, 5), ({"days": 1, "hours": 3}, 27)],
)
def test_a_wait_is_as_long_as_it_says(wait: Any, hours: int) -> None:
    said = {**definition({"kind": "wait", "days": 0, "hours": 0, **wait}), "marketing": True}
    move = advance(said, 1, Standing(CUSTOMER), NOW)
    assert move.wake_at - NOW == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "at", "wake_at"),
    [
        ("America/New_York", datetime(2026, 3, 6, 15, tzinfo=UTC), "2026-03-09T13:00:00+00:00"),
        ("Asia/Shanghai", datetime(2026, 3, 6, 1, tzinfo=UTC), "2026-03-06T01:00:00+00:00"),
        ("Asia/Shanghai", datetime(2026, 3, 6, 1, 1, tzinfo=UTC), "2026-03-09T01:00:00+00:00"),
        ("Asia/Shanghai", datetime(2026, 2, 27, 2, tzinfo=UTC), "2026-02-28T01:00:00+00:00"),
    ],
)
def test_a_workday_begins_by_the_clock_of_its_zone(zone: str, at: datetime, wake_at: str) -> None:
    """Over a weekend, at the very moment, a minute late, and on a Saturday that is worked in China."""
    step = {"kind": "wait_until_workday", "at": "09:00", "timezone": zone}
    move = advance({**definition(step), "marketing": True}, 1, Standing(CUSTOMER), at)
    assert move.wake_at.isoformat() == wake_at


STANDING = Standing(
    CUSTOMER,
    tier="core",
    tier_since=NOW - timedelta(days=10),
    stage="active",
    stage_since=NOW - timedelta(days=20),
    churn_level="low",
    orders=3,
    first_order_at=NOW - timedelta(days=30),
    last_order_at=NOW - timedelta(days=40),
    last_contact_at=NOW - timedelta(days=50),
    open_complaints=1,
)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("orders", 3),
        ("open_complaints", 1),
        ("days_in_tier", 10),
        ("days_in_stage", 20),
        ("days_since_first_order", 30),
        ("days_since_last_order", 40),
        ("days_since_last_contact", 50),
    ],
)
def test_bounds_include_what_they_name(field: str, value: int) -> None:
    for bounds, expected in (
        ({"at_least": value}, True),
        ({"at_least": value + 1}, False),
        ({"at_most": value}, True),
        ({"at_most": value - 1}, False),
        ({"at_least": value, "at_most": value}, True),
    ):
        assert holds({"all": [{"field": field, **bounds}]}, STANDING, NOW) is expected, bounds


@pytest.mark.parametrize(("field", "value"), [("tier", "core"), ("stage", "active"), ("churn_level", "low")])
def test_codes_are_among_some_and_not_among_others(field: str, value: str) -> None:
    for codes, expected in (
        ({"one_of": [value]}, True),
        ({"one_of": ["other"]}, False),
        ({"none_of": [value]}, False),
        ({"none_of": ["other"]}, True),
        ({"one_of": [value, "other"], "none_of": [value]}, False),
    ):
        assert holds({"all": [{"field": field, **codes}]}, STANDING, NOW) is expected, codes


def test_all_must_hold_and_one_of_any() -> None:
    yes, no = {"field": "orders", "at_least": 1}, {"field": "orders", "at_least": 9}
    for every, some, expected in (
        ([yes, yes], [], True),
        ([yes, no], [], False),
        ([], [no, yes], True),
        ([], [no, no], False),
        ([yes], [no], False),
        ([no], [yes], False),
    ):
        assert holds({"all": every, "any": some}, STANDING, NOW) is expected


@pytest.mark.parametrize(("days", "enters"), [(29, False), (30, True)])
def test_once_in_so_many_days_counts_whole_days_from_the_last_entry(days: int, enters: bool) -> None:
    offer = Offer(
        new_id(), 1, {**definition(REMIND), "entry": {"mode": "per_days", "days": 30}, "marketing": True}
    )
    book = Book(entered={(offer.playbook_id, CUSTOMER): NOW})
    fact = Fact("stage", CUSTOMER, None, "lost", NOW + timedelta(days=days))
    assert may_enter(offer, book, Standing(CUSTOMER), fact) is enters


async def test_a_reminder_is_due_when_it_says_and_goes_to_the_person_it_names(world: Any) -> None:
    before = world.database.now()
    person = {"assignee": "person", "assignee_id": str(world.wang.id)}
    await playbook(world, {**REMIND, "due_days": 5, **person})
    await hear(world, lost(await world.customer()))
    await run(world)
    [made] = (await world.get(world.wang, "/v1/reminders")).json()["data"]
    due = datetime.fromisoformat(made["due_at"]) - before
    assert timedelta(days=5) <= due < timedelta(days=5, minutes=5)


async def leaves(world: Any, person: UUID) -> None:
    said = {"roles": ("sales",), "active": False, "org_unit_id": None, "data_scope": "own"}
    await world.hear(StaffChanged(subject=person, version=1, distributor_id=None, **said))


async def test_who_has_left_is_reminded_of_nothing_and_the_queue_is(world: Any) -> None:
    gone = staff("sales").id
    await leaves(world, gone)
    known = CustomerRef(new_id(), None, gone, None, "active", None, None, 1)
    async with world.database.begin() as tx:
        await apply(tx, [known])
    await playbook(world, REMIND, {**REMIND, "assignee": "person", "assignee_id": str(gone)})
    await hear(world, lost(known.id), lost(await world.customer()))
    await run(world)
    made = (await world.get(world.manager, "/v1/reminders?queue=unassigned")).json()["data"]
    assert len(made) == 4
    assert {each["assignee_id"] for each in made} == {None}


async def test_a_webhook_step_tells_another_system_in_ids_and_no_customer(world: Any) -> None:
    customer, sender, post = await world.customer(), new_id(), Post()
    hook = {"kind": "webhook", "sender_id": str(sender), "template": "winback.lost"}
    book = await playbook(world, REMIND, publish=False)
    path = f"/v1/playbooks/{book}"
    await world.patch(world.manager, path, {"definition": definition(hook)})
    await world.sql("UPDATE playbook SET state = 'active', published = 1 WHERE id = $1", UUID(book))
    await hear(world, lost(customer))
    await run(world, post)
    [sent] = post.wanted
    assert (sent.to_customer, sent.sender_id, sent.channels, sent.purpose) == (
        False,
        sender,
        ("webhook",),
        "service",
    )
    [done] = await runs(world)
    assert sent.variables == {"customer_id": str(customer), "playbook_run_id": done["id"]}


async def test_two_messages_of_a_run_are_two_wishes(world: Any) -> None:
    post = Post()
    write = {"kind": "message", "template": "winback.lost", "channels": ["email"], "purpose": "care"}
    await playbook(world, write, write)
    await hear(world, lost(await world.customer()))
    await run(world, post)
    assert len({each.dedup_key for each in post.wanted}) == 2


async def test_a_step_that_fails_now_and_then_is_tried_again_later_and_then_counts_anew(world: Any) -> None:
    customer, post = await world.customer(), Post()
    write = {"kind": "message", "template": "winback.lost", "channels": ["email"], "purpose": "care"}
    await playbook(world, write, WAIT, write)
    await hear(world, lost(customer))
    for _ in range(2):
        post.failing.add(customer)
        for failed in range(MOST_FAILURES - 1):
            await run(world, post)
            [going] = await runs(world)
            assert going["state"] == "running", failed
            assert datetime.fromisoformat(going["wake_at"]) > world.database.now()
            await later(world, 1)
        post.failing.clear()
        await run(world, post)
        await later(world, 4)
    assert [each["outcome"] for each in await runs(world)] == ["completed"]


async def test_a_run_that_is_paused_before_its_turn_comes_takes_no_step(world: Any) -> None:
    await playbook(world, REMIND)
    await hear(world, lost(await world.customer()))
    async with world.database.begin() as tx:
        await take_facts(tx)
    async with world.database.begin() as tx:
        [(run_id, _)] = await due_now(tx)
    await world.post(world.manager, f"/v1/playbook-runs/{run_id}/pause")
    async with world.database.begin() as tx:
        assert not await step_one(tx, run_id, Post())
    assert (await detail(world, str(run_id)))["steps"] == []


async def test_a_merged_customer_is_written_to_once_however_many_runs_it_brought(world: Any) -> None:
    old, new, post = await world.customer(), await world.customer(), Post()
    write = {"kind": "message", "template": "winback.lost", "channels": ["email"], "purpose": "care"}
    await playbook(world, WAIT, write)
    other = await playbook(world, WAIT, write)
    await hear(world, lost(old), lost(new))
    await run(world)
    state = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": None}
    await hear(world, CustomerMerged(subject=old, version=2, status="merged", merged_into=new, **state))
    await later(world, 3)
    await run(world, post)
    found = await runs(world, playbook_id=other)
    assert sorted((each["outcome"], each["code"]) for each in found) == [
        ("completed", None), ("stopped", "customer_merged"),
    ]  # fmt: skip
    assert [each.customer_id for each in post.wanted] == [new, new]
    assert len({each.source_id for each in post.wanted}) == 2


async def test_runs_that_are_being_led_out_take_no_step_before_their_turn_comes(world: Any) -> None:
    book = await playbook(world, REMIND)
    await hear(world, lost(await world.customer()))
    async with world.database.begin() as tx:
        await take_facts(tx)
    await world.post(world.manager, f"/v1/playbooks/{book}/archive", {"stop_runs": True})
    async with world.database.begin() as tx:
        assert await step_due(tx, Post()) == []
    await run(world)
    assert [each["code"] for each in await runs(world)] == ["playbook_archived"]


async def test_an_earlier_word_to_stop_is_not_overheard(world: Any) -> None:
    await playbook(world, WAIT, REMIND)
    await hear(world, lost(await world.customer()))
    await run(world)
    [going] = await runs(world)
    there = f"/v1/playbook-runs/{going['id']}/stop"
    stale = await world.post(world.manager, there, None, **{"If-Match": '"v9"'})
    assert stale.status_code == 412
    assert (await detail(world, going["id"]))["state"] == "running"


async def test_a_dry_run_goes_through_what_is_in_sight_alone(world: Any) -> None:
    mine = CustomerRef(new_id(), None, world.lin.id, None, "active", None, None, 1)
    async with world.database.begin() as tx:
        await apply(tx, [mine])
    book = await playbook(world, REMIND, publish=False)
    await hear(world, lost(mine.id), lost(await world.customer()))
    lin = replace(world.lin, scope=Scope(holders=frozenset({world.lin.id})))
    seen = (await world.post(lin, f"/v1/playbooks/{book}/dry-run")).json()
    assert (seen["entered"], seen["customers"]) == (1, [str(mine.id)])
    assert (await world.post(world.manager, f"/v1/playbooks/{book}/dry-run")).json()["entered"] == 2


async def test_a_dry_run_ends_runs_by_events_too(world: Any) -> None:
    customer = await world.customer()
    book = await playbook(world, WAIT, REMIND, publish=False, exit={"event": "order.recorded"})
    await hear(world, lost(customer), order(world, customer))
    seen = (await world.post(world.manager, f"/v1/playbooks/{book}/dry-run")).json()
    assert (seen["outcomes"], seen["going_on"]) == ({"exited": 1}, 0)


async def test_a_run_that_is_there_is_not_begun_again(world: Any) -> None:
    """Two intakes that know nothing of each other begin one run."""
    customer = await world.customer()
    book = await playbook(world, WAIT, REMIND)
    await hear(world, lost(customer))
    await run(world)
    offer = Offer(UUID(book), 1, definition(WAIT, REMIND))
    async with world.database.begin() as tx:
        assert await start(tx, [Entered(offer, customer, tx.now, tx.new_id())]) == 0


async def test_a_run_keeps_to_the_steps_of_its_version(world: Any) -> None:
    customer, others = await world.customer(), Others(Answered("done"))
    book = await playbook(world, WAIT, REMIND, goal={"event": "churn.warned"})
    await hear(world, lost(customer))
    await run(world)
    tag = {"kind": "set_tag", "tag": "late"}
    path = f"/v1/playbooks/{book}"
    await world.patch(world.manager, path, {"definition": definition(WAIT, tag)})
    await world.post(world.manager, f"{path}/publish")
    await later(world, 3)
    await run(world, None, others)
    [done] = await runs(world)
    kinds = [step["kind"] for step in (await detail(world, done["id"]))["steps"]]
    assert (kinds, others.asked) == (["wait", "reminder"], [])


async def test_a_goal_is_that_of_the_version_by_which_somebody_entered(world: Any) -> None:
    customer = await world.customer()
    book = await playbook(world, WAIT, REMIND, goal={"event": "churn.warned"})
    await hear(world, lost(customer))
    await run(world)
    path = f"/v1/playbooks/{book}"
    await world.patch(world.manager, path, {"definition": definition(WAIT, REMIND)})
    await world.post(world.manager, f"{path}/publish")
    await world.hear(sample("churn.warned", customer, world.database.now()))
    await run(world)
    assert [each["outcome"] for each in await runs(world)] == ["goal_reached"]
