"""Facts that can trigger: noted once each, and forgotten after forty days."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Text, Uuid, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from notify_svc.playbook_runs.queries import FACT
from shared.db import Tx, prepare

KEPT = timedelta(days=40)
STALE = timedelta(days=7)
"""What happened longer ago than this when it is heard starts and ends nothing: history that is loaded."""

_COLUMNS: dict[str, Any] = {
    "id": Uuid,
    "kind": Text,
    "subject_id": Uuid,
    "number": BigInteger,
    "customer_id": Uuid,
    "distributor_id": Uuid,
    "from_code": Text,
    "to_code": Text,
    "at": DateTime(timezone=True),
}
_given = (
    func.unnest(*(bindparam(f"b_{name}", type_=ARRAY(kind)) for name, kind in _COLUMNS.items()))
    .table_valued(*_COLUMNS, with_ordinality="place", name="given")
    .render_derived()
)
_NOTE = prepare(
    insert(FACT)
    .from_select(
        list(_COLUMNS),
        select(*(_given.c[name] for name in _COLUMNS)).order_by(_given.c.place),
        include_defaults=False,
    )
    .on_conflict_do_nothing(index_elements=[FACT.c.kind, FACT.c.subject_id, FACT.c.number])
)
_old = (
    select(FACT.c.id)
    .where(FACT.c.at < bindparam("before", type_=DateTime(timezone=True)))
    .limit(bindparam("most"))
)
_FORGET = prepare(delete(FACT).where(FACT.c.id.in_(_old)))


class Told(NamedTuple):
    """A fact about `subject_id` in its `number`th version, by which it is told from its repetitions."""

    kind: str
    subject_id: UUID
    number: int
    customer_id: UUID
    distributor_id: UUID | None
    at: datetime
    from_code: str | None = None
    to_code: str | None = None


async def note(tx: Tx, told: Iterable[Told], *, now: datetime) -> None:
    """Keep what is news, in one statement however many facts there are."""
    fresh = [each for each in told if each.at > now - STALE]
    if fresh:
        columns = {f"b_{name}": [getattr(each, name) for each in fresh] for name in _COLUMNS if name != "id"}
        await tx.run(_NOTE, b_id=[tx.new_id() for _ in fresh], **columns)


async def forget(tx: Tx, *, most: int = 1000) -> int:
    """Forget some that are older than any dry run looks back; how many."""
    return await tx.run(_FORGET, before=tx.now - KEPT, most=most)
