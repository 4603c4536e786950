"""Door for time: opens a transaction when a reminder's moment has come, and once a day for time zones."""

import secrets
from typing import Any
from uuid import UUID

from notify_svc.firing import queries
from notify_svc.firing.clients import ALONE, Around
from notify_svc.firing.commands import fire_due
from notify_svc.firing.overdue import MOST, escalate_silent, give_up_waiting
from notify_svc.reminders import commands as reminders
from shared.db import Database
from shared.jobs import JobContext

LOOK_SECONDS = 0.5
OVERDUE_SECONDS = 5.0
REDERIVE = "reminders.rederive"


async def fire_until_quiet(database: Database, around: Around = ALONE) -> None:
    """Fire everything that is due now, in transactions of at most 500 reminders.

    Any number of replicas may do so at once, each beginning with other assignees. An idle look is one indexed
    statement.
    """
    async with database.read() as reader:
        if not await queries.something_is_due(reader):
            return
    claimed, start = 1, UUID(int=secrets.randbits(128))
    while claimed:
        async with database.begin() as tx:
            claimed, start = await fire_due(tx, around, start=start)


async def look_after_overdue(database: Database) -> None:
    """Tell of silence, and of waits in vain; any number of replicas may do so at once."""
    for step in (escalate_silent, give_up_waiting):
        found = MOST
        while found == MOST:
            async with database.begin() as tx:
                found = await step(tx)


async def rederive_moments(job: JobContext, _args: dict[str, Any]) -> None:
    """Derive the moments of wall times anew: a newer time zone database may know other rules."""
    last: UUID | None = UUID(int=0)
    while last is not None:
        async with job.begin() as tx:
            last = await reminders.rederive_some(tx, after=last)
