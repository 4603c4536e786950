"""Every change of an attachment: taking a file in, referring to it, and being rid of it again."""

import hashlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    exists,
    insert,
    null,
    or_,
    select,
    update,
)

from interaction_svc.attachments import domain, queries
from interaction_svc.attachments.queries import Asked
from interaction_svc.attachments.tables import Attachment, AttachmentUse, StoredObject
from interaction_svc.objects import ObjectStore
from interaction_svc.tables import MOMENT
from shared.db import Database, Tx, prepare
from shared.jobs import enqueue
from shared.problems import Conflict, Invalid, Problem, TooLarge, Unavailable
from shared.sheets.form import FileHead

TIDYING = "attachments.tidy"
MIB = 1024 * 1024
_T: Any = Attachment.__table__  # type: ignore[attr-defined]
_U: Any = AttachmentUse.__table__  # type: ignore[attr-defined]
_O: Any = StoredObject.__table__  # type: ignore[attr-defined]
_ids = bindparam("ids", type_=ARRAY(Uuid))
_used = exists(select(_U.c.attachment_id).where(_U.c.attachment_id == _T.c.id))

_EXPECT = prepare(insert(_O), *_O.c.keys())
_ARRIVE = prepare(
    update(_O).where(
        _O.c.id == bindparam("b_id", type_=Uuid), _O.c.state == bindparam("b_state", "coming", type_=Text)
    ),
    "state",
    "since",
)
_LEAVE = prepare(update(_O).where(_O.c.id == any_(_ids)).values(state="going"), "since")
_ADD = prepare(insert(_T).returning(_T.c.customer_id, _T.c.distributor_id, _T.c.origin_id), *_T.c.keys())
_REMOVE = prepare(delete(_T).where(_T.c.id == any_(_ids)))
_NEEDED = prepare(update(_T).where(_T.c.id == any_(_ids)).values(unused_since=null()))
_USE = prepare(insert(_U), *_U.c.keys())
_LET_GO = prepare(
    delete(_U)
    .where(
        _U.c.holder_id == any_(bindparam("holders", type_=ARRAY(Uuid))),
        or_(bindparam("all_of_them", type_=Boolean), _U.c.attachment_id == any_(_ids)),
    )
    .returning(_U.c.attachment_id)
)
_UNUSED = prepare(update(_T).where(and_(_T.c.id == any_(_ids), ~_used)), "unused_since")


@dataclass(frozen=True, slots=True)
class Rules:
    """What is taken in: files of at most so many bytes, of these media types."""

    most_bytes: int
    media_types: Collection[str]


@dataclass(frozen=True, slots=True)
class Received:
    """A file whose bytes are in the store, durably; nobody knows of it yet."""

    id: UUID
    name: str
    media_type: str
    size: int
    sha256: bytes


class _Measured:
    """Bytes on their way: counted, digested, and refused beyond the most."""

    def __init__(self, head: bytes, rest: AsyncIterator[bytes], most: int) -> None:
        self._head = head
        self._rest = rest
        self._most = most
        self._digest = hashlib.sha256()
        self.size = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._counted(self._head)
        async for chunk in self._rest:
            yield self._counted(chunk)

    def _counted(self, chunk: bytes) -> bytes:
        self.size += len(chunk)
        if self.size > self._most:
            raise too_large(self._most)
        self._digest.update(chunk)
        return chunk

    @property
    def sha256(self) -> bytes:
        return self._digest.digest()


async def receive(
    db: Database, store: ObjectStore, told: FileHead, content: AsyncIterator[bytes], *, rules: Rules
) -> Received:
    """Store a file as it arrives, outside of any transaction; what fails on the way leaves nothing behind.

    Invalid for an empty file, one without a name, one of a kind that is not taken in, and one that is not
    what it says it is; TooLarge; Unavailable when the store is away.
    """
    name = domain.cleaned(told.name)
    head = await _head(content)
    if not head:
        raise Invalid.at("/file", "file_empty", en="The file is empty.", zh="文件为空。")
    kind, name = domain.judged(head, name, told.media_type, allowed=rules.media_types)
    async with db.begin() as tx:
        key = tx.new_id()
        await tx.run(_EXPECT, id=key, state="coming", since=tx.now)
    measured = _Measured(head, content, rules.most_bytes)
    try:
        await store.put(key, aiter(measured))
    except OSError:
        await forget(db, store, key)
        raise store_away() from None
    except BaseException:
        await forget(db, store, key)
        raise
    return Received(key, name, kind.media_type, measured.size, measured.sha256)


async def forget(db: Database, store: ObjectStore, key: UUID) -> None:
    """Be rid of an object that no attachment names, now or, when something fails, soon."""
    with suppress(Problem, OSError):
        async with db.begin() as tx:
            await tx.run(_LEAVE, ids=[key], since=tx.now)
        await store.delete(key)
        async with db.begin() as tx:
            await tx.run(GONE, b_id=key)


async def add(
    tx: Tx, received: Received, *, customer_id: UUID, distributor_id: UUID | None, by: UUID
) -> dict[str, Any]:
    """Have a file that was received belong to a customer; Unavailable if it took so long that it is gone."""
    if not await tx.run(_ARRIVE, b_id=received.id, state="there", since=tx.now):
        raise store_away()
    row = {
        "id": received.id,
        "customer_id": customer_id,
        "origin_id": None,
        "distributor_id": distributor_id,
        "name": received.name,
        "media_type": received.media_type,
        "size": received.size,
        "sha256": received.sha256,
        "unused_since": tx.now,
        "created_by": by,
        "created_at": tx.now,
    }
    kept = await tx.row(_ADD, **row)
    return queries.shown({**row, **dict(kept or {})})


async def remove(tx: Tx, attachment_id: UUID) -> None:
    """Delete an attachment; its bytes go soon. NotFound, and Conflict while something refers to it."""
    if await queries.attachment_to_remove(tx, attachment_id):
        raise Conflict(
            "attachment_used",
            en="A record refers to this attachment. Take it out there first.",
            zh="仍有记录引用该附件，请先在记录中移除。",
        )
    await drop(tx, [attachment_id])
    await enqueue(tx, TIDYING, {}, dedup_key=TIDYING)


async def drop(tx: Tx, ids: list[UUID]) -> None:
    """Delete attachments that are locked and that nothing refers to; their objects are to follow."""
    await tx.run(_REMOVE, ids=ids)
    await tx.run(_LEAVE, ids=ids, since=tx.now)


async def take(tx: Tx, asked: Iterable[Asked]) -> Mapping[Asked, str]:
    """What those of these attachments are called that are in sight and this customer's.

    They stay until the transaction ends, and from then on if something refers to them (see `refer`).
    """
    return await queries.names_of_held(tx, asked)


async def refer(tx: Tx, uses: Iterable[tuple[UUID, UUID]]) -> None:
    """Note which record (first) refers to which attachment (second), all of them taken before."""
    rows = [{"holder_id": holder, "attachment_id": attachment} for holder, attachment in dict.fromkeys(uses)]
    await tx.run_many(_USE, rows)
    await tx.run(_NEEDED, ids=sorted({row["attachment_id"] for row in rows}))


async def let_go(tx: Tx, holders: Iterable[UUID], ids: Iterable[UUID] | None = None) -> None:
    """Note that these records refer no more to these attachments, or to any."""
    rows = await tx.rows(_LET_GO, holders=list(holders), all_of_them=ids is None, ids=list(ids or ()))
    left = sorted({row["attachment_id"] for row in rows})
    if left:
        await queries.hold(tx, left)
        await tx.run(_UNUSED, ids=left, unused_since=tx.now)


GONE = prepare(
    delete(_O).where(
        _O.c.id == bindparam("b_id", type_=Uuid), _O.c.state == bindparam("b_state", "going", type_=Text)
    )
)
LATE = prepare(
    update(_O)
    .where(
        _O.c.state == bindparam("b_state", "coming", type_=Text),
        _O.c.since < bindparam("b_before", type_=MOMENT),
    )
    .values(state="going"),
    "since",
)


def too_large(most_bytes: int) -> TooLarge:
    """The refusal of a file that is larger than is taken in."""
    return TooLarge(
        "file_too_large",
        en=f"The file is larger than {most_bytes / MIB:g} MiB.",
        zh=f"文件超过 {most_bytes / MIB:g} MiB。",
    )


def store_away() -> Unavailable:
    """The store of files cannot be reached."""
    return Unavailable(
        "file_store_away", en="Files can neither be stored nor read now.", zh="暂时无法存取文件。"
    )


async def _head(content: AsyncIterator[bytes]) -> bytes:
    head = bytearray()
    while len(head) < domain.HEAD_BYTES and (chunk := await anext(content, None)) is not None:
        head += chunk
    return bytes(head)
