"""The door to exports."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from customer_svc.exports import commands, queries
from customer_svc.exports.documented import FILES
from customer_svc.exports.domain import ELSEWHERE
from customer_svc.exports.schemas import ExportCreate, ExportQuery, ExportRead, ExportStarted
from customer_svc.interactions.clients import AUDIENCE, Interactions
from customer_svc.interactions.tokens import kept_token
from shared import uploads
from shared.auth import Principal
from shared.auth.tokens import HEADER
from shared.http import Caller, Db, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag
from shared.http.door import demand
from shared.problems import Forbidden
from shared.sheets.booking import XLSX

router = Router(tags=["exports"])
_READING = {"contacts": "customers:read"}


async def _wanted(body: ExportCreate, caller: Caller, request: Request) -> ExportCreate:
    """The body, if the caller may have it.

    Whether filters fit that another service knows is asked before the transaction opens.
    """
    demand(caller, [_READING.get(body.entity, f"{body.entity}:read")])
    _unmasked(caller)
    if body.entity == ELSEWHERE:
        interactions: Interactions = request.state.interactions
        refused = await interactions.refused_filters(request.headers[HEADER], body.filters)
        commands.check_filters(commands.paging(body.filters) or refused)
    return body


@router.post(
    "/v1/exports",
    status_code=202,
    operation_id="startExport",
    summary="Export what you see as a file",
    response_model=ExportStarted,
    **needs("exports:write", asks=(AUDIENCE,)),
)
async def start_export(
    wanted: Annotated[ExportCreate, Depends(_wanted)],
    tx: WriteTx,
    caller: Caller,
    request: Request,
    response: Response,
) -> Any:
    """Write customers, orders, contacts, distributors or interactions into a CSV file or a workbook.

    It holds what you see.

    `filters` are those of the list of the same name, and you need the permission to read it. The columns are
    those that an import reads, or those that you name: beside them `id created_at` and of customers `status
    updated_at`, of orders `customer_code customer_name distributor_code`, of contacts `customer_code
    customer_name updated_at`, of distributors `onboarding_stage updated_at`, of interactions `customer_code
    customer_name distributor_code created_by updated_at`. Every cell is quoted, and one
    that a spreadsheet would run as a formula begins with an apostrophe, which an import takes away again.

    Watch the operation in `Location`, then download the file within a week. Not for keys with hidden fields.
    """
    started = await commands.begin_export(
        tx,
        wanted,
        by=caller.id,
        service_number=request.state.service_number,
        token=kept_token(request, wanted.entity),
    )
    response.headers["Location"] = f"/v1/operations/{started['id']}"
    return started


def _unmasked(caller: Principal) -> None:
    if caller.masked:
        raise Forbidden(
            "answer_not_maskable",
            en="Fields are hidden from this key, and a file cannot be searched for them.",
            zh="此密钥有隐藏字段，而文件无法逐字段处理。",
        )


@router.get(
    "/v1/exports",
    operation_id="listExports",
    summary="List exports",
    response_model=Page[ExportRead],
    **needs("exports:read"),
)
async def list_exports(
    query: Annotated[ExportQuery, Query()], db: ReadDb, sealer: Sealing, caller: Caller
) -> Any:
    """Your exports, latest first; an administrator sees everybody's."""
    return await queries.exports(db, query, sealer, caller)


@router.get(
    "/v1/exports/{export_id}",
    operation_id="getExport",
    summary="Read an export",
    response_model=ExportRead,
    **needs("exports:read"),
)
async def get_export(export_id: UUID, db: ReadDb, caller: Caller, response: Response) -> Any:
    """How far it is, how many rows it has, and until when its file can be downloaded."""
    row = await queries.export(db, export_id, caller)
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/exports/{export_id}/file",
    operation_id="downloadExport",
    summary="Download an export",
    response_class=Response,
    responses={200: {"content": FILES, "description": "The file"}, 409: {"description": ""}},
    **needs("exports:read"),
)
async def download_export(export_id: UUID, db: ReadDb, database: Db, caller: Caller) -> Response:
    """The file, streamed. 409 `export_not_ready` before it is whole, 404 when it expired."""
    _unmasked(caller)
    row = await queries.file(db, export_id, caller)
    charset = "gb18030" if row["encoding"] == "gb18030" else "utf-8"
    media = XLSX if row["format"] == "xlsx" else f"text/csv; charset={charset}"
    name = f"{row['entity']}-{row['created_at']:%Y%m%d-%H%M%S}.{row['format']}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(row["size"]),
    }
    content = uploads.open_chunks(database, row["upload_id"])
    return StreamingResponse(content, media_type=media, headers=headers)
