"""Firing: occurrence, inbox item, event and new state in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Text, Uuid, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from notify_svc.digests.commands import put_aside
from notify_svc.digests.queries import in_digest
from notify_svc.firing import queries
from notify_svc.firing.clients import ALONE, Around
from notify_svc.firing.domain import URGENT, sendings, unmet
from notify_svc.firing.queries import OCCURRENCE
from notify_svc.inbox import commands as inbox
from notify_svc.inbox.domain import Kind
from notify_svc.reminders import history, occurrences
from notify_svc.reminders.domain import CLOSED, next_state
from notify_svc.reminders.history import Deed
from notify_svc.reminders.notices import notice_of
from notify_svc.reminders.queries import REMINDER
from shared.db import Record, Tx, any_of, prepare
from shared.events.notify import ReminderDue
from shared.messaging import outbox
from shared.references import recorded_for

MOST = 500
Ring = Literal["fire", "miss", "skip"]
_RESULTS: Mapping[Ring, str] = {"fire": "fired", "miss": "missed", "skip": "skipped"}


def _array(name: str, kind: Any) -> Any:
    return bindparam(name, type_=ARRAY(kind))


_given = (
    func.unnest(
        _array("ids", Uuid),
        _array("reminders", Uuid),
        _array("distributors", Uuid),
        _array("moments", DateTime(timezone=True)),
        _array("results", Text),
        _array("reasons", Text),
    )
    .table_valued("id", "reminder_id", "distributor_id", "due_at", "result", "reason", name="given")
    .render_derived()
)
_NOTE = prepare(
    insert(OCCURRENCE)
    .from_select(
        ["id", "reminder_id", "distributor_id", "due_at", "result", "reason", "created_at"],
        select(*_given.c, bindparam("at", type_=DateTime(timezone=True))),
    )
    .on_conflict_do_nothing(index_elements=[OCCURRENCE.c.reminder_id, OCCURRENCE.c.due_at])
    .returning(OCCURRENCE.c.reminder_id)
)
_silence = func.make_interval(0, 0, 0, 0, 0, REMINDER.c.escalate_after_minutes)
_ADVANCE = prepare(
    update(REMINDER)
    .where(REMINDER.c.id == any_of("b_ids"))
    .values(
        version=REMINDER.c.version + 1,
        escalates_at=bindparam("b_since", type_=DateTime(timezone=True)) + _silence,
        escalated_at=None,
    ),
    "state",
    "closed_at",
    "updated_at",
)


async def fire_due(tx: Tx, around: Around = ALONE, *, start: UUID, most: int = MOST) -> tuple[int, UUID]:
    """Fire the next due reminders, each moment once; how many were claimed, and where to start next.

    One worker at a time fires those of one assignee, and each assignee gets the same share: whoever has
    thousands waits for the rest of them, and nobody else does. What is more than a day late is not fired but
    missed, and reported to its assignee; what does not hold any more is skipped, and told to nobody.
    """
    owners = await queries.hold_free(tx, await queries.owners_in_turn(tx, start))
    if not owners:
        return 0, start
    claimed = await queries.claim_due(tx, owners, most)
    reasons = await _reasons(tx, claimed, around)
    rings = {row["id"]: _ring(row, reasons) for row in claimed}
    fresh = await _note_occurrences(tx, claimed, rings, reasons)
    for deed in _RESULTS:
        await _advance(tx, [row for row in claimed if rings[row["id"]] == deed], deed, reasons)
    await occurrences.make_next(tx, claimed)
    await _bring(tx, [row for row in claimed if row["id"] in fresh], rings, around)
    return len(claimed), _behind(owners[-1])


def _behind(owner: UUID) -> UUID:
    return UUID(int=(owner.int + 1) % (1 << 128))


def _ring(row: Record, reasons: Mapping[UUID, str]) -> Ring:
    if row["too_late"]:
        return "miss"
    return "skip" if row["id"] in reasons else "fire"


async def _reasons(tx: Tx, claimed: Sequence[Record], around: Around) -> dict[UUID, str]:
    """Of those that do not hold any more, which condition is not met."""
    asked = [row for row in claimed if row["only_if"] and not row["too_late"]]
    customers = sorted({row["customer_id"] for row in asked if row["customer_id"] is not None})
    if not customers:
        return {}
    states = await queries.customer_states(tx, customers)
    standings = await around.standings(tx, customers)
    found = {
        row["id"]: unmet(row, states.get(row["customer_id"]), standings.get(row["customer_id"]))
        for row in asked
    }
    return {reminder_id: reason for reminder_id, reason in found.items() if reason is not None}


async def _note_occurrences(
    tx: Tx, claimed: Sequence[Record], rings: Mapping[UUID, Ring], reasons: Mapping[UUID, str]
) -> set[UUID]:
    rows = await tx.rows(
        _NOTE,
        ids=[tx.new_id() for _ in claimed],
        reminders=[row["id"] for row in claimed],
        distributors=[row["distributor_id"] for row in claimed],
        moments=[row["due_at"] for row in claimed],
        results=[_RESULTS[rings[row["id"]]] for row in claimed],
        reasons=[reasons.get(row["id"]) for row in claimed],
        at=tx.now,
    )
    return {row["reminder_id"] for row in rows}


async def _advance(tx: Tx, rows: Sequence[Record], deed: Ring, reasons: Mapping[UUID, str]) -> None:
    if not rows:
        return
    state = next_state("scheduled", deed)
    await tx.run(
        _ADVANCE,
        b_ids=[row["id"] for row in rows],
        b_since=tx.now if state == "due" else None,
        state=state,
        closed_at=tx.now if state in CLOSED else None,
        updated_at=tx.now,
    )
    why = [reasons.get(row["id"]) for row in rows]
    await history.note(tx, Deed(deed, "scheduled", state), rows, why)


async def _bring(tx: Tx, rows: Sequence[Record], rings: Mapping[UUID, Ring], around: Around) -> None:
    """Tell of what came now: by an event, by the other ways that were asked for, and by the inbox.

    Who gets a digest finds it there, but for alarms that cannot wait. What was missed is told in any case.
    """
    fired = [row for row in rows if rings[row["id"]] == "fire"]
    missed = [row for row in rows if rings[row["id"]] == "miss"]
    quiet = [row for row in (*fired, *missed) if row["source"] not in URGENT and "inbox" in row["channels"]]
    people = {row["assignee_id"] for row in quiet} - {None}
    patient = await in_digest(tx, people) if people else set()
    aside = [row for row in quiet if row["assignee_id"] in patient]
    await put_aside(tx, aside)
    later = {row["id"] for row in aside}
    kinds: list[tuple[Kind, list[Record]]] = [
        ("reminder.due", [row for row in fired if "inbox" in row["channels"]]),
        ("reminder.missed", missed),
    ]
    ringing = [
        notice_of(row, kind, to_id=row["assignee_id"])
        for kind, some in kinds
        for row in some
        if row["id"] not in later
    ]
    await inbox.deliver(tx, ringing)
    for row in fired:
        outbox.record(tx, _event(row))
    if wanted := [each for row in fired for each in sendings(row)]:
        await around.send(tx, wanted)


def _event(row: Record) -> ReminderDue:
    return ReminderDue(
        subject=row["id"],
        version=row["version"] + 1,
        distributor_id=row["distributor_id"],
        assignee_id=row["assignee_id"],
        customer_id=recorded_for(row),
        due_at=row["due_at"],
        reason=row["source"],
    )
