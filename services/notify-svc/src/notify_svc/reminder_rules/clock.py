"""Door for time: looks now and then for customers of whom nobody heard, and for contracts nobody asked of."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from notify_svc.reminder_rules import commands, queries
from notify_svc.reminder_rules.clients import FindSilent, Search
from notify_svc.reminder_rules.domain import CONTRACT_ENDS, HOME, SILENCE, told_of
from shared.db import Record
from shared.jobs import JobContext
from shared.wall_clock import shown

LOOKING = "reminders.silence"
CATCHING_UP = "reminders.contracts"
LOOK_SECONDS = 900
MOST = 200
_FIRST = UUID(int=0)


async def look_for_silence(job: JobContext, find: FindSilent) -> None:
    """Remind of every silence that became too long by a rule; two hundred customers to a transaction."""
    async with job.db.read() as reader:
        rules = await queries.in_force(reader, SILENCE)
    for rule in rules:
        for tier, days in rule["tier_days"].items():
            before, last = job.db.now() - timedelta(days=days), _FIRST
            found: Any = (None,) * MOST
            while len(found) == MOST:
                async with job.begin() as tx:
                    found = await find(tx, Search(tier, before, last, MOST))
                    await commands.break_silence(tx, rule, found)
                    last = found[-1].customer_id if found else last


async def look_for_contracts(job: JobContext) -> None:
    """Remind of the ends of contracts that were told of before a rule, or what waits for them, was made."""
    async with job.db.read() as reader:
        rules = await queries.in_force(reader, CONTRACT_ENDS)
    for rule in rules:
        await _catch_up(job, rule)
    found: Any = (None,) * MOST
    day, last = _today(job), _FIRST
    while len(found) == MOST:
        async with job.begin() as tx:
            found = await queries.awaited_ends(tx, day, last, most=MOST)
            for contract in found:
                await commands.catch_up(tx, told_of(contract))
                day, last = contract["ends_on"], contract["id"]


async def _catch_up(job: JobContext, rule: Record) -> None:
    found: Any = (None,) * MOST
    last = _FIRST
    while len(found) == MOST:
        async with job.begin() as tx:
            found = await queries.untold_ends(tx, rule["id"], _today(job), after=last, most=MOST)
            for contract in found:
                await commands.catch_up(tx, told_of(contract), rule)
                last = contract["id"]


def _today(job: JobContext) -> date:
    return shown(job.db.now(), ZoneInfo(HOME)).date()
