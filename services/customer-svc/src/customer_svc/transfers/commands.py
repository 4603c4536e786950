"""Beginning an import, writing down how far it is, and ending it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, update

from customer_svc.tables import MOMENT
from customer_svc.transfers import effects, refusals
from customer_svc.transfers.domain import KEPT_FAULTS
from customer_svc.transfers.faults import Fault
from customer_svc.transfers.schemas import ImportForm
from customer_svc.transfers.tables import Foreseen, Import, ImportFault
from shared import operations, uploads
from shared.db import Tx, prepare
from shared.sheets.reading import Layout, Record
from shared.uploads import StoredUpload

JOB = "import"
TIDYING = "imports.tidying"
KEPT = timedelta(days=90)
COUNTS = ("created", "changed", "unchanged", "duplicate", "failed")

_t: Any = Import.__table__  # type: ignore[attr-defined]
_f: Any = ImportFault.__table__  # type: ignore[attr-defined]
_s: Any = Foreseen.__table__  # type: ignore[attr-defined]
_INSERT = prepare(insert(_t), *_t.c.keys())
_ONE = update(_t).where(_t.c.id == bindparam("b_id")).values(version=_t.c.version + 1)
_LAID_OUT = prepare(_ONE, "upload_id", "encoding", "separator", "total", "updated_at")
_ADVANCE = prepare(_ONE, "done", *COUNTS, "faults", "header", "kept", "updated_at")
_END = prepare(_ONE, "outcome", "total", "updated_at")
_NOTE = prepare(insert(_f), *_f.c.keys())
_FORGET = prepare(
    delete(_t)
    .where(_t.c.outcome.is_not(None), _t.c.created_at < bindparam("before", type_=MOMENT))
    .returning(_t.c.id)
)
_FORGET_FORESEEN = prepare(delete(_s).where(_s.c.import_id == bindparam("b_id")))


@dataclass(frozen=True, slots=True)
class Refused:
    """What was wrong with rows of a chunk, those rows, and the header of their file."""

    faults: Sequence[Fault]
    records: Sequence[Record]
    header: Sequence[str]


async def begin_import(
    tx: Tx, form: ImportForm, upload: StoredUpload, *, by: UUID, service_number: int, token: str | None = None
) -> dict[str, Any]:
    """Have the stored file imported by a worker; its operation shows the progress.

    `token` is what `Interactions` keeps of the caller's, for rows that are stored elsewhere.
    """
    args = {} if token is None else {"token": token}
    operation = await operations.start(
        tx, f"{form.entity}.import", by, service_number=service_number, job=JOB, args=args
    )
    scope = tx.scope
    row = {
        **form.model_dump(exclude={"encoding", "template_id"}),
        "wanted_encoding": form.encoding,
        **dict.fromkeys(("encoding", "separator", "total", "outcome", "header")),
        **dict.fromkeys((*COUNTS, "done", "faults", "kept"), 0),
        "id": operation,
        "upload_id": upload.id,
        "size": upload.size,
        "scope_ids": None if scope.distributors is None else sorted(scope.distributors),
        "holder_ids": None if scope.holders is None else sorted(scope.holders),
        "created_by": by,
        "created_at": tx.now,
        "updated_at": tx.now,
        "version": 1,
    }
    await tx.run(_INSERT, **row)
    return {**row, "import_id": operation, "status": "queued"}


async def forget_old(tx: Tx) -> None:
    """Delete imports that ended three months ago, with their errors; what they stored stays for good."""
    await effects.forget(tx, [row["id"] for row in await tx.rows(_FORGET, before=tx.now - KEPT)])


async def lay_out(
    tx: Tx, entry: Mapping[str, Any], layout: Layout, *, unpacked: UUID | None = None
) -> dict[str, Any]:
    """Write down how the file is to be read and how much there is to do; `unpacked` takes its place."""
    found = {
        "upload_id": unpacked or entry["upload_id"],
        "encoding": layout.encoding,
        "separator": layout.separator,
        "total": layout.rows,
    }
    if unpacked is not None:
        await uploads.discard(tx, entry["upload_id"])
    await tx.run(_LAID_OUT, b_id=entry["id"], **found, updated_at=tx.now)
    entry = {**entry, **found}
    await operations.progress(tx, entry["id"], done=0, total=layout.rows, result=result_of(entry))
    return entry


async def advance(
    tx: Tx, entry: Mapping[str, Any], tally: Mapping[str, int], refused: Refused, *, pace: float | None
) -> dict[str, Any]:
    """Count the rows of a chunk and keep what was wrong with them, with the rows themselves or not at all.

    `tally` has a number for each of COUNTS; `pace` is in rows a second, None before there is any.
    """
    faults = refused.faults
    kept = faults[: max(KEPT_FAULTS - entry["faults"], 0)]
    notes = (
        {
            "id": tx.new_id(),
            "import_id": entry["id"],
            "line": fault.line,
            "column": fault.column,
            "field": fault.field,
            "code": fault.code,
            "kind": fault.kind,
            "reason": fault.en,
            "reason_zh": fault.zh,
        }
        for fault in kept
    )
    wrong = entry["kept"]
    if kept:
        await tx.run_many(_NOTE, notes)
        wrong = await refusals.keep(tx, entry["id"], refused.records, wrong)
    entry = {
        **entry,
        **{name: entry[name] + tally[name] for name in COUNTS},
        "done": entry["done"] + sum(tally.values()),
        "faults": entry["faults"] + len(faults),
        "header": refused.header,
        "kept": wrong,
    }
    counted = {name: entry[name] for name in ("done", *COUNTS, "faults", "header", "kept")}
    tx.run_last(_ADVANCE, b_id=entry["id"], **counted, updated_at=tx.now)
    await operations.progress(tx, entry["id"], done=entry["done"], result=result_of(entry, pace), last=True)
    return entry


async def end_import(tx: Tx, entry: Mapping[str, Any], outcome: str) -> None:
    """Nothing more will be read: the file and what a preview foresaw are deleted."""
    total = entry["done"] if outcome == "succeeded" else entry["total"]
    await tx.run(_END, b_id=entry["id"], outcome=outcome, total=total, updated_at=tx.now)
    await operations.progress(tx, entry["id"], total=total)
    await tx.run(_FORGET_FORESEEN, b_id=entry["id"])
    await uploads.discard(tx, entry["upload_id"])


def result_of(entry: Mapping[str, Any], pace: float | None = None) -> dict[str, Any]:
    """What the operation shows of the import; `seconds_left` is a guess, as `total` is until the end."""
    left = max((entry["total"] or 0) - entry["done"], 0)
    return {
        "import_id": str(entry["id"]),
        "entity": entry["entity"],
        "dry_run": entry["dry_run"],
        "read": entry["done"],
        **{name: entry[name] for name in COUNTS},
        "rows_per_second": pace and round(pace),
        "seconds_left": math.ceil(left / pace) if pace else None,
    }
