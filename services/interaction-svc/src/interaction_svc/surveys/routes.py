"""The door for HTTP: questionnaires and their versions."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Response

from interaction_svc.surveys import commands, queries
from interaction_svc.surveys.schemas import (
    SurveyCreate,
    SurveyPatch,
    SurveyQuery,
    SurveyRead,
    SurveyVersionRead,
    SurveyVersionWrite,
    VersionQuery,
)
from shared.http import Caller, IfMatch, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["surveys"])
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get(
    "/v1/surveys",
    operation_id="listSurveys",
    summary="List surveys 查询问卷",
    description="Questionnaires by name. Filter by status.",
    response_model=Page[SurveyRead],
    **needs("policies:read"),
)
async def list_surveys(query: Annotated[SurveyQuery, Query()], db: ReadDb, sealer: Sealing) -> dict[str, Any]:
    return await queries.surveys(db, query, sealer)


@router.post(
    "/v1/surveys",
    status_code=201,
    operation_id="createSurvey",
    summary="Create a survey 新建问卷",
    description=(
        "Whom it invites by itself, how often a customer may be asked, and which answers open a complaint. "
        "What it asks is written in a version and published."
    ),
    response_model=SurveyRead,
    **needs("policies:write"),
)
async def create_survey(
    body: SurveyCreate, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    row = await commands.create_survey(tx, body, by=caller.id)
    response.headers["Location"] = f"/v1/surveys/{row['id']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/surveys/{survey_id}",
    operation_id="getSurvey",
    summary="Read one survey 查看问卷",
    description="Its ETag is its version, not the number of what it asks.",
    response_model=SurveyRead,
    **needs("policies:read"),
)
async def get_survey(survey_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    row = await queries.survey(db, survey_id)
    set_etag(response, row["version"])
    return row


@router.patch(
    "/v1/surveys/{survey_id}",
    operation_id="changeSurvey",
    summary="Change a survey 修改问卷设置",
    description="A merge patch (RFC 7396); `open_complaint` is replaced as a whole. `If-Match` is optional.",
    response_model=SurveyRead,
    **needs("policies:write"),
)
async def change_survey(
    survey_id: UUID,
    body: SurveyPatch,
    *,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.change_survey(tx, survey_id, body, by=caller.id, expected=expected)
    set_etag(response, row["version"])
    return row


@router.delete(
    "/v1/surveys/{survey_id}",
    status_code=204,
    operation_id="removeSurvey",
    summary="Remove a survey 删除问卷",
    description="With its versions. 409 `survey_in_use` once a customer was invited: close it then.",
    **needs("policies:write"),
)
async def remove_survey(survey_id: UUID, tx: WriteTx, expected: IfMatch) -> None:
    await commands.remove_survey(tx, survey_id, expected=expected)


@router.get(
    "/v1/surveys/{survey_id}/versions",
    operation_id="listSurveyVersions",
    summary="List versions of a survey 查询问卷版本",
    description="What it asked and asks, whole, the newest first. Filter by status.",
    response_model=Page[SurveyVersionRead],
    **needs("policies:read"),
)
async def list_survey_versions(
    survey_id: UUID, query: Annotated[VersionQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.versions(db, survey_id, query, sealer)


@router.post(
    "/v1/surveys/{survey_id}/versions",
    status_code=201,
    operation_id="createSurveyVersion",
    summary="Write a version 新建问卷版本",
    description=(
        "A draft with the next number. A question may depend on an earlier one (`show_if`). 422 "
        "`document_wrong` names each place that does not fit."
    ),
    response_model=SurveyVersionRead,
    **needs("policies:write"),
)
async def create_survey_version(
    survey_id: UUID, body: SurveyVersionWrite, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    row = await commands.write_version(tx, survey_id, body, by=caller.id)
    response.headers["Location"] = f"/v1/surveys/{survey_id}/versions/{row['number']}"
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/surveys/{survey_id}/versions/{number}",
    operation_id="getSurveyVersion",
    summary="Read a version 查看问卷版本",
    description="What it asks, section by section.",
    response_model=SurveyVersionRead,
    **needs("policies:read"),
)
async def get_survey_version(
    survey_id: UUID, number: Number, db: ReadDb, response: Response
) -> dict[str, Any]:
    row = await queries.version(db, survey_id, number)
    set_etag(response, row["version"])
    return row


@router.put(
    "/v1/surveys/{survey_id}/versions/{number}",
    operation_id="replaceSurveyVersion",
    summary="Write a version anew 重写问卷版本",
    description=(
        "Another document in its place, while no customer has answered it, also when it is published. 409 "
        "`version_frozen` afterwards: write a new version."
    ),
    response_model=SurveyVersionRead,
    **needs("policies:write"),
)
async def replace_survey_version(
    survey_id: UUID,
    number: Number,
    body: SurveyVersionWrite,
    *,
    tx: WriteTx,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    row = await commands.rewrite_version(tx, survey_id, number, body, expected=expected)
    set_etag(response, row["version"])
    return row


@router.post(
    "/v1/surveys/{survey_id}/versions/{number}/publish",
    operation_id="publishSurveyVersion",
    summary="Publish a version 发布问卷版本",
    description=(
        "From now on this is asked; an earlier version, too, can be asked again. Who has begun to answer "
        "goes on with the version they began with."
    ),
    response_model=SurveyVersionRead,
    **needs("policies:write"),
)
async def publish_survey_version(
    survey_id: UUID, number: Number, tx: WriteTx, expected: IfMatch, response: Response
) -> dict[str, Any]:
    row = await commands.publish(tx, survey_id, number, expected=expected)
    set_etag(response, row["version"])
    return row
