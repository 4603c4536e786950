"""Door for time: looks now and then for customers of whom nobody heard for long."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from notify_svc.reminder_rules import commands, queries
from notify_svc.reminder_rules.clients import FindSilent, Search
from notify_svc.reminder_rules.domain import SILENCE
from shared.jobs import JobContext

LOOKING = "reminders.silence"
LOOK_SECONDS = 900
MOST = 200


async def look_for_silence(job: JobContext, find: FindSilent) -> None:
    """Remind of every silence that became too long by a rule; two hundred customers to a transaction."""
    async with job.db.read() as reader:
        rules = await queries.in_force(reader, SILENCE)
    for rule in rules:
        for tier, days in rule["tier_days"].items():
            before, last = job.db.now() - timedelta(days=days), UUID(int=0)
            found: Any = (None,) * MOST
            while len(found) == MOST:
                async with job.begin() as tx:
                    found = await find(tx, Search(tier, before, last, MOST))
                    await commands.break_silence(tx, rule, found)
                    last = found[-1].customer_id if found else last
