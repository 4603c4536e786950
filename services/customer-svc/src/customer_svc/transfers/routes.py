"""The door to imports."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError
from pydantic_core import from_json

from customer_svc.interactions.clients import AUDIENCE
from customer_svc.interactions.tokens import kept_token
from customer_svc.transfers import commands, queries, refusals, templates
from customer_svc.transfers.documented import FAULT_FILE, FORM_BODY, REFUSED_FILE, WORKBOOK_FILE
from customer_svc.transfers.domain import SUGGESTED, Entity
from customer_svc.transfers.schemas import (
    FaultQuery,
    FaultRead,
    ImportForm,
    ImportQuery,
    ImportRead,
    ImportStarted,
)
from customer_svc.transfers.template_routes import router as template_router
from shared import uploads
from shared.auth import Principal
from shared.db import Database
from shared.http import Caller, Db, Page, ReadDb, Router, Sealing, needs, set_etag
from shared.http.dependencies import begin_visit
from shared.http.door import PatientRoute, UploadRoute, demand
from shared.http.errors import chinese, invalid_input
from shared.problems import Invalid, Problem
from shared.sheets.booking import XLSX, workbook
from shared.sheets.form import read_form
from shared.sheets.texts import MOST_BYTES
from shared.uploads import StoredUpload

_FORM_BYTES = 2 * 1024 * 1024


router = Router(tags=["imports"])
_sending = APIRouter(route_class=UploadRoute, tags=["imports"])
_making = APIRouter(route_class=PatientRoute, tags=["imports"])
_WRITE = needs("imports:write", asks=(AUDIENCE,))
_WRITE["openapi_extra"]["requestBody"] = FORM_BODY


@_sending.post(
    "/v1/imports",
    status_code=202,
    operation_id="startImport",
    summary="Import a CSV file or a workbook",
    response_model=ImportStarted,
    responses={415: {"description": ""}},
    max_body_size=MOST_BYTES + _FORM_BYTES,
    **_WRITE,
)
async def start_import(request: Request, db: Db, caller: Caller, response: Response) -> Any:
    """Import customers, orders, contacts, distributors or interactions from a CSV file or a workbook (.xlsx).

    The file has a header row, at most 200 MiB and a million rows; what it is, is told by its content and not
    by its name. In CSV, UTF-8 (with or without BOM) and GB18030 are
    recognised (or said by `encoding`), and so are commas, semicolons and tabs. Of a workbook the `sheet` is
    read: dates are times without an offset, formulas are their stored values, merged header cells are joined
    over their rows (`联系人 电话`), a title above the header is left out. A column without a header is not
    read.

    Every other column must be a field (customers: `code name kind phone email tax_number industry
    business_scope size region address website channel external_id distributor_code owner_id referred_by
    birthday tags attributes.* contact_name contact_post contact_phone contact_email`; orders: `order_no
    channel ordered_at amount | amount_minor currency kind return_of customer_id | customer_code |
    external_id sku name category quantity | lines`; contacts: `customer_id | customer_code |
    external_id channel name post phone email role relation_strength birthday`; distributors, for staff
    who may enter them: `code name status classification level region territory product_lines
    parent_code contact_name contact_phone contact_email address`; interactions, for whoever may log
    them: `customer_id | customer_code | identity_channel external_id channel direction occurred_at
    participants summary agreement attachments`), unless `mapping` says which columns to read. `tags`,
    `territory` and `product_lines` are separated by `;` or `|`; `amount` is in units of the currency;
    `lines` are JSON as `POST /v1/orders` takes them, for more than one; a time without an offset is one
    of `timezone`; a birthday is written as `1980-05-12` or `05-12`, of the lunar calendar as `lunar
    08-15` or `农历 1980-06-01 闰`; participants are lines like `陈静 <staff>`, attachments like `a.jpg
    <https://…>`.

    A wrong row is reported with line, column and reason, and the others go in. The same file sent twice adds
    nothing: a customer is known again by its code, by channel and external_id, or else by the whole row, an
    order by channel and order number, a contact by its customer and name, a distributor by its code, an
    interaction by its customer, time, channel, direction and summary.
    `dry_run` judges everything and stores nothing. Watch the operation in `Location`: its result has the
    counts, `rows_per_second` and `seconds_left`; cancelling it keeps what is in.
    """
    found: list[StoredUpload] = []
    try:
        form = await _received(request, db, found)
        _permitted(caller, form.entity)
        tx = await begin_visit(request, sent=found[0].sha256 + form.model_dump_json().encode())
        form = await templates.completed(tx, form, caller)
        started = await commands.begin_import(
            tx,
            form,
            found[0],
            by=caller.id,
            service_number=request.state.service_number,
            token=kept_token(request, form.entity),
        )
    except BaseException:
        await _discard(db, found)
        raise
    response.headers["Location"] = f"/v1/operations/{started['id']}"
    return started


async def _received(request: Request, db: Database, found: list[StoredUpload]) -> ImportForm:
    async def store(content: AsyncIterator[bytes]) -> StoredUpload:
        found.append(await uploads.receive(db, content, most_bytes=MOST_BYTES))
        return found[0]

    form = await read_form(request, store)
    if form.file is None or form.file.size == 0:
        code = "required" if form.file is None else "file_empty"
        raise Invalid.at("/file", code, en="The file is missing or empty.", zh="缺少文件或文件为空。")
    return _understood(form.fields)


def _permitted(caller: Principal, entity: Entity) -> None:
    """What not everybody may enter who may import is entered by those who may do so one by one."""
    if entity in ("distributors", "interactions"):
        demand(caller, [f"{entity}:write"])


def _understood(fields: dict[str, str]) -> ImportForm:
    given: dict[str, Any] = dict(fields)
    if given.get("mapping") not in (None, SUGGESTED):
        try:
            given["mapping"] = from_json(given["mapping"])
        except ValueError:
            raise Invalid.at(
                "/mapping", "json_invalid", en="is not valid JSON", zh="不是有效的 JSON"
            ) from None
    try:
        return ImportForm.model_validate(given)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
        raise invalid_input([{**one, "loc": ("body", *one["loc"])} for one in wrong]) from None


async def _discard(db: Database, found: list[StoredUpload]) -> None:
    with suppress(Problem):
        for upload in found:
            async with db.begin() as tx:
                await uploads.discard(tx, upload.id)


@router.get(
    "/v1/imports",
    operation_id="listImports",
    summary="List imports",
    response_model=Page[ImportRead],
    **needs("imports:read"),
)
async def list_imports(
    query: Annotated[ImportQuery, Query()], db: ReadDb, sealer: Sealing, caller: Caller
) -> Any:
    """Your imports, latest first; an administrator sees everybody's."""
    return await queries.imports(db, query, sealer, caller)


@router.get(
    "/v1/imports/{import_id}",
    operation_id="getImport",
    summary="Read an import",
    response_model=ImportRead,
    **needs("imports:read"),
)
async def get_import(import_id: UUID, db: ReadDb, caller: Caller, response: Response) -> Any:
    """How far it is and what became of the rows that were read."""
    row = await queries.visible(db, import_id, caller)
    set_etag(response, row["version"])
    return queries.shown(dict(row))


@router.get(
    "/v1/imports/{import_id}/errors",
    operation_id="listImportErrors",
    summary="List what an import refused",
    response_model=Page[FaultRead],
    **needs("imports:read"),
)
async def list_errors(
    *,
    import_id: UUID,
    query: Annotated[FaultQuery, Query()],
    db: ReadDb,
    sealer: Sealing,
    caller: Caller,
    request: Request,
) -> Any:
    """Line, column, kind of value and reason, in the order of the file; the first 10,000 are kept."""
    zh = chinese(request.headers.get("accept-language"))
    return await queries.faults(db, import_id, query, sealer, caller=caller, zh=zh)


@router.get(
    "/v1/imports/{import_id}/errors.csv",
    operation_id="downloadImportErrors",
    summary="Download what an import refused",
    response_class=Response,
    responses={200: {"content": {"text/csv": FAULT_FILE}, "description": "CSV, UTF-8"}},
    **needs("imports:read"),
)
async def download_errors(import_id: UUID, db: ReadDb, caller: Caller, request: Request) -> Response:
    """The same as a file for a spreadsheet; no cell of it is taken for a formula. It holds no values."""
    zh = chinese(request.headers.get("accept-language"))
    text = await queries.fault_file(db, import_id, caller=caller, zh=zh)
    headers = {"Content-Disposition": f'attachment; filename="import-{import_id}-errors.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.get(
    "/v1/imports/{import_id}/refused-rows.csv",
    operation_id="downloadRefusedRows",
    summary="Download the rows that an import refused",
    response_class=Response,
    responses={200: {"content": {"text/csv": REFUSED_FILE}, "description": "CSV, UTF-8"}},
    **needs("imports:read"),
)
async def download_refused_rows(import_id: UUID, db: ReadDb, caller: Caller, request: Request) -> Response:
    """The refused rows as they were sent, with a column of reasons: put them right and send the file again.

    The column of reasons is not read when the file comes back, nor are the apostrophes that keep cells from
    running as formulas. Rows of the first 10,000 errors are kept, 16 million characters of them, for as long
    as the import is remembered; rows that could not be cut into cells are only in the list of errors.
    """
    zh = chinese(request.headers.get("accept-language"))
    text = refusals.as_csv(await refusals.table(db, import_id, caller=caller, zh=zh))
    return Response(text, media_type="text/csv; charset=utf-8", headers=_attached(import_id, "csv"))


@_making.get(
    "/v1/imports/{import_id}/refused-rows.xlsx",
    operation_id="downloadRefusedRowsAsWorkbook",
    summary="Download the rows that an import refused as a workbook",
    response_class=Response,
    responses={200: {"content": {XLSX: WORKBOOK_FILE}, "description": "A workbook"}},
    **needs("imports:read"),
)
async def download_refused_book(import_id: UUID, db: ReadDb, caller: Caller, request: Request) -> Response:
    """The same as .xlsx; every cell is a text and none a formula. Not for keys with hidden fields."""
    zh = chinese(request.headers.get("accept-language"))
    rows = await refusals.table(db, import_id, caller=caller, zh=zh)
    async with workbook(refusals.in_chunks(rows)) as path:
        content = await asyncio.to_thread(path.read_bytes)
    return Response(content, media_type=XLSX, headers=_attached(import_id, "xlsx"))


def _attached(import_id: UUID, form: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="import-{import_id}-refused.{form}"'}


router.include_router(_sending)
router.include_router(_making)
router.include_router(template_router)
