"""What the timeline shows of each kind: read by id, for those kinds alone that stand on a page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from interaction_svc.answering.tables import SurveyResponse
from interaction_svc.complaints.tables import Complaint, ComplaintStep
from interaction_svc.interactions.tables import Interaction
from interaction_svc.promises.tables import Promise, PromiseStep
from interaction_svc.service_records.tables import ServiceRecord
from interaction_svc.visits.tables import Visit, VisitStep
from shared.db import Prepared, Reader, Record, prepare

_IDS = bindparam("ids", type_=ARRAY(Uuid))


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is read of one kind: `id` first, then these fields."""

    names: tuple[str, ...]
    statement: Prepared

    def item(self, row: Record) -> dict[str, Any]:
        return {name: row[name] for name in ("id", *self.names)}


def _of(model: Any, *names: str) -> _Shown:
    """A record that is an entry itself."""
    table = model.__table__
    columns = [table.c[name] for name in ("id", *names)]
    read = select(table.c.id.label("entry_id"), *columns).where(table.c.id == any_(_IDS))
    return _Shown(names, prepare(read))


def _step_of(model: Any, shown: tuple[str, ...], step: Any, link: str, *told: str) -> _Shown:
    """A step of a record, with what is shown of the record."""
    steps, table = step.__table__, model.__table__
    columns = [*(table.c[name] for name in ("id", *shown)), *(steps.c[name] for name in told)]
    read = (
        select(steps.c.id.label("entry_id"), *columns)
        .select_from(steps.join(table, table.c.id == steps.c[link]))
        .where(steps.c.id == any_(_IDS))
    )
    return _Shown((*shown, *told), prepare(read))


_SHOWN = {
    "interaction": _of(
        Interaction,
        *("channel", "direction", "participants", "summary", "agreement", "attachments", "created_by"),
    ),
    "complaint": _step_of(
        Complaint,
        ("number", "subject", "category", "severity"),
        ComplaintStep,
        "complaint_id",
        *("verb", "from_status", "to_status", "owner_id", "note", "done_by"),
    ),
    "promise": _step_of(
        Promise,
        ("content",),
        PromiseStep,
        "promise_id",
        *("verb", "status", "due_at", "promised_by", "note", "done_by"),
    ),
    "visit": _step_of(
        Visit,
        ("purpose",),
        VisitStep,
        "visit_id",
        *("verb", "status", "starts_at", "ends_at", "assignee_id", "note", "done_by"),
    ),
    "survey": _of(SurveyResponse, "survey_id", "complaint_id", "ratings"),
    "service": _of(
        ServiceRecord,
        *("phase", "process_id", "content", "assignee_id", "started_at", "finished_at", "rating"),
    ),
}


async def told(reader: Reader, entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each entry (`type`, `id`, `at`) with what is shown of it; one that has gone since is left out."""
    wanted: dict[str, list[UUID]] = {}
    entries = list(entries)
    for entry in entries:
        wanted.setdefault(entry["type"], []).append(entry["id"])
    found: dict[UUID, dict[str, Any]] = {}
    for kind, ids in wanted.items():
        shown = _SHOWN[kind]
        rows = await reader.rows(shown.statement, ids=ids)
        found |= {row["entry_id"]: {kind: shown.item(row)} for row in rows}
    return [{**entry, **found[entry["id"]]} for entry in entries if entry["id"] in found]
