"""What sets a run off."""

from typing import Any
from uuid import UUID

from scoring_svc.facts import changes, due
from scoring_svc.facts import consumers as told
from scoring_svc.modelling.states.layout import ALL, Part
from scoring_svc.profiles.commands import AnyCustomer, keep_profiles
from scoring_svc.profiles.queries import referrers
from scoring_svc.runs.jobs import SETTLE
from scoring_svc.warnings import commands as warnings
from shared.db import Tx
from shared.events import Event
from shared.events.customer import (
    CustomerAssigned,
    CustomerMerged,
    CustomerRegistered,
    CustomersImported,
    CustomerUnmerged,
    CustomerUpdated,
    OrdersImported,
    OrdersVoided,
)
from shared.events.interaction import InteractionsImported, InteractionsWithdrawn
from shared.jobs import enqueue
from shared.references import CUSTOMER_EVENTS, root


async def _settle(tx: Tx) -> None:
    await enqueue(tx, SETTLE, {}, dedup_key=SETTLE)


async def _profiles(tx: Tx, event: AnyCustomer, other: UUID | None = None) -> set[UUID]:
    """Keep what customers are; whom that changes, those among them by whose recommendation they came.

    `other` is the one that the event's customer was merged into, and whose orders were both's.
    """
    touched = set(await keep_profiles(tx, event))
    if other is not None:
        touched.update(await referrers(tx, [event.subject, other]))
    changes.outdate(tx, touched, Part.REFERRING)
    return touched


async def on_orders_imported(tx: Tx, event: OrdersImported) -> None:
    """A chunk of a bulk load: everything is looked at anew when the load has gone quiet."""
    await told.on_orders_imported(tx, event)
    await _settle(tx)


async def on_orders_voided(tx: Tx, event: OrdersVoided) -> None:
    """A chunk of an import that is undone: everything is looked at anew when the undoing has gone quiet."""
    await told.on_orders_voided(tx, event)
    await _settle(tx)


async def on_interactions_imported(tx: Tx, event: InteractionsImported) -> None:
    """A chunk of contacts: everything is looked at anew when the load has gone quiet."""
    await told.on_interactions_imported(tx, event)
    await _settle(tx)


async def on_interactions_withdrawn(tx: Tx, event: InteractionsWithdrawn) -> None:
    """A chunk of contacts that are taken back: all is looked at anew when the undoing has gone quiet."""
    await told.on_interactions_withdrawn(tx, event)
    await _settle(tx)


async def on_customers_imported(tx: Tx, event: CustomersImported) -> None:
    """New customers in bulk; prospects until something is known of them."""
    await CUSTOMER_EVENTS[CustomersImported](tx, event)
    touched = await _profiles(tx, event)
    due.mark_settling(tx, [*touched, *(row.customer_id for row in event.customers)])
    await _settle(tx)


async def on_customer_registered(tx: Tx, event: CustomerRegistered) -> None:
    """A new customer."""
    await CUSTOMER_EVENTS[CustomerRegistered](tx, event)
    due.mark_due(tx, [event.subject, *await _profiles(tx, event)])


async def on_customer_changed(tx: Tx, event: CustomerUpdated | CustomerAssigned) -> None:
    """A customer is scored anew if what it is has changed."""
    await CUSTOMER_EVENTS[type(event)](tx, event)
    due.mark_due(tx, await _profiles(tx, event))


async def on_customer_merged(tx: Tx, event: CustomerMerged) -> None:
    """What it did counts for the other from now on; who warned of it need not any more."""
    await CUSTOMER_EVENTS[CustomerMerged](tx, event)
    if await root(tx, event.subject) != event.subject:
        await warnings.end_of(tx, event.subject, "merged")
    changes.outdate(tx, [event.subject, event.merged_into], ALL)
    due.mark_due(tx, [event.subject, event.merged_into, *await _profiles(tx, event, event.merged_into)])


async def on_customer_unmerged(tx: Tx, event: CustomerUnmerged) -> None:
    """Each is scored from its own facts again."""
    merged_into = await root(tx, event.subject)
    await CUSTOMER_EVENTS[CustomerUnmerged](tx, event)
    changes.outdate(tx, [event.subject, merged_into], ALL)
    due.mark_due(tx, [event.subject, merged_into, *await _profiles(tx, event, merged_into)])


SCORING_EVENTS: dict[type[Event], Any] = {
    **CUSTOMER_EVENTS,
    **told.FACT_EVENTS,
    CustomerRegistered: on_customer_registered,
    CustomerUpdated: on_customer_changed,
    CustomerAssigned: on_customer_changed,
    CustomerMerged: on_customer_merged,
    CustomerUnmerged: on_customer_unmerged,
    CustomersImported: on_customers_imported,
    OrdersImported: on_orders_imported,
    OrdersVoided: on_orders_voided,
    InteractionsImported: on_interactions_imported,
    InteractionsWithdrawn: on_interactions_withdrawn,
}
