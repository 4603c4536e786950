"""Writing notes down."""

from typing import Any
from uuid import UUID

from sqlalchemy import insert

from interaction_svc.complaints import queries as complaints
from interaction_svc.notes.tables import ComplaintNote
from shared.db import Tx, prepare

_T: Any = ComplaintNote.__table__  # type: ignore[attr-defined]
_WRITE = prepare(insert(_T), *_T.c.keys())


async def write_note(tx: Tx, complaint_id: UUID, text: str, *, by: UUID) -> dict[str, Any]:
    """A note on a complaint in sight, in whatever state it is; NotFound."""
    await complaints.complaint(tx, complaint_id, now=tx.now)
    row = {
        "id": tx.new_id(),
        "complaint_id": complaint_id,
        "text": text,
        "created_by": by,
        "created_at": tx.now,
    }
    await tx.run(_WRITE, **row)
    return row
