"""Playbooks as people write them: drafts, versions, what cannot be published, the shipped five, dry runs."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from notify_svc.playbook_runs.clock import forget_facts
from notify_svc.playbook_runs.stepping import SHARE, step_due
from notify_svc.playbooks.shipping import ship, shipped
from notify_svc.templates.shipping import ship as ship_templates
from shared.clock import new_id
from shared.testing import staff

from .playing import (
    LOST,
    REMIND,
    TAG,
    WAIT,
    WRITE,
    Others,
    Post,
    definition,
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
    told,
)


@pytest.fixture(autouse=True)
async def _templates(world: Any) -> None:
    async with world.database.begin() as tx:
        await ship_templates(tx)


async def write(world: Any, said: Any, **given: Any) -> Any:
    body = {"code": "p.one", "title_zh": "测试", "title_en": "Test", "definition": said, **given}
    return await world.post(world.manager, "/v1/playbooks", body)


async def test_a_playbook_is_a_draft_until_it_is_published(world: Any) -> None:
    made = await write(world, definition(REMIND))
    assert (made.status_code, made.json()["state"], made.json()["published"]) == (201, "draft", None)
    assert made.headers["Location"] == f"/v1/playbooks/{made.json()['id']}"
    customer = await world.customer()
    await hear(world, lost(customer))
    await run(world)
    assert await runs(world) == []
    published = await world.post(world.manager, f"/v1/playbooks/{made.json()['id']}/publish")
    assert (published.json()["state"], published.json()["published"]) == ("active", 1)
    await hear(world, lost(customer, 2))
    await run(world)
    assert len(await runs(world)) == 1


async def test_a_code_is_taken_once(world: Any) -> None:
    assert (await write(world, definition(REMIND))).status_code == 201
    again = await write(world, definition(TAG))
    assert (again.status_code, again.json()["code"]) == (409, "playbook_exists")


async def test_sales_read_playbooks_and_write_none(world: Any) -> None:
    made = (await write(world, definition(REMIND))).json()
    assert (await world.get(world.lin, f"/v1/playbooks/{made['id']}")).status_code == 200
    refused = await world.post(world.lin, f"/v1/playbooks/{made['id']}/publish")
    assert refused.status_code == 403


async def test_a_draft_is_rewritten_and_what_was_published_is_kept(world: Any) -> None:
    made = (await write(world, definition(REMIND))).json()
    there = f"/v1/playbooks/{made['id']}"
    rewritten = await world.patch(world.manager, there, {"definition": definition(TAG)})
    assert (rewritten.json()["number"], rewritten.json()["definition"]["steps"][0]["kind"]) == (1, "set_tag")
    stale = await world.patch(world.manager, there, {"title_en": "Other"}, **{"If-Match": '"v1"'})
    assert stale.status_code == 412
    await world.post(world.manager, f"{there}/publish")
    following = await world.patch(
        world.manager, there, {"title_en": "Other", "definition": definition(WAIT, REMIND)}
    )
    assert (following.json()["number"], following.json()["title_en"], following.json()["published"]) == (
        2,
        "Other",
        1,
    )
    listed = (await world.get(world.manager, f"{there}/versions")).json()["data"]
    assert [(each["number"], each["used"]) for each in listed] == [(2, False), (1, True)]
    await world.post(world.manager, f"{there}/archive")
    closed = await world.patch(world.manager, there, {"title_en": "No"})
    assert (closed.status_code, closed.json()["code"]) == (409, "playbook_archived")


async def test_what_cannot_be_published_is_named_all_at_once(world: Any) -> None:
    backward = only_if("orders", at_least=1, otherwise=1)
    beyond = {**only_if("orders", at_least=1), "then_go_to": 9}
    unknown = {**WRITE, "template": "nobody.knows"}
    lacking = {**WRITE, "template": "care.feast"}
    selling = {**WRITE, "purpose": "marketing"}
    steps = (WAIT, backward, beyond, unknown, lacking, selling)
    made = (await write(world, definition(*steps, marketing=False))).json()
    answer = await world.post(world.manager, f"/v1/playbooks/{made['id']}/publish")
    assert (answer.status_code, answer.json()["code"]) == (422, "playbook_not_publishable")
    assert {(each["pointer"], each["code"]) for each in answer.json()["errors"]} == {
        ("/definition/steps/1/else_go_to", "not_forward"),
        ("/definition/steps/2/then_go_to", "not_forward"),
        ("/definition/steps/3/template", "template_unknown"),
        ("/definition/steps/4/variables", "variable_missing"),
        ("/definition/steps/5/purpose", "playbook_is_not_marketing"),
    }
    assert (await world.get(world.manager, f"/v1/playbooks/{made['id']}")).json()["state"] == "draft"


async def test_a_playbook_tells_other_systems_by_active_webhook_senders_alone(world: Any) -> None:
    admin = staff("admin")

    async def sender(kind: str, config: Any, secrets: Any, **given: Any) -> str:
        body = {"name": f"{kind} {new_id()}", "kind": kind, "config": config, "secrets": secrets, **given}
        made = await world.post(admin, "/v1/senders", body)
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    url, secret = {"url": "https://erp.example.com/in"}, {"secret": "whsec_" + "QUJD" * 8}
    good = await sender("webhook", url, secret)
    wrong = [
        str(new_id()),
        await sender("wecom_robot", {}, {"key": "x"}),
        await sender("webhook", url, secret, active=False),
    ]
    steps = [{"kind": "webhook", "sender_id": each, "template": "care.birthday"} for each in [good, *wrong]]
    made = (await write(world, definition(*steps))).json()
    there = f"/v1/playbooks/{made['id']}"
    answer = await world.post(world.manager, f"{there}/publish")
    assert (answer.status_code, answer.json()["code"]) == (422, "playbook_not_publishable")
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
        (f"/definition/steps/{place}/sender_id", "sender_unknown") for place in (1, 2, 3)
    ]
    await world.patch(world.manager, there, {"definition": definition(steps[0])}, **{"If-Match": "*"})
    assert (await world.post(world.manager, f"{there}/publish")).json()["state"] == "active"


@pytest.mark.parametrize(
    "wrong",
    [
        definition(),
        definition(*[REMIND] * 51),
        definition({"kind": "wait"}),
        definition({"kind": "dance"}),
        definition({**REMIND, "assignee": "person"}),
        definition({**WRITE, "channels": ["email", "email"]}),
        definition({**WRITE, "variables": {"a": {"b": 1}}}),
        definition({"kind": "wait_until_workday", "at": "25:00"}),
        definition({"kind": "wait_until_workday", "at": "09:00", "timezone": "Mars/Olympus"}),
        definition(only_if("orders", one_of=["core"])),
        definition(only_if("tier", at_least=1)),
        definition({"kind": "condition", "condition": {"all": []}}),
        definition(REMIND, entry={"mode": "per_days"}),
        definition(REMIND, entry={"mode": "once", "days": 3}),
        definition(REMIND, goal={}),
        definition(REMIND, trigger={"on": "event", "event": "moon.full"}),
        definition(REMIND, trigger={"on": "stage", "entered": []}),
        definition(REMIND, surprise=1),
    ],
)
async def test_what_makes_no_sense_is_not_stored(world: Any, wrong: Any) -> None:
    assert (await write(world, wrong)).status_code == 422


async def test_five_playbooks_come_along_as_drafts_that_can_be_published(world: Any) -> None:
    async with world.database.begin() as tx:
        assert await ship(tx) == 5
        assert await ship(tx) == 0
    listed = (await world.get(world.manager, "/v1/playbooks")).json()["data"]
    assert [(each["code"], each["title_zh"], each["state"], each["shipped"]) for each in listed] == [
        ("complaint.follow_up", "投诉后关怀", "draft", True),
        ("keep.core", "核心客户维护", "draft", True),
        ("raise.potential", "潜力客户提升", "draft", True),
        ("welcome.first_purchase", "首购欢迎", "draft", True),
        ("winback.lost", "流失客户挽回", "draft", True),
    ]
    for each in listed:
        answer = await world.post(world.manager, f"/v1/playbooks/{each['id']}/publish")
        assert answer.status_code == 200, answer.text


async def test_a_newer_file_renews_what_nobody_touched_and_nothing_else(world: Any) -> None:
    async with world.database.begin() as tx:
        await ship(tx)
    [touched, *_] = (await world.get(world.manager, "/v1/playbooks?code=keep.core")).json()["data"]
    await world.patch(world.manager, f"/v1/playbooks/{touched['id']}", {"title_en": "Ours"})
    await world.sql("UPDATE playbook SET shipped = 'older'")
    await world.sql("UPDATE playbook SET title_en = 'Old' WHERE code = 'winback.lost'")
    async with world.database.begin() as tx:
        assert await ship(tx) == 4
        assert await ship(tx) == 0
    titles = {
        each["code"]: each["title_en"]
        for each in (await world.get(world.manager, "/v1/playbooks")).json()["data"]
    }
    assert (titles["keep.core"], titles["winback.lost"]) == ("Ours", "Win back a lost customer")


@pytest.mark.parametrize("code", [each.code for each in shipped()])
async def test_each_of_the_five_goes_through_to_its_end(world: Any, code: str) -> None:
    """Whoever is let in and never reaches the goal gets every reminder and message on its way."""
    [said] = [each for each in shipped() if each.code == code]
    kinds = {step["kind"] for step in said.definition["steps"]}
    made = await write(
        world, {**said.definition, "trigger": LOST, "condition": None, "exit": None, "goal": None}
    )
    await world.post(world.manager, f"/v1/playbooks/{made.json()['id']}/publish")
    post = Post()
    await hear(world, lost(await world.customer()))
    for _ in range(12):
        await run(world, post)
        await later(world, 70)
    [done] = await runs(world)
    assert done["outcome"] == "completed"
    assert {step["kind"] for step in (await detail(world, done["id"]))["steps"]} == kinds
    assert [letter.template for letter in post.wanted] == [code]


async def age(world: Any, days: float) -> None:
    """Let the facts that are there be older than they are."""
    await world.sql("UPDATE trigger_fact SET at = at - make_interval(secs => $1 * 86400)", days)


async def dry_run(world: Any, book: str, **asked: Any) -> Any:
    answer = await world.post(world.manager, f"/v1/playbooks/{book}/dry-run", asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_dry_run_tells_what_a_real_run_then_does(world: Any) -> None:
    """The same facts, told before the playbook was in force and gone through once it is."""
    goal, condition = {"event": "order.recorded"}, {"all": [{"field": "orders", "at_most": 5}]}
    steps = (WAIT, only_if("orders", at_least=1, otherwise=4), WRITE, REMIND, WAIT, TAG)
    book = await playbook(world, *steps, publish=False, goal=goal, condition=condition)
    everyone = [await world.customer() for _ in range(9)]
    await hear(world, *(order(world, customer, days_ago=50) for customer in everyone[:4]))
    await hear(world, *(lost(customer) for customer in everyone[:7]))
    await hear(world, objection(everyone[6]))
    await age(world, 4)
    await hear(
        world,
        *(order(world, customer) for customer in everyone[3:5]),
        lost(everyone[8]),
        lost(everyone[0], 2),
    )
    await age(world, 10)
    foreseen = await dry_run(world, book, days=30)
    assert (await runs(world), await told(world, "playbook.started.v1")) == ([], [])
    await world.sql("UPDATE trigger_fact SET taken_at = NULL")
    await world.post(world.manager, f"/v1/playbooks/{book}/publish")
    batches = await world.sql(
        "SELECT array_agg(seq ORDER BY seq) AS seqs FROM trigger_fact GROUP BY at::date ORDER BY min(seq)"
    )
    post, others = Post(), Others()
    await world.sql("UPDATE trigger_fact SET taken_at = now()")
    for batch, days in zip(batches, (4, 10), strict=True):
        await world.sql("UPDATE trigger_fact SET taken_at = NULL WHERE seq = ANY ($1)", batch["seqs"])
        for _ in range(days):
            await run(world, post, others)
            await later(world, 1)
    await run(world, post, others)
    real = [await detail(world, each["id"]) for each in await runs(world)]
    outcomes = [each["outcome"] for each in real if each["outcome"]]
    steps_taken = [step["step"] for each in real for step in each["steps"]]
    assert foreseen["entered"] == len(real) == 7
    assert foreseen["outcomes"] == {name: outcomes.count(name) for name in set(outcomes)}
    assert foreseen["outcomes"] == {"goal_reached": 2, "completed": 5}
    assert foreseen["going_on"] == 0
    assert [each["runs"] for each in foreseen["steps"]] == [
        steps_taken.count(number) for number in range(1, 7)
    ]
    assert set(foreseen["customers"]) == {each["customer_id"] for each in real}
    assert sum(each["entered"] for each in foreseen["by_day"]) == 7


async def test_a_dry_run_looks_back_as_far_as_it_is_asked_and_no_further(world: Any) -> None:
    book = await playbook(world, REMIND, publish=False)
    await hear(world, lost(await world.customer()))
    await age(world, 6)
    await hear(world, lost(await world.customer()))
    assert (await dry_run(world, book, days=30))["entered"] == 2
    assert (await dry_run(world, book, days=3))["entered"] == 1
    assert (await world.post(world.manager, f"/v1/playbooks/{book}/dry-run", {"days": 36})).status_code == 422


async def test_days_of_a_dry_run_are_those_of_a_zone(world: Any) -> None:
    book = await playbook(world, REMIND, publish=False)
    await hear(world, lost(await world.customer()))
    day = world.database.now().date() - timedelta(days=2)
    await world.sql("UPDATE trigger_fact SET at = $1::date + interval '20 hours'", day)
    for zone, offset in (("Asia/Shanghai", 1), ("Etc/UTC", 0)):
        [found] = (await dry_run(world, book, timezone=zone))["by_day"]
        assert date.fromisoformat(found["day"]) == day + timedelta(days=offset)


async def test_a_dry_run_of_nothing_known_is_not_found(world: Any) -> None:
    answer = await world.post(world.manager, f"/v1/playbooks/{new_id()}/dry-run")
    assert answer.status_code == 404


class _Job:
    """What the job of forgetting needs of its context."""

    def __init__(self, world: Any) -> None:
        self.begin = world.database.begin


async def test_facts_are_forgotten_after_forty_days(world: Any) -> None:
    kept, old = await world.customer(), await world.customer()
    await hear(world, lost(old))
    await age(world, 41)
    await hear(world, lost(kept))
    await forget_facts(_Job(world), {})  # type: ignore[arg-type]
    assert [row["customer_id"] for row in await world.sql("SELECT customer_id FROM trigger_fact")] == [kept]


MANY_RUNS = """
    INSERT INTO playbook_run (id, playbook_id, number, customer_id, entered_id, state, step, wake_at,
                              failures, entered_at, created_at, updated_at, version)
    SELECT gen_random_uuid(), $2, 1, id, id, 'running', $3, $4, 0, $4, $4, $4, 1
    FROM (SELECT coalesce($5, gen_random_uuid()) AS id FROM generate_series(1, $1::int)) AS crowd
"""


async def test_ten_thousand_who_enter_at_once_hold_up_no_other_playbook(world: Any) -> None:
    """The run of the small playbook takes its step with the first batch, not behind ten thousand others."""
    crowd = await playbook(world, REMIND)
    small = await playbook(world, WAIT, WRITE, trigger={"on": "tier", "entered": ["core"]})
    late, now = await world.customer(), world.database.now()
    await world.sql(MANY_RUNS, 10_000, UUID(crowd), 1, now - timedelta(hours=1), None)
    await world.sql(MANY_RUNS, 1, UUID(small), 2, now, late)
    async with world.database.begin() as tx:
        taken = await step_due(tx, Post())
    [mine] = await runs(world, customer_id=late)
    assert UUID(mine["id"]) in taken
    assert len(taken) == SHARE + 1
