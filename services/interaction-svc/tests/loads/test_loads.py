"""Interactions by the thousand: what becomes of each row, and of a step that is sent again."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from shared.db import Scope
from shared.events.interaction import InteractionsImported
from shared.messaging import outbox
from shared.testing import staff

from .steps import audited, count, held_customer, loaded, row, send, told, verdicts

FULL = {
    "participants": [{"kind": "staff", "name": "陈静"}, "王建国"],
    "agreement": "寄样品",
    "attachments": [{"name": "a.jpg", "url": "https://files.example.cn/a.jpg"}],
}


async def test_new_rows_are_stored_for_their_sender_and_told_in_one_event(world: Any) -> None:
    customer, other, work = await world.customer(), await world.customer(), uuid4()
    rows = [row(world, customer, **FULL), row(world, other, channel="email", direction="inbound")]
    outcomes = await loaded(world, rows, work, 4)
    assert verdicts(outcomes) == [("created", None)] * 2
    assert [one["version"] for one in outcomes] == [1, 1]
    logged = [(await world.get(f"/v1/interactions/{one['id']}")).json() for one in outcomes]
    assert [one["created_by"] for one in logged] == [str(world.lin.id)] * 2
    assert logged[0]["agreement"] == FULL["agreement"]
    assert [one["name"] for one in logged[0]["participants"]] == ["陈静", "王建国"]
    (event,) = await world.events()
    assert (event["type"], event["subject"], event["aggregateversion"]) == (
        "interactions.imported.v1",
        str(work),
        5,
    )
    assert event["data"]["interactions"] == [
        {
            "interaction_id": one["id"],
            "customer_id": sent["customer_id"],
            "distributor_id": None,
            "channel": one["channel"],
            "direction": one["direction"],
            "occurred_at": one["occurred_at"],
        }
        for one, sent in zip(logged, rows, strict=True)
    ]
    assert await audited(world, "loadInteractions", outcomes[0]["id"]) == ["interactions"]


async def test_each_row_gets_its_own_outcome(world: Any) -> None:
    customer = await world.customer()
    there = await world.interaction(customer, summary="there", agreement="A")
    at = there["occurred_at"]
    outcomes = await loaded(
        world,
        [
            row(world, customer, summary="new", agreement="one"),
            row(world, customer, summary="there", occurred_at=at),
            row(world, customer, summary="there", occurred_at=at, agreement="A"),
            row(world, customer, summary="there", occurred_at=at, agreement="B"),
            row(world, customer, summary="there", occurred_at=at, channel="email"),
            row(world, customer, channel="pigeon"),
            row(world, customer, occurred_at=world.when(days=-2)),
            row(world, str(uuid4())),
            {"summary": "nobody's"},
        ],
    )
    assert verdicts(outcomes) == [
        ("created", None),
        ("unchanged", None),
        ("unchanged", None),
        ("duplicate", "interaction_there"),
        ("created", None),
        ("problem", "invalid_input"),
        ("problem", "in_the_future"),
        ("problem", "not_found"),
        ("problem", "invalid_input"),
    ]
    assert [one["id"] for one in outcomes[1:4]] == [there["id"]] * 3
    assert [one["id"] for one in outcomes[5:]] == [None] * 4
    assert [one["problem"]["status"] for one in outcomes if one["problem"]] == [409, 422, 422, 404, 422]
    (fault,) = outcomes[6]["problem"]["errors"]
    assert (fault["pointer"], fault["code"]) == ("/occurred_at", "in_the_future")
    assert fault["en"].isascii()
    assert fault["zh"] == "不能晚于当前时间 24 小时以上"
    assert outcomes[7]["problem"]["zh"] == "没有这个客户。"
    assert await count(world, "interaction") == 3


async def test_only_what_a_row_gives_is_compared(world: Any) -> None:
    first = row(world, await world.customer(), **FULL)
    bare = {name: value for name, value in first.items() if name not in FULL}
    (created,) = await loaded(world, [first])
    outcomes = await loaded(
        world,
        [
            bare,
            first,
            {
                **bare,
                "participants": [{"kind": "staff", "name": "陈静"}, {"kind": "other", "name": "王建国"}],
            },
            {**bare, "participants": ["王建国"]},
            {**bare, "attachments": []},
            {**bare, "agreement": None},
        ],
    )
    assert [one["status"] for one in outcomes] == ["unchanged"] * 3 + ["duplicate"] * 3
    assert {one["id"] for one in outcomes} == {created["id"]}


async def test_a_row_that_stands_twice_in_a_file_is_stored_once(world: Any) -> None:
    customer, work = await world.customer(), uuid4()
    one = row(world, customer, agreement="A")
    outcomes = await loaded(world, [one, one, {**one, "agreement": "B"}], work, 0)
    assert [each["status"] for each in outcomes] == ["created", "unchanged", "duplicate"]
    again = await loaded(world, [{**one, "agreement": "B"}, one], work, 1)
    assert [each["status"] for each in again] == ["duplicate", "unchanged"]
    assert {each["id"] for each in (*outcomes, *again)} == {outcomes[0]["id"]}
    assert await count(world, "interaction") == 1
    assert len(await told(world, "interactions.imported.v1")) == 1


async def test_of_several_that_are_there_the_one_that_says_the_same_is_meant(world: Any) -> None:
    customer, at = await world.customer(), world.when(hours=3)
    first, second = [
        await world.interaction(customer, occurred_at=at, agreement=agreement) for agreement in ("A", "B")
    ]
    outcomes = await loaded(
        world, [row(world, customer, occurred_at=at, agreement=agreement) for agreement in ("B", "C")]
    )
    assert [(one["status"], one["id"]) for one in outcomes] == [
        ("unchanged", second["id"]),
        ("duplicate", first["id"]),
    ]


async def test_a_step_that_is_sent_again_is_answered_again_and_stores_nothing(world: Any) -> None:
    rows = [row(world, await world.customer()), row(world, str(uuid4()))]
    work = uuid4()
    first = await send(world, rows, work)
    world.customers.away = True  # whom a repeated step need not ask
    again = await send(world, rows, work)
    assert (again.status_code, again.content) == (200, first.content)
    assert await count(world, "interaction") == 1
    assert len(await world.events()) == 1
    created = first.json()["outcomes"][0]["id"]
    assert await audited(world, "loadInteractions", created) == ["interactions"]


async def test_a_step_of_another_size_or_sender_is_refused(world: Any) -> None:
    one, work = row(world, await world.customer()), uuid4()
    await loaded(world, [one], work)
    larger, foreign = await send(world, [one, one], work), await send(world, [one], work, who=world.wang)
    assert [each.status_code for each in (larger, foreign)] == [409, 409]
    assert [each.json()["code"] for each in (larger, foreign)] == ["step_taken"] * 2
    assert await count(world, "interaction") == 1


async def test_a_step_that_comes_twice_at_once_is_taken_once(world: Any) -> None:
    rows = [row(world, await world.customer(), summary=str(number)) for number in range(40)]
    work = uuid4()
    answers = await asyncio.gather(*(send(world, rows, work) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.content for answer in answers}) == 1
    assert await count(world, "interaction") == len(rows)
    assert len(await world.events()) == 1


async def test_works_with_the_same_rows_at_once_store_each_row_once(world: Any) -> None:
    customers = [await world.customer() for _ in range(12)]
    rows = [row(world, one, summary=f"{number}") for one in customers for number in range(5)]
    works = await asyncio.gather(
        *(loaded(world, rows if turn % 2 else rows[::-1]) for turn in range(4)),
    )
    assert await count(world, "interaction") == len(rows)
    made = [one["id"] for outcomes in works for one in outcomes if one["status"] == "created"]
    assert len(made) == len(set(made)) == len(rows)
    known = {one["id"] for outcomes in works for one in outcomes if one["status"] == "unchanged"}
    assert known <= set(made)
    assert {one["status"] for outcomes in works for one in outcomes} == {"created", "unchanged"}


async def test_a_step_and_its_rows_go_in_together_or_not_at_all(world: Any) -> None:
    rows, work = [row(world, await world.customer())], uuid4()
    async with world.database.begin() as tx:  # makes the commit of the step fail, last thing
        outbox.record(tx, InteractionsImported(subject=work, version=1, distributor_id=None, interactions=()))
    failed = await send(world, rows, work)
    assert failed.status_code == 500
    assert await count(world, "interaction") == await count(world, "load_step") == 0
    await world.sql("DELETE FROM outbox WHERE aggregate_id = $1", work)
    assert verdicts(await loaded(world, rows, work)) == [("created", None)]
    assert await count(world, "load_step") == 1


async def test_what_cannot_be_looked_up_now_makes_the_step_wait(world: Any) -> None:
    customer, work = uuid4(), uuid4()
    rows = [row(world, await world.customer()), row(world, str(customer))]
    world.customers.away = True
    later = await send(world, rows, work)
    assert (later.status_code, later.json()["code"]) == (503, "customer_unknown_yet")
    assert await count(world, "interaction") == await count(world, "load_step") == 0
    world.customers.away, world.customers.known[customer] = False, None
    assert verdicts(await loaded(world, rows, work)) == [("created", None)] * 2


async def test_a_row_may_name_its_customer_by_an_identity(world: Any) -> None:
    customer = uuid4()
    world.customers.known[customer] = None
    world.customers.identities["wechat/oX-1"] = [customer]
    named = {"identity": {"channel": "wechat", "external_id": "oX-1"}}
    one = row(world, str(customer))
    outcomes = await loaded(
        world,
        [
            {**{name: value for name, value in one.items() if name != "customer_id"}, **named},
            one,
            {**one, **named},
            {**one, "customer_id": None, "identity": {"channel": "wechat", "external_id": "oX-2"}},
        ],
    )
    assert verdicts(outcomes) == [
        ("created", None),
        ("unchanged", None),
        ("problem", "invalid_input"),
        ("problem", "customer_unknown"),
    ]


async def test_customers_out_of_sight_were_never_there(world: Any) -> None:
    ours, theirs = uuid4(), uuid4()
    mine, foreign = await world.customer(ours), await world.customer(theirs)
    at = world.when(hours=2)
    await world.interaction(foreign, occurred_at=at)
    rows = [row(world, one, occurred_at=at) for one in (mine, foreign, str(uuid4()))]
    outcomes = await loaded(world, rows, who=world.partner(ours))
    assert verdicts(outcomes) == [("created", None), ("problem", "not_found"), ("problem", "not_found")]
    assert outcomes[1] == outcomes[2]
    (event,) = await told(world, "interactions.imported.v1")
    assert event["distributorid"] == str(ours)
    kept = (await world.get(f"/v1/interactions/{outcomes[0]['id']}", who=world.partner(ours))).json()
    assert kept["distributor_id"] == str(ours)


async def test_narrowed_staff_load_for_those_whom_they_hold(world: Any) -> None:
    sales = staff("sales")
    narrowed = type(sales)("staff", sales.id, sales.roles, scope=Scope(None, frozenset({sales.id})))
    own, other = await held_customer(world, sales.id), await held_customer(world, uuid4())
    mine = row(world, own)
    outcomes = await loaded(world, [mine, row(world, other), mine], who=narrowed)
    assert verdicts(outcomes) == [("created", None), ("problem", "not_found"), ("unchanged", None)]
    foreseen = await loaded(world, [row(world, own), row(world, other)], dry_run=True, who=narrowed)
    assert verdicts(foreseen)[1] == ("problem", "not_found")


@pytest.mark.parametrize("dry_run", [True, False])
async def test_whoever_may_only_read_loads_nothing(world: Any, dry_run: Any) -> None:
    answer = await send(world, [row(world, await world.customer())], dry_run=dry_run, who=world.analyst)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_missing")


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"step": -1}, "/step"),
        ({"step": 2**31 - 1}, "/step"),
        ({"step": True}, "/step"),
        ({"work_id": "7"}, "/work_id"),
        ({"dry_run": "yes"}, "/dry_run"),
        ({"items": []}, "/items"),
        ({"items": [{}] * 1001}, "/items"),
        ({"more": 1}, "/more"),
    ],
)
async def test_a_step_that_cannot_be_read_is_pointed_at(world: Any, wrong: Any, pointer: str) -> None:
    body = {"work_id": str(uuid4()), "step": 0, "dry_run": False, "items": [{}]}
    answer = await world.post("/internal/interactions/load", {**body, **wrong})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_thousand_long_rows_are_one_step(world: Any) -> None:
    customers = [await world.customer() for _ in range(10)]
    rows = [row(world, customers[number % 10], summary=f"{number} " + "长" * 900) for number in range(1000)]
    outcomes = await loaded(world, rows)
    assert verdicts(outcomes) == [("created", None)] * 1000
    (event,) = await told(world, "interactions.imported.v1")
    assert [one["interaction_id"] for one in event["data"]["interactions"]] == [one["id"] for one in outcomes]


def test_no_document_names_what_is_internal(world: Any) -> None:
    paths = world.service.app.openapi()["paths"]
    assert not [path for path in paths if "internal" in path]
    internal = {route.path for route in world.service.app.routes if route.path.startswith("/internal/")}
    assert internal == {
        "/internal/interactions",
        "/internal/interactions/load",
        "/internal/interactions/withdraw",
    }
