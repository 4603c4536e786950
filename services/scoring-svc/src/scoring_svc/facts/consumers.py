"""Facts as the other services tell them; any order, any repetition."""

from typing import Any

from scoring_svc.facts import changes, commands, due, orders, queries
from scoring_svc.facts.changes import micros, micros_or_none
from scoring_svc.facts.commands import Contact, News
from scoring_svc.facts.tables import PARTS, ComplaintRow, PromiseRow, SurveyRow
from scoring_svc.modelling.states.layout import Part
from scoring_svc.modelling.states.told import Answered, Broke, Complained, Talked
from shared.db import Tx
from shared.events import Event
from shared.events.complaint import (
    ComplaintClosed,
    ComplaintMerged,
    ComplaintOpened,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintUnmerged,
)
from shared.events.customer import OrderRecorded, OrderReturned, OrdersImported, OrdersVoided, OrderVoided
from shared.events.interaction import (
    ImportedInteraction,
    InteractionLogged,
    InteractionsImported,
    InteractionsWithdrawn,
    PromiseBroken,
    PromiseKept,
    PromiseMade,
    PromiseMoved,
    PromiseWithdrawn,
    SurveyAnswered,
)

_INDICATORS = dict(zip(PARTS, ("product_quality", "service_attitude", "delivery_speed"), strict=True))
SEVERITY = {"low": 1, "normal": 2, "high": 3, "critical": 4}


async def on_order(tx: Tx, event: OrderRecorded | OrderReturned) -> None:
    """One order or return: its customer is scored at once."""
    orders.tell(tx, event)


async def on_orders_imported(tx: Tx, event: OrdersImported) -> None:
    """A chunk of a bulk load: its customers are scored when the load has gone quiet."""
    due.mark_settling(tx, await commands.add_orders(tx, event.orders))


async def on_order_voided(tx: Tx, event: OrderVoided) -> None:
    """An order that was never meant: its customer is scored without it at once."""
    due.mark_due(tx, await commands.void_orders(tx, [event]))


async def on_orders_voided(tx: Tx, event: OrdersVoided) -> None:
    """A chunk of an import that is undone: its customers are scored when the undoing has gone quiet."""
    due.mark_settling(tx, await commands.void_orders(tx, event.orders))


async def on_interaction_logged(tx: Tx, event: InteractionLogged) -> None:
    """A contact, perhaps of long ago."""
    contact = Contact(event.subject, event.customer_id, event.occurred_at, event.direction)
    new = await commands.add_contacts(tx, [contact])
    due.mark_due(tx, new)
    if new:
        fact = Talked(micros(event.occurred_at), changes.direction(event.direction))
        changes.note(tx, event.customer_id, fact)


async def on_interactions_imported(tx: Tx, event: InteractionsImported) -> None:
    """A chunk of a bulk load: its customers are scored when the load has gone quiet."""
    touched = await commands.add_contacts(tx, map(_contact, event.interactions))
    changes.outdate(tx, touched, Part.TALKING)
    due.mark_settling(tx, touched)


async def on_interactions_withdrawn(tx: Tx, event: InteractionsWithdrawn) -> None:
    """A chunk of an import that is undone: its customers are scored when the undoing has gone quiet."""
    touched = await commands.withdraw_contacts(tx, map(_contact, event.interactions))
    changes.outdate(tx, touched, Part.TALKING)
    due.mark_settling(tx, touched)


def _contact(one: ImportedInteraction) -> Contact:
    return Contact(one.interaction_id, one.customer_id, one.occurred_at, one.direction)


async def on_complaint(
    tx: Tx,
    event: ComplaintOpened
    | ComplaintResolved
    | ComplaintClosed
    | ComplaintReopened
    | ComplaintMerged
    | ComplaintUnmerged,
) -> None:
    """Where a complaint stands now."""
    row = ComplaintRow(
        complaint_id=event.subject,
        customer_id=event.customer_id,
        opened_at=event.opened_at,
        severity=SEVERITY[event.severity],
        resolved_at=event.resolved_at or event.closed_at,
        merged=isinstance(event, ComplaintMerged),
        version=event.version,
    )
    news = await commands.keep_complaint(tx, row)
    if news is News.NONE:
        return
    due.mark_due(tx, [event.customer_id])
    if news is News.CHANGED:
        changes.outdate(tx, [event.customer_id], Part.COMPLAINING)
    elif not row.merged:
        fact = Complained(micros(row.opened_at), row.severity, micros_or_none(row.resolved_at))
        changes.note(tx, event.customer_id, fact)


async def on_survey_answered(tx: Tx, event: SurveyAnswered) -> None:
    """How satisfied a customer is; an answer that says nothing of it is no fact."""
    score = satisfaction(event)
    if score is None:
        return
    row = SurveyRow(
        response_id=event.subject,
        customer_id=event.customer_id,
        answered_at=event.answered_at,
        score=score,
        **{part: _mean(event, indicator) for part, indicator in _INDICATORS.items()},
    )
    known = await queries.knows_answer(tx, event.subject)
    if not await commands.keep_survey(tx, row):
        return
    due.mark_due(tx, [event.customer_id])
    if known:
        changes.outdate(tx, [event.customer_id], Part.ANSWERING)
    else:
        fact = Answered(micros(row.answered_at), row.score, row.quality, row.attitude, row.delivery)
        changes.note(tx, event.customer_id, fact)


def satisfaction(event: SurveyAnswered) -> float | None:
    """From 1 to 5: the mean of the overall ratings, else of all, else the recommendation on that scale."""
    rated = _mean(event, "overall") or _mean(event)
    if rated is not None or event.nps is None:
        return rated
    return 1 + 4 * event.nps / 10


def _mean(event: SurveyAnswered, indicator: str | None = None) -> float | None:
    """Of the ratings of one indicator, or of all; None if nothing was rated by it."""
    rated = [each.value for each in event.ratings if indicator in (None, each.indicator)]
    return sum(rated) / len(rated) if rated else None


async def on_promise(
    tx: Tx, event: PromiseMade | PromiseMoved | PromiseBroken | PromiseKept | PromiseWithdrawn
) -> None:
    """What became of a promise; only a broken one moves a score.

    An event from before they told of times: it broke at its deadline, and was settled when we heard of it.
    """
    broke = isinstance(event, PromiseBroken)
    settled = isinstance(event, PromiseKept | PromiseWithdrawn)
    row = PromiseRow(
        promise_id=event.subject,
        customer_id=event.customer_id,
        made_at=event.made_at,
        due_at=event.due_at,
        broken_at=event.broken_at or (event.due_at if broke else None),
        settled_at=event.settled_at or (tx.now if settled else None),
        version=event.version,
    )
    news = await commands.keep_promise(tx, row)
    if news is News.NONE:
        return
    due.mark_due(tx, [event.customer_id])
    if news is News.NEW and row.broken_at is not None:
        over = micros_or_none(row.settled_at)
        fact = Broke(micros(row.broken_at), over)
        changes.note(tx, event.customer_id, fact)
    else:
        changes.outdate(tx, [event.customer_id], Part.PROMISING)


FACT_EVENTS: dict[type[Event], Any] = {
    OrderRecorded: on_order,
    OrderReturned: on_order,
    OrdersImported: on_orders_imported,
    OrderVoided: on_order_voided,
    OrdersVoided: on_orders_voided,
    InteractionLogged: on_interaction_logged,
    InteractionsImported: on_interactions_imported,
    InteractionsWithdrawn: on_interactions_withdrawn,
    ComplaintOpened: on_complaint,
    ComplaintResolved: on_complaint,
    ComplaintClosed: on_complaint,
    ComplaintReopened: on_complaint,
    ComplaintMerged: on_complaint,
    ComplaintUnmerged: on_complaint,
    SurveyAnswered: on_survey_answered,
    PromiseMade: on_promise,
    PromiseMoved: on_promise,
    PromiseBroken: on_promise,
    PromiseKept: on_promise,
    PromiseWithdrawn: on_promise,
}
