"""What was promised to a customer is kept, withdrawn, or broken at its deadline; each is told once."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from interaction_svc.promises.commands import AT_ONCE, BREAKING
from interaction_svc.promises.tables import Promise
from shared.auth import Principal
from shared.db import Scope
from shared.jobs import enqueue
from shared.references import CustomerRef, apply
from shared.testing.talking import eventually

_TIMES = ("made_at", "broken_at", "settled_at")
_COLUMNS = [column.key for column in Promise.__table__.c]  # type: ignore[attr-defined]


async def promised(world: Any, customer: str, **given: Any) -> dict[str, Any]:
    body = {
        "customer_id": customer,
        "content": "样品三天内寄出 Sample in three days",
        "due_at": world.when(days=-3),
    }
    answer = await world.post("/v1/promises", {**body, **given})
    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"] == '"v1"'
    made: dict[str, Any] = answer.json()
    assert (await world.get(answer.headers["location"])).json() == made
    return made


async def let_pass(world: Any, promise: dict[str, Any]) -> None:
    await world.sql(
        "UPDATE promise SET due_at = now() - interval '1 hour' WHERE id = $1", UUID(promise["id"])
    )


async def sweep(world: Any) -> None:
    """Have the worker look for deadlines now."""
    async with world.database.begin() as tx:
        await enqueue(tx, BREAKING, {})

    async def done() -> bool:
        return not await world.sql(
            "SELECT FROM job WHERE kind = $1 AND every_seconds IS NULL AND state <> 'done'", BREAKING
        )

    await eventually(done)


async def told(world: Any) -> list[str]:
    return [event["type"] for event in await world.events() if event["type"].startswith("promise.")]


async def test_a_promise_is_the_callers_unless_somebody_else_is_named(world: Any) -> None:
    customer, other = await world.customer(), str(uuid4())
    mine = await promised(world, customer)
    assert (mine["promised_by"], mine["status"], mine["late"]) == (str(world.lin.id), "open", False)
    assert (await promised(world, customer, promised_by=other))["promised_by"] == other


async def test_a_promise_is_told_without_its_words(world: Any) -> None:
    made = await promised(world, await world.customer())
    (event,) = await world.events()
    assert event["type"] == "promise.made.v1"
    assert set(event["data"]) == {"customer_id", "promised_by", "due_at", *_TIMES}
    assert [event["data"][name] for name in _TIMES] == [made["created_at"], None, None]
    assert event["subject"] == made["id"]


async def test_a_promise_that_is_kept_is_over(world: Any) -> None:
    made = await promised(world, await world.customer())
    path = f"/v1/promises/{made['id']}"
    kept = (await world.post(f"{path}/keep", {"note": "已寄出"}, **{"If-Match": '"v1"'})).json()
    assert (kept["status"], kept["note"], kept["late"], kept["version"]) == ("kept", "已寄出", False, 2)
    assert kept["settled_by"] == str(world.lin.id)
    for verb in ("keep", "withdraw"):
        refused = await world.post(f"{path}/{verb}", {})
        assert (refused.status_code, refused.json()["code"]) == (409, "promise_over")
        assert refused.json()["status"] == 409
    changed = await world.patch(path, {"content": "x"})
    assert (changed.status_code, changed.json()["code"]) == (409, "promise_not_open")
    assert (changed.json()["status"], changed.json()["promise_status"]) == (409, "kept")
    assert await told(world) == ["promise.made.v1", "promise.kept.v1"]


async def test_a_promise_past_its_deadline_breaks_once_and_can_be_kept_late(world: Any) -> None:
    late, ahead = await promised(world, await world.customer()), await promised(world, await world.customer())
    await let_pass(world, late)
    await sweep(world)
    await sweep(world)
    broken = (await world.get(f"/v1/promises/{late['id']}")).json()
    assert (broken["status"], broken["late"]) == ("broken", True)
    assert (await world.get(f"/v1/promises/{ahead['id']}")).json()["status"] == "open"
    kept = (await world.post(f"/v1/promises/{late['id']}/keep", {})).json()
    assert (kept["status"], kept["late"]) == ("kept", True)
    assert await told(world) == ["promise.made.v1", "promise.made.v1", "promise.broken.v1", "promise.kept.v1"]
    broke, settled = (await world.events())[-2:]
    assert [broke["data"][name] for name in _TIMES] == [late["created_at"], broken["broken_at"], None]
    assert [settled["data"][name] for name in _TIMES[1:]] == [broken["broken_at"], kept["settled_at"]]


async def test_more_promises_than_one_look_takes_break_together(world: Any) -> None:
    await let_pass(world, await promised(world, await world.customer()))
    columns, others = ", ".join(_COLUMNS), ", ".join(("gen_random_uuid()", *_COLUMNS[1:]))
    await world.sql(
        f"INSERT INTO promise ({columns}) SELECT {others} FROM promise, generate_series(1, {AT_ONCE})"
    )
    await sweep(world)
    assert (await told(world)).count("promise.broken.v1") == AT_ONCE + 1


async def test_a_withdrawn_promise_does_not_break(world: Any) -> None:
    made = await promised(world, await world.customer())
    assert (await world.post(f"/v1/promises/{made['id']}/withdraw", {})).json()["status"] == "withdrawn"
    await let_pass(world, made)
    await sweep(world)
    assert await told(world) == ["promise.made.v1", "promise.withdrawn.v1"]


async def test_a_broken_promise_that_is_withdrawn_is_told_to_hold_no_more(world: Any) -> None:
    made = await promised(world, await world.customer())
    await let_pass(world, made)
    await sweep(world)
    over = (await world.post(f"/v1/promises/{made['id']}/withdraw", {})).json()
    assert await told(world) == ["promise.made.v1", "promise.broken.v1", "promise.withdrawn.v1"]
    event = (await world.events())[-1]
    assert [event["data"][name] for name in _TIMES[1:]] == [over["broken_at"], over["settled_at"]]


async def test_an_open_promise_can_be_changed(world: Any) -> None:
    made = await promised(world, await world.customer())
    path, other = f"/v1/promises/{made['id']}", str(uuid4())
    changed = await world.patch(path, {"content": "寄样品", "promised_by": other}, **{"If-Match": '"v1"'})
    assert changed.headers["etag"] == '"v2"'
    assert (changed.json()["content"], changed.json()["promised_by"]) == ("寄样品", other)
    assert (await world.patch(path, {"promised_by": other})).json()["version"] == 2
    assert (await world.patch(path, {"content": "y"}, **{"If-Match": '"v1"'})).status_code == 412
    assert (await world.patch(path, {"due_at": world.when(days=-9)})).status_code == 422


async def test_a_promise_is_moved_with_a_reason_and_breaks_at_its_new_deadline(world: Any) -> None:
    made = await promised(world, await world.customer())
    path, later = f"/v1/promises/{made['id']}", world.when(days=-9)
    body = {"due_at": later, "reason": "纸箱厂延期 The mill is late"}
    moved = await world.post(f"{path}/move", body, **{"If-Match": '"v1"'})
    assert (moved.status_code, moved.headers["etag"]) == (200, '"v2"')
    assert (moved.json()["due_at"], moved.json()["status"]) == (later, "open")
    assert (await world.post(f"{path}/move", body, **{"If-Match": '"v1"'})).status_code == 412
    await sweep(world)
    assert await told(world) == ["promise.made.v1", "promise.moved.v1"]
    await let_pass(world, made)
    await sweep(world)
    refused = await world.post(f"{path}/move", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "promise_not_open")
    assert refused.json()["allowed"] == ["keep", "withdraw"]
    assert await told(world) == ["promise.made.v1", "promise.moved.v1", "promise.broken.v1"]
    assert "延期" not in str(await world.events())


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"due_at": "2020-01-01T00:00:00Z"}, "/due_at"),
        ({"reason": ""}, "/reason"),
        ({"reason": None}, "/reason"),
    ],
)
async def test_a_move_needs_a_future_and_a_reason(world: Any, wrong: dict[str, Any], pointer: str) -> None:
    made = await promised(world, await world.customer())
    body = {"due_at": world.when(days=-9), "reason": "x", **wrong}
    refused = await world.post(f"/v1/promises/{made['id']}/move", body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_the_course_of_a_promise_is_kept(world: Any) -> None:
    customer = await world.customer()
    made = await promised(world, customer)
    path, later = f"/v1/promises/{made['id']}", world.when(days=-9)
    await world.post(f"{path}/move", {"due_at": later, "reason": "延期"})
    await world.patch(path, {"promised_by": str(world.wang.id)})
    await let_pass(world, made)
    await sweep(world)
    await world.post(f"{path}/keep", {"note": "已寄出"})
    steps = (await world.get(f"{path}/history")).json()["data"]
    assert [(one["version"], one["verb"], one["status"]) for one in steps] == [
        (1, "make", "open"),
        (2, "move", "open"),
        (3, "change", "open"),
        (4, "break", "broken"),
        (5, "keep", "kept"),
    ]
    assert [one["note"] for one in steps] == [None, "延期", None, None, "已寄出"]
    assert [one["done_by"] for one in steps] == [*[str(world.lin.id)] * 3, None, str(world.lin.id)]
    assert (steps[0]["due_at"], steps[1]["due_at"]) == (made["due_at"], later)
    assert steps[2]["promised_by"] == str(world.wang.id)
    timeline = (await world.get(f"/v1/customers/{customer}/timeline?type=promise")).json()["data"]
    assert [item["promise"]["verb"] for item in timeline] == ["keep", "break", "change", "move", "make"]
    assert {item["promise"]["id"] for item in timeline} == {made["id"]}
    assert (await world.get(f"/v1/promises/{uuid4()}/history")).status_code == 404


async def test_a_promise_is_made_in_a_complaint_of_the_same_customer(world: Any) -> None:
    customer = await world.customer()
    complaint = await world.complaint(customer)
    made = await promised(world, customer, complaint_id=complaint["id"])
    found = (await world.get(f"/v1/promises?complaint_id={complaint['id']}")).json()["data"]
    assert found == [made]
    body = {"content": "x", "due_at": world.when(days=-1), "complaint_id": complaint["id"]}
    for other in (await world.customer(), customer):
        named = complaint["id"] if other != customer else str(uuid4())
        refused = await world.post("/v1/promises", {**body, "customer_id": other, "complaint_id": named})
        assert refused.json()["errors"][0]["code"] == "complaint_unknown"


@pytest.mark.parametrize("verbs", [("move", "break", "keep"), ("move", "withdraw"), ("break", "withdraw")])
async def test_steps_follow_their_promise_to_another_distributor(world: Any, verbs: tuple[str, ...]) -> None:
    here, there = uuid4(), uuid4()
    ref = CustomerRef(uuid4(), here, None, None, "active", None, None, 1)
    async with world.database.begin() as tx:
        await apply(tx, [ref])
    made = await promised(world, str(ref.id))
    for verb in verbs:
        if verb == "break":
            await let_pass(world, made)
            await sweep(world)
        else:
            body = {"due_at": world.when(days=-5), "reason": "x"} if verb == "move" else {}
            assert (await world.post(f"/v1/promises/{made['id']}/{verb}", body)).status_code == 200
    async with world.database.begin() as tx:
        await apply(tx, [replace(ref, distributor_id=there, version=2)])
    path = f"/v1/promises/{made['id']}/history"
    assert (await world.get(path, who=world.partner(here))).status_code == 404
    seen = await world.get(path, who=world.partner(there))
    assert [one["verb"] for one in seen.json()["data"]] == ["make", *verbs]
    homes = await world.sql("SELECT DISTINCT distributor_id FROM promise_step")
    assert [row["distributor_id"] for row in homes] == [there]


async def test_the_list_shows_the_nearest_deadline_first_and_filters(world: Any) -> None:
    one, two = await world.customer(), await world.customer()
    far = await promised(world, one, due_at=world.when(days=-9))
    near = await promised(world, one)
    over = await promised(world, two, promised_by=str(uuid4()))
    await world.post(f"/v1/promises/{over['id']}/keep", {})

    async def ids(**query: str) -> list[str]:
        path = "/v1/promises?" + "&".join(f"{name}={value}" for name, value in query.items())
        return [row["id"] for row in (await world.get(path)).json()["data"]]

    assert await ids(customer_id=one) == [near["id"], far["id"]]
    assert await ids(unsettled="false") == [over["id"]]
    assert await ids(status="kept", promised_by=over["promised_by"]) == [over["id"]]
    assert await ids(**{"due_at[gte]": far["due_at"]}) == [far["id"]]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"due_at": "2020-01-01T00:00:00Z"}, "/due_at"),
        ({"content": ""}, "/content"),
        ({"interaction_id": str(uuid4())}, "/interaction_id"),
        ({"unknown": 1}, "/unknown"),
    ],
)
async def test_bad_input_says_where(world: Any, wrong: dict[str, Any], pointer: str) -> None:
    body = {"customer_id": await world.customer(), "content": "x", "due_at": world.when(days=-1), **wrong}
    refused = await world.post("/v1/promises", body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer


async def test_the_interaction_must_be_with_the_same_customer(world: Any) -> None:
    customer = await world.customer()
    call = await world.interaction(customer)
    assert (await promised(world, customer, interaction_id=call["id"]))["interaction_id"] == call["id"]
    body = {"content": "x", "due_at": world.when(days=-1), "interaction_id": call["id"]}
    refused = await world.post("/v1/promises", {**body, "customer_id": await world.customer()})
    assert refused.json()["errors"][0]["code"] == "interaction_unknown"


async def test_who_sees_a_promise(world: Any) -> None:
    mine, theirs, keeper = uuid4(), uuid4(), uuid4()
    ref = CustomerRef(uuid4(), mine, keeper, None, "active", None, None, 1)
    async with world.database.begin() as tx:
        await apply(tx, [ref])
    made = await promised(world, str(ref.id))
    path = f"/v1/promises/{made['id']}"

    def narrowed(person: UUID) -> Principal:
        return Principal("staff", person, frozenset({"sales"}), scope=Scope(holders=frozenset({person})))

    for who, seen in (
        (world.partner(mine), True),
        (world.partner(theirs), False),
        (narrowed(keeper), True),
        (narrowed(world.lin.id), True),
        (narrowed(uuid4()), False),
    ):
        assert (await world.get(path, who=who)).status_code == (200 if seen else 404)
        assert len((await world.get("/v1/promises", who=who)).json()["data"]) == seen
        if not seen:
            assert (await world.post(f"{path}/keep", {}, who=who)).status_code == 404
    given = await world.patch(path, {"promised_by": str(keeper)}, who=narrowed(world.lin.id))
    assert given.status_code == 200
    assert (await world.get(path, who=narrowed(world.lin.id))).status_code == 404
