"""Policies over HTTP, and what becomes of open cases when they change."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from interaction_svc.tiers.commands import keep
from shared.testing import staff

MANAGER = staff("manager")
TARGETS = {"high": {"first_answer": 60, "next_answer": 30, "resolution": 480}}


async def created(world: Any, **fields: Any) -> dict[str, Any]:
    body = {"name": "核心客户", "targets": TARGETS, **fields}
    answer = await world.post("/v1/sla-policies", body, MANAGER)
    assert answer.status_code == 201, answer.text
    await world.counted()
    made: dict[str, Any] = answer.json()
    return made


async def clocks(world: Any, complaint: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.get(f"/v1/complaints/{complaint['id']}/clocks")).json()["data"]
    return found


def after(clock: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(clock["due_at"]) - datetime.fromisoformat(clock["started_at"])


async def test_a_policy_is_created_read_changed_and_removed(world: Any) -> None:
    made = await created(world, tiers=["core"], escalation=[{"to": "lead", "after_minutes": 30}])
    path = f"/v1/sla-policies/{made['id']}"
    assert (made["warn_percent"], made["position"], made["at_night"]) == (80, 100, False)
    assert made["targets"]["high"] == TARGETS["high"]
    assert made["targets"]["low"] is None
    assert (await world.get(path, MANAGER)).json() == made
    changed = await world.patch(path, {"warn_percent": 60}, MANAGER, **{"If-Match": '"v1"'})
    assert changed.json() == {
        **made,
        "warn_percent": 60,
        "version": 2,
        "updated_at": changed.json()["updated_at"],
    }
    assert (await world.patch(path, {"warn_percent": 50}, MANAGER, **{"If-Match": '"v1"'})).status_code == 412
    assert (await world.patch(path, {"warn_percent": 50}, MANAGER)).status_code == 428
    second = await created(world, position=1)
    listed = (await world.get("/v1/sla-policies", MANAGER)).json()["data"]
    assert [one["id"] for one in listed] == [second["id"], made["id"]]
    async with world.client(MANAGER) as client:
        assert (await client.delete(path)).status_code == 428
        assert (await client.delete(path, headers={"If-Match": '"v2"'})).status_code == 204
    assert (await world.get(path, MANAGER)).status_code == 404
    await world.counted()


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"targets": {}}, "/targets"),
        ({"targets": {"high": {}}}, "/targets/high"),
        ({"targets": {"urgent": {"resolution": 1}}}, "/targets/urgent"),
        ({"targets": {"high": {"resolution": 0}}}, "/targets/high/resolution"),
        ({"targets": {"high": {"resolution": 10**9}}}, "/targets/high/resolution"),
        ({"warn_percent": 100}, "/warn_percent"),
        ({"escalation": [{"to": "ceo", "after_minutes": 0}]}, "/escalation/0/to"),
        (
            {"escalation": [{"to": "lead", "after_minutes": 9}, {"to": "manager", "after_minutes": 8}]},
            "",
        ),
        ({"name": " "}, "/name"),
    ],
)
async def test_a_wrong_policy_is_refused(world: Any, wrong: dict[str, Any], pointer: str) -> None:
    answer = await world.post("/v1/sla-policies", {"name": "核心", "targets": TARGETS, **wrong}, MANAGER)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_only_managers_change_policies(world: Any) -> None:
    answer = await world.post("/v1/sla-policies", {"name": "核心", "targets": TARGETS}, world.wang)
    assert answer.status_code == 403
    assert (await world.get("/v1/sla-policies", world.wang)).status_code == 200


async def test_a_customers_tier_decides_at_the_opening(world: Any) -> None:
    policy = await created(world, tiers=["core"])
    customer = await world.customer()
    common = await world.complaint(customer, severity="high")
    async with world.database.begin() as tx:
        await keep(tx, UUID(customer), "core", 1)
    core = await world.complaint(customer, severity="high")
    assert (common["sla"]["policy_id"], common["tier"]) == (None, None)
    assert (core["sla"]["policy_id"], core["tier"]) == (policy["id"], "core")
    assert [clock["metric"] for clock in await clocks(world, common)] == ["resolution"]
    found = {clock["metric"]: clock for clock in await clocks(world, core)}
    assert {metric: after(clock) for metric, clock in found.items()} == {
        "first_answer": timedelta(hours=1),
        "resolution": timedelta(hours=8),
    }
    warned = datetime.fromisoformat(found["first_answer"]["warn_at"])
    assert warned - datetime.fromisoformat(core["opened_at"]) == timedelta(minutes=48)


async def test_a_partner_has_its_own_policy(world: Any) -> None:
    shop = uuid4()
    policy = await created(world, distributor_ids=[str(shop)])
    theirs = await world.complaint(await world.customer(shop), severity="high")
    others = await world.complaint(await world.customer(uuid4()), severity="high")
    assert (theirs["sla"]["policy_id"], others["sla"]["policy_id"]) == (policy["id"], None)


async def test_answers_stop_their_clocks(world: Any) -> None:
    await created(world)
    complaint = await world.complaint(await world.customer(), severity="high")
    answered = (await world.do(complaint, "answer", text="已联系承运商")).json()
    again = (await world.do(complaint, "answer", text="明天送达")).json()
    assert again["first_answered_at"] == answered["first_answered_at"] is not None
    heard = (await world.do(complaint, "hear", text="还没到")).json()
    later = (await world.do(complaint, "hear", text="还是没到")).json()
    assert later["awaiting_since"] == heard["awaiting_since"] is not None
    told = (await world.do(complaint, "answer", text="司机在楼下")).json()
    assert told["awaiting_since"] is None
    found = [(clock["metric"], clock["state"], after(clock)) for clock in await clocks(world, complaint)]
    assert found == [
        ("first_answer", "met", timedelta(hours=1)),
        ("resolution", "running", timedelta(hours=8)),
        ("next_answer", "met", timedelta(minutes=30)),
    ]


async def test_what_the_customer_says_ends_the_waiting(world: Any) -> None:
    complaint = await world.complaint(await world.customer())
    for verb, body in (("classify", {}), ("assign", {"owner_id": str(uuid4())}), ("start", {}), ("wait", {})):
        assert (await world.do(complaint, verb, **body)).status_code == 200
    heard = (await world.do(complaint, "hear", text="照片来了")).json()
    assert (heard["status"], heard["sla"]["paused_at"]) == ("investigating", None)
    assert heard["first_answered_at"] is not None


async def test_a_changed_policy_moves_the_clocks_of_what_is_open(world: Any) -> None:
    policy = await created(world)
    complaint = await world.complaint(await world.customer(), severity="high")
    path = f"/v1/sla-policies/{policy['id']}"
    changed = await world.patch(path, {"targets": {"high": {"resolution": 60}}}, MANAGER, **{"If-Match": "*"})
    assert changed.status_code == 200
    await world.counted()
    (only,) = await clocks(world, complaint)
    assert (only["metric"], after(only)) == ("resolution", timedelta(hours=1))
    async with world.client(MANAGER) as client:
        assert (await client.delete(path, headers={"If-Match": "*"})).status_code == 204
    await world.counted()
    (default,) = await clocks(world, complaint)
    assert (default["policy_id"], after(default)) == (None, timedelta(hours=48))
    read = (await world.get(f"/v1/complaints/{complaint['id']}")).json()
    assert (read["sla"]["due_at"], read["sla"]["policy_id"]) == (default["due_at"], None)


async def test_what_is_not_promised_to_another_severity_ticks_no_more(world: Any) -> None:
    await created(world)
    complaint = await world.complaint(await world.customer(), severity="high")
    assert [clock["metric"] for clock in await clocks(world, complaint)] == ["first_answer", "resolution"]
    milder = (await world.do(complaint, "classify", severity="low")).json()
    assert milder["sla"]["policy_id"] is None
    (only,) = await clocks(world, complaint)
    assert (only["metric"], after(only)) == ("resolution", timedelta(hours=240))


async def test_reopening_starts_another_clock_and_the_old_one_stays(world: Any) -> None:
    complaint = await world.complaint(await world.customer())
    for verb, body in (
        ("assign", {"owner_id": str(uuid4())}),
        ("resolve", {"result": "换货"}),
        ("reopen", {"reason": "仍有裂纹"}),
    ):
        assert (await world.do(complaint, verb, **body)).status_code == 200
    assert [clock["state"] for clock in await clocks(world, complaint)] == ["met", "running"]


async def test_who_does_not_see_the_complaint_does_not_see_its_clocks(world: Any) -> None:
    complaint = await world.complaint(await world.customer(uuid4()))
    answer = await world.get(f"/v1/complaints/{complaint['id']}/clocks", world.partner(uuid4()))
    assert answer.status_code == 404
