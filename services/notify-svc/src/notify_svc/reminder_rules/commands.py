"""What an occasion changes: reminders that waited for it, those that rules make, those that are over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from notify_svc.errands.commands import is_news
from notify_svc.errands.queries import open_about
from notify_svc.reminder_rules import queries
from notify_svc.reminder_rules.clients import Silent
from notify_svc.reminder_rules.domain import (
    RULE_OFF,
    SILENCE,
    Told,
    counted,
    silence_of,
    topic_of,
    when_after,
)
from notify_svc.reminders import commands as reminders
from notify_svc.reminders.domain import When
from notify_svc.staff.queries import disabled
from shared.db import Record, Tx

AFTER = ("event", "days", "at", "timezone")


async def tell(tx: Tx, told: Told) -> None:
    """Have what waited for this occasion come, and rules do what they say, once however often it is told.

    When its moment changes (a promise is moved), what is scheduled for it moves along, and so does what came
    already if its new moment lies ahead; nothing that somebody snoozed does.
    """
    if not await queries.concerns(tx, [told.occasion], told.subject, told.customer_id):
        return
    if not await is_news(tx, f"event:{told.occasion}", told.subject, told.version):
        return
    known = await queries.open_after(tx, [told.occasion], told.subject)
    for row in known:
        if not row["snooze_count"]:
            await _move_along(tx, row, when_after(told.moment, row["after"], now=tx.now))
    await _arrive(tx, told)
    for rule in await queries.in_force(tx, told.occasion):
        await _remind(tx, rule, told)


async def end(tx: Tx, occasions: Sequence[str], subject: UUID, *, version: int, customer_id: UUID) -> None:
    """These occasions are over: close their open reminders, and let nothing older about them count.

    What was told later stays.
    """
    if not await queries.concerns(tx, occasions, subject, customer_id):
        return
    over = [each for each in occasions if await is_news(tx, f"event:{each}", subject, version)]
    for row in await queries.open_after(tx, over, subject):
        await reminders.save(tx, row, "cancel", by=None)


async def hear(tx: Tx, customer_id: UUID, heard_at: datetime) -> None:
    """Somebody was in contact: nobody needs to be reminded of the silence before it."""
    for row in await queries.open_about_silence(tx, customer_id, heard_at):
        await reminders.save(tx, row, "cancel", by=None)


async def break_silence(tx: Tx, rule: Record, silent: Sequence[Silent]) -> None:
    """Remind of these customers' silence, each silence once."""
    for each in silent:
        silence = silence_of(rule["id"], each.customer_id, each.last_contact_at)
        if await is_news(tx, "rule", silence, 1):
            topic = topic_of(rule["id"], each.customer_id)
            if await open_about(tx, "rule", topic) is None:
                when = when_after(tx.now, {**rule, "days": 0, "at": None}, now=tx.now)
                await _add(tx, rule, each.customer_id, None, topic=topic, subject=silence, when=when)


async def catch_up(tx: Tx, told: Told, rule: Record | None = None) -> None:
    """Do for a rule, or for what waits, what it would have done when this was told; nothing older counts."""
    await is_news(tx, f"event:{told.occasion}", told.subject, told.version)
    if rule is None:
        await _arrive(tx, told)
    else:
        await _remind(tx, rule, told)


async def withdraw(tx: Tx, rule_id: UUID, *, by: UUID) -> None:
    """Cancel what a rule that does not count any more has scheduled."""
    async with tx.handing_over():
        for row in await queries.scheduled_of(tx, rule_id):
            await reminders.save(tx, row, "cancel", by=by, why=RULE_OFF)


async def _arrive(tx: Tx, told: Told) -> None:
    for row in await queries.waiting_for(tx, told.occasion, told.customer_id):
        when = _moment(when_after(told.moment, row["after"], now=tx.now))
        await reminders.save(tx, row, "arrive", by=None, event_subject_id=told.subject, **when)


async def _remind(tx: Tx, rule: Record, told: Told) -> None:
    topic = topic_of(rule["id"], told.subject)
    if await open_about(tx, "rule", topic) is not None or await _is_dealt_with(tx, rule, told):
        return
    when = when_after(told.moment, dict(rule), now=tx.now)
    await _add(tx, rule, told.customer_id, told.person_id, topic=topic, subject=told.subject, when=when)


async def _is_dealt_with(tx: Tx, rule: Record, told: Told) -> bool:
    """Whether a person is done with the rule's reminder of this day or a later one.

    What ends on a day is told again for other reasons than another day.
    """
    if isinstance(told.moment, datetime):
        return False
    due_at = counted(told.moment, dict(rule)).due_at
    return await queries.is_dealt_with(tx, rule["id"], told.subject, due_at)


async def _add(
    tx: Tx,
    rule: Record,
    customer_id: UUID,
    person_id: UUID | None,
    *,
    topic: UUID,
    subject: UUID,
    when: When,
) -> None:
    people = {"named": rule["assignee_id"], "person": person_id}
    assignee = people.get(rule["assignee"]) or await queries.owner_of(tx, customer_id)
    if assignee is not None and await disabled(tx, [assignee]):
        assignee = None  # the managers' queue: who has left reads no box
    await reminders.add(
        tx,
        by=None,
        source="rule",
        source_id=subject,
        topic_id=topic,
        rule_id=rule["id"],
        subject=rule["subject"],
        note=rule["note"],
        channels=rule["channels"],
        only_if=rule["only_if"],
        escalate_after_minutes=rule["escalate_after_minutes"],
        escalate_to_id=rule["escalate_to_id"],
        customer_id=customer_id,
        assignee_id=assignee,
        after_event=rule["event"],
        after={name: rule[name] for name in AFTER},
        event_subject_id=None if rule["event"] == SILENCE else subject,
        **_moment(when),
    )


async def _move_along(tx: Tx, row: Record, when: When) -> None:
    if when.due_at > tx.now if row["state"] != "scheduled" else when.due_at != row["due_at"]:
        await reminders.save(tx, row, "reschedule", by=None, **_moment(when))


def _moment(when: When) -> Mapping[str, Any]:
    return {"due_at": when.due_at, "local_time": when.local_time, "timezone": when.timezone}
