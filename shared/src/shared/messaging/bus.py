"""What carries events between services: the protocol that `LocalBus` and `RabbitBus` keep."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from shared.messaging.outbox import OutboxRow


class BusUnavailableError(Exception):
    """The bus cannot be used now; trying again later can help."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event as it arrives: the JSON text of its CloudEvent, and where it came through.

    `redelivered` says that somebody may have begun to handle it before and did not end well.
    """

    body: str
    exchange: str
    routing_key: str
    redelivered: bool = False


Deliver = Callable[[Sequence[Delivery]], Awaitable[None]]
"""Returns when every delivery is taken care of; raises when none may be acknowledged."""


class EventBus(Protocol):
    """At least once, in order per aggregate unless something fails; a consumer has its service's name."""

    async def open(self) -> None:
        """Get ready; never fails because a broker is down."""

    async def close(self) -> None:
        """Let go of connections."""

    async def declare(self, consumer: str, types: Collection[str]) -> None:
        """From now on keep events of these types for the consumer, whether it runs or not.

        Raises `BusUnavailableError`.
        """

    async def publish(self, batch: Sequence[OutboxRow]) -> set[UUID]:
        """Hand events over in order; the ids of those that are safe.

        An event that no consumer was ever declared for is safe. Raises `BusUnavailableError` when none could
        be handed over.
        """

    async def subscribe(self, consumer: str, types: Collection[str], deliver: Deliver) -> None:
        """Declare, then deliver batches in order until cancelled; survives a broker that comes and goes."""
