"""The chain: every entry gets a number and a keyed hash that covers all entries before it."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, bindparam, func, insert, select

from shared.audit.entries import Entry, canonical
from shared.audit.tables import AuditBlock, AuditCheckpoint, AuditEntry
from shared.db import Reader, Tx, prepare
from shared.sealing import Sealer

HASH_BYTES: Final = hashlib.sha256().digest_size
_LOCK: Final = 0x61756469  # advisory locks are per database, so one number serves every service
_EARLIER = timedelta(minutes=1)

_e = AuditEntry.metadata.tables["audit_entry"]
_b = AuditBlock.metadata.tables["audit_block"]
_c = AuditCheckpoint.metadata.tables["audit_checkpoint"]
_ids = bindparam("ids", type_=ARRAY(Uuid))
_since = bindparam("since", type_=DateTime(timezone=True))

_ALONE = prepare(select(func.pg_advisory_xact_lock(bindparam("key", _LOCK))))
_LAST_BLOCK = prepare(
    select(
        (_b.c.first + func.cardinality(_b.c.ids) - 1).label("number"),
        func.substring(_b.c.hashes, func.length(_b.c.hashes) - HASH_BYTES + 1).label("hash"),
        _b.c.sealed_at,
    )
    .order_by(_b.c.first.desc())
    .limit(1)
)
_LAST_CHECKPOINT = prepare(
    select(_c.c.number, _c.c.hash, _c.c.retired_at.label("sealed_at")).order_by(_c.c.number.desc()).limit(1)
)
_APPEND = prepare(insert(_b), "first", "ids", "hashes", "sealed_at")
_sealed = select(func.unnest(_b.c.ids).label("id")).where(_b.c.sealed_at >= _since).subquery()
_SEALED = prepare(select(_sealed.c.id).where(_sealed.c.id == func.any(_ids)))
_WRITTEN = prepare(select(_e.c.id).where(_e.c.id == func.any(_ids)))


@dataclass(frozen=True, slots=True)
class Mark:
    """What the chain takes of an entry."""

    id: UUID
    mac: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Head:
    """The last number of a chain, its hash, and when it was given (None: nothing is sealed yet)."""

    number: int = 0
    hash: bytes = b""
    sealed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """The keyed hashes of one service's audit; without its data key nobody can make them."""

    row: Callable[[bytes], bytes]
    link: Callable[[bytes], bytes]
    checkpoint: Callable[[bytes], bytes]

    @classmethod
    def of(cls, sealer: Sealer) -> "Keys":
        """From the service's data key."""
        return cls(*(sealer.signer(f"audit {use}") for use in ("row", "link", "checkpoint")))

    def mark(self, entry: Entry) -> Mark:
        """The entry as the chain takes it."""
        return Mark(entry.id, self.row(canonical(entry)), entry.at)

    def linked(self, before: Head, macs: Iterable[bytes]) -> list[bytes]:
        """The hashes of further entries, in their order."""
        found, last = [], before.hash
        for number, mac in enumerate(macs, before.number + 1):
            last = self.link(last + number.to_bytes(8, "big") + mac)
            found.append(last)
        return found

    def retired(self, head: Head) -> bytes:
        """The signature of a checkpoint."""
        return self.checkpoint(head.number.to_bytes(8, "big") + head.hash)


async def lock(tx: Tx) -> None:
    """Be the only one who makes the chain longer, until the transaction ends."""
    await tx.value(_ALONE)


async def head(reader: Reader) -> Head:
    """Where the chain ends now."""
    row = await reader.row(_LAST_BLOCK) or await reader.row(_LAST_CHECKPOINT)
    return Head() if row is None else Head(**dict(row))


async def append(tx: Tx, keys: Keys, before: Head, marks: Sequence[Mark]) -> Head:
    """Seal these entries behind the head that was read under the lock; the new head."""
    if not marks:
        return before
    hashes = keys.linked(before, (mark.mac for mark in marks))
    ids = [mark.id for mark in marks]
    await tx.run(_APPEND, first=before.number + 1, ids=ids, hashes=b"".join(hashes), sealed_at=tx.now)
    return Head(before.number + len(marks), hashes[-1], tx.now)


async def unsealed(tx: Tx, marks: Sequence[Mark]) -> list[Mark]:
    """Those of the marks that no block holds yet; asked under the lock."""
    since = min(mark.at for mark in marks) - _EARLIER
    rows = await tx.rows(_SEALED, ids=[mark.id for mark in marks], since=since)
    sealed = {row["id"] for row in rows}
    return [mark for mark in marks if mark.id not in sealed]


async def written(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these entries are in the table."""
    return {row["id"] for row in await tx.rows(_WRITTEN, ids=ids)}
