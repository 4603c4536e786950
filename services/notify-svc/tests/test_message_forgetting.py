"""Messages that are long done with are forgotten; what waits, and what protects from a second one, stays."""

from datetime import timedelta
from typing import Any

import pytest

from notify_svc.app import build
from notify_svc.messages.domain import STATES
from notify_svc.messages.forgetting import JOB, LEAST_DAYS, forget_some
from notify_svc.settings import Settings
from shared.settings import SettingsMissing
from shared.testing import running
from shared.testing.services import settings_for
from shared.testing.talking import eventually

from .vendors import Robots

KEPT = timedelta(days=LEAST_DAYS)


async def age(world: Any, days: float, where: str = "true") -> None:
    await world.sql(
        "UPDATE message SET created_at = now() - make_interval(secs => $1 * 86400), "
        f"updated_at = now() - make_interval(secs => $1 * 86400) WHERE {where}",
        days,
    )


async def forgotten(house: Any, most: int = 1000) -> bool:
    async with house.world.database.begin() as tx:
        return await forget_some(tx, KEPT, most)


async def test_whatever_came_of_it_a_message_is_forgotten_with_its_attempts_and_what_waits_stays(house):
    house.sink.reply = Robots()
    await house.sender("wecom_robot", {"endpoint": house.sink.url}, {"key": "wecom-key"})
    for state in STATES:
        await house.ask(None, channels=("wecom",), key=state)
    await house.sent()
    for state in STATES:
        await house.world.sql("UPDATE message SET state = $1 WHERE dedup_key = $1", state)
    assert len(await house.world.sql("SELECT 1 FROM message_attempt")) == len(STATES)
    await age(house.world, LEAST_DAYS + 1)
    assert not await forgotten(house)
    assert [each["state"] for each in await house.log()] == ["pending"]
    assert len(await house.world.sql("SELECT 1 FROM message_attempt")) == 1


async def test_what_is_said_once_a_year_is_not_said_twice_in_it(house):
    [first] = await house.ask(None, channels=("sms",), key="care:birthday:2026")
    await house.world.sql("UPDATE message SET state = 'sent'")
    await age(house.world, 366)
    await forgotten(house)
    assert await house.ask(None, channels=("sms",), key="care:birthday:2026") == [first]
    await age(house.world, LEAST_DAYS + 1)
    await forgotten(house)
    assert await house.ask(None, channels=("sms",), key="care:birthday:2026") != [first]


async def test_what_was_touched_lately_stays_however_old(house):
    await house.ask(None, channels=("sms",))
    await house.world.sql("UPDATE message SET state = 'failed', created_at = now() - interval '500 days'")
    await forgotten(house)
    assert len(await house.log()) == 1


async def test_much_is_forgotten_in_batches_by_the_daily_job(house):
    for _ in range(5):
        await house.ask(None, channels=("sms",))
    await house.world.sql("UPDATE message SET state = 'sent'")
    await age(house.world, LEAST_DAYS + 1)
    assert await forgotten(house, most=2)
    assert len(await house.log()) == 3
    async with running(build, Settings, house.world.urls, settings={"message_days": 400}):

        async def gone() -> bool:
            return not await house.log()

        await eventually(gone)
    assert len(await house.world.sql("SELECT 1 FROM job WHERE kind = $1", JOB)) == 1


@pytest.mark.parametrize("days", [399, 3651])
def test_messages_are_kept_for_a_year_and_a_month_at_least(world: Any, days: int) -> None:
    with pytest.raises(SettingsMissing, match="MESSAGE_DAYS"):
        settings_for(Settings, world.urls, message_days=days)
    assert Settings.model_fields["message_days"].default == LEAST_DAYS
