"""Door for events: whatever the catalogue knows brings reminders, and takes them back."""

from collections.abc import Mapping
from typing import Any

from notify_svc.reminder_rules import commands
from notify_svc.reminder_rules.domain import CATALOGUE, ENDS, told_by
from shared.db import Tx
from shared.events import Event
from shared.events.interaction import InteractionLogged


async def on_end(tx: Tx, event: Any) -> None:
    """What it ends is over, and the reminders of it."""
    occasions = ENDS[type(event)]
    await commands.end(tx, occasions, event.subject, version=event.version, customer_id=event.customer_id)


async def on_told(tx: Tx, event: Event) -> None:
    """What waits for it comes, and rules do what they say."""
    await commands.tell(tx, told_by(event, now=tx.now))


async def on_interaction_logged(tx: Tx, event: InteractionLogged) -> None:
    """A silence is over."""
    await commands.hear(tx, event.customer_id, event.occurred_at)


ENDING: Mapping[type[Any], Any] = dict.fromkeys(ENDS, on_end)
TELLING: Mapping[type[Any], Any] = {
    **dict.fromkeys(CATALOGUE, on_told),
    InteractionLogged: on_interaction_logged,
}
