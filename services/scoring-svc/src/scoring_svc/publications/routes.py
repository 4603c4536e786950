"""The door to publishing policies and to going back."""

from typing import Any
from uuid import UUID

from fastapi import Response

from scoring_svc.policies.schemas import Version
from scoring_svc.publications import commands
from scoring_svc.publications.jobs import APPLY, ROLL_BACK
from scoring_svc.publications.schemas import PublicationStarted, PublishInput, RollbackInput, RollbackStarted
from scoring_svc.settings import NUMBER
from shared import operations
from shared.http import Caller, Router, WriteTx, needs, set_etag

router = Router(tags=["tier policies"])


@router.post(
    "/v1/tier-policies/{version}/publish",
    status_code=202,
    operation_id="publishTierPolicy",
    summary="Publish a simulated policy 发布分级策略",
    response_model=PublicationStarted,
    **needs("policies:write"),
)
async def publish_policy(
    version: Version, body: PublishInput, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    """What was simulated becomes what is, record by record; whoever changed since is scored anew.

    409 `simulation_unfinished`, `simulation_outdated`, `data_moved` (with the numbers), `model_changed`,
    `policy_replaced` or `publication_running` say why not. It decides at once and cannot be cancelled,
    only rolled back; one with an `effective_from` ahead waits, and is simulated and compared again then.
    """
    row = await commands.publish(tx, version, body, by=caller.id)
    set_etag(response, row["revision"])
    if row["status"] == "scheduled":
        response.headers["Location"] = f"/v1/tier-policies/{version}"
        return {"id": None, "version": version, "effective_from": row["effective_from"]}
    operation = await operations.start(
        tx,
        "tier-publication",
        caller.id,
        service_number=NUMBER,
        job=APPLY,
        args={"version": version},
    )
    response.headers["Location"] = f"/v1/operations/{operation}"
    return {"id": operation, "version": version, "effective_from": row["effective_from"]}


@router.post(
    "/v1/tier-policies/{version}/rollback",
    status_code=202,
    operation_id="rollBackTierPolicy",
    summary="Let an earlier version decide again 回退分级策略",
    response_model=RollbackStarted,
    **needs("policies:write"),
)
async def roll_back_policy(
    version: Version, body: RollbackInput, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, UUID]:
    """As a new version that copies its document, with tiers as if what came after it had not been.

    It needs no simulation: the operation makes one, publishes by it and answers with its matrix.
    """
    base = await commands.roll_back(tx, version)
    note = body.note or f"Back to version {version} · 回退至版本 {version}"
    args = {
        "version": version,
        "base_version": base,
        "simulation_id": str(tx.new_id()),
        "by": str(caller.id),
        "note": note,
    }
    operation = await operations.start(
        tx, "tier-rollback", caller.id, service_number=NUMBER, job=ROLL_BACK, args=args
    )
    response.headers["Location"] = f"/v1/operations/{operation}"
    return {"id": operation}
