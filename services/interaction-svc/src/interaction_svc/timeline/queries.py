"""The one SELECT of the timeline: interactions and steps of other records, merged in the database."""

from typing import Any
from uuid import UUID

from sqlalchemy import Text, literal_column, select, text, union_all

from interaction_svc.answering.tables import SurveyResponse
from interaction_svc.complaints.tables import ComplaintStep
from interaction_svc.interactions.tables import Interaction
from interaction_svc.promises.tables import PromiseStep
from interaction_svc.service_records.tables import ServiceRecord
from interaction_svc.timeline.details import told
from interaction_svc.visits.tables import VisitStep
from shared.db import Reader, visible
from shared.http import Listing, ListQuery
from shared.references import through_customer
from shared.sealing import Sealer


def _part(kind: str, model: Any, at: str) -> Any:
    """Plain columns of one table and no join, neither inside nor around.

    Only then does PostgreSQL merge index scans instead of sorting everything the customer ever had.
    """
    table = model.__table__
    return select(
        literal_column(f"'{kind}'", Text).label("type"),
        table.c.id,
        table.c[at].label("at"),
        table.c.customer_id,
        table.c.distributor_id,
    )


_merged = union_all(
    _part("interaction", Interaction, "occurred_at"),
    _part("complaint", ComplaintStep, "done_at"),
    _part("promise", PromiseStep, "done_at"),
    _part("visit", VisitStep, "done_at"),
    # As text, not as arguments: a generic plan can use a partial index only if it sees the value.
    _part("survey", SurveyResponse, "answered_at").where(text("survey_response.answered_at IS NOT NULL")),
    _part("service", ServiceRecord, "finished_at").where(text("service_record.status = 'done'")),
).subquery("merged")
SIGHT = through_customer(_merged)
_LIST = Listing(
    select(_merged.c.type, _merged.c.id, _merged.c.at),
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
    return {**page, "data": await told(reader, page["data"])}
