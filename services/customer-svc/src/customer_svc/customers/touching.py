"""Which customers a transaction touches: what is judged of them is judged once, before it commits."""

from collections.abc import Iterable
from uuid import UUID

from shared.db import Tx

_NOTE = "customers touched"


def touch(tx: Tx, *customers: UUID) -> None:
    """Note that these customers, or what belongs to them, changed; they must be locked or new."""
    tx.notes.setdefault(_NOTE, set()).update(customers)


def touched(tx: Tx) -> Iterable[UUID]:
    """The customers that were touched since the last time this was asked, in their order."""
    return sorted(tx.notes.pop(_NOTE, ()))
