"""Following the chain from its beginning: it holds, or its first broken place is named."""

import hmac
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Uuid, bindparam, exists, func, select

from shared.audit.chain import HASH_BYTES, Head, Keys
from shared.audit.entries import COLUMNS
from shared.audit.orphans import is_ours
from shared.audit.tables import AuditBlock, AuditCheckpoint, AuditEntry
from shared.db import Database, Reader, Record, prepare

UNSEALED_FOR: Final = timedelta(minutes=5)
"""An entry that is older and still has no number was kept out of the chain."""

Reason = Literal[
    "entry_changed",
    "entry_missing",
    "link_changed",
    "link_missing",
    "never_sealed",
    "checkpoint_changed",
    "shorter_than_anchor",
    "other_than_anchor",
]
_BLOCKS_AT_ONCE = 50
_STATEMENT_SECONDS = 600

_e = AuditEntry.metadata.tables["audit_entry"]
_b = AuditBlock.metadata.tables["audit_block"]
_c = AuditCheckpoint.metadata.tables["audit_checkpoint"]
_BLOCKS = prepare(
    select(_b.c.first, _b.c.ids, _b.c.hashes)
    .where(_b.c.first > bindparam("after", type_=BigInteger))
    .order_by(_b.c.first)
    .limit(_BLOCKS_AT_ONCE)
)
_ENTRIES = prepare(
    select(*(_e.c[name] for name in COLUMNS), _e.c.mac).where(
        _e.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))
    )
)
_CHECKPOINT = prepare(select(_c.c.number, _c.c.hash, _c.c.mac).order_by(_c.c.number.desc()).limit(1))
_sealed = select(func.unnest(_b.c.ids).label("id")).subquery()
_UNSEALED = prepare(
    select(_e.c.id)
    .where(
        _e.c.at < bindparam("before", type_=DateTime(timezone=True)),
        ~exists(select(_sealed.c.id).where(_sealed.c.id == _e.c.id)),
    )
    .order_by(_e.c.id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first place where the audit is not as it was written: its number, its entry as far as known."""

    number: int | None
    reason: Reason
    entry_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far the chain holds: `entries` were followed up to `head`; `broken` is None when all of it does."""

    entries: int
    head: Head
    broken: Broken | None = None


async def verify(database: Database, keys: Keys, anchors: Sequence[Head] = ()) -> Verdict:
    """Follow the whole chain, and compare it with heads that were copied elsewhere.

    Finds entries that were changed, taken out, put in or swapped, links that were made without the data
    key, and, by the anchors, an end that was cut off.
    """
    async with database.begin(timeout=_STATEMENT_SECONDS) as tx:
        await tx.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        begin = await _beginning(tx, keys)
        if isinstance(begin, Broken):
            return Verdict(0, Head(), begin)
        verdict = await _followed(tx, keys, begin, {each.number: each.hash for each in anchors})
        if verdict.broken is not None:
            return verdict
        left_out = await tx.value(_UNSEALED, before=tx.now - UNSEALED_FOR)
        broken = None if left_out is None else Broken(None, "never_sealed", left_out)
        return Verdict(verdict.entries, verdict.head, broken)


async def _beginning(reader: Reader, keys: Keys) -> Head | Broken:
    row = await reader.row(_CHECKPOINT)
    if row is None:
        return Head()
    begin = Head(row["number"], row["hash"])
    sound = hmac.compare_digest(keys.retired(begin), row["mac"])
    return begin if sound else Broken(row["number"], "checkpoint_changed")


async def _followed(reader: Reader, keys: Keys, begin: Head, anchors: Mapping[int, bytes]) -> Verdict:
    last = begin
    async for row in _blocks(reader, begin.number):
        if row["first"] != last.number + 1:
            return Verdict(last.number - begin.number, last, Broken(last.number + 1, "link_missing"))
        entries = {each["id"]: each for each in await reader.rows(_ENTRIES, ids=row["ids"])}
        for place, entry_id in enumerate(row["ids"]):
            told = row["hashes"][place * HASH_BYTES : (place + 1) * HASH_BYTES]
            reason = _reason(keys, last, entries.get(entry_id), told, anchors)
            if reason is not None:
                return Verdict(last.number - begin.number, last, Broken(last.number + 1, reason, entry_id))
            last = Head(last.number + 1, told)
    ahead = [number for number in anchors if number > last.number]
    broken = Broken(last.number + 1, "shorter_than_anchor") if ahead else None
    return Verdict(last.number - begin.number, last, broken)


def _reason(
    keys: Keys, before: Head, entry: Record | None, told: bytes, anchors: Mapping[int, bytes]
) -> Reason | None:
    """Why the next link does not hold, if it does not."""
    if entry is None:
        return "entry_missing"
    if not is_ours(entry, keys):
        return "entry_changed"
    if not hmac.compare_digest(keys.linked(before, [entry["mac"]])[0], told):
        return "link_changed"
    if not hmac.compare_digest(anchors.get(before.number + 1, told), told):
        return "other_than_anchor"
    return None


async def _blocks(reader: Reader, after: int) -> AsyncIterator[Record]:
    while True:
        rows = await reader.rows(_BLOCKS, after=after)
        for row in rows:
            yield row
        if len(rows) < _BLOCKS_AT_ONCE:
            return
        after = rows[-1]["first"]
