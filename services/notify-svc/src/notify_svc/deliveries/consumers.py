"""Door for events: whatever is told may be wanted by a webhook."""

from typing import Any

from notify_svc.deliveries import matching
from notify_svc.webhooks import ending
from notify_svc.webhooks.domain import PERMISSION
from shared.db import Tx
from shared.events import Event, published
from shared.events.gateway import KeyRevoked
from shared.messaging.consumers import in_hand


async def on_any_event(tx: Tx, event: Event) -> None:  # noqa: ARG001 - its envelope says more
    """One delivery for each webhook that hears it."""
    await matching.hear(tx, in_hand(tx))


async def on_key_revoked(tx: Tx, event: KeyRevoked) -> None:
    """Nothing is sent in the name of a key that has ended."""
    await ending.end_with_key(tx, event.subject)


ANY_EVENT: dict[type[Any], Any] = {event: on_any_event for event in published() if event.type in PERMISSION}
"""For `Consumers.also`: every event that can be had."""
KEY_EVENTS: dict[type[Any], Any] = {KeyRevoked: on_key_revoked}
