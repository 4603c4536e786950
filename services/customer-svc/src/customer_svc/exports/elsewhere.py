"""The rows of an export of interactions: read from the service that keeps them, page by page."""

import csv
import io
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID

from customer_svc.exports import queries
from customer_svc.interactions.cells import attachments_cell, participants_cell
from customer_svc.interactions.schemas import InteractionPage
from shared.db import Database, Scope
from shared.sheets.texts import safe_cell

Rows = Sequence[list[str]]
Pages = Callable[[str | None], Awaitable[InteractionPage]]
_NAMED = frozenset(("customer_code", "customer_name", "distributor_code"))


async def interaction_rows(
    db: Database, scope: Scope, pages: Pages, columns: Sequence[str]
) -> AsyncGenerator[Rows, None]:
    """The header, then the cells of some thousand rows at a time; `pages` reads the one behind a cursor."""
    yield [list(columns)]
    cursor: str | None = None
    while True:
        page = await pages(cursor)
        names = await _names(db, scope, page.data) if _NAMED.intersection(columns) else {}
        yield [
            [_cell(one, names.get(UUID(one["customer_id"]), {}), column) for column in columns]
            for one in page.data
        ]
        cursor = page.page.next_cursor
        if cursor is None:
            return


async def _names(
    db: Database, scope: Scope, rows: Sequence[Mapping[str, Any]]
) -> Mapping[UUID, Mapping[str, Any]]:
    async with db.read(scope) as reader:
        return await queries.names(reader, {UUID(one["customer_id"]) for one in rows})


def _cell(one: Mapping[str, Any], named: Mapping[str, Any], column: str) -> str:
    if column == "participants":
        return participants_cell(one[column])
    if column == "attachments":
        return attachments_cell(one[column])
    value = named.get(column) if column in _NAMED else one[column]
    return "" if value is None else str(value)


async def as_csv(chunks: AsyncGenerator[Rows, None], encoding: str) -> AsyncIterator[bytes]:
    """The rows as CSV that a spreadsheet opens without running anything, a piece for each chunk."""
    lines = io.StringIO()
    writer = csv.writer(lines, quoting=csv.QUOTE_ALL, lineterminator="\n")
    begins = "" if encoding == "gb18030" else "\ufeff"
    async with aclosing(chunks):
        async for rows in chunks:
            writer.writerows([safe_cell(cell) for cell in row] for row in rows)
            text = begins + lines.getvalue()
            yield text.encode("gb18030" if encoding == "gb18030" else "utf-8")
            begins = ""
            lines.seek(0)
            lines.truncate()
