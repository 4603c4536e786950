"""Who is to be scored: customers whose facts changed, at once or when a bulk load has gone quiet."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Uuid, bindparam, case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from scoring_svc.facts import touched
from scoring_svc.facts.tables import Due
from shared.db import Database, Prepared, Tx, prepare

BELL = "due"
SETTLING = timedelta(minutes=10)
"""How long customers of a bulk load wait at most for the run that follows it."""

LEASE = timedelta(minutes=1)
"""How long after a crash of whoever scores them customers wait."""

_NOTE = "due"
_MOMENT = DateTime(timezone=True)
_D: Any = Due.__table__  # type: ignore[attr-defined]
_given = (
    func.unnest(bindparam("b_customers", type_=ARRAY(Uuid)), bindparam("b_moments", type_=ARRAY(_MOMENT)))
    .table_valued("customer_id", "due_at", name="given")
    .render_derived()
)
_new = insert(_D).from_select(["customer_id", "due_at"], select(*_given.c))
_NOW = bindparam("b_now", type_=_MOMENT)
_MARK = prepare(
    _new.on_conflict_do_update(
        index_elements=["customer_id"],
        set_={
            "due_at": case(
                (
                    or_(_D.c.due_at <= _NOW, _new.excluded.due_at <= _NOW),
                    func.least(_D.c.due_at, _new.excluded.due_at),
                ),
                else_=func.greatest(_D.c.due_at, _new.excluded.due_at),
            )
        },
    )
)
_RELEASE = prepare(update(_D).where(_D.c.due_at > bindparam("b_now", type_=_MOMENT)), "due_at")
_FORGET = prepare(
    delete(_D).where(
        _D.c.due_at > bindparam("b_now", type_=_MOMENT), _D.c.due_at <= bindparam("b_until", type_=_MOMENT)
    )
)


_UNTIL = bindparam("b_until", type_=_MOMENT)
_ready = (
    select(_D.c.customer_id)
    .where(_D.c.due_at <= _NOW)
    .order_by(_D.c.due_at)
    .limit(bindparam("b_most", type_=Integer))
    .with_for_update(skip_locked=True)
)
TAKING = update(_D).where(_D.c.customer_id.in_(_ready)).values(due_at=_UNTIL).returning(_D.c.customer_id)
"""The UPDATE that takes up to `b_most` customers whose time has come at `b_now`, until `b_until`.

They stay on the list, for later, until they are `done`: who is marked meanwhile does not wait for that score.
"""
_taken = (_D.c.customer_id == func.any(bindparam("b_customers", type_=ARRAY(Uuid)))) & (_D.c.due_at == _UNTIL)
_DONE = prepare(
    delete(_D).where(
        _D.c.customer_id.in_(select(_D.c.customer_id).where(_taken).with_for_update(skip_locked=True))
    )
)
_GIVE_BACK = prepare(update(_D).where(_taken), "due_at")


class Taken(NamedTuple):
    """Customers to be scored now, and the moment until which nobody else takes them."""

    customers: list[UUID]
    until: datetime


def mark_due(tx: Tx, customers: Iterable[UUID]) -> None:
    """Have these customers scored at once."""
    _mark(tx, dict.fromkeys(customers, tx.now))


def mark_settling(tx: Tx, customers: Iterable[UUID]) -> None:
    """Have these customers scored by the run that follows a bulk load, or at last when it does not come."""
    _mark(tx, dict.fromkeys(customers, tx.now + SETTLING))


def _mark(tx: Tx, moments: Mapping[UUID, datetime]) -> None:
    """Noted once before the commit, in one order for all writers: none waits for another in a circle."""
    noted: dict[UUID, datetime] | None = tx.notes.get(_NOTE)
    if noted is None:
        noted = tx.notes[_NOTE] = {}
        tx.before_commit(_changed)
        tx.before_commit(_flush)
        tx.after_commit(tx.database.signal(BELL).set)
    for customer, moment in moments.items():
        noted[customer] = min(moment, noted.get(customer, moment))


def _changed(tx: Tx) -> tuple[Prepared, dict[str, Any]]:
    return touched.NOTE, {"b_customers": sorted(tx.notes[_NOTE])}


def _flush(tx: Tx) -> tuple[Prepared, dict[str, Any]]:
    noted: dict[UUID, datetime] = tx.notes.pop(_NOTE)
    chosen = sorted(noted)
    return _MARK, {"b_customers": chosen, "b_moments": [noted[one] for one in chosen], "b_now": tx.now}


def done(tx: Tx, taken: Taken) -> None:
    """Take off the list, with this transaction, who was not marked again since it was taken."""
    tx.run_last(_DONE, b_customers=taken.customers, b_until=taken.until)


async def give_back(database: Database, taken: Taken) -> None:
    """Have them scored at once after all."""
    async with database.begin() as tx:
        await tx.run(_GIVE_BACK, b_customers=taken.customers, b_until=taken.until, due_at=tx.now)


async def settle(database: Database, *, scored_since: datetime | None) -> None:
    """End the wait of a bulk load: who waited before everybody was scored is scored; others are due now."""
    async with database.begin() as tx:
        if scored_since is not None:
            await tx.run(_FORGET, b_now=tx.now, b_until=scored_since + SETTLING)
        await tx.run(_RELEASE, due_at=tx.now, b_now=tx.now)
        tx.after_commit(database.signal(BELL).set)
