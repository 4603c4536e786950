"""The work behind an export: PostgreSQL writes the CSV itself, a process of its own makes the workbook."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any

from customer_svc.exports import commands, queries, selecting
from customer_svc.exports.domain import ATTRIBUTES, ELSEWHERE, MOST_BOOK_ROWS, MOST_BYTES, USUAL
from customer_svc.exports.elsewhere import as_csv, interaction_rows
from customer_svc.interactions.clients import Interactions
from shared import operations, uploads
from shared.db import Scope, Tx
from shared.db.statements import compile_now
from shared.jobs import JobContext
from shared.problems import Invalid
from shared.sheets.booking import workbook
from shared.uploads import StoredUpload

_SECONDS = 1800
LOOKS_SECONDS = 0.5
_PIECE = 1024 * 1024
_BOOK_CHUNK = 1000
_WAITING = 4


_Pieces = asyncio.Queue[bytes | Exception | None]


class _Stopped(Exception):
    """Somebody asked for an end."""


async def run_export(job: JobContext, args: dict[str, Any], *, interactions: Interactions) -> None:
    """Make the file of an export; whoever is killed leaves nothing, and the next worker begins anew."""
    if job.operation_id is None:
        raise ValueError("an export belongs to an operation")
    async with job.db.read() as db:
        entry = await queries.whole(db, job.operation_id)
    if entry["upload_id"] is not None:
        return
    work = _Work(job, entry, interactions, args.get("token", ""))
    try:
        stored = await (work.as_csv() if entry["format"] == "csv" else work.as_book())
    except _Stopped:
        return
    async with job.begin() as tx:
        await commands.file_export(tx, entry, stored, work.rows)


async def tidy_exports(job: JobContext, args: dict[str, Any]) -> None:  # noqa: ARG001 - there is nothing to say
    """Delete what expired."""
    async with job.begin() as tx:
        await commands.forget_files(tx)


class _Work:
    """One run of one export, in the sight of who asked for it."""

    def __init__(
        self, job: JobContext, entry: Mapping[str, Any], interactions: Interactions, token: str
    ) -> None:
        self._job = job
        self._entry = entry
        self._interactions = interactions
        self._token = token
        self._scope = Scope(_ids(entry["scope_ids"]), _ids(entry["holder_ids"]))
        self.rows = 0
        self._next = time.perf_counter() + LOOKS_SECONDS

    async def as_csv(self) -> StoredUpload:
        """The file as PostgreSQL writes it, or as its rows come from elsewhere, stored meanwhile."""
        if self._entry["entity"] == ELSEWHERE:
            written = as_csv(self._from_elsewhere(), self._entry["encoding"])
            return await uploads.receive(self._job.db, written, most_bytes=MOST_BYTES)
        pieces: _Pieces = asyncio.Queue(_WAITING)
        copying = asyncio.create_task(self._copied(pieces))
        try:
            return await uploads.receive(self._job.db, self._told(pieces), most_bytes=MOST_BYTES)
        finally:
            copying.cancel()
            await asyncio.gather(copying, return_exceptions=True)

    async def as_book(self) -> StoredUpload:
        """The file as a process makes it of rows that are read a thousand at a time."""
        elsewhere = self._entry["entity"] == ELSEWHERE
        async with workbook(self._from_elsewhere() if elsewhere else self._chunks()) as path:
            return await uploads.receive(self._job.db, _pieces(path), most_bytes=MOST_BYTES)

    async def _statement(self, tx: Tx, *, as_csv: bool) -> tuple[str, list[Any], list[str]]:
        """The statement, its arguments and the header of the file."""
        entity = self._entry["entity"]
        query = commands.query_of(entity, self._entry["filters"])
        sought = await selecting.sought(tx, entity, query, self._job.db.sealer)
        columns: Sequence[str] = self._entry["columns"] or USUAL[entity]
        named: list[str] = []
        if ATTRIBUTES in columns:
            named = [row["name"] for row in await tx.rows(selecting.attribute_names(sought))]
        statement = selecting.rows(entity, columns, named, sought, as_csv=as_csv)
        return *compile_now(statement), selecting.header(columns, named)

    async def _copied(self, pieces: _Pieces) -> None:
        gathered = _Gathered(pieces)
        try:
            async with self._job.db.begin(self._scope, timeout=_SECONDS, bulk=True) as tx:
                status = await self._copy(tx, gathered)
        except Exception as error:  # noqa: BLE001 - it is raised where the pieces are taken
            await pieces.put(error)
        else:
            self.rows = int(status.rpartition(" ")[2])
            await gathered.end()

    async def _copy(self, tx: Tx, gathered: "_Gathered") -> str:
        sql, arguments, header = await self._statement(tx, as_csv=True)
        gb18030 = self._entry["encoding"] == "gb18030"
        first = ",".join('"' + name.replace('"', '""') + '"' for name in header) + "\n"
        await gathered.add(first.encode("gb18030" if gb18030 else "utf-8-sig"))
        status: str = await tx.connection.copy_from_query(
            sql,
            *arguments,
            output=gathered.add,
            format="csv",
            force_quote=True,
            encoding="GB18030" if gb18030 else "UTF8",
            timeout=_SECONDS,
        )
        return status

    async def _told(self, pieces: _Pieces) -> AsyncIterator[bytes]:
        """The pieces; between them the operation hears about how many rows are written."""
        lines = 0
        while (piece := await pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            lines += piece.count(b"\n")
            await self._progress(lines)
            yield piece

    async def _chunks(self) -> AsyncGenerator[Sequence[list[str]], None]:
        async with self._job.db.begin(self._scope, timeout=_SECONDS, bulk=True) as tx:
            sql, arguments, header = await self._statement(tx, as_csv=False)
            yield [header]
            cursor = await tx.connection.cursor(sql, *arguments)
            while records := await cursor.fetch(_BOOK_CHUNK):
                await self._counted(len(records))
                yield [[text or "" for text in record] for record in records]

    async def _from_elsewhere(self) -> AsyncGenerator[Sequence[list[str]], None]:
        columns = self._entry["columns"] or USUAL[ELSEWHERE]
        pages = partial(self._interactions.page, self._token, self._entry["filters"])
        found = interaction_rows(self._job.db, self._scope, pages, columns)
        async with aclosing(found):
            yield await anext(found)
            async for rows in found:
                await self._counted(len(rows))
                yield rows

    async def _counted(self, more: int) -> None:
        self.rows += more
        if self._entry["format"] == "xlsx" and self.rows > MOST_BOOK_ROWS:
            raise _too_many()
        await self._progress(self.rows)

    async def _progress(self, rows: int) -> None:
        """Twice a second: say how far it is, and stop if somebody asked for it."""
        now = time.perf_counter()
        if now < self._next:
            return
        self._next = now + LOOKS_SECONDS
        if await self._job.cancelled():
            raise _Stopped
        async with self._job.begin() as tx:
            await operations.progress(tx, self._entry["id"], done=rows)


class _Gathered:
    """What PostgreSQL writes row by row, handed on by the MiB; waits while nobody takes it."""

    def __init__(self, pieces: _Pieces) -> None:
        self._pieces = pieces
        self._waiting = bytearray()

    async def add(self, data: bytes) -> None:
        """A few more bytes."""
        self._waiting += data
        if len(self._waiting) >= _PIECE:
            await self._pieces.put(bytes(self._waiting))
            self._waiting.clear()

    async def end(self) -> None:
        """Nothing more comes."""
        await self._pieces.put(bytes(self._waiting))
        await self._pieces.put(None)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, _PIECE):
            yield piece


def _ids(kept: Sequence[Any] | None) -> frozenset[Any] | None:
    return None if kept is None else frozenset(kept)


def _too_many() -> Invalid:
    return Invalid.at(
        "/format",
        "too_many_rows",
        en="A workbook holds a million rows. Export CSV, or less.",
        zh="工作簿最多一百万行，请导出 CSV 或缩小范围。",
    )
