"""Which function handles which event in a service."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from shared.db import Tx
from shared.events import Envelope, Event

Handler = Callable[[Tx, Any], Awaitable[None]]
_IN_HAND = "envelope"


def take_in_hand(tx: Tx, envelope: Envelope) -> None:
    """Say which event the handlers of this transaction have before them now."""
    tx.notes[_IN_HAND] = envelope


def in_hand(tx: Tx) -> Envelope:
    """For a handler that needs to know which event it is, and since when: the envelope of what it handles."""
    envelope: Envelope = tx.notes[_IN_HAND]
    return envelope


class Consumers:
    """Handlers by event class; several of one event run in their order, in one transaction.

    A handler compares versions instead of trusting the order of arrival, sees every distributor's rows, and
    never commits.
    """

    def __init__(self, handlers: Mapping[type[Event], Handler | Sequence[Handler]]) -> None:
        self._handlers = {
            event: (found,) if callable(found) else tuple(found) for event, found in handlers.items()
        }

    def also(self, handlers: Mapping[type[Event], Handler]) -> "Consumers":
        """The same, and these after those that are there."""
        together = dict(self._handlers)
        for event, handler in handlers.items():
            together[event] = (*together.get(event, ()), handler)
        return Consumers(together)

    @property
    def types(self) -> frozenset[str]:
        """The event types that are handled."""
        return frozenset(event.type for event in self._handlers)

    def handlers(self, event: type[Event]) -> tuple[Handler, ...]:
        """The handlers of an event class; none if it is not handled."""
        return self._handlers.get(event, ())
