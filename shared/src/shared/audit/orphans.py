"""Entries that were committed and never sealed, because their process was killed in between."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, exists, func, select

from shared.audit.chain import Head, Keys, Mark
from shared.audit.entries import COLUMNS, canonical
from shared.audit.tables import AuditBlock, AuditEntry
from shared.clock import EPOCH
from shared.db import Record, Tx, prepare

LEFT_ALONE: Final = timedelta(seconds=60)
"""A younger entry's own process may still be about to seal it."""
MOST_AT_ONCE: Final = 5000

_BEFORE_THE_END = timedelta(hours=1)
_EARLIER = timedelta(minutes=1)
_MILLISECOND = timedelta(milliseconds=1)
_e = AuditEntry.metadata.tables["audit_entry"]
_b = AuditBlock.metadata.tables["audit_block"]
_since = bindparam("sealed_since", type_=DateTime(timezone=True))
_sealed = select(func.unnest(_b.c.ids).label("id")).where(_b.c.sealed_at >= _since).subquery()
_FIND = prepare(
    select(*(_e.c[name] for name in COLUMNS), _e.c.mac)
    .where(
        _e.c.id >= bindparam("first", type_=Uuid),
        _e.c.id < bindparam("before", type_=Uuid),
        ~exists(select(_sealed.c.id).where(_sealed.c.id == _e.c.id)),
    )
    .order_by(_e.c.id)
    .limit(MOST_AT_ONCE)
)


@dataclass(frozen=True, slots=True)
class Orphans:
    """Unsealed entries that are ours, the number of those that are not, and whether there may be more."""

    sound: list[Mark]
    forged: int
    more: bool


async def find(tx: Tx, keys: Keys, *, since: datetime) -> Orphans:
    """The unsealed entries of a minute ago and earlier, as far back as `since`; asked under the lock."""
    rows = await tx.rows(
        _FIND,
        first=least_id(since),
        before=least_id(tx.now - LEFT_ALONE),
        sealed_since=max(since, EPOCH + _EARLIER) - _EARLIER,
    )
    sound = [Mark(row["id"], row["mac"], row["at"]) for row in rows if is_ours(row, keys)]
    return Orphans(sound, forged=len(rows) - len(sound), more=len(rows) == MOST_AT_ONCE)


def first_look(head: Head) -> datetime:
    """How far back a process looks at its start: an hour before the last sealing, all if there was none."""
    return EPOCH if head.sealed_at is None else head.sealed_at - _BEFORE_THE_END


def may_be_swept(marks: Sequence[Mark], now: datetime) -> bool:
    """Whether another process may have sealed one of them meanwhile."""
    return any(mark.at < now - LEFT_ALONE / 2 for mark in marks)


def is_ours(row: Record, keys: Keys) -> bool:
    """Whether the row is as we wrote it."""
    try:
        return hmac.compare_digest(keys.row(canonical([row[name] for name in COLUMNS])), row["mac"])
    except (ValueError, TypeError):
        return False


def least_id(at: datetime) -> UUID:
    """No entry of this moment or later has a smaller id."""
    return UUID(int=max((at - EPOCH) // _MILLISECOND, 0) << 80)
