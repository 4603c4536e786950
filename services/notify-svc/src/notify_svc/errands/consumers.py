"""Door for events: what scoring and interaction tell becomes somebody's errand."""

from uuid import uuid5

from notify_svc.errands import commands
from notify_svc.errands.domain import Errand, call_by
from shared.db import Tx
from shared.events.complaint import (
    ComplaintAssigned,
    ComplaintBreached,
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintWarned,
)
from shared.events.scoring import ChurnCleared, ChurnWarned

Watched = ComplaintResolved | ComplaintClosed | ComplaintReopened | ComplaintEscalated


async def on_churn_warned(tx: Tx, event: ChurnWarned) -> None:
    """The customer's owner is reminded to call; without an owner it waits in the unassigned queue."""
    said = {
        "level": event.level,
        "reasons": list(event.reasons),
        "action": event.recommended_action,
    }
    errand = Errand(
        source="churn",
        source_id=event.subject,
        version=event.version,
        topic_id=event.customer_id,
        subject_code="churn.call_customer",
        subject_parameters=said,
        customer_id=event.customer_id,
        distributor_id=event.distributor_id,
        assignee_id=event.owner_id,
        due_at=call_by(event.level, now=tx.now),
    )
    await commands.ask(tx, errand)


async def on_churn_cleared(tx: Tx, event: ChurnCleared) -> None:
    """The customer is out of danger: nobody needs to call."""
    await commands.withdraw(
        tx, "churn", source_id=event.subject, version=event.version, topic_id=event.customer_id
    )


async def on_complaint_assigned(tx: Tx, event: ComplaintAssigned | ComplaintReopened) -> None:
    """The complaint's owner is reminded to handle it; a new owner takes the reminder over."""
    if isinstance(event, ComplaintReopened):
        await _tell_watchers(tx, event, "reopened")
    errand = Errand(
        source="complaint",
        source_id=event.subject,
        version=event.version,
        topic_id=event.subject,
        subject_code="complaint.handle",
        subject_parameters={"severity": event.severity, "category": event.category},
        customer_id=event.customer_id,
        distributor_id=event.distributor_id,
        assignee_id=event.owner_id,
        due_at=tx.now,
    )
    await commands.ask(tx, errand)


async def on_complaint_closed(tx: Tx, event: ComplaintClosed) -> None:
    """The complaint is done with, and its reminders with it."""
    await _let_alarms_go(tx, event)
    await _tell_watchers(tx, event, "closed")
    await commands.withdraw(
        tx, "complaint", source_id=event.subject, version=event.version, topic_id=event.subject
    )


async def on_complaint_resolved(tx: Tx, event: ComplaintResolved) -> None:
    """There is a result: nobody is reminded of its clocks any more."""
    await _let_alarms_go(tx, event)
    await _tell_watchers(tx, event, "resolved")


async def on_clock_rang(tx: Tx, event: ComplaintWarned | ComplaintBreached) -> None:
    """Whoever has to act is reminded at once; one open reminder per complaint, with the latest news."""
    late = isinstance(event, ComplaintBreached)
    errand = Errand(
        source="sla",
        source_id=event.subject,
        version=event.version,
        topic_id=event.complaint_id,
        subject_code="sla.breached" if late else "sla.warned",
        subject_parameters={
            "metric": event.metric,
            "severity": event.severity,
            "category": event.category,
        },
        customer_id=event.customer_id,
        distributor_id=event.distributor_id,
        assignee_id=event.recipient_id,
        due_at=tx.now,
    )
    await commands.ask(tx, errand)


async def on_complaint_escalated(tx: Tx, event: ComplaintEscalated) -> None:
    """Somebody higher is reminded; the next higher one takes the reminder over."""
    await _tell_watchers(tx, event, "escalated")
    errand = Errand(
        source="escalation",
        source_id=event.subject,
        version=event.version,
        topic_id=event.subject,
        subject_code="complaint.escalated",
        subject_parameters={"severity": event.severity, "category": event.category},
        customer_id=event.customer_id,
        distributor_id=event.distributor_id,
        assignee_id=event.recipient_id,
        due_at=tx.now,
    )
    await commands.ask(tx, errand)


async def _let_alarms_go(tx: Tx, event: ComplaintClosed | ComplaintResolved) -> None:
    await commands.let_go(tx, "sla", topic_id=event.subject)
    await commands.let_go(tx, "escalation", topic_id=event.subject)


async def _tell_watchers(tx: Tx, event: Watched, what: str) -> None:
    """Each who follows the complaint has one open reminder about it, with the latest news."""
    for watcher in event.watcher_ids:
        topic = uuid5(event.subject, str(watcher))
        errand = Errand(
            source="watch",
            source_id=topic,
            version=event.version,
            topic_id=topic,
            subject_code="complaint.watched",
            subject_parameters={"what": what, "severity": event.severity, "category": event.category},
            customer_id=event.customer_id,
            distributor_id=event.distributor_id,
            assignee_id=watcher,
            due_at=tx.now,
        )
        await commands.ask(tx, errand)
