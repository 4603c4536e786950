"""What must still hold when a reminder is due, and the ways beside the inbox by which it is sent."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from notify_svc.firing.clients import Around
from notify_svc.firing.clock import fire_until_quiet
from notify_svc.firing.domain import Sending, Standing
from shared.db import Reader, Tx

from .steps import history, items


def standing(found: Standing) -> Around:
    """Everybody stands so."""

    async def ask(_reader: Reader, customers: Sequence[UUID]) -> Mapping[UUID, Standing]:
        return dict.fromkeys(customers, found)

    return Around(standings=ask)


async def fired_with(world: Any, around: Around, **given: Any) -> dict[str, Any]:
    customer = await world.customer()
    made = await world.reminder(world.lin, customer_id=str(customer), **given)
    await world.make_late(made["id"], hours=0.1)
    await fire_until_quiet(world.database, around)
    found: dict[str, Any] = (await world.get(world.lin, f"/v1/reminders/{made['id']}")).json()
    return found


@pytest.mark.parametrize(
    ("only_if", "fact", "met"),
    [
        ({"tiers": ["core"]}, Standing(tier="core"), True),
        ({"tiers": ["core"]}, Standing(tier="dormant"), False),
        ({"tiers": ["core"]}, Standing(), True),
        ({"stages": ["active", "at_risk"]}, Standing(stage="lost"), False),
        ({"churn_levels": ["high"]}, Standing(churn_level="low"), False),
        ({"churn_levels": ["high"]}, Standing(churn_level="high"), True),
    ],
)
async def test_a_condition_is_asked_again_when_it_is_due(
    world: Any, only_if: Any, fact: Any, met: Any
) -> None:
    found = await fired_with(world, standing(fact), only_if=only_if)
    assert found["only_if"] == only_if
    assert found["state"] == ("due" if met else "skipped")
    assert len(await items(world, world.lin)) == (1 if met else 0)
    [occurrence] = await world.sql("SELECT result, reason FROM reminder_occurrence")
    reason = None if met else next(iter(only_if))
    assert tuple(occurrence) == ("fired" if met else "skipped", reason)
    assert len(await world.sql("SELECT 1 FROM outbox")) == (1 if met else 0)
    last = (await history(world, world.lin, found["id"]))[-1]
    assert (last["deed"], last["reason"]) == (("fire", None) if met else ("skip", reason))
    assert (found["closed_at"] is None) is met


@pytest.mark.parametrize("name", ["no_contact_since", "no_order_since"])
@pytest.mark.parametrize("days", [-1, 1])
async def test_only_what_came_after_it_was_made_counts(world: Any, name: Any, days: Any) -> None:
    at = world.database.now() + timedelta(days=days)
    field = {"no_contact_since": "last_contact_at", "no_order_since": "last_order_at"}[name]
    found = await fired_with(world, standing(Standing(**{field: at})), only_if={name: True})
    assert found["state"] == ("due" if days < 0 else "skipped")


async def test_a_customer_that_is_not_active_any_more_skips_it(world: Any) -> None:
    customer = await world.customer()
    made = await world.reminder(world.lin, customer_id=str(customer), only_if={"customer_active": True})
    await world.sql("UPDATE customer_ref SET status = 'lost' WHERE id = $1", customer)
    await world.make_late(made["id"], hours=0.1)
    await fire_until_quiet(world.database)
    assert (await world.get(world.lin, f"/v1/reminders/{made['id']}")).json()["state"] == "skipped"
    over = await world.post(world.lin, f"/v1/reminders/{made['id']}/done", {})
    assert (over.status_code, over.json()["code"]) == (409, "reminder_closed")


async def test_one_of_a_series_that_is_skipped_makes_the_next(world: Any) -> None:
    series = {"rrule": "FREQ=DAILY", "local_time": "2026-12-10T09:00", "timezone": "Asia/Shanghai"}
    series["local_time"] = (world.database.now() + timedelta(days=2)).strftime("%Y-%m-%dT09:00")
    found = await fired_with(world, standing(Standing(tier="dormant")), only_if={"tiers": ["core"]}, **series)
    answer = await world.get(world.lin, f"/v1/reminders?series_id={found['series_id']}")
    assert sorted(each["state"] for each in answer.json()["data"]) == ["scheduled", "skipped"]


async def test_a_reminder_is_sent_by_each_of_its_other_ways_once(world: Any) -> None:
    sent: list[Sending] = []

    async def send(_tx: Tx, wanted: Sequence[Sending]) -> None:
        sent.extend(wanted)

    around = Around(send=send)
    found = await fired_with(world, around, channels=["inbox", "email", "wecom"], subject="Secret words")
    await fire_until_quiet(world.database, around)
    assert [each.channel for each in sent] == ["email", "wecom"]
    [email, _] = sent
    assert email.recipient_id == world.lin.id
    assert email.dedup_key.startswith(f"reminder:{found['id']}:")
    assert email.dedup_key.endswith(":email")
    assert "Secret words" not in str(sent)


async def test_what_is_wanted_by_mail_alone_stays_out_of_the_inbox_but_is_reported_when_missed(
    world: Any,
) -> None:
    found = await fired_with(world, Around(), channels=["email"])
    assert (found["state"], await items(world, world.lin)) == ("due", [])
    made = await world.reminder(world.lin, channels=["email"])
    await world.make_late(made["id"], hours=30)
    await fire_until_quiet(world.database)
    assert [item["kind"] for item in await items(world, world.lin)] == ["reminder.missed"]


async def test_what_cannot_be_sent_does_not_fire(world: Any) -> None:
    async def send(_tx: Tx, _wanted: Sequence[Sending]) -> None:
        raise LookupError("away")

    with pytest.raises(LookupError):
        await fired_with(world, Around(send=send), channels=["email"])
    assert await world.sql("SELECT 1 FROM reminder_occurrence") == []


async def test_conditions_and_silence_can_be_changed_and_cleared(world: Any) -> None:
    made = await world.reminder(world.lin, only_if={"tiers": ["core"]}, escalate={"after_minutes": 5})
    path = f"/v1/reminders/{made['id']}"
    changed = await world.patch(world.lin, path, {"only_if": None, "escalate": None})
    assert (changed.json()["only_if"], changed.json()["escalate"]) == ({}, None)
