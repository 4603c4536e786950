"""Asking many customers: the work behind an operation, which goes on where it was broken off."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from interaction_svc.invitations import domain, queries
from interaction_svc.invitations.commands import Asking, check_ahead, invite
from interaction_svc.invitations.schemas import SegmentInvite
from interaction_svc.surveys import queries as surveys
from shared import operations
from shared.db import Scope, Tx
from shared.jobs import JobContext
from shared.problems import Conflict

INVITING = "surveys.invite"
AT_ONCE = 100


async def begin(tx: Tx, survey_id: UUID, body: SegmentInvite, *, by: UUID, service_number: int) -> UUID:
    """Start asking a segment, as far as the caller sees it. Raises NotFound, Conflict, Invalid."""
    survey = await surveys.survey(tx, survey_id)
    check_ahead(body.expires_at, tx.now)
    if (closed := domain.closed_to_all(survey)) is not None:
        raise closed
    args = {
        "survey_id": str(survey_id),
        "by": str(by),
        "distributors": _texts(tx.scope.distributors),
        "holders": _texts(tx.scope.holders),
        **body.model_dump(mode="json"),
    }
    return await operations.start(
        tx, INVITING, by, service_number=service_number, job=INVITING, args=args, total=body.most
    )


async def invite_segment(job: JobContext, args: dict[str, Any]) -> None:
    """Ask customers of the segment until there are as many as wanted, or none is left who can be asked."""
    scope = Scope(_ids(args["distributors"]), _ids(args["holders"]))
    operation_id = job.operation_id or job.id
    going_on = True
    while going_on and not await job.cancelled():
        async with job.begin(scope=scope) as tx:
            going_on = await _some(tx, args, operation_id)


async def _some(tx: Tx, args: dict[str, Any], operation_id: UUID) -> bool:
    survey = await surveys.survey_held(tx, UUID(args["survey_id"]))
    done = await queries.invited_by(tx, operation_id)
    if done >= args["most"] or domain.closed_to_all(survey) is not None:
        return False
    since = tx.now - timedelta(days=survey["min_days_between"])
    segment = {**args, **{name: _id(args[name]) for name in ("distributor_id", "owner_id")}}
    most = min(AT_ONCE, args["most"] - done)
    found = await queries.next_of_segment(tx, segment, since=since, operation_id=operation_id, most=most)
    asking = Asking(
        survey,
        "segment",
        _id(args["by"]),
        language=args["language"],
        expires_at=None if args["expires_at"] is None else datetime.fromisoformat(args["expires_at"]),
        operation_id=operation_id,
    )
    for customer_id in sorted(found):
        done += not isinstance(await invite(tx, customer_id, asking), Conflict)
    await operations.progress(tx, operation_id, done=done, result={"invited": done}, last=True)
    return bool(found)


def _texts(ids: frozenset[UUID] | None) -> list[str] | None:
    return None if ids is None else sorted(map(str, ids))


def _ids(texts: list[str] | None) -> frozenset[UUID] | None:
    return None if texts is None else frozenset(map(UUID, texts))


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
