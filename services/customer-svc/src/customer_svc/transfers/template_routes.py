"""The door to import templates, and to what the columns of a file probably mean."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from customer_svc.transfers import templates
from customer_svc.transfers.headings import suggest
from customer_svc.transfers.schemas import SuggestionQuery, SuggestionRead
from customer_svc.transfers.template_schemas import (
    TemplateCreate,
    TemplatePatch,
    TemplateQuery,
    TemplateRead,
)
from shared.http import Caller, Page, ReadDb, RequiredIfMatch, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["imports"])


@router.get(
    "/v1/import-mapping",
    operation_id="suggestImportMapping",
    summary="Suggest what the columns of a file mean",
    response_model=SuggestionRead,
    **needs("imports:read"),
)
async def suggest_mapping(query: Annotated[SuggestionQuery, Query()]) -> Any:
    """A mapping for columns that are called as people call them, in Chinese or English (`手机*`, `Mobile`).

    Ask with the header of the file, `columns` once for each column. An import with `mapping` `suggested` is
    read by what this answers for its header.
    """
    return suggest(query.entity, query.columns)


@router.get(
    "/v1/import-templates",
    operation_id="listImportTemplates",
    summary="List import templates",
    response_model=Page[TemplateRead],
    **needs("imports:read"),
)
async def list_templates(
    query: Annotated[TemplateQuery, Query()], db: ReadDb, sealer: Sealing, caller: Caller
) -> Any:
    """Your templates by name; an administrator sees everybody's."""
    return await templates.templates(db, query, sealer, caller)


@router.post(
    "/v1/import-templates",
    status_code=201,
    operation_id="createImportTemplate",
    summary="Create an import template",
    response_model=TemplateRead,
    **needs("imports:write"),
)
async def create_template(body: TemplateCreate, tx: WriteTx, caller: Caller, response: Response) -> Any:
    """Remember how files of one kind are read; `template_id` in an import takes what it does not say itself.

    409 `name_taken` if you have a template of this name.
    """
    row = await templates.create(tx, body, caller)
    response.headers["Location"] = f"/v1/import-templates/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/import-templates/{template_id}",
    operation_id="getImportTemplate",
    summary="Read an import template",
    response_model=TemplateRead,
    **needs("imports:read"),
)
async def get_template(template_id: UUID, db: ReadDb, caller: Caller, response: Response) -> Any:
    """One of your templates with its ETag."""
    row = await templates.template(db, template_id, caller)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/import-templates/{template_id}",
    operation_id="changeImportTemplate",
    summary="Change an import template",
    response_model=TemplateRead,
    **needs("imports:write"),
)
async def change_template(
    *,
    template_id: UUID,
    body: TemplatePatch,
    tx: WriteTx,
    caller: Caller,
    if_match: RequiredIfMatch,
    response: Response,
) -> Any:
    """Change fields by merge patch; a mapping is replaced as a whole. `If-Match` is required."""
    row = await templates.change(tx, template_id, body, if_match, caller)
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/import-templates/{template_id}",
    status_code=204,
    operation_id="deleteImportTemplate",
    summary="Delete an import template",
    **needs("imports:write"),
)
async def delete_template(template_id: UUID, tx: WriteTx, caller: Caller, if_match: RequiredIfMatch) -> None:
    """Forget a template; imports that used it stay as they are. `If-Match` is required."""
    await templates.remove(tx, template_id, if_match, caller)
