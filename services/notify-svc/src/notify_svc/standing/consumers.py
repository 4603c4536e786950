"""Door for events: what the other services tell of customers, in any order and any repetition."""

from typing import Any

from notify_svc.standing import commands
from notify_svc.standing.domain import RECORDED, TAKEN_BACK, FactKind, Noted
from notify_svc.standing.moments import told_at
from shared.db import Tx
from shared.events.complaint import (
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintMerged,
    ComplaintOpened,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintUnmerged,
)
from shared.events.customer import (
    ImportedOrder,
    OrderRecorded,
    OrderReturned,
    OrdersImported,
    OrdersVoided,
    OrderVoided,
)
from shared.events.interaction import (
    ImportedInteraction,
    InteractionLogged,
    InteractionsImported,
    InteractionsWithdrawn,
    VisitDone,
)
from shared.events.scoring import ObjectionMade, ObjectionWithdrawn, ScoreChanged, StageChanged, TierChanged

_COMPLAINTS = (
    ComplaintOpened,
    ComplaintAssigned,
    ComplaintResolved,
    ComplaintClosed,
    ComplaintReopened,
    ComplaintMerged,
    ComplaintUnmerged,
)


def _order(said: OrderRecorded | OrderReturned | OrderVoided | ImportedOrder, *, holds: bool) -> Noted:
    """A sale that counts, or does not any more; a return is none."""
    version = RECORDED if holds else TAKEN_BACK
    return Noted(
        "order",
        said.order_id,
        said.customer_id,
        said.distributor_id,
        said.ordered_at,
        holds and said.kind == "sale",
        version,
    )


async def on_order(tx: Tx, event: OrderRecorded | OrderReturned) -> None:
    await commands.note(tx, [_order(event, holds=True)])


async def on_order_voided(tx: Tx, event: OrderVoided) -> None:
    await commands.note(tx, [_order(event, holds=False)])


async def on_orders_imported(tx: Tx, event: OrdersImported) -> None:
    await commands.note(tx, [_order(each, holds=True) for each in event.orders])


async def on_orders_voided(tx: Tx, event: OrdersVoided) -> None:
    await commands.note(tx, [_order(each, holds=False) for each in event.orders])


def _contact(said: ImportedInteraction, *, holds: bool) -> Noted:
    version = RECORDED if holds else TAKEN_BACK
    about = (said.interaction_id, said.customer_id, said.distributor_id)
    return Noted("contact", *about, said.occurred_at, holds, version)


async def on_interaction_logged(tx: Tx, event: InteractionLogged) -> None:
    about = (event.subject, event.customer_id, event.distributor_id)
    await commands.note(tx, [Noted("contact", *about, event.occurred_at, holds=True, version=RECORDED)])


async def on_visit_done(tx: Tx, event: VisitDone) -> None:
    about = (event.subject, event.customer_id, event.distributor_id)
    await commands.note(tx, [Noted("contact", *about, event.starts_at, holds=True, version=event.version)])


async def on_interactions_imported(tx: Tx, event: InteractionsImported) -> None:
    await commands.note(tx, [_contact(each, holds=True) for each in event.interactions])


async def on_interactions_withdrawn(tx: Tx, event: InteractionsWithdrawn) -> None:
    await commands.note(tx, [_contact(each, holds=False) for each in event.interactions])


async def on_complaint(tx: Tx, event: Any) -> None:
    """Open until it has a result; one that was merged into another is that other one."""
    holds = event.resolved_at is None and event.closed_at is None and not isinstance(event, ComplaintMerged)
    about = (event.subject, event.customer_id, event.distributor_id)
    await commands.note(tx, [Noted("complaint", *about, event.opened_at, holds, event.version)])


async def on_objection(tx: Tx, event: ObjectionMade | ObjectionWithdrawn) -> None:
    kind: FactKind = "objection"
    about = (event.subject, event.customer_id, event.distributor_id)
    holds = isinstance(event, ObjectionMade)
    await commands.note(tx, [Noted(kind, *about, told_at(tx), holds, event.version)])


async def on_score_changed(tx: Tx, event: ScoreChanged) -> None:
    await commands.score(tx, event)


async def on_tier_changed(tx: Tx, event: TierChanged) -> None:
    customer = (event.subject, event.distributor_id)
    await commands.move(tx, "tier", customer, event.to_tier, told_at(tx), version=event.version)


async def on_stage_changed(tx: Tx, event: StageChanged) -> None:
    customer = (event.subject, event.distributor_id)
    await commands.move(tx, "stage", customer, event.to_stage, told_at(tx), version=event.version)


STANDING_EVENTS: dict[type[Any], Any] = {
    OrderRecorded: on_order,
    OrderReturned: on_order,
    OrderVoided: on_order_voided,
    OrdersImported: on_orders_imported,
    OrdersVoided: on_orders_voided,
    InteractionLogged: on_interaction_logged,
    VisitDone: on_visit_done,
    InteractionsImported: on_interactions_imported,
    InteractionsWithdrawn: on_interactions_withdrawn,
    **dict.fromkeys(_COMPLAINTS, on_complaint),
    ObjectionMade: on_objection,
    ObjectionWithdrawn: on_objection,
    ScoreChanged: on_score_changed,
    TierChanged: on_tier_changed,
    StageChanged: on_stage_changed,
}
