"""Door for events: whatever the catalogue knows brings reminders, and takes them back."""

from collections.abc import Mapping
from typing import Any

from notify_svc.reminder_rules import commands, keeping
from notify_svc.reminder_rules.domain import CATALOGUE, CONTRACT_ENDS, ENDS, FOR_GOOD, told_by
from shared.db import Tx
from shared.events.customer import ContractChanged
from shared.events.interaction import InteractionLogged


async def on_end(tx: Tx, event: Any) -> None:
    """What it ends is over, and the reminders of it."""
    occasions = ENDS[type(event)]
    await commands.end(tx, occasions, event.subject, version=event.version, customer_id=event.customer_id)


async def on_told(tx: Tx, event: Any) -> None:
    """What waits for it comes, and rules do what they say; or it is taken back."""
    told = told_by(event, now=tx.now)
    if told is not None:
        await commands.tell(tx, told)
        return
    telling = CATALOGUE[type(event)]
    customer_id = getattr(event, telling.customer)
    await commands.end(tx, (telling.occasion,), event.subject, version=event.version, customer_id=customer_id)


async def on_contract_changed(tx: Tx, event: ContractChanged) -> None:
    """Its end is kept for who asks later; that of one that is renewed concerns nobody any more."""
    await keeping.keep_end(tx, event)
    if event.renewal_of is not None and event.status == "active":
        renewed, customer_id = event.renewal_of, event.customer_id
        await keeping.renew(tx, event, renewed)
        await commands.end(tx, (CONTRACT_ENDS,), renewed, version=FOR_GOOD, customer_id=customer_id)


async def on_interaction_logged(tx: Tx, event: InteractionLogged) -> None:
    """A silence is over."""
    await commands.hear(tx, event.customer_id, event.occurred_at)


ENDING: Mapping[type[Any], Any] = {
    **dict.fromkeys(ENDS, on_end),
    ContractChanged: on_contract_changed,
}
TELLING: Mapping[type[Any], Any] = {
    **dict.fromkeys(CATALOGUE, on_told),
    InteractionLogged: on_interaction_logged,
}
