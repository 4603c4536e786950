"""Care: the days of a million birthdays by the two calendars, and a feast for all customers at one hour."""

import random
import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from tools.bench.figures import Goal, Line, number
from tools.bench.stage import Stage

from notify_svc.care.lunar import LONGEST_MONTH, LunarDay
from notify_svc.care.occasions import SolarDay, anniversary, days_on, occurrences
from notify_svc.care_rules import keeping
from notify_svc.care_rules.clock import look_for_occasions
from notify_svc.recipients.clients import Recipients
from notify_svc.recipients.domain import Known, Ref
from notify_svc.templates.shipping import ship
from shared.clock import new_id
from shared.db import Database
from shared.jobs import JobContext

_YEAR = timedelta(days=400)
_GREETING = {
    "name": "Everybody's day",
    "active": True,
    "audience": ["customer"],
    "days_before": 0,
    "only_if": {},
    "message": {"channels": ["email"], "template": "care.feast"},
    "reminder": None,
}


async def measure(stage: Stage) -> AsyncIterator[Line]:
    """The dates alone, then from the look at the clock to the last message that is asked for."""
    born = list(_birthdays(stage.sizes.dates))
    today = date(2026, 1, 1)
    dates, inverse = [], []
    for _ in range(stage.sizes.rounds):
        started = time.perf_counter()
        for day in born:
            next(occurrences(anniversary(day), today, today + _YEAR))
        dates.append(time.perf_counter() - started)
        started = time.perf_counter()
        for ahead in range(365):
            list(days_on(today + timedelta(days=ahead)))
        inverse.append((time.perf_counter() - started) * 1000 / 365)
    goal = Goal(60 * stage.sizes.dates / 1_000_000, at_most=True)
    yield Line(
        "the next day of so many birthdays", dates, " s", f"{number(len(born))}, half of them lunar", goal
    )
    yield Line("which birthdays fall on a date", inverse, " ms", "what the clock asks by")
    seconds = await _feast(stage)
    rate = stage.sizes.greeted / seconds
    yield Line("greetings asked for on a feast", [rate], "/s", f"{number(stage.sizes.greeted)} customers")


def _birthdays(count: int) -> Iterator[SolarDay | LunarDay]:
    chance = random.Random(7)  # noqa: S311 - figures, no secrets
    for place in range(count):
        month = chance.randint(1, 12)
        if place % 2:
            yield LunarDay(month, chance.randint(1, LONGEST_MONTH), leap=chance.random() < 0.03)  # noqa: PLR2004
        else:
            yield SolarDay(month, chance.randint(1, 28))


async def _feast(stage: Stage) -> float:
    """Seconds until every customer's greeting is asked for, with the row that keeps it from being another."""
    urls = await stage.database("care", "notify_svc")
    database = Database(urls.app_url)
    await database.open()
    try:
        people = sorted(new_id() for _ in range(stage.sizes.greeted))
        async with database.begin(timeout=300, bulk=True) as tx:
            await ship(tx)
            await tx.connection.execute(
                "INSERT INTO customer_ref (id, status, version, updated_at) "
                "SELECT id, 'active', 1, now() FROM unnest($1::uuid[]) AS id",
                people,
            )
            await keeping.add(tx, {**_GREETING, **_today(database)}, by=new_id())
            await tx.connection.execute(
                "UPDATE care_rule SET looked_until = now() - interval '2 days' WHERE active"
            )
        job = SimpleNamespace(db=database, begin=lambda: database.begin(timeout=60, bulk=True))
        started = time.perf_counter()
        await look_for_occasions(cast("JobContext", job), cast("Recipients", _Everybody(people)))
        seconds = time.perf_counter() - started
        async with database.begin() as tx:
            asked = await tx.connection.fetchval("SELECT count(*) FROM message")
            if asked != len(people):
                raise RuntimeError(f"{asked} greetings for {len(people)} customers")
    finally:
        await database.close()
    return seconds


def _today(database: Database) -> dict[str, Any]:
    """An occasion whose hour came a moment ago by the clock of UTC."""
    now = database.now() - timedelta(minutes=1)
    day = {"calendar": "solar", "month": now.month, "day": now.day, "leap": False}
    names = {"code": "bench", "name_zh": "纪念日", "name_en": "our day"}
    return {
        "occasion": {"kind": "company_day", **names, **day},
        "at": now.strftime("%H:%M"),
        "timezone": "Etc/UTC",
    }


class _Everybody:
    """Customers without birthdays and zones, by pages: what customer-svc answers."""

    def __init__(self, people: list[UUID]) -> None:
        self._people = [Known(Ref("customer", each), each, None, None, None) for each in people]

    async def timezones(self) -> frozenset[str]:
        return frozenset()

    async def people(self, _kind: str, *, after: UUID | None, limit: int = 1000) -> list[Known]:
        start = 0 if after is None else bisect_right(self._people, after, key=lambda each: each.ref.id)
        return self._people[start : start + limit]
