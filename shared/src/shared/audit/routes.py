"""The auditors' door to one service: its entries, the end of its chain, and following it."""

from typing import Annotated, Any

from fastapi import Path, Query, Request, Response

from shared import operations
from shared.audit import anchors, chain, jobs, queries
from shared.audit.schemas import AuditHead, AuditLink, AuditQuery, AuditRead, VerificationStarted
from shared.http import Caller, Page, ReadDb, Router, Sealing, WriteTx, needs
from shared.problems import not_found

Number = Annotated[int, Path(ge=1, lt=2**63, description="The link's number, from 1")]


def audit_router(service_name: str) -> Router:
    """The routes of one service, under its own name."""
    router, base = Router(tags=["audit"]), f"/v1/{service_name}/audit"
    of, reads = "Of" + service_name.title().replace("-", ""), needs("audit:read")
    router.get(
        base,
        operation_id=f"listAudit{of}",
        summary="List what was done here",
        response_model=Page[AuditRead],
        **reads,
    )(list_entries)
    router.get(
        f"{base}/head",
        operation_id=f"getAuditHead{of}",
        summary="Read where the chain of entries ends",
        response_model=AuditHead,
        **reads,
    )(get_head)
    router.get(
        f"{base}/links/{{number}}",
        operation_id=f"getAuditLink{of}",
        summary="Read one link of the chain",
        response_model=AuditLink,
        **reads,
    )(get_link)
    router.post(
        f"{base}/verifications",
        status_code=202,
        operation_id=f"startAuditVerification{of}",
        summary="Follow the whole chain and name its first broken place",
        response_model=VerificationStarted,
        **needs("audit:read"),
    )(start_verification)
    return router


async def list_entries(db: ReadDb, sealer: Sealing, query: Annotated[AuditQuery, Query()]) -> Any:
    """Newest first. `GET /v1/audit` shows those of all services together.

    A change's entry is written with the change, a read's within a fifth of a second. Equal reads of one
    caller within that time are one entry, and so are equal refusals of one minute.
    """
    return await queries.page(db, query, sealer)


async def get_head(db: ReadDb) -> Any:
    """The last number and hash, and the copies of all services' ends that are kept in this database."""
    end, known = await chain.head(db), await anchors.known(db)
    kept = [
        {**row, "hash": row["hash"].hex(), "doubtful_since_turn": known.doubted.get(service)}
        for service, row in known.newest.items()
    ]
    return {"number": end.number, "hash": end.hash.hex(), "sealed_at": end.sealed_at, "anchors": kept}


async def get_link(number: Number, db: ReadDb) -> Any:
    """The hash at this number as it stands now, to be compared with a copy that was kept elsewhere."""
    found = await anchors.hash_at(db, number)
    if found is None:
        raise not_found("link", "链节")
    return {"number": number, "hash": found.hex()}


async def start_verification(tx: WriteTx, caller: Caller, request: Request, response: Response) -> Any:
    """Answers an operation to watch: 200,000 entries take about a minute.

    Its result says how far the chain holds and what is `broken`: `entry_changed`, `entry_missing`,
    `link_changed`, `link_missing`, `never_sealed` or `checkpoint_changed`, with the number and the entry.
    """
    operation = await operations.start(
        tx,
        "audit-verification",
        caller.id,
        service_number=request.state.service_number,
        job=jobs.VERIFY,
        args={},
    )
    response.headers["Location"] = f"/v1/operations/{operation}"
    return {"id": operation}
