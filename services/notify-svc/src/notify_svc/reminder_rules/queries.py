"""Every SELECT of rules, and of reminders that come after something."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Date,
    DateTime,
    Integer,
    Text,
    Uuid,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
)

from notify_svc.reminder_rules.domain import CONTRACT_ENDS, RULE_OFF
from notify_svc.reminder_rules.tables import ContractEnd, ReminderRule
from notify_svc.reminders.queries import REMINDER, SCHEDULED, TRANSITION
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing, ListQuery
from shared.problems import not_found
from shared.references.tables import KNOWN
from shared.sealing import Sealer

RULE: Any = ReminderRule.__table__  # type: ignore[attr-defined]
CONTRACT: Any = ContractEnd.__table__  # type: ignore[attr-defined]

_one = select(RULE).where(RULE.c.id == bindparam("id", type_=Uuid))
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update())
_IN_FORCE = prepare(
    select(RULE)
    .where(text("reminder_rule.active"), RULE.c.event == bindparam("event", type_=Text))
    .order_by(RULE.c.id)
)
_OWNER = prepare(
    select(KNOWN.c.owner_id).where(
        KNOWN.c.id == func.customer_root(bindparam("customer", type_=Uuid), type_=Uuid)
    )
)
_kept = REMINDER.c.customer_id == func.customer_root(bindparam("customer", type_=Uuid), type_=Uuid)
_WAITING = prepare(
    select(REMINDER)
    .where(
        _kept,
        REMINDER.c.after_event == bindparam("event", type_=Text),
        text("reminder.state = 'waiting'"),
    )
    .order_by(REMINDER.c.id)
    .with_for_update()
)
_open = text("reminder.state IN ('scheduled', 'due', 'missed')")
_about = (
    text("reminder.event_subject_id IS NOT NULL"),
    REMINDER.c.event_subject_id == bindparam("subject", type_=Uuid),
    REMINDER.c.after_event == func.any(bindparam("events", type_=ARRAY(Text))),
)
_ABOUT = prepare(select(REMINDER).where(*_about, _open).order_by(REMINDER.c.id).with_for_update())
_OF_RULE = prepare(
    select(REMINDER)
    .where(
        text("reminder.rule_id IS NOT NULL"),
        REMINDER.c.rule_id == bindparam("rule", type_=Uuid),
        SCHEDULED,
    )
    .order_by(REMINDER.c.id)
    .with_for_update()
)
_settled = or_(
    REMINDER.c.state == "done",
    REMINDER.c.state == "skipped",
    exists(
        select(TRANSITION.c.id).where(
            TRANSITION.c.reminder_id == REMINDER.c.id,
            TRANSITION.c.deed == "cancel",
            TRANSITION.c.by_id.is_not(None),
            TRANSITION.c.reason.is_distinct_from(RULE_OFF),
        )
    ),
)
_DEALT_WITH = prepare(
    select(REMINDER.c.id)
    .where(
        text("reminder.event_subject_id IS NOT NULL"),
        REMINDER.c.event_subject_id == bindparam("subject", type_=Uuid),
        REMINDER.c.rule_id == bindparam("rule", type_=Uuid),
        REMINDER.c.due_at >= bindparam("due_at", type_=DateTime(timezone=True)),
        _settled,
    )
    .limit(1)
)
_ending = (
    select(CONTRACT)
    .where(text("contract_end.ends_on IS NOT NULL"))
    # One that is changed at this moment is told of by its own event, or found the next time.
    .with_for_update(skip_locked=True)
    .limit(bindparam("most", type_=Integer))
)
_day, _after = bindparam("day", type_=Date), bindparam("after", type_=Uuid)
_UNTOLD = prepare(
    _ending.where(
        CONTRACT.c.ends_on >= _day,
        CONTRACT.c.id > _after,
        ~exists(
            select(REMINDER.c.id).where(
                text("reminder.event_subject_id IS NOT NULL"),
                REMINDER.c.event_subject_id == CONTRACT.c.id,
                REMINDER.c.rule_id == bindparam("rule", type_=Uuid),
                or_(_open, _settled),
            )
        ),
    ).order_by(CONTRACT.c.id)
)
_AWAITED = prepare(
    _ending.where(
        tuple_(CONTRACT.c.ends_on, CONTRACT.c.id) > tuple_(_day, _after),
        CONTRACT.c.customer_id.in_(
            select(REMINDER.c.customer_id).where(
                REMINDER.c.after_event == CONTRACT_ENDS, text("reminder.state = 'waiting'")
            )
        ),
    ).order_by(CONTRACT.c.ends_on, CONTRACT.c.id)
)
_OF_SILENCE = prepare(
    select(REMINDER)
    .where(
        _kept,
        text("reminder.rule_id IS NOT NULL AND reminder.after_event = 'contact.none'"),
        _open,
        REMINDER.c.created_at < bindparam("heard_at", type_=DateTime(timezone=True)),
    )
    .order_by(REMINDER.c.id)
    .with_for_update()
)
_events = bindparam("events", type_=ARRAY(Text))
_CONCERNS = prepare(
    select(
        or_(
            exists(select(RULE.c.id).where(text("reminder_rule.active"), RULE.c.event == func.any(_events))),
            exists(
                select(REMINDER.c.id).where(
                    _kept, REMINDER.c.after_event == func.any(_events), text("reminder.state = 'waiting'")
                )
            ),
            exists(select(REMINDER.c.id).where(*_about)),
        )
    )
)
_LIST = Listing(
    select(RULE),
    key=RULE.c.id,
    sorts={"created_at": RULE.c.created_at, "name": RULE.c.name},
    default="-created_at",
    filters={
        "active": lambda active: RULE.c.active if active else ~RULE.c.active,
        "event": lambda event: RULE.c.event == event,
    },
)


async def rules_page(reader: Reader, query: ListQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the rules."""
    return await _LIST.page(reader, query, sealer)


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("reminder rule", "提醒规则")
    return row


async def rule(reader: Reader, rule_id: UUID) -> Record:
    """One rule, or NotFound."""
    return _found(await reader.row(_ONE, id=rule_id))


async def rule_for_update(tx: Tx, rule_id: UUID) -> Record:
    """One rule, locked, or NotFound."""
    return _found(await tx.row(_ONE_FOR_UPDATE, id=rule_id))


async def in_force(reader: Reader, event: str) -> list[Record]:
    """The active rules about an event."""
    return await reader.rows(_IN_FORCE, event=event)


async def owner_of(tx: Tx, customer_id: UUID) -> UUID | None:
    """Who owns the customer that it is now; None if nobody does, or nobody is known to."""
    owner: UUID | None = await tx.value(_OWNER, customer=customer_id)
    return owner


async def concerns(tx: Tx, events: Sequence[str], subject: UUID, customer_id: UUID) -> bool:
    """Whether a rule or a reminder has to do with such events of this subject and customer.

    Most events concern nobody: they leave no trace.
    """
    asked = {"events": list(events), "subject": subject, "customer": customer_id}
    found: bool = await tx.value(_CONCERNS, **asked)
    return found


async def waiting_for(tx: Tx, event: str, customer_id: UUID) -> list[Record]:
    """The reminders that wait for such an event of the customer, locked."""
    return await tx.rows(_WAITING, event=event, customer=customer_id)


async def open_after(tx: Tx, events: Sequence[str], subject: UUID) -> list[Record]:
    """The open reminders that came after such events of this subject, locked."""
    return await tx.rows(_ABOUT, events=list(events), subject=subject)


async def is_dealt_with(tx: Tx, rule_id: UUID, subject: UUID, due_at: datetime) -> bool:
    """Whether a person settled one of a rule's reminders of this subject that was due then or later."""
    found = await tx.value(_DEALT_WITH, rule=rule_id, subject=subject, due_at=due_at)
    return found is not None


async def untold_ends(tx: Tx, rule_id: UUID, today: date, *, after: UUID, most: int) -> list[Record]:
    """The next contracts by id that end today or later and of which a rule reminds nobody, locked."""
    return await tx.rows(_UNTOLD, rule=rule_id, day=today, after=after, most=most)


async def awaited_ends(tx: Tx, day: date, after: UUID, *, most: int) -> list[Record]:
    """The next contracts by their end and id for which reminders of their customers wait, locked."""
    return await tx.rows(_AWAITED, day=day, after=after, most=most)


async def scheduled_of(tx: Tx, rule_id: UUID) -> list[Record]:
    """The scheduled reminders that a rule made, locked."""
    return await tx.rows(_OF_RULE, rule=rule_id)


async def open_about_silence(tx: Tx, customer_id: UUID, heard_at: datetime) -> list[Record]:
    """The open reminders about a customer's silence from before this contact, locked."""
    return await tx.rows(_OF_SILENCE, customer=customer_id, heard_at=heard_at)
