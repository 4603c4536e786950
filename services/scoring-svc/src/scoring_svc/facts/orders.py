"""Orders that come one by one, written down together before the commit of the transaction they come in."""

from collections.abc import Sequence

from scoring_svc.facts import commands, due
from shared.db import Tx
from shared.events.customer import OrderFact

_NOTE = "orders told"


def tell(tx: Tx, order: OrderFact) -> None:
    """Have an order written down, and its customer scored at once.

    RuntimeError where nothing finishes a transaction: the order would be lost, and its event acknowledged.
    """
    if not tx.database.finishes:
        raise RuntimeError("orders are written down by what finishes a transaction, and nothing does")
    told: list[OrderFact] = tx.notes.setdefault(_NOTE, [])
    told.append(order)


async def write_down(tx: Tx) -> None:
    """Write down what was told until now: however many orders there are, in one statement.

    An order that was told more than once comes again after that: each telling may know more of it.
    """
    told: Sequence[OrderFact] = tx.notes.pop(_NOTE, ())
    while told:
        first = {order.order_id: order for order in reversed(told)}
        due.mark_due(tx, await commands.add_orders(tx, list(first.values()), singly=True))
        told = [order for order in told if first[order.order_id] is not order]
