"""Every SELECT over complaints, for reading and for loading to change."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, and_, any_, bindparam, func, select, true

from interaction_svc.attachments import queries as attachments
from interaction_svc.attachments.naming import kept_here
from interaction_svc.complaints.counting import Case
from interaction_svc.complaints.schemas import ComplaintQuery
from interaction_svc.complaints.tables import SERIAL, Complaint, ComplaintPiece, ComplaintStep
from interaction_svc.search.index import TextIndex
from interaction_svc.sla import domain as sla
from shared.db import Reader, Record, Tx, in_sight, in_sight_with, prepare, sight, visible
from shared.http import Listing
from shared.problems import not_found
from shared.references import kept_by, through_customer
from shared.sealing import Sealer

_T = Complaint.__table__  # type: ignore[attr-defined]
_S = ComplaintStep.__table__  # type: ignore[attr-defined]
_P = ComplaintPiece.__table__  # type: ignore[attr-defined]
_READ = [column for column in _T.c if column.key != "words"]
TEXTS = TextIndex(_T, _P, "subject", "description")
SIGHT = through_customer(_T, _T.c.owner_id)

_one = select(*_READ).where(_T.c.id == bindparam("b_id", type_=Uuid), in_sight(SIGHT))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
_STEPS = prepare(
    select(_S)
    .where(
        _S.c.complaint_id == bindparam("b_id", type_=Uuid), in_sight_with(SIGHT, _T.c.id == _S.c.complaint_id)
    )
    .order_by(_S.c.version)
)
_OPEN = prepare(
    select(*_READ)
    .where(_T.c.resolved_at.is_(None), _T.c.id > bindparam("b_after", type_=Uuid))
    .order_by(_T.c.id)
    .limit(bindparam("b_most", type_=Integer))
    .with_for_update()
)
_CASES = prepare(select(*_READ).where(_T.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))))
_SERIALS = prepare(
    select(SERIAL.next_value().label("serial")).select_from(
        func.generate_series(1, bindparam("wanted", type_=Integer))
    )
)
_late = _T.c.step_due_at < func.now()
_LIST = Listing(
    select(*_READ),
    key=_T.c.id,
    sorts={"opened_at": _T.c.opened_at, "updated_at": _T.c.updated_at, "sla_due_at": _T.c.sla_due_at},
    default="-opened_at",
    filters={
        "status": lambda v: _T.c.status == v,
        "owner_id": lambda v: _T.c.owner_id == v,
        "severity": lambda v: _T.c.severity == v,
        "merged_into": lambda v: _T.c.merged_into == v,
        "product": lambda v: _T.c.product == v,
        "order_no": lambda v: _T.c.order_no == v,
        "watcher_id": lambda v: and_(func.cardinality(_T.c.watcher_ids) > 0, _T.c.watcher_ids.contains([v])),
        "escalated": lambda v: _T.c.escalation_level > 0 if v else _T.c.escalation_level == 0,
        "category": lambda v: _T.c.category == v,
        "customer_id": kept_by(_T.c.customer_id),
        "q": lambda _: true(),  # the data key makes its condition, see `complaints`
        "opened_at_gte": lambda v: _T.c.opened_at >= v,
        "opened_at_lt": lambda v: _T.c.opened_at < v,
        "overdue": lambda v: _late if v else _late.isnot(True),  # noqa: FBT003 - SQL's IS NOT TRUE
    },
)


def readable(case: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The complaint with its resolution clock as it stands at `now`."""
    due_at, paused_at = case["sla_due_at"], case["sla_paused_at"]
    state = sla.sla_state(due_at, case["resolved_at"], paused_at, now=now)
    told = {"state": state, "due_at": due_at, "paused_at": paused_at, "policy_id": case["policy_id"]}
    return {**case, "sla": told}


async def complaint(reader: Reader, complaint_id: UUID, *, now: datetime) -> dict[str, Any]:
    """One complaint in sight, or 404."""
    return readable(dict(_found(await reader.row(_ONE, b_id=complaint_id, **sight(reader.scope)))), now)


async def check_file(tx: Tx, complaint_id: UUID, attachment_id: UUID) -> None:
    """404 unless the complaint is in sight and names this file, and it is still the customer's.

    Who owns the case need not see the customer, and so the file; the case is enough.
    """
    row = _found(await tx.row(_ONE, b_id=complaint_id, **sight(tx.scope)))
    if attachment_id not in kept_here(row["attachments"]):
        raise not_found("attachment", "附件")
    async with tx.handing_over():
        await attachments.check_of_customer(tx, attachment_id, row["customer_id"])


async def case_to_move(tx: Tx, complaint_id: UUID) -> Case:
    """One complaint in sight, locked until the transaction ends, or 404."""
    return _case(_found(await tx.row(_LOCKED, b_id=complaint_id, **sight(tx.scope))))


async def open_cases(tx: Tx, *, after: UUID | None, most: int) -> list[Case]:
    """The next cases that are not resolved, by id, locked until the transaction ends."""
    return [_case(row) for row in await tx.rows(_OPEN, b_after=after or UUID(int=0), b_most=most)]


async def cases(reader: Reader, ids: Iterable[UUID]) -> list[Case]:
    """These complaints."""
    return [_case(row) for row in await reader.rows(_CASES, ids=list(ids))]


async def steps(reader: Reader, complaint_id: UUID) -> list[dict[str, Any]]:
    """The history of one complaint, oldest first, or 404."""
    rows = await reader.rows(_STEPS, b_id=complaint_id, **sight(reader.scope))
    if not rows:
        raise not_found("complaint", "投诉")
    return [dict(row) for row in rows]


async def complaints(
    reader: Reader, query: ComplaintQuery, sealer: Sealer, *, now: datetime
) -> dict[str, Any]:
    """One page of the complaints in sight."""
    where = [*visible(reader.scope, SIGHT), *([] if query.q is None else TEXTS.found_by(query.q, sealer))]
    page = await _LIST.page(reader, query, sealer, where=where)
    return {**page, "data": [readable(dict(row), now) for row in page["data"]]}


async def next_serials(tx: Tx, wanted: int) -> list[int]:
    """So many serial numbers, each given once and never again."""
    return [row["serial"] for row in await tx.rows(_SERIALS, wanted=wanted)]


def shown(case: Case, now: datetime) -> dict[str, Any]:
    """A case that was just changed, as it is read."""
    return readable(asdict(case), now)


def _case(row: Record) -> Case:
    return Case(**{**row, "watcher_ids": tuple(row["watcher_ids"])})


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("complaint", "投诉")
    return row
