"""The door for HTTP: taking complaints in."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response

from interaction_svc.attachments.uses import check_files
from interaction_svc.batches import Batch, check_batch
from interaction_svc.complaints import commands, domain
from interaction_svc.complaints.schemas import (
    ComplaintBatch,
    ComplaintCreate,
    ComplaintLoad,
    ComplaintRead,
)
from interaction_svc.customers import clients
from interaction_svc.intake.commands import take_in
from shared.http import NO_SUCH_RECORD, BatchResults, Caller, Db, Router, WriteTx, needs, set_etag

router = Router(tags=["complaints"])


@dataclass(frozen=True, slots=True)
class _Asked:
    body: ComplaintCreate
    distributor_id: UUID | None


async def _asked(body: ComplaintCreate, caller: Caller, request: Request) -> _Asked:
    """The body and whose customer it names, found out before the transaction opens."""
    return _Asked(*await clients.settled(request, caller, body))


async def _batch(body: ComplaintBatch, caller: Caller, request: Request, db: Db) -> Batch[ComplaintLoad]:
    now = db.now()

    def check(item: ComplaintLoad) -> None:
        domain.check_past(item.past_times(), now=now)

    return await check_files(request, caller, await check_batch(request, caller, body.items, check))


@router.post(
    "/v1/complaints",
    status_code=201,
    operation_id="createComplaint",
    summary="Take in a complaint 受理投诉",
    description=(
        "The customer is named by its id, or by an identity: 422 `customer_unknown` if it is nobody's, 422 "
        "`customer_ambiguous` if several distributors use it. The complaint gets a number and stands at "
        "`received`; `step_due_at` says until when it must be answered, `sla` until when it must be "
        "resolved: by the policy of service levels that covers it, else within 24 hours (critical), 48 "
        "(high), 120 (normal), 240 (low). They are counted in the working time of the calendar of the "
        "customer's org unit, else of the company; while there is none, every hour counts. If a rule of "
        "assignment finds somebody, it has an owner at once. `attachments` are files of the customer that "
        "were sent before (`POST /v1/attachments`), or https links."
    ),
    response_model=ComplaintRead,
    responses=NO_SUCH_RECORD,
    **needs("complaints:write"),
)
async def create_complaint(
    asked: Annotated[_Asked, Depends(_asked)], tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    row = await take_in(tx, asked.body, distributor_id=asked.distributor_id, by=caller.id)
    response.headers["Location"] = f"/v1/complaints/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/complaints/batch",
    status_code=207,
    operation_id="loadComplaints",
    summary="Load many complaints 批量导入投诉",
    description=(
        "Up to 1,000 complaints, also of the past: `opened_at`, and for a finished one `resolved_at` with "
        "`result`, `informed_at`, `closed_at`. Each is checked alone and answered in `results`. "
        "503: a customer could not be looked up and nothing went in; send the batch again."
    ),
    response_model=BatchResults,
    **needs("complaints:write"),
)
async def load_complaints(
    batch: Annotated[Batch[ComplaintLoad], Depends(_batch)], tx: WriteTx, caller: Caller, request: Request
) -> dict[str, Any]:
    ids = await commands.load_complaints(tx, batch.items, distributors=batch.distributors, by=caller.id)
    return batch.results(ids, request)
