"""The door to undoing imports."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from customer_svc.interactions.clients import AUDIENCE
from customer_svc.interactions.tokens import kept_token
from customer_svc.undos import commands, queries
from customer_svc.undos.schemas import KeptQuery, KeptRead, UndoStarted
from shared.http import Caller, Page, ReadDb, Router, Sealing, WriteTx, needs
from shared.http.door import demand
from shared.http.errors import chinese

router = Router(tags=["imports"])
_FILE: dict[str, Any] = {
    "schema": {"type": "string"},
    "examples": {
        "en": {
            "summary": "English",
            "value": '"line","kind","record_id","field","code","reason"\n'
            '"17","customer","0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e","phone","changed_since",'
            '"was changed after the import"\n',
        },
        "zh": {
            "summary": "中文",
            "value": '"line","kind","record_id","field","code","reason"\n'
            '"17","customer","0192f0c1-5b1e-7c3a-9d2e-3f4a5b6c7d8e","","in_use","已被其他记录引用"\n',
        },
    },
}


@router.post(
    "/v1/imports/{import_id}/undo",
    status_code=202,
    operation_id="undoImport",
    summary="Undo an import",
    response_model=UndoStarted,
    **needs("imports:write", asks=(AUDIENCE,)),
)
async def undo_import(
    import_id: UUID, tx: WriteTx, caller: Caller, request: Request, response: Response
) -> Any:
    """Take back what an import stored, as far as nothing happened to it since; also one that was cancelled.

    Customers that it registered are archived and give back code, tax number, values of unique fields and
    identities, so that the file may come again; fields that it changed are as they were; contacts are
    removed, distributors and interactions deleted, orders voided. What was changed since, or is referred to
    by others, stays and is told (`/kept`). History and `voided_by` name who undid it.

    Watch the operation in `Location`: its result counts `undone` and `kept` records. Cancelling it stops in
    the middle; asking again goes on from there. 409 `import_running`, `import_preview` for a `dry_run`,
    `undo_running`, `import_undone`.
    """
    entry = await queries.import_for_update(tx, import_id, caller)
    if entry["entity"] in ("distributors", "interactions"):
        demand(caller, [f"{entry['entity']}:write"])
    operation = await commands.begin_undo(
        tx,
        entry,
        by=caller.id,
        service_number=request.state.service_number,
        token=kept_token(request, entry["entity"]),
    )
    response.headers["Location"] = f"/v1/operations/{operation}"
    return {"id": operation, "import_id": import_id, "status": "queued"}


@router.get(
    "/v1/imports/{import_id}/kept",
    operation_id="listKeptRecords",
    summary="List what stays of an undone import",
    response_model=Page[KeptRead],
    **needs("imports:read"),
)
async def list_kept(
    *,
    import_id: UUID,
    query: Annotated[KeptQuery, Query()],
    db: ReadDb,
    sealer: Sealing,
    caller: Caller,
    request: Request,
) -> Any:
    """Records that stay, or single fields of them, with the reason, in the order of the file.

    `changed_since`: somebody changed it after the import. `in_use`: others refer to it. `gone`: it is not
    there any more, or out of sight. `key_taken`: its former code or value is another one's now.
    `value_not_allowed`: the definitions of today refuse the former value. The first 10,000 are told.
    """
    zh = chinese(request.headers.get("accept-language"))
    return await queries.kept(db, import_id, query, sealer, caller=caller, zh=zh)


@router.get(
    "/v1/imports/{import_id}/kept.csv",
    operation_id="downloadKeptRecords",
    summary="Download what stays of an undone import",
    response_class=Response,
    responses={200: {"content": {"text/csv": _FILE}, "description": "CSV, UTF-8"}},
    **needs("imports:read"),
)
async def download_kept(import_id: UUID, db: ReadDb, caller: Caller, request: Request) -> Response:
    """The same as a file for a spreadsheet. It holds ids and no values."""
    zh = chinese(request.headers.get("accept-language"))
    text = await queries.kept_file(db, import_id, caller=caller, zh=zh)
    headers = {"Content-Disposition": f'attachment; filename="import-{import_id}-kept.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
