"""Reminders before a contract ends, of rules and of people: by the day that the contract names."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from notify_svc.firing.clock import fire_until_quiet
from notify_svc.reminder_rules import clock
from notify_svc.reminder_rules.clock import look_for_contracts
from shared.clock import new_id
from shared.events.customer import ContractChanged, CustomerMerged

from .steps import history, items
from .test_rules import made, owned, rule, waiting

END = date(2031, 3, 31)
BEFORE_THE_END = {
    "name": "Talk about renewal",
    "event": "contract.ends",
    "days": -30,
    "assignee": "owner",
    "subject": "Renew the contract",
}


class Contract:
    """A contract as customer-svc tells of it, one version after the other."""

    def __init__(self, customer: UUID, **given: Any) -> None:
        self.id = new_id()
        self.said = {
            "distributor_id": None, "customer_id": customer, "owner_id": None, "kind": "service",
            "status": "active", "starts_on": date(2026, 1, 1), "ends_on": END, "renewal_of": None, **given,
        }  # fmt: skip
        self.version = 0

    def told(self, **changes: Any) -> ContractChanged:
        self.said |= changes
        self.version += 1
        return ContractChanged(subject=self.id, version=self.version, **self.said)


async def test_a_rule_reminds_thirty_days_before_a_contract_ends_and_moves_along_with_it(world: Any) -> None:
    kept = await rule(world, **BEFORE_THE_END)
    contract = Contract(await owned(world))
    await world.hear(contract.told())
    [first] = await made(world, f"&rule_id={kept['id']}")
    assert (first["due_at"], first["local_time"]) == ("2031-03-01T01:00:00Z", "2031-03-01T09:00:00")
    assert (first["timezone"], first["assignee_id"]) == ("Asia/Shanghai", str(world.lin.id))
    await world.hear(contract.told(ends_on=END + timedelta(days=365)))
    [moved] = await made(world)
    assert (moved["id"], moved["due_at"]) == (first["id"], "2032-02-29T01:00:00Z")
    deeds = [one["deed"] for one in await history(world, world.lin, first["id"])]
    assert deeds == ["create", "reschedule"]


@pytest.mark.parametrize(
    ("given", "due_at"),
    [
        ({"timezone": "America/New_York"}, "2031-03-01T14:00:00Z"),
        ({"timezone": "America/New_York", "at": "16:30"}, "2031-03-01T21:30:00Z"),
        ({"days": 0, "timezone": "Pacific/Auckland", "at": "00:00"}, "2031-03-30T11:00:00Z"),
        ({"days": -20, "timezone": "America/New_York", "at": "09:00"}, "2031-03-11T13:00:00Z"),
    ],
)
async def test_the_day_is_that_of_the_rules_clock(world: Any, given: Any, due_at: str) -> None:
    await rule(world, **{**BEFORE_THE_END, **given})
    await world.hear(Contract(await owned(world)).told())
    [found] = await made(world)
    assert found["due_at"] == due_at


@pytest.mark.parametrize("change", [{"status": "ended"}, {"status": "terminated"}, {"ends_on": None}])
async def test_a_contract_that_is_over_or_has_no_end_takes_its_reminder_back(world: Any, change: Any) -> None:
    await rule(world, **BEFORE_THE_END)
    contract = Contract(await owned(world))
    await world.hear(contract.told(), contract.told(**change))
    assert [each["state"] for each in await made(world)] == ["cancelled"]


@pytest.mark.parametrize("given", [{"status": "draft"}, {"ends_on": None}, {"status": "terminated"}])
async def test_a_draft_and_a_contract_without_end_tell_nothing(world: Any, given: Any) -> None:
    await rule(world, **BEFORE_THE_END)
    await world.hear(Contract(await owned(world), **given).told())
    assert await made(world) == []


async def test_a_contract_that_gets_an_end_again_is_reminded_of_again(world: Any) -> None:
    await rule(world, **BEFORE_THE_END)
    contract = Contract(await owned(world))
    await world.hear(contract.told(), contract.told(ends_on=None), contract.told(ends_on=END))
    assert sorted(each["state"] for each in await made(world)) == ["cancelled", "scheduled"]


async def test_older_news_of_a_contract_that_come_late_change_nothing(world: Any) -> None:
    await rule(world, **BEFORE_THE_END)
    contract = Contract(await owned(world))
    endless, ends = contract.told(ends_on=None), contract.told(ends_on=END)
    await world.hear(ends, endless)
    assert [each["state"] for each in await made(world)] == ["scheduled"]


async def test_a_renewal_in_force_takes_the_reminder_of_the_old_contract_back_for_good(world: Any) -> None:
    await rule(world, **BEFORE_THE_END)
    customer = await owned(world)
    old, early = Contract(customer), Contract(customer)
    renewal = Contract(customer, status="draft", ends_on=END + timedelta(days=365), renewal_of=old.id)
    await world.hear(old.told(), renewal.told())
    assert [each["state"] for each in await made(world)] == ["scheduled"]
    await world.hear(renewal.told(status="active"), old.told(owner_id=world.lin.id))
    states = {each["due_at"][:10]: each["state"] for each in await made(world)}
    assert states == {"2031-03-01": "cancelled", "2032-02-29": "scheduled"}
    await world.hear(Contract(customer, renewal_of=early.id, ends_on=None).told(), early.told())
    assert len(await made(world)) == 2


async def test_a_reminder_that_waits_comes_by_the_end_of_the_contract_and_goes_with_it(world: Any) -> None:
    customer = await owned(world)
    asked = await waiting(world, customer, event="contract.ends", days=-30)
    contract = Contract(customer, status="draft")
    await world.hear(contract.told())
    assert [each["state"] for each in await made(world)] == ["waiting"]
    await world.hear(contract.told(status="active"))
    [found] = await made(world)
    assert (found["id"], found["due_at"]) == (asked["id"], "2031-03-01T01:00:00Z")
    await world.hear(contract.told(status="terminated"))
    assert [each["state"] for each in await made(world)] == ["cancelled"]


async def test_what_was_done_comes_back_for_another_day_alone(world: Any) -> None:
    await rule(world, **BEFORE_THE_END)
    contract = Contract(await owned(world))
    await world.hear(contract.told())
    [first] = await made(world)
    await world.post(world.lin, f"/v1/reminders/{first['id']}/done", {})
    await world.hear(contract.told(owner_id=world.wang.id))
    assert [each["state"] for each in await made(world)] == ["done"]
    await world.hear(contract.told(ends_on=END + timedelta(days=365)))
    states = sorted((each["state"], each["due_at"][:4]) for each in await made(world))
    assert states == [("done", "2031"), ("scheduled", "2032")]


async def test_what_somebody_cancelled_stays_so_while_the_day_does(world: Any) -> None:
    await rule(world, **BEFORE_THE_END)
    contract = Contract(await owned(world))
    await world.hear(contract.told())
    [first] = await made(world)
    assert (await world.delete(world.lin, f"/v1/reminders/{first['id']}")).status_code == 204
    await world.hear(contract.told(owner_id=world.wang.id))
    assert [each["state"] for each in await made(world)] == ["cancelled"]


async def test_a_reminder_that_came_already_waits_again_when_the_contract_is_extended(world: Any) -> None:
    await rule(world, **BEFORE_THE_END)
    soon = datetime.now(UTC).date() + timedelta(days=10)
    contract = Contract(await owned(world), ends_on=soon)
    await world.hear(contract.told())
    [first] = await made(world)
    await world.make_late(first["id"], 0.1)
    await fire_until_quiet(world.database)
    assert len(await items(world, world.lin, "?done=false")) == 1
    await world.hear(contract.told(owner_id=world.lin.id))
    assert [each["state"] for each in await made(world)] == ["due"]
    await world.hear(contract.told(ends_on=END))
    [moved] = await made(world)
    assert (moved["id"], moved["state"]) == (first["id"], "scheduled")
    assert moved["due_at"] == "2031-03-01T01:00:00Z"
    assert await items(world, world.lin, "?done=false") == []


async def test_a_contract_of_a_merged_customer_counts_for_who_it_is_now(world: Any) -> None:
    old, new = await owned(world), await owned(world)
    asked = await waiting(world, new, event="contract.ends", days=-1)
    state = {"distributor_id": None, "owner_id": None, "org_unit_id": None, "channel": None}
    await world.hear(CustomerMerged(subject=old, version=2, status="merged", merged_into=new, **state))
    await world.hear(Contract(old).told())
    [found] = await made(world)
    assert (found["id"], found["state"]) == (asked["id"], "scheduled")


async def test_nobody_can_be_reminded_after_the_end(world: Any) -> None:
    refused = await world.post(world.manager, "/v1/reminder-rules", {**BEFORE_THE_END, "days": 3})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/days")
    after = {"event": "contract.ends", "days": 1}
    body = {"subject": "x", "customer_id": str(await owned(world)), "after": after}
    refused = await world.post(world.lin, "/v1/reminders", body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/after/days")


async def catch_up(world: Any) -> None:
    class Job:
        db = world.database
        begin = world.database.begin

    await look_for_contracts(Job)  # type: ignore[arg-type]


async def test_a_rule_knows_the_contracts_from_before_it_was_made(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "MOST", 2)
    customer = await owned(world)
    contracts = [Contract(customer, ends_on=END + timedelta(days=day)) for day in range(5)]
    await world.hear(*(each.told() for each in contracts))
    await world.hear(Contract(customer, status="draft").told(), Contract(customer, ends_on=None).told())
    await world.hear(Contract(customer, ends_on=date(2026, 1, 31)).told())
    await world.hear(Contract(customer, ends_on=None, renewal_of=contracts[4].id).told())
    kept = await rule(world, **BEFORE_THE_END)
    assert await made(world) == []
    for _ in range(2):
        await catch_up(world)
        found = sorted(each["due_at"] for each in await made(world, f"&rule_id={kept['id']}"))
        assert found == [f"2031-03-0{day}T01:00:00Z" for day in (1, 2, 3, 4)]
    [first, *_] = [each for each in await made(world) if each["due_at"].startswith("2031-03-01")]
    await world.hear(contracts[0].told(ends_on=END + timedelta(days=365)))
    moved = await world.get(world.lin, f"/v1/reminders/{first['id']}")
    assert moved.json()["due_at"] == "2032-02-29T01:00:00Z"


async def test_what_is_told_again_of_the_past_does_not_move_what_was_caught_up(world: Any) -> None:
    contract = Contract(await owned(world))
    old = contract.told()
    await world.hear(contract.told(ends_on=END + timedelta(days=365)))
    await rule(world, **BEFORE_THE_END)
    await catch_up(world)
    await world.hear(old)
    [found] = await made(world)
    assert found["due_at"] == "2032-02-29T01:00:00Z"


async def test_a_rule_that_is_switched_on_again_reminds_again_but_not_of_what_somebody_settled(
    world: Any,
) -> None:
    kept = await rule(world, **BEFORE_THE_END)
    left, done = Contract(await owned(world)), Contract(await owned(world))
    await world.hear(left.told(), done.told())
    [of_done] = [each for each in await made(world) if each["customer_id"] == str(done.said["customer_id"])]
    await world.post(world.lin, f"/v1/reminders/{of_done['id']}/done", {})
    path = f"/v1/reminder-rules/{kept['id']}"
    for version, active in ((1, False), (2, True)):
        await world.patch(world.manager, path, {"active": active}, **{"If-Match": f'"v{version}"'})
        await catch_up(world)
        states = sorted(each["state"] for each in await made(world))
        assert states == (["cancelled", "done", "scheduled"] if active else ["cancelled", "done"])
    [off] = [each for each in await made(world) if each["state"] == "cancelled"]
    assert (await history(world, world.lin, off["id"]))[-1]["reason"] == "rule_off"


async def test_a_reminder_may_wait_for_the_end_of_a_contract_that_is_known_already(world: Any) -> None:
    customer = await owned(world)
    await world.hear(Contract(customer, ends_on=END + timedelta(days=365)).told(), Contract(customer).told())
    asked = await waiting(world, customer, event="contract.ends", days=-30)
    await catch_up(world)
    [found] = await made(world)
    assert (found["id"], found["state"], found["due_at"]) == (
        asked["id"],
        "scheduled",
        "2031-03-01T01:00:00Z",
    )
