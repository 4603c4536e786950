"""Which customers a transaction touches: what is judged of them is judged once, before it commits."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from shared.db import Tx

_NOTE = "customers touched"
Touched = Mapping[UUID, Mapping[str, Any] | None]
"""Customers that are new and have nothing yet, each with its row; of the others only the id is known."""


def enter(tx: Tx, records: Iterable[Mapping[str, Any]]) -> None:
    """Note new customers, to whom nothing belongs unless something of theirs is touched, too."""
    noted = tx.notes.setdefault(_NOTE, {})
    for record in records:
        noted.setdefault(record["id"], record)


def touch(tx: Tx, *customers: UUID) -> None:
    """Note that these customers, or what belongs to them, changed; they must be locked or new."""
    tx.notes.setdefault(_NOTE, {}).update(dict.fromkeys(customers))


def touched(tx: Tx) -> Touched:
    """The customers that were noted since this was last asked."""
    noted: Touched = tx.notes.pop(_NOTE, {})
    return noted
