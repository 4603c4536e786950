"""The rows that an import refused, as its sender wrote them: to be put right and sent again."""

import csv
import io
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from customer_svc.transfers import queries
from customer_svc.transfers.columns import REASONS
from customer_svc.transfers.headings import field_of
from customer_svc.transfers.tables import ImportFault, RefusedRow
from shared.auth import Principal
from shared.db import Reader, Tx, prepare
from shared.sheets.reading import Record as Read
from shared.sheets.texts import safe_cell

MOST_KEPT = 16 * 1024 * 1024
_f: Any = ImportFault.__table__  # type: ignore[attr-defined]
_r: Any = RefusedRow.__table__  # type: ignore[attr-defined]
_KEEP = prepare(insert(_r), *_r.c.keys())
_mine: Any = bindparam("b_import_id")
_ROWS = prepare(select(_r).where(_r.c.import_id == _mine).order_by(_r.c.line))
_FAULTS = prepare(
    select(_f.c.line, _f.c.column, _f.c.reason, _f.c.reason_zh)
    .where(_f.c.import_id == _mine)
    .order_by(_f.c.line, _f.c.id)
)


async def keep(tx: Tx, import_id: UUID, records: Iterable[Read], kept: int) -> int:
    """Keep refused rows while they are less than MOST_KEPT characters, `kept` already; how many now."""
    rows = []
    for record in records:
        if record.cells is None:
            continue
        kept += sum(map(len, record.cells))
        if kept > MOST_KEPT:
            break
        cells = [_storable(cell) for cell in record.cells]
        rows.append({"import_id": import_id, "line": record.line, "cells": cells})
    if rows:
        await tx.run_many(_KEEP, rows)
    return kept


def _storable(cell: str) -> str:
    """Without what PostgreSQL has no place for: NUL, and bytes that are no text."""
    return cell.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


async def table(db: Reader, import_id: UUID, *, caller: Principal, zh: bool) -> list[list[str]]:
    """The header and the refused rows with a column of reasons behind; NotFound for somebody else's import.

    Columns that go into fields which are hidden from the caller are empty.
    """
    await queries.visible(db, import_id, caller)
    entry = await queries.whole(db, import_id)
    header: list[str] = entry["header"] or []
    shown = [place for place, name in enumerate(header) if name.strip() not in REASONS]
    hidden = {place for place in shown if field_of(entry, header, header[place]) in caller.masked}
    reasons = await _reasons(db, import_id, zh=zh)
    found = [[*(header[place] for place in shown), REASONS[1 if zh else 0]]]
    for row in await db.rows(_ROWS, b_import_id=import_id):
        cells = [*row["cells"], *[""] * (len(header) - len(row["cells"]))]
        said = ["" if place in hidden else cells[place] for place in shown]
        found.append([*said, reasons[row["line"]]])
    return found


async def _reasons(db: Reader, import_id: UUID, *, zh: bool) -> Mapping[int, str]:
    told: dict[int, list[str]] = defaultdict(list)
    for fault in await db.rows(_FAULTS, b_import_id=import_id):
        reason, colon = (fault["reason_zh"], "：") if zh else (fault["reason"], ": ")
        told[fault["line"]].append(f"{fault['column']}{colon}{reason}" if fault["column"] else reason)
    found: Mapping[int, str] = defaultdict(str, {line: "; ".join(reasons) for line, reasons in told.items()})
    return found


def as_csv(rows: Sequence[Sequence[str]]) -> str:
    """CSV that a spreadsheet opens without running anything."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([safe_cell(cell) for cell in row] for row in rows)
    return "\ufeff" + out.getvalue()


async def in_chunks(rows: Sequence[list[str]]) -> AsyncGenerator[Sequence[list[str]], None]:
    """The rows by the hundred."""
    for start in range(0, len(rows), 100):
        yield rows[start : start + 100]
