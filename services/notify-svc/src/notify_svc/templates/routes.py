"""The door for HTTP: templates, their versions, and how they look."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from notify_svc.recipients.clients import Recipients
from notify_svc.recipients.domain import Ref
from notify_svc.templates import commands, previewing, queries
from notify_svc.templates.schemas import (
    MessageTemplateCreate,
    MessageTemplatePatch,
    MessageTemplateRead,
    TemplateBrief,
    TemplatePreview,
    TemplatePreviewAsk,
    TemplatePublish,
    TemplateQuery,
    TemplateVersionRead,
)
from shared.auth.tokens import HEADER
from shared.http import (
    NO_SUCH_RECORD,
    Caller,
    IfMatch,
    ListQuery,
    Page,
    ReadDb,
    RequiredIfMatch,
    Router,
    Sealing,
    WriteTx,
    needs,
    set_etag,
)
from shared.problems import not_found
from shared.references import References

router = Router(tags=["templates"])


@dataclass(frozen=True, slots=True)
class _Shown:
    body: TemplatePreviewAsk
    name: str | None


async def _shown(body: TemplatePreviewAsk, caller: Caller, request: Request) -> _Shown:
    """What is to be shown, with the name of a customer in sight, asked before the transaction opens."""
    if body.customer_id is None:
        return _Shown(body, None)
    references: References = request.state.references
    known = await references.require(body.customer_id, scope=caller.scope, token=request.headers[HEADER])
    recipients: Recipients = request.state.recipients
    ref = Ref("customer", known.id)
    found = (await recipients.find([ref])).get(ref)
    if found is None:
        raise not_found("customer", "客户")
    return _Shown(body, found.name)


def _answer(response: Response, row: dict[str, Any]) -> dict[str, Any]:
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/templates",
    operation_id="listTemplates",
    summary="List templates 查询模板",
    description="By name, without their texts.",
    response_model=Page[TemplateBrief],
    **needs("templates:read"),
)
async def list_templates(
    query: Annotated[TemplateQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.templates(db, query, sealer)


@router.post(
    "/v1/templates",
    status_code=201,
    operation_id="createTemplate",
    summary="Write a template 新建模板",
    description=(
        "A draft until it is published. Texts may name declared variables, and `name` (the recipient's), "
        "`company` and `unsubscribe_url`: `{{ feast }}`, `{{ amount | money }}`, `{% if … %}`, and one loop "
        "over a declared list. E-mail is MJML, turned into HTML and plain text here. What cannot be used is "
        "refused with its line."
    ),
    response_model=MessageTemplateRead,
    **needs("templates:write"),
)
async def create_template(
    body: MessageTemplateCreate, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    row = await commands.create(tx, body, by=caller.id)
    response.headers["Location"] = f"/v1/templates/{row['id']}"
    return _answer(response, row)


@router.get(
    "/v1/templates/{message_template_id}",
    operation_id="getTemplate",
    summary="Read a template 查看模板",
    description="With its latest version. Its ETag is its version.",
    response_model=MessageTemplateRead,
    **needs("templates:read"),
)
async def get_template(message_template_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    return _answer(response, await queries.template(db, message_template_id))


@router.patch(
    "/v1/templates/{message_template_id}",
    operation_id="changeTemplate",
    summary="Change a template 修改模板",
    description=(
        "A merge patch. Other texts or variables make a draft; what is in force stays so until `/publish`. "
        "`If-Match` is required."
    ),
    response_model=MessageTemplateRead,
    **needs("templates:write"),
)
async def change_template(
    *,
    message_template_id: UUID,
    body: MessageTemplatePatch,
    tx: WriteTx,
    caller: Caller,
    expected: RequiredIfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.change(tx, message_template_id, body, by=caller.id, expected=expected)
    return _answer(response, row)


@router.delete(
    "/v1/templates/{message_template_id}",
    status_code=204,
    operation_id="removeTemplate",
    summary="Remove a template 删除模板",
    description="With its versions; messages that ask for it fail. One that came with Tonglu stays.",
    **needs("templates:write"),
)
async def remove_template(message_template_id: UUID, tx: WriteTx, expected: RequiredIfMatch) -> None:
    await commands.remove(tx, message_template_id, expected=expected)


@router.post(
    "/v1/templates/{message_template_id}/publish",
    operation_id="publishTemplate",
    summary="Put a version in force 发布模板",
    description="The latest, or the one with this number: an older one comes back the same way.",
    response_model=MessageTemplateRead,
    **needs("templates:write"),
)
async def publish_template(
    *,
    message_template_id: UUID,
    tx: WriteTx,
    expected: IfMatch,
    response: Response,
    body: TemplatePublish | None = None,
) -> dict[str, Any]:
    number = body.number if body else None
    return _answer(response, await commands.publish(tx, message_template_id, number, expected=expected))


@router.get(
    "/v1/templates/{message_template_id}/versions",
    operation_id="listTemplateVersions",
    summary="List a template's versions 查询模板版本",
    description="The latest first, as they were written.",
    response_model=Page[TemplateVersionRead],
    **needs("templates:read"),
)
async def list_template_versions(
    message_template_id: UUID, query: Annotated[ListQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.versions(db, message_template_id, query, sealer)


@router.post(
    "/v1/templates/{message_template_id}/preview",
    operation_id="previewTemplate",
    summary="See a template filled in 预览模板",
    description=(
        "With the declared examples, with `variables`, or with the name of a customer in sight. Nothing is "
        "sent."
    ),
    response_model=TemplatePreview,
    responses=NO_SUCH_RECORD,
    **needs("templates:read", "customers:read"),
)
async def preview_template(
    message_template_id: UUID, asked: Annotated[_Shown, Depends(_shown)], tx: WriteTx, request: Request
) -> dict[str, Any]:
    row = await queries.template(tx, message_template_id)
    version = await queries.version(tx, message_template_id, asked.body.number or row["number"])
    return previewing.shown(version, asked.body, name=asked.name, company=request.state.company_name)
