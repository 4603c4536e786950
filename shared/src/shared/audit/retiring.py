"""Retiring old entries: the owner takes them out up to a number, and a signed checkpoint stands there."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, DateTime, bindparam, delete, func, insert, select

from shared.audit import anchors, chain
from shared.audit.chain import Head
from shared.audit.entries import Entry, entry_id
from shared.audit.journal import Journal
from shared.audit.tables import AuditAnchor, AuditBlock, AuditCheckpoint, AuditEntry
from shared.audit.verify import Broken, verify
from shared.db import Database, Tx, prepare

_SECONDS = 3600
_END: Final = 2**62
_e = AuditEntry.metadata.tables["audit_entry"]
_b = AuditBlock.metadata.tables["audit_block"]
_c = AuditCheckpoint.metadata.tables["audit_checkpoint"]
_a = AuditAnchor.metadata.tables["audit_anchor"]
_before = bindparam("before", type_=DateTime(timezone=True))
_number = bindparam("b_number", type_=BigInteger)

_kept = select(func.min(_b.c.first)).where(_b.c.sealed_at >= _before).scalar_subquery()
_UP_TO = prepare(
    select(func.max(_b.c.first + func.cardinality(_b.c.ids) - 1)).where(
        _b.c.first < func.coalesce(_kept, _END)
    )
)
_CHECKPOINT = prepare(insert(_c), *_c.c.keys())
_gone = select(func.unnest(_b.c.ids)).where(_b.c.first <= _number)
_TAKE_OUT = (
    prepare(delete(_b).where(_b.c.first <= _number)),
    prepare(delete(_c).where(_c.c.number < _number)),
)
_TAKE_OUT_ENTRIES = prepare(delete(_e).where(_e.c.id.in_(_gone)))
_TAKE_OUT_ANCHORS = prepare(delete(_a).where(_a.c.at < _before))


class BrokenAuditError(Exception):
    """The chain does not hold: nothing is taken out of it, or nobody could tell what was lost."""

    def __init__(self, broken: Broken) -> None:
        super().__init__(broken.reason)
        self.broken = broken


async def retire(database: Database, journal: Journal, *, before: datetime) -> int:
    """Take out what was sealed before this moment; how many entries went. The audit tells of that, too.

    `database` is opened in the owner's name. Raises BrokenAuditError after following the whole chain first.
    """
    verdict = await verify(database, journal.keys)
    if verdict.broken is not None:
        raise BrokenAuditError(verdict.broken)
    async with database.begin(timeout=_SECONDS) as tx:
        await tx.connection.execute("SET LOCAL tonglu.audit_retires = 'on'")
        await chain.lock(tx)
        number = await tx.value(_UP_TO, before=before)
        gone = 0 if number is None else await _taken_out(tx, journal, number, before)
        journal.change(tx, _told(tx, gone))
    await journal.flush()
    return gone


async def _taken_out(tx: Tx, journal: Journal, number: int, before: datetime) -> int:
    mark = Head(number, await anchors.hash_at(tx, number) or b"")
    await tx.run(
        _CHECKPOINT, number=number, hash=mark.hash, mac=journal.keys.retired(mark), retired_at=tx.now
    )
    gone = await tx.run(_TAKE_OUT_ENTRIES, b_number=number)
    for statement in _TAKE_OUT:
        await tx.run(statement, b_number=number)
    await tx.run(_TAKE_OUT_ANCHORS, before=before)
    return gone


def _told(tx: Tx, gone: int) -> Entry:
    return Entry(
        entry_id(tx.now), tx.now, "change", "retireAudit", "audit", actor_kind="operator", records=gone
    )
