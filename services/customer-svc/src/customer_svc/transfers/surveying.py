"""Looking a file over before it is read: what it is, how it is written, how many rows it has."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from customer_svc.transfers import commands
from shared import uploads
from shared.jobs import JobContext
from shared.sheets.reading import CsvReader, Layout, Survey, too_many_rows
from shared.sheets.texts import MOST_ROWS
from shared.sheets.unpacking import is_workbook, refused, unpack

_PIECE = 64 * 1024


async def pieces(job: JobContext, upload: UUID) -> AsyncGenerator[bytes, None]:
    """The file in pieces so small that cutting one into rows does not hold up the event loop."""
    async for chunk in uploads.open_chunks(job.db, upload):
        for start in range(0, len(chunk), _PIECE):
            yield chunk[start : start + _PIECE]
            await asyncio.sleep(0)


async def surveyed(job: JobContext, entry: dict[str, Any]) -> dict[str, Any]:
    """The import with how its file is to be read, found out if nobody has done so yet.

    Raises Invalid for a file that cannot be read at all.
    """
    if entry["encoding"] is not None:
        return entry
    if is_workbook(await anext(uploads.open_chunks(job.db, entry["upload_id"]))):
        return await _unpacked(job, entry)
    if entry["sheet"] is not None:
        raise refused("sheet_of_csv")
    survey = Survey(entry["wanted_encoding"])
    async for piece in pieces(job, entry["upload_id"]):
        survey.feed(piece)
    layout = survey.finish()
    if layout.rows > MOST_ROWS and not (survey.quoted and await _few_enough(job, entry["upload_id"], layout)):
        raise too_many_rows()
    async with job.begin() as tx:
        return await commands.lay_out(tx, entry, layout)


async def _unpacked(job: JobContext, entry: dict[str, Any]) -> dict[str, Any]:
    """Store the rows of a workbook in its place; whoever is killed before that does it again."""
    rows, layout = await unpack(job.db, entry["upload_id"], entry["sheet"])
    async with job.begin() as tx:
        return await commands.lay_out(tx, entry, layout, unpacked=rows)


async def _few_enough(job: JobContext, upload: UUID, layout: Layout) -> bool:
    """Whether there are fewer rows than lines because some cells have several lines."""
    reader = CsvReader(layout.encoding, layout.separator)
    rows = 0
    async for piece in pieces(job, upload):
        rows += len(reader.feed(piece))
    return rows + len(reader.finish()) <= MOST_ROWS + 1
