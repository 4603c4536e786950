"""The door for HTTP: templates of service processes."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Response

from interaction_svc.processes import commands, queries
from interaction_svc.processes.schemas import (
    ServiceProcessCreate,
    ServiceProcessPatch,
    ServiceProcessQuery,
    ServiceProcessRead,
)
from shared.http import Caller, Page, ReadDb, RequiredIfMatch, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["service processes"])


@router.get(
    "/v1/service-processes",
    operation_id="listServiceProcesses",
    summary="List templates of service processes 查询服务流程模板",
    description="As they are now, the newest template first.",
    response_model=Page[ServiceProcessRead],
    **needs("policies:read"),
)
async def list_processes(
    query: Annotated[ServiceProcessQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.processes(db, query, sealer)


@router.post(
    "/v1/service-processes",
    status_code=201,
    operation_id="createServiceProcess",
    summary="Create a template of a service process 新建服务流程模板",
    description=(
        "Steps in their order, each with the role that is responsible, the minutes of working time from "
        "when it is possible until it shall be done, and the form that is filled in there."
    ),
    response_model=ServiceProcessRead,
    **needs("policies:write"),
)
async def create_process(
    body: ServiceProcessCreate, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    row = await commands.create_process(tx, body, by=caller.id)
    response.headers["Location"] = f"/v1/service-processes/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/service-processes/{process_id}",
    operation_id="getServiceProcess",
    summary="Read one template 查看服务流程模板",
    description="As it is now; its ETag is its version.",
    response_model=ServiceProcessRead,
    **needs("policies:read"),
)
async def get_process(process_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    row = await queries.process(db, process_id)
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/service-processes/{process_id}/versions/{version}",
    operation_id="getServiceProcessVersion",
    summary="Read one version of a template 查看流程模板版本",
    description="As it was from this version on: what services that were started then go by.",
    response_model=ServiceProcessRead,
    **needs("policies:read"),
)
async def get_process_version(
    process_id: UUID, version: Annotated[int, Path(ge=1, le=2**31 - 1)], db: ReadDb, response: Response
) -> dict[str, Any]:
    row = await queries.version(db, process_id, version)
    set_etag(response, version)
    return row


@router.patch(
    "/v1/service-processes/{process_id}",
    operation_id="changeServiceProcess",
    summary="Change a template 修改服务流程模板",
    description=(
        "A merge patch (RFC 7396); `steps` are replaced as a whole. A version is never changed: this makes "
        "another one, and services that run keep theirs."
    ),
    response_model=ServiceProcessRead,
    **needs("policies:write"),
)
async def change_process(
    process_id: UUID,
    body: ServiceProcessPatch,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: RequiredIfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.change_process(tx, process_id, body, by=caller.id, expected=expected)
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/service-processes/{process_id}",
    status_code=204,
    operation_id="removeServiceProcess",
    summary="Remove a template 删除服务流程模板",
    description=(
        "With its versions, while no service was started by it: 409 `process_in_use`. Else set `active` to "
        "false, and no other is."
    ),
    **needs("policies:write"),
)
async def remove_process(process_id: UUID, tx: WriteTx, expected: RequiredIfMatch) -> None:
    await commands.remove_process(tx, process_id, expected=expected)
