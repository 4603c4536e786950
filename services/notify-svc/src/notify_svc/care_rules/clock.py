"""Door for time: every few minutes the hours that have come, in whichever time zone."""

from collections.abc import AsyncIterator, Sequence
from datetime import time, timedelta

from notify_svc.care_rules import commands, keeping, queries
from notify_svc.care_rules.domain import LOOK_BACK, Coming, Occurring, due_days, falls
from notify_svc.preferences import queries as preferences
from notify_svc.recipients.clients import MOST_KNOWN, Recipients
from notify_svc.recipients.domain import Kind, Known
from shared.db import Record
from shared.jobs import JobContext
from shared.wall_clock import known_zones

LOOKING = "care.look"
LOOK_SECONDS = 300


async def look_for_occasions(job: JobContext, recipients: Recipients) -> None:
    """Do what active rules say for whoever's hour has come since the last look; a thousand to a transaction.

    Whatever ends it on the way is made good by the next one.
    """
    async with job.db.read() as reader:
        rules = await queries.in_force(reader)
        policy = await preferences.policy(reader)
        told = await queries.timezones(reader)
    if not rules:
        return
    told |= await recipients.timezones()
    zones = told & known_zones()
    for rule in rules:
        await _look(job, recipients, rule, home=rule["timezone"] or policy["timezone"], zones=zones)


async def _look(
    job: JobContext, recipients: Recipients, rule: Record, *, home: str, zones: frozenset[str]
) -> None:
    now = job.db.now()
    come = due_days(
        at=time.fromisoformat(rule["at"]),
        days_before=rule["days_before"],
        zones=zones | {home},
        since=max(rule["looked_until"], now - LOOK_BACK),
        until=now,
    )
    for due in come:
        occurring = list(falls(rule["occasion"], due.on, due.on + timedelta(days=1)))
        if occurring and not await _act(job, recipients, rule, Coming(due, occurring, home)):
            return
    async with job.begin() as tx:
        await keeping.looked(tx, rule, now)


async def _act(job: JobContext, recipients: Recipients, rule: Record, coming: Coming) -> bool:
    """False as soon as the rule counts no more as it did."""
    for kind in rule["audience"]:
        async for people in pages(recipients, kind, coming.occurring):
            async with job.begin() as tx:
                now = await queries.still_in_force(tx, rule["id"])
                if now is None or now["version"] != rule["version"]:
                    return False
                await commands.care(tx, rule, coming, people)
    return True


async def pages(
    recipients: Recipients, kind: Kind, occurring: Sequence[Occurring]
) -> AsyncIterator[Sequence[Known]]:
    """Everybody whom an occasion of one day concerns, by pages; Unavailable when it cannot be asked."""
    keys = [each.key for each in occurring if each.key is not None]
    after = None
    while True:
        if keys:
            people = await recipients.birthdays(kind, keys, after=after)
        else:
            people = await recipients.people(kind, after=after)
        if people:
            yield people
        if len(people) < MOST_KNOWN:
            return
        after = people[-1].ref.id
