"""The door for HTTP: sending files, and fetching them by links."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from interaction_svc.attachments import commands, queries
from interaction_svc.attachments.commands import Received
from interaction_svc.attachments.keeping import check_unmasked, keeping_of
from interaction_svc.attachments.schemas import (
    CONTENT,
    FORM_BODY,
    AttachmentForm,
    AttachmentLink,
    StoredFile,
)
from interaction_svc.customers import clients
from interaction_svc.settings import MOST_FILE_BYTES
from shared.http import (
    NO_SUCH_RECORD,
    Caller,
    Db,
    ReadDb,
    Router,
    Sealing,
    WriteTx,
    needs,
    public,
)
from shared.http.dependencies import begin_visit
from shared.http.door import UploadRoute
from shared.http.errors import invalid_input
from shared.problems import Invalid
from shared.sheets.form import FileHead, Form, read_named_form

_FORM_BYTES = 256 * 1024
_WRITE = needs("interactions:write")
_WRITE["openapi_extra"]["requestBody"] = FORM_BODY
_BY_LINK = public(403)
_BY_LINK["responses"][200] = {"content": CONTENT, "description": "The file"}
_SAFELY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
"""Whatever is in a file: it is saved and not shown, nothing in it runs, and nobody on the way keeps it."""

router = Router(tags=["attachments"])
sending = APIRouter(route_class=UploadRoute, tags=["attachments"])


@sending.post(
    "/v1/attachments",
    status_code=201,
    operation_id="createAttachment",
    summary="Send a file 上传附件",
    description=(
        "One file of a customer, as `multipart/form-data`. At most 20 MiB unless the operator set another "
        "limit: 413 `file_too_large`. Taken in are PDF, pictures (PNG, JPEG, GIF, WebP, HEIC, BMP, TIFF), "
        "sound (MP3, M4A, WAV, AMR, Ogg), Word, Excel and PowerPoint, plain text and CSV; what a file is, is "
        "told by its content: 422 `type_not_allowed` for anything else, 422 `type_mismatch` for a name or a "
        "declared type that does not fit, 422 `file_empty`. Name the attachment in an interaction or a "
        "complaint by its id: one that nothing refers to is deleted after a day. 503 `file_store_away` while "
        "none can be stored."
    ),
    response_model=StoredFile,
    responses={**NO_SUCH_RECORD, 415: {"description": ""}},
    max_body_size=MOST_FILE_BYTES + _FORM_BYTES,
    **_WRITE,
)
async def create_attachment(request: Request, db: Db, caller: Caller, response: Response) -> dict[str, Any]:
    keeping, found = keeping_of(request), list[Received]()
    _refuse_announced(request, keeping.rules.most_bytes)

    async def store(told: FileHead, content: AsyncIterator[bytes]) -> Received:
        found.append(await commands.receive(db, keeping.store, told, content, rules=keeping.rules))
        return found[0]

    try:
        file, customer_id = _understood(await read_named_form(request, store))
        distributor_id = await clients.distributor_of(request, caller, customer_id)
        tx = await begin_visit(request, sent=file.sha256 + file.name.encode() + customer_id.bytes)
        row = await commands.add(
            tx, file, customer_id=customer_id, distributor_id=distributor_id, by=caller.id
        )
    except BaseException:
        for each in found:
            await commands.forget(db, keeping.store, each.id)
        raise
    response.headers["Location"] = f"/v1/attachments/{row['id']}"
    return row


def _refuse_announced(request: Request, most_bytes: int) -> None:
    """Refuse at once what says beforehand that it is too large."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most_bytes + _FORM_BYTES:
        raise commands.too_large(most_bytes)


def _understood(form: Form[Received]) -> tuple[Received, UUID]:
    if form.file is None:
        raise Invalid.at("/file", "required", en="is required", zh="为必填项")
    try:
        return form.file, AttachmentForm.model_validate(form.fields).customer_id
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)
        raise invalid_input([{**one, "loc": ("body", *one["loc"])} for one in wrong]) from None


@router.get(
    "/v1/attachments/{attachment_id}",
    operation_id="getAttachment",
    summary="Read of a file 查看附件信息",
    description="What a file is called, of what kind and how large it is, and the digest of its content.",
    response_model=StoredFile,
    **needs("interactions:read"),
)
async def get_attachment(attachment_id: UUID, db: ReadDb) -> dict[str, Any]:
    return await queries.attachment(db, attachment_id)


@router.post(
    "/v1/attachments/{attachment_id}/link",
    operation_id="linkAttachment",
    summary="Make a link to a file 生成附件链接",
    description=(
        "An address, below that of the API, from which anybody can fetch the file for some minutes. The "
        "audit notes who made it. Not for keys with hidden fields: 403 `answer_not_maskable`."
    ),
    response_model=AttachmentLink,
    **needs("interactions:read"),
)
async def link_attachment(
    *,
    attachment_id: UUID,
    tx: WriteTx,
    caller: Caller,
    sealer: Sealing,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    check_unmasked(caller)
    await queries.attachment(tx, attachment_id)
    return keeping_of(request).link(sealer, attachment_id, response, now=tx.now)


@router.get(
    "/v1/attachments/{attachment_id}/content",
    operation_id="downloadAttachment",
    summary="Fetch a file by its link 下载附件",
    description=(
        "The file, to be saved. 403 `link_invalid` for a link that was not made by `link`, 403 "
        "`link_expired` for one that is over, 404 when the file was deleted since."
    ),
    response_class=Response,
    **_BY_LINK,
)
async def download_attachment(
    *,
    attachment_id: UUID,
    expires: Annotated[int, Query(ge=0, le=253_402_300_799, description="As the link says · 见链接")],
    signature: Annotated[str, Query(max_length=100, description="As the link says · 见链接")],
    db: Db,
    sealer: Sealing,
    request: Request,
) -> Response:
    keeping = keeping_of(request)
    keeping.links(sealer).check(attachment_id, expires, signature, now=db.now())
    async with db.read() as reader:
        row = await queries.attachment(reader, attachment_id)
    headers = {
        **_SAFELY,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row['name'], safe='')}",
        "Content-Length": str(row["size"]),
    }
    content = await _begun(keeping.store.read(attachment_id))
    return StreamingResponse(content, media_type=row["media_type"], headers=headers)


async def _begun(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The bytes, once the first of them are here: until then the answer can still be another one."""
    try:
        first = await anext(chunks)
    except (OSError, StopAsyncIteration):
        raise commands.store_away() from None

    async def all_of_them() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return all_of_them()


@router.delete(
    "/v1/attachments/{attachment_id}",
    status_code=204,
    operation_id="deleteAttachment",
    summary="Delete a file 删除附件",
    description="A file that nothing refers to; else 409 `attachment_used`. Links to it end at once.",
    **needs("interactions:write"),
)
async def delete_attachment(attachment_id: UUID, tx: WriteTx) -> None:
    await commands.remove(tx, attachment_id)
