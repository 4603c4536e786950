"""Door for events: what can trigger, end or stop a run becomes a fact; runs hear of facts by themselves."""

from collections.abc import Callable, Mapping
from typing import Any

from notify_svc.playbook_runs import facts, queries
from notify_svc.playbook_runs.domain import OBJECTION
from notify_svc.playbook_runs.facts import Told
from notify_svc.standing.moments import told_at
from shared.db import Tx
from shared.events.complaint import ComplaintClosed, ComplaintEscalated, ComplaintOpened, ComplaintResolved
from shared.events.customer import (
    ContractChanged,
    CustomerRegistered,
    ImportedOrder,
    OrderRecorded,
    OrderReturned,
    OrdersImported,
)
from shared.events.interaction import (
    InteractionLogged,
    InteractionsImported,
    PromiseBroken,
    ServiceRecorded,
    SurveyAnswered,
    VisitDone,
    VisitMissed,
)
from shared.events.scoring import (
    ChurnCleared,
    ChurnWarned,
    ObjectionMade,
    ScoreChanged,
    StageChanged,
    TierChanged,
)

_KINDS: Mapping[type[Any], str] = {
    OrderReturned: "order.returned",
    InteractionLogged: "interaction.logged",
    VisitDone: "visit.done",
    VisitMissed: "visit.missed",
    ComplaintOpened: "complaint.opened",
    ComplaintEscalated: "complaint.escalated",
    ComplaintResolved: "complaint.resolved",
    ComplaintClosed: "complaint.closed",
    PromiseBroken: "promise.broken",
    SurveyAnswered: "survey.answered",
    ServiceRecorded: "service.recorded",
    ChurnWarned: "churn.warned",
    ChurnCleared: "churn.cleared",
    ObjectionMade: OBJECTION,
}
"""Events that are facts as they stand."""

_MOMENT_OF: Mapping[type[Any], Callable[[Any], Any]] = {
    OrderReturned: lambda event: event.ordered_at,
    InteractionLogged: lambda event: event.occurred_at,
    VisitDone: lambda event: event.starts_at,
}
"""When what may be recorded long afterwards happened; the others happen when they are told."""


_TOLD_AGAIN = frozenset({ChurnWarned})
"""What is told again because it goes to somebody else, and did not happen again."""


async def on_event(tx: Tx, event: Any) -> None:
    """One thing happened to a customer."""
    told = told_at(tx)
    moment_of = _MOMENT_OF.get(type(event))
    happened = told if moment_of is None else moment_of(event)
    number = 1 if type(event) in _TOLD_AGAIN else event.version
    about = (event.subject, number, event.customer_id, event.distributor_id)
    if happened > told - facts.STALE:
        await facts.note(tx, [Told(_KINDS[type(event)], *about, told)], now=tx.now)


async def on_customer_registered(tx: Tx, event: CustomerRegistered) -> None:
    said = Told("customer.registered", event.subject, 1, event.subject, event.distributor_id, told_at(tx))
    await facts.note(tx, [said], now=tx.now)


def _order(said: OrderRecorded | ImportedOrder, tx: Tx) -> list[Told]:
    """A sale or a return of these days; what is loaded of earlier ones starts nothing."""
    told = told_at(tx)
    if said.ordered_at < told - facts.STALE:
        return []
    kind = "order.recorded" if said.kind == "sale" else "order.returned"
    return [Told(kind, said.order_id, 1, said.customer_id, said.distributor_id, told)]


async def on_order_recorded(tx: Tx, event: OrderRecorded) -> None:
    await facts.note(tx, _order(event, tx), now=tx.now)


async def on_orders_imported(tx: Tx, event: OrdersImported) -> None:
    await facts.note(tx, [told for each in event.orders for told in _order(each, tx)], now=tx.now)


async def on_interactions_imported(tx: Tx, event: InteractionsImported) -> None:
    told = told_at(tx)
    heard = [
        Told("interaction.logged", each.interaction_id, 1, each.customer_id, each.distributor_id, told)
        for each in event.interactions
        if each.occurred_at > told - facts.STALE
    ]
    await facts.note(tx, heard, now=tx.now)


async def on_contract_changed(tx: Tx, event: ContractChanged) -> None:
    """A contract that is over; told again later, it is the same fact."""
    if event.status in ("ended", "terminated"):
        about = (event.subject, 1, event.customer_id, event.distributor_id)
        await facts.note(tx, [Told("contract.ended", *about, told_at(tx))], now=tx.now)


async def on_tier_changed(tx: Tx, event: TierChanged) -> None:
    about = (event.subject, event.version, event.subject, event.distributor_id)
    said = Told("tier", *about, told_at(tx), event.from_tier, event.to_tier)
    await facts.note(tx, [said], now=tx.now)


async def on_stage_changed(tx: Tx, event: StageChanged) -> None:
    about = (event.subject, event.version, event.subject, event.distributor_id)
    said = Told("stage", *about, told_at(tx), event.from_stage, event.to_stage)
    await facts.note(tx, [said], now=tx.now)


async def on_score_changed(tx: Tx, event: ScoreChanged) -> None:
    """The risk of being lost reached another level, by what the standing kept of the one before."""
    moved = await queries.churn_moved(tx, event.subject, event.version)
    if moved is not None:
        about = (event.subject, event.version, event.subject, event.distributor_id)
        said = Told("churn", *about, told_at(tx), moved["churn_from"], event.level)
        await facts.note(tx, [said], now=tx.now)


TRIGGER_EVENTS: dict[type[Any], Any] = {
    **dict.fromkeys(_KINDS, on_event),
    CustomerRegistered: on_customer_registered,
    OrderRecorded: on_order_recorded,
    OrdersImported: on_orders_imported,
    InteractionsImported: on_interactions_imported,
    ContractChanged: on_contract_changed,
    TierChanged: on_tier_changed,
    StageChanged: on_stage_changed,
    ScoreChanged: on_score_changed,
}
"""To be heard after the standing has taken them in."""
