"""Files stored piece by piece: whole or not at all."""

import hashlib
import os
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from shared import uploads
from shared.db import Database
from shared.problems import NotFound, TooLarge
from shared.uploads.storage import CHUNK_BYTES

MOST = 8 * CHUNK_BYTES


async def _in_pieces(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def _read(database: Database, upload: UUID) -> list[bytes]:
    return [chunk async for chunk in uploads.open_chunks(database, upload)]


async def _rows(database: Database) -> tuple[Any, ...]:
    async with database.read() as reader:
        row = await reader.row(
            text("SELECT (SELECT count(*) FROM upload), (SELECT count(*) FROM upload_chunk)")
        )
    assert row is not None
    return tuple(row)


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 17])
@pytest.mark.parametrize("piece", [65_536, 3 * CHUNK_BYTES + 1])
async def test_a_file_comes_back_as_it_went_in(work: Database, size: int, piece: int) -> None:
    content = os.urandom(size)
    stored = await uploads.receive(work, _in_pieces(content, piece), most_bytes=MOST)
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(content).digest())
    chunks = await _read(work, stored.id)
    assert b"".join(chunks) == content
    assert all(len(chunk) == CHUNK_BYTES for chunk in chunks[:-1])
    assert await uploads.find(work, stored.id) == stored


async def test_the_limit_is_allowed_and_a_byte_more_leaves_nothing_behind(work: Database) -> None:
    content = os.urandom(CHUNK_BYTES + 1)
    await uploads.receive(work, _in_pieces(content, 999), most_bytes=len(content))
    before = await _rows(work)
    with pytest.raises(TooLarge, match="file_too_large"):
        await uploads.receive(work, _in_pieces(content, 9999), most_bytes=CHUNK_BYTES)
    assert await _rows(work) == before


async def test_a_sender_that_breaks_off_leaves_nothing_behind(work: Database) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield os.urandom(2 * CHUNK_BYTES)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await uploads.receive(work, breaking(), most_bytes=MOST)
    assert await _rows(work) == (0, 0)


async def _abandoned(database: Database) -> UUID:
    """What a killed process leaves behind."""
    upload = uuid4()
    async with database.begin() as tx:
        await tx.connection.execute("INSERT INTO upload VALUES ($1, 0, 0, NULL, now())", upload)
        await tx.connection.execute("INSERT INTO upload_chunk VALUES ($1, 0, 'abc')", upload)
    return upload


async def test_an_unfinished_file_cannot_be_read_and_goes_after_an_hour(work: Database) -> None:
    upload = await _abandoned(work)
    with pytest.raises(NotFound):
        await _read(work, upload)
    with pytest.raises(NotFound):
        await uploads.find(work, upload)
    await uploads.forget_old(work)
    assert await _rows(work) == (1, 1)
    async with work.begin() as tx:
        await tx.connection.execute("UPDATE upload SET created_at = now() - interval '61 minutes'")
    await uploads.forget_old(work)
    assert await _rows(work) == (0, 0)


async def test_a_discarded_file_is_gone_also_for_its_reader(work: Database) -> None:
    stored = await uploads.receive(work, _in_pieces(os.urandom(2 * CHUNK_BYTES), 9999), most_bytes=MOST)
    reading = uploads.open_chunks(work, stored.id)
    assert len(await anext(reading)) == CHUNK_BYTES
    for _ in range(2):
        async with work.begin() as tx:
            await uploads.discard(tx, stored.id)
    with pytest.raises(NotFound):
        await anext(reading)
    assert await _rows(work) == (0, 0)
