"""Files in the database: received piece by piece, read piece by piece, no connection held in between."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Interval, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from shared.db import Database, Tx, prepare
from shared.problems import Problem, TooLarge, not_found
from shared.uploads.tables import Upload, UploadChunk

CHUNK_BYTES = 1024 * 1024
UNFINISHED_KEPT = timedelta(hours=1)
KEPT = timedelta(days=30)

_U: Any = Upload.__table__  # type: ignore[attr-defined]
_C: Any = UploadChunk.__table__  # type: ignore[attr-defined]
_BEGIN = prepare(insert(_U).values(size=0, chunks=0, sha256=None, created_at=func.now()), "id")
_ADD = prepare(insert(_C), "upload_id", "number", "data")
_COMPLETE = prepare(
    update(_U).where(_U.c.id == bindparam("b_id"), _U.c.sha256.is_(None)), "size", "chunks", "sha256"
)
_FIND = prepare(select(_U).where(_U.c.id == bindparam("b_id"), _U.c.sha256.is_not(None)))
_CHUNK = prepare(
    select(_C.c.data).where(_C.c.upload_id == bindparam("b_id"), _C.c.number == bindparam("b_number"))
)
_DISCARD = prepare(delete(_U).where(_U.c.id == bindparam("b_id")))
_FORGET = prepare(
    delete(_U).where(
        or_(
            and_(
                _U.c.sha256.is_(None),
                _U.c.created_at < func.now() - bindparam("unfinished_kept", type_=Interval()),
            ),
            _U.c.created_at < func.now() - bindparam("kept", type_=Interval()),
        )
    )
)


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """A file that is stored to its last byte; `size` in bytes."""

    id: UUID
    size: int
    sha256: bytes


async def receive(database: Database, content: AsyncIterator[bytes], *, most_bytes: int) -> StoredUpload:
    """Store a file as it arrives, in pieces of any size; TooLarge beyond `most_bytes`.

    Each piece is a transaction of its own, so call it outside of one. What fails on the way leaves nothing
    behind; what a crash leaves behind is never readable and goes with `forget_old`.
    """
    async with database.begin() as tx:
        upload = tx.new_id()
        await tx.run(_BEGIN, id=upload)
    try:
        return await _store(database, upload, content, most_bytes)
    except BaseException:
        with suppress(Problem):
            async with database.begin() as tx:
                await discard(tx, upload)
        raise


async def _store(
    database: Database, upload: UUID, content: AsyncIterator[bytes], most_bytes: int
) -> StoredUpload:
    digest, size, count = hashlib.sha256(), 0, 0
    async for chunk in _rechunked(content):
        size += len(chunk)
        if size > most_bytes:
            raise _too_large(most_bytes)
        digest.update(chunk)
        async with database.begin() as tx:
            await tx.run(_ADD, upload_id=upload, number=count, data=chunk)
        count += 1
    async with database.begin() as tx:
        completed = await tx.run(_COMPLETE, b_id=upload, size=size, chunks=count, sha256=digest.digest())
    if not completed:
        raise not_found("upload", "上传文件")
    return StoredUpload(upload, size, digest.digest())


async def _rechunked(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    waiting = bytearray()
    async for piece in content:
        for start in range(0, len(piece), CHUNK_BYTES):
            waiting += piece[start : start + CHUNK_BYTES]
            if len(waiting) >= CHUNK_BYTES:
                yield bytes(waiting[:CHUNK_BYTES])
                del waiting[:CHUNK_BYTES]
    if waiting:
        yield bytes(waiting)


async def find(database: Database, upload: UUID) -> StoredUpload:
    """The stored file; NotFound if it is not there or not complete."""
    async with database.read() as reader:
        row = await reader.row(_FIND, b_id=upload)
    if row is None:
        raise not_found("upload", "上传文件")
    return StoredUpload(row["id"], row["size"], row["sha256"])


async def open_chunks(database: Database, upload: UUID) -> AsyncIterator[bytes]:
    """The file's bytes in order, a MiB at a time; NotFound if it is absent, unfinished or discarded."""
    async with database.read() as reader:
        row = await reader.row(_FIND, b_id=upload)
    if row is None:
        raise not_found("upload", "上传文件")
    for number in range(row["chunks"]):
        async with database.read() as reader:
            chunk: bytes | None = await reader.value(_CHUNK, b_id=upload, b_number=number)
        if chunk is None:
            raise not_found("upload", "上传文件")
        yield chunk


async def discard(tx: Tx, upload: UUID) -> None:
    """Delete the file; deleting it again changes nothing."""
    await tx.run(_DISCARD, b_id=upload)


async def forget_old(database: Database) -> None:
    """Delete files that were never finished (an hour) and those that nobody discarded (thirty days)."""
    async with database.begin(timeout=60) as tx:
        await tx.run(_FORGET, unfinished_kept=UNFINISHED_KEPT, kept=KEPT)


def _too_large(most_bytes: int) -> TooLarge:
    return TooLarge(
        "file_too_large",
        en=f"The file is larger than {most_bytes // CHUNK_BYTES} MiB.",
        zh=f"文件超过 {most_bytes // CHUNK_BYTES} MiB。",
    )
