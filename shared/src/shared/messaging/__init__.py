"""Nothing told is lost, every effect happens once: outbox, relay, bus, inbox, retries, dead letters."""

from shared.messaging.bus import BusUnavailableError, Delivery, EventBus
from shared.messaging.consumers import Consumers
from shared.messaging.inbox import Inbox
from shared.messaging.local import LocalBus
from shared.messaging.relay import Relay
from shared.messaging.retries import Retries

__all__ = [
    "BusUnavailableError",
    "Consumers",
    "Delivery",
    "EventBus",
    "Inbox",
    "LocalBus",
    "Relay",
    "Retries",
]
