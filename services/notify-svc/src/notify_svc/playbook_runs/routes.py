"""Door for HTTP: runs of playbooks, for those who see their customers; and dry runs."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from notify_svc.playbook_runs import commands, queries, trying
from notify_svc.playbook_runs.schemas import (
    PlaybookDryRun,
    PlaybookDryRunRead,
    PlaybookRunDetail,
    PlaybookRunQuery,
    PlaybookRunRead,
    run_shown,
)
from shared.db import Reader
from shared.http import (
    Caller,
    IfMatch,
    Page,
    ReadDb,
    Router,
    Sealing,
    WriteTx,
    needs,
    set_etag,
)

router = Router(tags=["playbooks"])


async def _answer(db: Reader, response: Response, playbook_run_id: UUID) -> dict[str, Any]:
    row = await queries.run(db, playbook_run_id)
    set_etag(response, row["version"])
    return run_shown(row, await queries.steps(db, playbook_run_id))


@router.post(
    "/v1/playbooks/{playbook_id}/dry-run",
    operation_id="tryPlaybook",
    summary="Try a playbook without any effect 试运行策略",
    description=(
        "What it would have done with the events of the last days: who had entered when, and how many had "
        "come to which step by now. Events are kept for this for forty days."
    ),
    response_model=PlaybookDryRunRead,
    **needs("playbooks:read"),
)
async def try_playbook(playbook_id: UUID, tx: WriteTx, body: PlaybookDryRun | None = None) -> dict[str, Any]:
    asked = body or PlaybookDryRun()
    return await trying.dry_run(
        tx, playbook_id, number=asked.number, days=asked.days, zone=asked.timezone, now=tx.now
    )


@router.get(
    "/v1/playbook-runs",
    operation_id="listPlaybookRuns",
    summary="List runs of playbooks 查询策略运行",
    description="Newest first; those of customers in sight.",
    response_model=Page[PlaybookRunRead],
    **needs("playbook_runs:read"),
)
async def list_runs(
    query: Annotated[PlaybookRunQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    page = await queries.runs_page(db, query, sealer)
    return {**page, "data": [run_shown(row) for row in page["data"]]}


@router.get(
    "/v1/playbook-runs/{playbook_run_id}",
    operation_id="getPlaybookRun",
    summary="Read one run 查看策略运行",
    description="With the steps that it took: when, what came of each, and why one was passed over.",
    response_model=PlaybookRunDetail,
    **needs("playbook_runs:read"),
)
async def get_run(playbook_run_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    return await _answer(db, response, playbook_run_id)


@router.post(
    "/v1/playbook-runs/{playbook_run_id}/pause",
    operation_id="pausePlaybookRun",
    summary="Have a run take no step for now 暂停策略运行",
    description=(
        "Nor is anybody asked for it. Its goal may be reached all the same. 409 `playbook_run_state` unless "
        "it is running."
    ),
    response_model=PlaybookRunDetail,
    **needs("playbook_runs:write"),
)
async def pause_run(
    playbook_run_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    await commands.pause(tx, playbook_run_id, by=caller.id, expected=expected)
    return await _answer(tx, response, playbook_run_id)


@router.post(
    "/v1/playbook-runs/{playbook_run_id}/resume",
    operation_id="resumePlaybookRun",
    summary="Have a run go on 恢复策略运行",
    description="What came due meanwhile comes now. 409 `playbook_run_state` unless it is paused.",
    response_model=PlaybookRunDetail,
    **needs("playbook_runs:write"),
)
async def resume_run(
    playbook_run_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    await commands.resume(tx, playbook_run_id, by=caller.id, expected=expected)
    return await _answer(tx, response, playbook_run_id)


@router.post(
    "/v1/playbook-runs/{playbook_run_id}/stop",
    operation_id="stopPlaybookRun",
    summary="End a run 停止策略运行",
    description="What it has done stays: reminders, messages. 409 `playbook_run_state` once it is over.",
    response_model=PlaybookRunDetail,
    **needs("playbook_runs:write"),
)
async def stop_run(
    playbook_run_id: UUID, tx: WriteTx, caller: Caller, expected: IfMatch, response: Response
) -> dict[str, Any]:
    await commands.stop(tx, playbook_run_id, by=caller.id, expected=expected)
    return await _answer(tx, response, playbook_run_id)
