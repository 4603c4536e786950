"""Every SELECT over internal notes."""

from typing import Any
from uuid import UUID

from sqlalchemy import exists, select

from interaction_svc.complaints.queries import SIGHT
from interaction_svc.complaints.tables import Complaint
from interaction_svc.notes.schemas import NoteQuery
from interaction_svc.notes.tables import ComplaintNote
from shared.db import Reader, visible
from shared.http import Listing
from shared.sealing import Sealer

_T: Any = ComplaintNote.__table__  # type: ignore[attr-defined]
_C: Any = Complaint.__table__  # type: ignore[attr-defined]
_LIST = Listing(
    select(_T), key=_T.c.id, sorts={"created_at": _T.c.created_at}, default="-created_at", filters={}
)


async def notes(reader: Reader, complaint_id: UUID, query: NoteQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the notes on a complaint in sight, the newest first."""
    seen = exists(select(_C.c.id).where(_C.c.id == _T.c.complaint_id, *visible(reader.scope, SIGHT)))
    return await _LIST.page(reader, query, sealer, where=[_T.c.complaint_id == complaint_id, seen])
