"""What a transaction learns of customers, noted for whoever keeps their states."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from scoring_svc.modelling.facts import DIRECTION_IN, DIRECTION_OUT, DIRECTION_UNKNOWN
from scoring_svc.modelling.states.layout import NOTHING, Part
from scoring_svc.modelling.states.state import PART_OF
from scoring_svc.modelling.states.told import Bought, Told
from shared.db import Record, Tx
from shared.events.customer import OrderFact

DIRECTION = {"inbound": DIRECTION_IN, "outbound": DIRECTION_OUT}
_NOTE = "changes"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(slots=True)
class Changes:
    """By customer: new facts in the order of telling, and which parts of its state are to be built anew.

    A fact that is money has a currency.
    """

    told: dict[UUID, list[tuple[Told, str | None]]] = field(default_factory=dict)
    outdated: dict[UUID, Part] = field(default_factory=dict)

    def touched(self, customer: UUID) -> Part:
        """The parts of a customer's state that any of this is about."""
        parts = self.outdated.get(customer, NOTHING)
        for fact, _ in self.told.get(customer, ()):
            parts |= PART_OF[type(fact)]
        return parts


def note(tx: Tx, customer: UUID, fact: Told, *, currency: str | None = None) -> None:
    """A fact of which nothing was known before."""
    _noted(tx).told.setdefault(customer, []).append((fact, currency))


def outdate(tx: Tx, customers: Iterable[UUID], parts: Part) -> None:
    """What is known of these customers changed otherwise: these parts are to be built anew from the log."""
    outdated = _noted(tx).outdated
    for customer in customers:
        outdated[customer] = outdated.get(customer, NOTHING) | parts


def orders_added(tx: Tx, orders: Sequence[OrderFact], new: Sequence[Record], *, singly: bool) -> None:
    """Orders of which these rows (order_id, customer_id, referred_by) are new.

    What comes `singly` goes into the state. Most of a file's are late: one by one would not do for them.
    """
    if not singly:
        orders_changed(tx, new)
        return
    by_id = {order.order_id: order for order in orders}
    for row in new:
        order = by_id[row["order_id"]]
        fact = Bought(micros(order.ordered_at), abs(order.amount_minor), order.kind == "return")
        note(tx, order.customer_id, fact, currency=order.currency)
    outdate(tx, (row["referred_by"] for row in new if row["referred_by"] is not None), Part.REFERRING)


def orders_changed(tx: Tx, rows: Sequence[Record]) -> None:
    """Orders that changed otherwise, or many at once."""
    outdate(tx, (row["customer_id"] for row in rows), Part.BUYING)
    outdate(tx, (row["referred_by"] for row in rows if row["referred_by"] is not None), Part.REFERRING)


def taken(tx: Tx) -> Changes | None:
    """What was noted in this transaction, once; None if nothing was."""
    found: Changes | None = tx.notes.pop(_NOTE, None)
    return found


def _noted(tx: Tx) -> Changes:
    found: Changes = tx.notes.setdefault(_NOTE, Changes())
    return found


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def micros_or_none(moment: datetime | None) -> int | None:
    """Microseconds since 1970; None of no moment."""
    return None if moment is None else micros(moment)


def direction(word: str) -> int:
    """The code of a direction; what is neither inbound nor outbound is unknown."""
    return DIRECTION.get(word, DIRECTION_UNKNOWN)
