"""The operators' door: what waits to be told, what was given up, and trying it again."""

from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import Path, Query, Request, Response
from sqlalchemy import select

from shared.http import Caller, Db, Listing, Page, ReadDb, Router, Sealing, WriteTx, needs
from shared.messaging import dead_letters, outbox
from shared.messaging.schemas import DeadLetterDetail, DeadLetterQuery, DeadLetterRead, OutboxRead
from shared.messaging.tables import DeadLetter
from shared.problems import not_found

Id = Annotated[UUID, Path(alias="id", description="The dead letter's id.")]

_log = structlog.get_logger()
_d = DeadLetter.metadata.tables["dead_letter"]

DEAD_LETTERS = Listing(
    select(*(column for column in _d.columns if column.name != "payload")),
    key=_d.c.id,
    sorts={"last_at": _d.c.last_at},
    default="-last_at",
    filters={
        "type": lambda value: _d.c.type == value,
        "reason": lambda value: _d.c.reason == value,
        "replayed": lambda value: _d.c.replayed_at.is_not(None) if value else _d.c.replayed_at.is_(None),
    },
)


def operator_router(service_name: str) -> Router:
    """The routes of one service, under its own name."""
    router, base = Router(tags=["operators"]), f"/v1/{service_name}"
    of = "Of" + service_name.title().replace("-", "")
    reads, writes = needs("deadletters:read"), needs("deadletters:write")
    router.get(
        f"{base}/dead-letters",
        operation_id=f"listDeadLetters{of}",
        summary="List events that were given up",
        **reads,
    )(list_dead_letters)
    router.get(
        f"{base}/dead-letters/{{id}}",
        operation_id=f"getDeadLetter{of}",
        summary="Read an event that was given up",
        **reads,
    )(get_dead_letter)
    router.post(
        f"{base}/dead-letters/{{id}}/replay",
        status_code=202,
        operation_id=f"replayDeadLetter{of}",
        summary="Have an event tried again",
        **writes,
    )(replay_dead_letter)
    router.get(
        f"{base}/outbox",
        operation_id=f"getOutbox{of}",
        summary="Read how much waits to be told",
        **reads,
    )(get_outbox)
    return router


async def list_dead_letters(
    db: ReadDb, sealer: Sealing, query: Annotated[DeadLetterQuery, Query()]
) -> Page[DeadLetterRead]:
    """Events that this service could not take in, latest first, each with the reason and the attempts."""
    page: dict[str, Any] = await DEAD_LETTERS.page(db, query, sealer)
    return Page[DeadLetterRead].model_validate(page)


async def get_dead_letter(letter: Id, db: ReadDb) -> DeadLetterDetail:
    """One of them with the event as it arrived."""
    row = await dead_letters.one(db, letter)
    if row is None:
        raise not_found("dead letter", "死信")
    return DeadLetterDetail.model_validate(dict(row))


async def replay_dead_letter(
    letter: Id, tx: WriteTx, caller: Caller, request: Request, response: Response
) -> DeadLetterDetail:
    """Replaying an event whose effects are committed meanwhile changes nothing."""
    if not await dead_letters.replay(tx, letter):
        raise not_found("dead letter", "死信")
    row = await dead_letters.one(tx, letter)
    detail = DeadLetterDetail.model_validate(dict(row or {}))
    response.headers["Location"] = request.url.path.removesuffix("/replay")
    _log.info("dead letter replayed", event_id=str(detail.event_id), principal=str(caller.id))
    return detail


async def get_outbox(database: Db, db: ReadDb) -> OutboxRead:
    """Events of this service that the bus has not confirmed yet; many or old ones mean that it is away."""
    waiting = await outbox.backlog(db)
    age = (database.now() - waiting.oldest_at).total_seconds() if waiting.oldest_at else 0.0
    return OutboxRead(
        unpublished=waiting.unpublished,
        failing=waiting.failing,
        oldest_at=waiting.oldest_at,
        oldest_age_seconds=max(age, 0.0),
    )
