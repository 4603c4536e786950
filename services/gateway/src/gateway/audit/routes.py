"""The audit of all services over HTTP, for administrators."""

import hashlib
import json
from typing import Annotated, Any

from fastapi import Query, Request

from gateway.audit.auditor import Asker, Auditor
from gateway.audit.domain import SERVICES
from gateway.audit.schemas import AuditedPage, AuditSearch, Chains
from shared.auth import Principal
from shared.http import Caller, Router, Sealing, needs
from shared.problems import FieldError, Malformed
from shared.sealing import Sealer, Unsealable

router = Router(tags=["audit"])


@router.get(
    "/v1/audit",
    operation_id="listAudit",
    summary="List who did what, in all services",
    response_model=AuditedPage,
    **needs("audit:read"),
)
async def list_audit(
    query: Annotated[AuditSearch, Query()], request: Request, caller: Caller, sealer: Sealing
) -> Any:
    """Newest first, from each service's own audit; `parts` says which service did not answer.

    Sign-ins and the use of keys stand in the gateway's, changes and reads in that of the service which keeps
    the records. `subject_id` finds who read or changed a record.
    """
    auditor: Auditor = request.state.auditor
    told = query.told()
    binding = _binding(query, told)
    if query.cursor is not None:
        told["before_id"] = _opened(query.cursor, sealer, binding)
    services = SERVICES if query.service is None else (query.service,)
    page, parts = await auditor.entries(_asker(request, caller), services, told, limit=query.limit)
    last = page.entries[-1]["id"] if page.more and page.entries else None
    cursor = None if last is None else sealer.seal_text("cursor", str(last).encode(), binding)
    return {
        "data": page.entries,
        "page": {"next_cursor": cursor, "has_more": last is not None},
        "parts": parts,
    }


@router.get(
    "/v1/audit/chains",
    operation_id="listAuditChains",
    summary="Compare each service's chain of entries with the copies kept elsewhere",
    response_model=Chains,
    **needs("audit:read"),
)
async def list_chains(request: Request, caller: Caller) -> Any:
    """Each minute every service copies the end of its chain into the others: one that was cut does not fit.

    What stands inside of a chain is followed each night, and by `POST /v1/<service>/audit/verifications`.
    """
    auditor: Auditor = request.state.auditor
    return {"data": await auditor.chains(_asker(request, caller))}


def _asker(request: Request, caller: Principal) -> Asker:
    state = request.state
    carried = {"x-request-id": state.request_id, "traceparent": state.traceparent}
    if state.client:
        carried["x-forwarded-for"] = state.client
    return Asker(caller, carried)


def _binding(query: AuditSearch, told: dict[str, Any]) -> bytes:
    stated = json.dumps([AuditSearch.__name__, query.service, told], sort_keys=True)
    return hashlib.sha256(stated.encode()).digest()


def _opened(cursor: str, sealer: Sealer, binding: bytes) -> str:
    try:
        return sealer.open_text("cursor", cursor, binding).decode()
    except Unsealable:
        field = FieldError(
            "?cursor",
            "cursor_invalid",
            "does not belong to this list and filters",
            "与当前列表或筛选条件不符",
        )
        raise Malformed(
            "cursor_invalid",
            en="cursor does not belong to this list and filters",
            zh="cursor 与当前列表或筛选条件不符",
            errors=(field,),
        ) from None
