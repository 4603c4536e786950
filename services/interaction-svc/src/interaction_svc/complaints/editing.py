"""Putting right what is said of a complaint: for now which files belong to it."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, bindparam, update

from interaction_svc.attachments import uses
from interaction_svc.complaints import domain, queries
from interaction_svc.complaints.counting import Deed
from interaction_svc.complaints.history import remember
from interaction_svc.complaints.schemas import ComplaintPatch
from interaction_svc.complaints.tables import Complaint
from shared.db import Tx, prepare
from shared.http import check_version

_T: Any = Complaint.__table__  # type: ignore[attr-defined]
_EDIT = prepare(
    update(_T).where(
        _T.c.id == bindparam("b_id", type_=Uuid), _T.c.version == bindparam("b_version", type_=Integer)
    ),
    *("attachments", "version", "updated_at"),
)


async def edit_complaint(
    tx: Tx, complaint_id: UUID, patch: ComplaintPatch, *, by: UUID, expected: int | None
) -> dict[str, Any]:
    """Change what was sent, in whatever state the case is; an edit that changes nothing makes no version.

    Raises NotFound, Stale when `expected` is not the version, Invalid for another's attachment.
    """
    case = await queries.case_to_move(tx, complaint_id)
    check_version(expected, case.version)
    if "attachments" not in patch.model_fields_set:
        return queries.shown(case, tx.now)
    before = asdict(case)
    attachments = await uses.named_anew(tx, before, patch.attachments)
    if attachments == before["attachments"]:
        return queries.shown(case, tx.now)
    step = domain.edit(case, Deed(by, tx.now), attachments)
    after = asdict(step.case)
    await tx.run(_EDIT, b_id=complaint_id, b_version=case.version, **after)
    await remember(tx, [step])
    async with tx.handing_over():  # who owns the case need not see the customer, and so the files
        await uses.refer_anew(tx, before, after)
    return queries.shown(step.case, tx.now)
