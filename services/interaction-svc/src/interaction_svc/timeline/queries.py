"""The one SELECT of the timeline: interactions and the steps of complaints, merged in the database."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, cast, literal_column, null, select, union_all

from interaction_svc.complaints.tables import Complaint, ComplaintStep
from interaction_svc.interactions.tables import Interaction
from shared.db import Reader, visible
from shared.http import Listing, ListQuery
from shared.references import through_customer
from shared.sealing import Sealer

_I = Interaction.__table__  # type: ignore[attr-defined]
_C = Complaint.__table__  # type: ignore[attr-defined]
_S = ComplaintStep.__table__  # type: ignore[attr-defined]

# Plain columns of one table each and no join inside: only then does PostgreSQL merge two index scans instead
# of sorting everything the customer ever had.
_interactions = select(
    literal_column("'interaction'", Text).label("type"),
    _I.c.id.label("id"),
    _I.c.occurred_at.label("at"),
    _I.c.customer_id.label("customer_id"),
    _I.c.distributor_id.label("distributor_id"),
    _I.c.id.label("interaction_id"),
    cast(null(), Uuid).label("step_id"),
    cast(null(), Uuid).label("complaint_id"),
)
_steps = select(
    literal_column("'complaint'", Text).label("type"),
    _S.c.id.label("id"),
    _S.c.done_at.label("at"),
    _S.c.customer_id.label("customer_id"),
    _S.c.distributor_id.label("distributor_id"),
    cast(null(), Uuid).label("interaction_id"),
    _S.c.id.label("step_id"),
    _S.c.complaint_id.label("complaint_id"),
)
_merged = union_all(_interactions, _steps).subquery("merged")
SIGHT = through_customer(_merged)
_SHOWN_OF_INTERACTION = (
    "channel",
    "direction",
    "participants",
    "summary",
    "agreement",
    "attachments",
    "created_by",
)
_SHOWN_OF_COMPLAINT = ("number", "subject", "category", "severity")
_SHOWN_OF_STEP = ("verb", "from_status", "to_status", "owner_id", "note", "done_by")

_LIST = Listing(
    select(
        _merged.c.type,
        _merged.c.id,
        _merged.c.at,
        _merged.c.complaint_id,
        *(_I.c[name] for name in _SHOWN_OF_INTERACTION),
        *(_C.c[name] for name in _SHOWN_OF_COMPLAINT),
        *(_S.c[name] for name in _SHOWN_OF_STEP),
    ).select_from(
        _merged.outerjoin(_I, _I.c.id == _merged.c.interaction_id)
        .outerjoin(_S, _S.c.id == _merged.c.step_id)
        .outerjoin(_C, _C.c.id == _merged.c.complaint_id)
    ),
    key=_merged.c.id,
    sorts={"at": _merged.c.at},
    default="-at",
    filters={
        "type": lambda v: _merged.c.type == v,
        "at_gte": lambda v: _merged.c.at >= v,
        "at_lt": lambda v: _merged.c.at < v,
    },
)


async def timeline(reader: Reader, customer_id: UUID, query: ListQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of what passed between the company and this customer."""
    where = [_merged.c.customer_id == customer_id, *visible(reader.scope, SIGHT)]
    page = await _LIST.page(reader, query, sealer, where=where)
    return {**page, "data": [_item(row) for row in page["data"]]}


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    head = {"type": row["type"], "id": row["id"], "at": row["at"]}
    if row["type"] == "interaction":
        return {**head, "interaction": {name: row[name] for name in ("id", *_SHOWN_OF_INTERACTION)}}
    told = {name: row[name] for name in (*_SHOWN_OF_COMPLAINT, *_SHOWN_OF_STEP)}
    return {**head, "complaint": {"id": row["complaint_id"], **told}}
