"""Digests: nothing rings, and once a workday one item says what came due."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify_svc.digests.clock import tell_until_quiet
from notify_svc.digests.domain import Wish, is_workday, next_digest
from notify_svc.firing.clock import fire_until_quiet

from .steps import items

PLAIN = {"mode": "digest", "timezone": "Asia/Shanghai", "digest_at": "08:30"}


async def choose(world: Any, who: Any, **given: Any) -> dict[str, Any]:
    async with world.client(who) as client:
        answer = await client.put("/v1/inbox/settings", json={**PLAIN, **given})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def come_due(world: Any, who: Any, number: int = 1, hours: float = 0.1) -> list[str]:
    made = [(await world.reminder(who))["id"] for _ in range(number)]
    for each in made:
        await world.make_late(each, hours=hours)
    await fire_until_quiet(world.database)
    return made


async def morning(world: Any) -> None:
    """The moment of everybody's digest has come."""
    await world.sql("UPDATE inbox_settings SET next_digest_at = now() - interval '1 second'")
    await asyncio.gather(*(tell_until_quiet(world.database) for _ in range(3)))


async def test_who_never_chose_is_told_at_once(world: Any) -> None:
    answer = await world.get(world.lin, "/v1/inbox/settings")
    assert answer.json() == {
        "mode": "at_once",
        "timezone": "Asia/Shanghai",
        "digest_at": "08:30",
        "workdays_only": True,
        "country": "CN",
        "next_digest_at": None,
        "version": 0,
    }


async def test_what_was_chosen_is_read_again_and_a_stale_choice_is_refused(world: Any) -> None:
    chosen = await choose(world, world.lin, digest_at="07:15", timezone="Europe/Berlin", country="DE")
    assert chosen["version"] == 1
    assert chosen["next_digest_at"] is not None
    assert (await world.get(world.lin, "/v1/inbox/settings")).json() == chosen
    assert (await world.get(world.wang, "/v1/inbox/settings")).json()["version"] == 0
    async with world.client(world.lin) as client:
        stale = await client.put("/v1/inbox/settings", json=PLAIN, headers={"If-Match": '"v0"'})
    assert stale.status_code == 412


@pytest.mark.parametrize(
    "wrong", [{"mode": "never"}, {"timezone": "Mars"}, {"digest_at": "25:00"}, {"country": "XX"}]
)
async def test_a_choice_that_cannot_be_is_refused(world: Any, wrong: Any) -> None:
    async with world.client(world.lin) as client:
        answer = await client.put("/v1/inbox/settings", json={**PLAIN, **wrong})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{next(iter(wrong))}"]


async def test_nothing_rings_until_the_digest_which_names_what_came_due(world: Any) -> None:
    await choose(world, world.lin)
    made = await come_due(world, world.lin, 3)
    missed = await come_due(world, world.lin, 1, hours=30)
    assert await items(world, world.lin) == []
    assert len(await world.sql("SELECT 1 FROM outbox WHERE type = 'reminder.due.v1'")) == 3
    await morning(world)
    [item] = await items(world, world.lin)
    assert (item["kind"], item["reminder_id"]) == ("reminder.digest", None)
    assert item["subject_parameters"]["count"] == 4
    assert set(item["subject_parameters"]["reminder_ids"]) == {*made, *missed}
    assert "4" in item["subject"]


async def test_the_digest_comes_once_a_day_and_what_comes_later_waits_for_the_next(world: Any) -> None:
    await choose(world, world.lin)
    await come_due(world, world.lin)
    await morning(world)
    await come_due(world, world.lin)
    await morning(world)
    assert len(await items(world, world.lin)) == 1
    await world.sql("UPDATE digest_day SET day = day - 1")
    await morning(world)
    assert [item["subject_parameters"]["count"] for item in await items(world, world.lin)] == [1, 1]


async def test_what_was_done_or_handed_on_meanwhile_is_not_in_it_and_of_nothing_there_is_none(
    world: Any,
) -> None:
    await choose(world, world.lin)
    done, handed = await come_due(world, world.lin, 2)
    await world.post(world.lin, f"/v1/reminders/{done}/done", {})
    await world.post(world.lin, f"/v1/reminders/{handed}/delegate", {"to_id": str(world.wang.id)})
    await morning(world)
    assert await items(world, world.lin) == []
    assert [item["kind"] for item in await items(world, world.wang)] == ["reminder.delegated"]


async def test_an_alarm_of_a_complaint_waits_for_no_digest(world: Any) -> None:
    await choose(world, world.lin)
    made = (await world.reminder(world.lin))["id"]
    await world.sql(
        "UPDATE reminder SET source = 'sla', source_id = id, topic_id = id, due_at = now() WHERE id = $1",
        UUID(made),
    )
    await fire_until_quiet(world.database)
    assert [item["kind"] for item in await items(world, world.lin)] == ["reminder.due"]


async def test_changing_over_brings_what_waited_at_once(world: Any) -> None:
    await choose(world, world.lin)
    made = await come_due(world, world.lin, 2)
    await choose(world, world.lin, mode="at_once")
    assert {item["reminder_id"] for item in await items(world, world.lin)} == set(made)
    await morning(world)
    assert len(await items(world, world.lin)) == 2


async def test_everybody_has_a_digest_of_their_own(world: Any) -> None:
    for who in (world.lin, world.wang, world.manager):
        await choose(world, who)
        await come_due(world, who, 2)
    await morning(world)
    for who in (world.lin, world.wang, world.manager):
        assert [item["subject_parameters"]["count"] for item in await items(world, who)] == [2]
    rows = await world.sql("SELECT next_digest_at > now() AS ahead FROM inbox_settings")
    assert all(row["ahead"] for row in rows)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("after", "moment", "why"),
    [
        ("2026-03-02T08:29:59+08:00", "2026-03-02T08:30:00+08:00", "a Monday morning"),
        ("2026-03-02T08:30:00+08:00", "2026-03-03T08:30:00+08:00", "just told"),
        ("2026-03-06T12:00:00+08:00", "2026-03-09T08:30:00+08:00", "over the weekend"),
        ("2026-02-13T12:00:00+08:00", "2026-02-14T08:30:00+08:00", "a Saturday that is worked instead"),
        ("2026-02-14T12:00:00+08:00", "2026-02-24T08:30:00+08:00", "over the Spring Festival"),
        ("2026-09-30T12:00:00+08:00", "2026-10-08T08:30:00+08:00", "over the National Day"),
    ],
)
def test_the_next_digest_comes_on_a_workday_of_china(after: str, moment: str, why: str) -> None:
    assert next_digest(Wish(mode="digest"), at(after)) == at(moment), why


def test_without_a_country_only_weekends_are_no_workdays() -> None:
    assert is_workday(date(2026, 10, 1), None)
    assert not is_workday(date(2026, 10, 1), "CN")
    assert not is_workday(date(2026, 2, 14), None)
    assert is_workday(date(2026, 2, 14), "CN")


@given(
    after=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - its zone follows
    zone=st.sampled_from(("Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")),
    hour=st.integers(0, 23),
    workdays=st.booleans(),
)
def test_it_lies_ahead_and_none_is_left_out(after: datetime, zone: str, hour: int, workdays: bool) -> None:
    wish = Wish(mode="digest", timezone=zone, digest_at=time(hour), workdays_only=workdays)
    moment = next_digest(wish, after.replace(tzinfo=UTC))
    assert moment > after.replace(tzinfo=UTC)
    assert next_digest(wish, moment - timedelta(microseconds=1)) == moment
    if not workdays:
        assert moment - after.replace(tzinfo=UTC) <= timedelta(hours=25)


async def test_the_item_of_a_digest_has_an_id_of_its_day(world: Any) -> None:
    await choose(world, world.lin)
    await come_due(world, world.lin)
    await morning(world)
    [row] = await world.sql("SELECT about_id, customer_id FROM inbox_item")
    assert (UUID(str(row["about_id"])).version, row["customer_id"]) == (5, None)
