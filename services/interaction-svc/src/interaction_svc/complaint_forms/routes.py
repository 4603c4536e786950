"""The doors for HTTP: forms and links for staff, and the page that a customer opens."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from interaction_svc.complaint_forms import commands, page, queries
from interaction_svc.complaint_forms.domain import Sheet
from interaction_svc.complaint_forms.schemas import (
    ComplaintFormCreate,
    ComplaintFormPatch,
    ComplaintFormQuery,
    ComplaintFormRead,
    FormLinkCreate,
    FormLinkMade,
    PageQuery,
)
from interaction_svc.customers import clients
from interaction_svc.web_pages.domain import LANGUAGES, Sent
from interaction_svc.web_pages.doors import FORM, check_address, language_of, sent_by
from interaction_svc.web_pages.html import HEADERS
from shared.clock import new_id
from shared.http import (
    NO_SUCH_RECORD,
    Caller,
    IfMatch,
    Page,
    ReadDb,
    Router,
    Sealing,
    WriteTx,
    needs,
    public,
    set_etag,
)

router = Router(tags=["complaints"])
pages = Router(tags=["complaints"])
pages.route_class = page.PageRoute
MOST_BODY = 64 * 1024
Token = Annotated[str, Path(max_length=200, examples=["Qm5-s8Jq0c1vXy2ZkT4uWb7nRf9hLd3gPa6eMi0oKj1"])]
_FIELDS = {name: {"type": "string", "maxLength": 10_000} for name in ("subject", "description", "category")}
_SENT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "do": {"type": "string", "enum": ["send", "zh", "en"], "description": "Which button was pressed."},
        "sheet": {"type": "string", "maxLength": 40, "description": "As the page said it."},
        **_FIELDS,
    },
    "additionalProperties": {"type": "string", "maxLength": 10_000},
    "examples": [
        {"do": "send", "category": "delivery", "subject": "Late", "description": "Nine days late"},
        {"do": "send", "category": "delivery", "subject": "送晚了", "description": "晚了九天"},
    ],
}
_SHOWN = {
    language: {"summary": name, "value": f'<!DOCTYPE html><html lang="{language}"><title>{title}</title>…'}
    for language, name, title in (("en", "English", "Tell us what went wrong"), ("zh", "中文", "投诉与建议"))
}


@dataclass(frozen=True, slots=True)
class _Asked:
    body: FormLinkCreate
    distributor_id: UUID | None


async def _asked(body: FormLinkCreate, caller: Caller, request: Request) -> _Asked:
    """The body and whose customer it names, found out before the transaction opens."""
    return _Asked(body, await clients.distributor_of(request, caller, body.customer_id))


@router.get(
    "/v1/complaint-forms",
    operation_id="listComplaintForms",
    summary="List forms for complaints 查询投诉表单",
    description="By name. Customers reach them by links of their own.",
    response_model=Page[ComplaintFormRead],
    **needs("policies:read"),
)
async def list_forms(
    query: Annotated[ComplaintFormQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.forms(db, query, sealer)


@router.post(
    "/v1/complaint-forms",
    status_code=201,
    operation_id="createComplaintForm",
    summary="Create a form for complaints 新建投诉表单",
    description=(
        "What the page says, in one language or both, and among which categories a customer chooses. Its "
        "complaints are taken in with this severity, in the name of who changed the form last."
    ),
    response_model=ComplaintFormRead,
    **needs("policies:write"),
)
async def create_form(
    body: ComplaintFormCreate, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    row = await commands.create_form(tx, body, by=caller.id)
    response.headers["Location"] = f"/v1/complaint-forms/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/complaint-forms/{form_id}",
    operation_id="getComplaintForm",
    summary="Read one form for complaints 查看投诉表单",
    description="Its ETag is its version.",
    response_model=ComplaintFormRead,
    **needs("policies:read"),
)
async def get_form(form_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    row = await queries.form(db, form_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/complaint-forms/{form_id}",
    operation_id="changeComplaintForm",
    summary="Change a form for complaints 修改投诉表单",
    description=(
        "A merge patch (RFC 7396). While it is `closed` its links lead nowhere. `If-Match` is optional."
    ),
    response_model=ComplaintFormRead,
    **needs("policies:write"),
)
async def change_form(
    form_id: UUID,
    body: ComplaintFormPatch,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.change_form(tx, form_id, body, by=caller.id, expected=expected)
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/complaint-forms/{form_id}/links",
    status_code=201,
    operation_id="createComplaintFormLink",
    summary="Make a customer's link to a form 生成客户投诉链接",
    description=(
        "Whoever has the link complains in the customer's name, without signing in, up to 20 times; so send "
        "it to the customer alone. It is told once and not kept. 409 `form_closed`."
    ),
    response_model=FormLinkMade,
    responses=NO_SUCH_RECORD,
    **needs("complaints:write"),
)
async def create_link(
    form_id: UUID,
    asked: Annotated[_Asked, Depends(_asked)],
    tx: WriteTx,
    caller: Caller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    row = await commands.make_link(tx, form_id, asked.body, distributor_id=asked.distributor_id, by=caller.id)
    base: str = request.state.public_url
    url = f"{base.rstrip('/')}/c/{row['token']}"
    response.headers.update({"Location": url, "Cache-Control": "no-store"})
    return {**row, "url": url}


def _opening() -> dict[str, Any]:
    options = public(404, 410)
    content = {"text/html": {"schema": {"type": "string"}, "examples": _SHOWN}}
    options["responses"][200] = {"description": "The page · 投诉页面", "content": content}
    return {**options, "response_class": HTMLResponse, "response_model": None}


def _sending() -> dict[str, Any]:
    options = public(404, 409, 410, 415)
    location = {"description": "The page", "schema": {"type": "string", "format": "uri-reference"}}
    options["responses"][200] = {
        "description": "The page in another language · 切换语言后的页面",
        "content": {"text/html": {"schema": {"type": "string"}, "examples": _SHOWN}},
    }
    options["responses"][303] = {
        "description": "The page as it is now · 投诉页面",
        "headers": {"Location": location},
    }
    body = {"required": True, "content": {FORM: {"schema": _SENT}}}
    return {
        **options,
        "response_model": None,
        "openapi_extra": {**options["openapi_extra"], "requestBody": body},
        "status_code": 303,
        "response_class": RedirectResponse,
        "max_body_size": MOST_BODY,
    }


@pages.get(
    "/c/{token}",
    operation_id="openComplaintPage",
    summary="Open the page of a form for complaints 打开投诉页面",
    description=(
        "For the customer, in a browser: the form, and what became of what was sent by this link. It needs "
        "no script and nobody signs in. A browser gets a page also when the link is unknown (404) or over "
        "(410)."
    ),
    **_opening(),
)
async def open_page(
    token: Token, query: Annotated[PageQuery, Query()], request: Request, db: ReadDb
) -> Response:
    check_address(request, "sent")
    found = await queries.led_to(db, token, now=request.state.database.now())
    language = language_of(request, found["language"])
    complaints = await queries.sent_by(db, found["id"])
    sheet = Sheet(str(new_id()), {})
    return page.form(found, sheet, language, complaints=complaints, sent=query.sent is not None)


async def _sent(request: Request) -> Sent:
    check_address(request, "sent")
    return await sent_by(request)


@pages.post(
    "/c/{token}",
    operation_id="sendComplaintPage",
    summary="Send a complaint from its page 提交投诉页面",
    description=(
        "What the page sends. A sheet that is sent twice is one complaint; it finds its owner by the rules "
        "of assignment. 422: something is missing or wrong; a browser gets the page with what was sent."
    ),
    **_sending(),
)
async def send_page(
    token: Token,
    _: Annotated[PageQuery, Query()],
    sent: Annotated[Sent, Depends(_sent)],
    request: Request,
    tx: WriteTx,
) -> Response:
    found = await queries.led_to(tx, token, now=tx.now)
    language = language_of(request, found["language"])
    again = await commands.send(tx, token, sent, language)
    if again is None:
        return RedirectResponse(f"?lang={language}&sent=1", 303, dict(HEADERS))
    chosen = sent.one("do")
    return page.form(found, again, chosen if chosen in LANGUAGES else language)  # type: ignore[arg-type]
