"""The one SELECT of the timeline: interactions and steps of other records, merged in the database."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, cast, literal_column, null, select, text, union_all

from interaction_svc.answering.tables import SurveyResponse
from interaction_svc.complaints.tables import Complaint, ComplaintStep
from interaction_svc.interactions.tables import Interaction
from interaction_svc.promises.tables import Promise, PromiseStep
from interaction_svc.service_records.tables import ServiceRecord
from interaction_svc.visits.tables import Visit, VisitStep
from shared.db import Reader, visible
from shared.http import Listing, ListQuery
from shared.references import through_customer
from shared.sealing import Sealer

_I = Interaction.__table__  # type: ignore[attr-defined]
_C = Complaint.__table__  # type: ignore[attr-defined]
_S = ComplaintStep.__table__  # type: ignore[attr-defined]
_P = Promise.__table__  # type: ignore[attr-defined]
_Q = PromiseStep.__table__  # type: ignore[attr-defined]
_V = Visit.__table__  # type: ignore[attr-defined]
_W = VisitStep.__table__  # type: ignore[attr-defined]
_KEYS = (
    *("interaction_id", "step_id", "complaint_id", "promise_step_id", "promise_id"),
    *("visit_step_id", "visit_id", "response_id", "record_id"),
)
_A = SurveyResponse.__table__  # type: ignore[attr-defined]
_R = ServiceRecord.__table__  # type: ignore[attr-defined]


def _part(kind: str, table: Any, at: Any, **keys: Any) -> Any:
    """Plain columns of one table and no join inside.

    Only then does PostgreSQL merge index scans instead of sorting everything the customer ever had.
    """
    return select(
        literal_column(f"'{kind}'", Text).label("type"),
        table.c.id.label("id"),
        at.label("at"),
        table.c.customer_id.label("customer_id"),
        table.c.distributor_id.label("distributor_id"),
        *(keys.get(name, cast(null(), Uuid)).label(name) for name in _KEYS),
    )


_merged = union_all(
    _part("interaction", _I, _I.c.occurred_at, interaction_id=_I.c.id),
    _part("complaint", _S, _S.c.done_at, step_id=_S.c.id, complaint_id=_S.c.complaint_id),
    _part("promise", _Q, _Q.c.done_at, promise_step_id=_Q.c.id, promise_id=_Q.c.promise_id),
    _part("visit", _W, _W.c.done_at, visit_step_id=_W.c.id, visit_id=_W.c.visit_id),
    _part("survey", _A, _A.c.answered_at, response_id=_A.c.id).where(_A.c.answered_at.is_not(None)),
    # As text, not as an argument: a generic plan can use the partial index only if it sees the value.
    _part("service", _R, _R.c.finished_at, record_id=_R.c.id).where(text("service_record.status = 'done'")),
).subquery("merged")
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
_SHOWN_OF_PROMISE = ("content",)
_SHOWN_OF_PROMISE_STEP = ("verb", "status", "due_at", "promised_by", "note", "done_by")
_SHOWN_OF_VISIT = ("purpose",)
_SHOWN_OF_VISIT_STEP = ("verb", "status", "starts_at", "ends_at", "assignee_id", "note", "done_by")
_SHOWN_OF_SURVEY = ("id", "survey_id", "complaint_id", "ratings")

_SHOWN_OF_SERVICE = ("phase", "process_id", "content", "assignee_id", "started_at", "finished_at", "rating")

_LIST = Listing(
    select(
        _merged.c.type,
        _merged.c.id,
        _merged.c.at,
        _merged.c.complaint_id,
        *(_I.c[name] for name in _SHOWN_OF_INTERACTION),
        *(_C.c[name] for name in _SHOWN_OF_COMPLAINT),
        *(_S.c[name] for name in _SHOWN_OF_STEP),
        _merged.c.promise_id,
        *(_P.c[name].label(f"promise_{name}") for name in _SHOWN_OF_PROMISE),
        *(_Q.c[name].label(f"promise_{name}") for name in _SHOWN_OF_PROMISE_STEP),
        _merged.c.visit_id,
        *(_V.c[name].label(f"visit_{name}") for name in _SHOWN_OF_VISIT),
        *(_W.c[name].label(f"visit_{name}") for name in _SHOWN_OF_VISIT_STEP),
        *(_A.c[name].label(f"survey_{name}") for name in _SHOWN_OF_SURVEY),
        *(_R.c[name].label(f"service_{name}") for name in ("id", *_SHOWN_OF_SERVICE)),
    ).select_from(
        _merged.outerjoin(_I, _I.c.id == _merged.c.interaction_id)
        .outerjoin(_S, _S.c.id == _merged.c.step_id)
        .outerjoin(_C, _C.c.id == _merged.c.complaint_id)
        .outerjoin(_Q, _Q.c.id == _merged.c.promise_step_id)
        .outerjoin(_P, _P.c.id == _merged.c.promise_id)
        .outerjoin(_W, _W.c.id == _merged.c.visit_step_id)
        .outerjoin(_V, _V.c.id == _merged.c.visit_id)
        .outerjoin(_A, _A.c.id == _merged.c.response_id)
        .outerjoin(_R, _R.c.id == _merged.c.record_id)
    ),
    key=_merged.c.id,
    sorts={"at": _merged.c.at},
    default="-at",
    filters={
        "type": _merged.c.type.in_,
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
    if row["type"] == "promise":
        return {**head, "promise": _of(row, "promise", *_SHOWN_OF_PROMISE, *_SHOWN_OF_PROMISE_STEP)}
    if row["type"] == "visit":
        return {**head, "visit": _of(row, "visit", *_SHOWN_OF_VISIT, *_SHOWN_OF_VISIT_STEP)}
    if row["type"] == "survey":
        return {**head, "survey": {name: row[f"survey_{name}"] for name in _SHOWN_OF_SURVEY}}
    if row["type"] == "service":
        return {**head, "service": _of(row, "service", *_SHOWN_OF_SERVICE)}
    told = {name: row[name] for name in (*_SHOWN_OF_COMPLAINT, *_SHOWN_OF_STEP)}
    return {**head, "complaint": {"id": row["complaint_id"], **told}}


def _of(row: Mapping[str, Any], kind: str, *names: str) -> dict[str, Any]:
    return {name: row[f"{kind}_{name}"] for name in ("id", *names)}
