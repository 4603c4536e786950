"""Door for HTTP: playbooks and their versions."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from notify_svc.playbooks import commands, queries
from notify_svc.playbooks.schemas import (
    PlaybookArchive,
    PlaybookBrief,
    PlaybookCreate,
    PlaybookPatch,
    PlaybookPublish,
    PlaybookQuery,
    PlaybookRead,
    PlaybookVersionRead,
)
from shared.db import Reader
from shared.http import Caller, IfMatch, ListQuery, Page, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["playbooks"])


async def _answer(db: Reader, response: Response, playbook_id: UUID) -> dict[str, Any]:
    row = await queries.playbook(db, playbook_id)
    set_etag(response, row["version"])
    return row


@router.get(
    "/v1/playbooks",
    operation_id="listPlaybooks",
    summary="List playbooks 查询策略",
    description="By code, without their steps.",
    response_model=Page[PlaybookBrief],
    **needs("playbooks:read"),
)
async def list_playbooks(
    query: Annotated[PlaybookQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.playbooks_page(db, query, sealer)


@router.post(
    "/v1/playbooks",
    status_code=201,
    operation_id="createPlaybook",
    summary="Write a playbook 新建策略",
    description="A draft: try it by a dry run, then publish it. 409 `playbook_exists` if the code is taken.",
    response_model=PlaybookRead,
    **needs("playbooks:write"),
)
async def create_playbook(
    body: PlaybookCreate, tx: WriteTx, caller: Caller, response: Response
) -> dict[str, Any]:
    given = body.model_dump(exclude={"definition"})
    playbook_id = await commands.create(tx, given, body.definition.model_dump(mode="json"), by=caller.id)
    response.headers["Location"] = f"/v1/playbooks/{playbook_id}"
    return await _answer(tx, response, playbook_id)


@router.get(
    "/v1/playbooks/{playbook_id}",
    operation_id="getPlaybook",
    summary="Read one playbook 查看策略",
    description="With its latest version, published or not.",
    response_model=PlaybookRead,
    **needs("playbooks:read"),
)
async def get_playbook(playbook_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    return await _answer(db, response, playbook_id)


@router.get(
    "/v1/playbooks/{playbook_id}/versions",
    operation_id="listPlaybookVersions",
    summary="List a playbook's versions 查询策略版本",
    description="The latest first, each with all its steps; what was published once does not change.",
    response_model=Page[PlaybookVersionRead],
    **needs("playbooks:read"),
)
async def list_versions(
    playbook_id: UUID, query: Annotated[ListQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.versions_page(db, playbook_id, query, sealer)


@router.patch(
    "/v1/playbooks/{playbook_id}",
    operation_id="changePlaybook",
    summary="Change a playbook 修改策略",
    description=(
        "A merge patch; a definition is sent whole. What was published stays in force until the next version "
        "is published. 409 `playbook_archived`."
    ),
    response_model=PlaybookRead,
    **needs("playbooks:write"),
)
async def change_playbook(
    *,
    playbook_id: UUID,
    body: PlaybookPatch,
    tx: WriteTx,
    caller: Caller,
    expected: IfMatch,
    response: Response,
) -> dict[str, Any]:
    changes = body.changes()
    changes.pop("definition", None)
    sent = "definition" in body.model_fields_set
    definition = body.definition.model_dump(mode="json") if sent else None
    await commands.change(tx, playbook_id, changes, definition, by=caller.id, expected=expected)
    return await _answer(tx, response, playbook_id)


@router.post(
    "/v1/playbooks/{playbook_id}/publish",
    operation_id="publishPlaybook",
    summary="Put a version in force 发布策略",
    description=(
        "The latest, or the older one of `number`. Everything that it names must exist, and steps may only "
        "lead forward; 422 `playbook_not_publishable` names all that is wrong. Runs that are going on stay "
        "on their version."
    ),
    response_model=PlaybookRead,
    **needs("playbooks:write"),
)
async def publish_playbook(
    *,
    playbook_id: UUID,
    tx: WriteTx,
    expected: IfMatch,
    request: Request,
    response: Response,
    body: PlaybookPublish | None = None,
) -> dict[str, Any]:
    number = None if body is None else body.number
    known = request.state.known_senders
    await commands.publish(tx, playbook_id, number, expected=expected, known_senders=known)
    return await _answer(tx, response, playbook_id)


@router.post(
    "/v1/playbooks/{playbook_id}/archive",
    operation_id="archivePlaybook",
    summary="Take a playbook out of use 归档策略",
    description="Nobody enters any more. Runs go on to their end, or with `stop_runs` are stopped soon.",
    response_model=PlaybookRead,
    **needs("playbooks:write"),
)
async def archive_playbook(
    *,
    playbook_id: UUID,
    tx: WriteTx,
    expected: IfMatch,
    response: Response,
    body: PlaybookArchive | None = None,
) -> dict[str, Any]:
    stop = body is not None and body.stop_runs
    await commands.archive(tx, playbook_id, stop_runs=stop, expected=expected)
    return await _answer(tx, response, playbook_id)
