"""The door for HTTP: one verb per step of a service's course."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from interaction_svc.processes.schemas import PlaceCode
from interaction_svc.service_records import changes, commands
from interaction_svc.service_records.schemas import (
    ServiceCancel,
    ServiceRate,
    ServiceRecordWhole,
    ServiceStepComplete,
    ServiceStepSkip,
    ServiceStepStart,
)
from shared.auth import Principal
from shared.db import Tx
from shared.http import Caller, IfMatch, Router, WriteTx, needs, set_etag

router = Router(tags=["service records"])
_EMPTY_START = ServiceStepStart()
_EMPTY_COMPLETE = ServiceStepComplete()


@dataclass(frozen=True, slots=True)
class _Doing:
    """One request to do something to a service."""

    record_id: UUID
    tx: Tx
    caller: Principal
    expected: int | None
    response: Response

    async def move(self, how: changes.How) -> dict[str, Any]:
        row = await commands.move(self.tx, self.record_id, how, by=self.caller.id, expected=self.expected)
        set_etag(self.response, row["version"])
        return row


def _doing(record_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response) -> _Doing:
    return _Doing(record_id, tx, caller, expected, response)


Asked = Annotated[_Doing, Depends(_doing)]


@router.post(
    "/v1/service-records/{record_id}/steps/{code}/start",
    operation_id="startServiceStep",
    summary="Begin a step of a service 开始服务步骤",
    description=(
        "Steps are taken in their order: 409 `step_out_of_order`, and 409 `step_started` for who comes "
        "second. Whoever does it works here and has the step's role: 409 `role_missing`."
    ),
    response_model=ServiceRecordWhole,
    **needs("interactions:write"),
)
async def start_service_step(
    code: PlaceCode, asked: Asked, body: ServiceStepStart = _EMPTY_START
) -> dict[str, Any]:
    return await asked.move(changes.starting(asked.tx, code, asked.caller, body.assignee_id))


@router.post(
    "/v1/service-records/{record_id}/steps/{code}/complete",
    operation_id="completeServiceStep",
    summary="Complete a step of a service 完成服务步骤",
    description=(
        "With its form: a wrong value is named at `/form/<code>`. The next step is possible from now on; the "
        "last one ends the service: `service.recorded.v1` tells of it. 409 `step_not_started` before that."
    ),
    response_model=ServiceRecordWhole,
    **needs("interactions:write"),
)
async def complete_service_step(
    code: PlaceCode, asked: Asked, body: ServiceStepComplete = _EMPTY_COMPLETE
) -> dict[str, Any]:
    return await asked.move(changes.completing(code, body.form))


@router.post(
    "/v1/service-records/{record_id}/steps/{code}/skip",
    operation_id="skipServiceStep",
    summary="Skip a step of a service 跳过服务步骤",
    description="The step whose turn it is is not needed, and why; the next one is possible from now on.",
    response_model=ServiceRecordWhole,
    **needs("interactions:write"),
)
async def skip_service_step(code: PlaceCode, asked: Asked, body: ServiceStepSkip) -> dict[str, Any]:
    return await asked.move(changes.skipping(code, body.reason))


@router.post(
    "/v1/service-records/{record_id}/cancel",
    operation_id="cancelService",
    summary="Cancel a service 取消服务",
    description="It ends before its last step, and why. 409 `service_over` when it is over already.",
    response_model=ServiceRecordWhole,
    **needs("interactions:write"),
)
async def cancel_service(asked: Asked, body: ServiceCancel) -> dict[str, Any]:
    return await asked.move(changes.cancelling(body.reason))


@router.post(
    "/v1/service-records/{record_id}/rate",
    operation_id="rateService",
    summary="Note the customer's rating 记录客户评价",
    description=(
        "Of a service that is done (409 `service_not_done`), once (409 `service_rated`). "
        "`service.rated.v1` tells of it."
    ),
    response_model=ServiceRecordWhole,
    **needs("interactions:write"),
)
async def rate_service(asked: Asked, body: ServiceRate) -> dict[str, Any]:
    return await asked.move(changes.rating(body))
