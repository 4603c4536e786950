"""Every change of a questionnaire and of its versions."""

from typing import Any
from uuid import UUID

from asyncpg import ForeignKeyViolationError
from sqlalchemy import Integer, Uuid, bindparam, delete, insert, true, update

from interaction_svc.surveys import domain, queries
from interaction_svc.surveys.schemas import SurveyCreate, SurveyPatch, SurveyVersionWrite
from interaction_svc.surveys.tables import Survey, SurveyVersion
from shared.db import Tx, prepare
from shared.http import check_version
from shared.problems import Conflict

_T = Survey.__table__  # type: ignore[attr-defined]
_V = SurveyVersion.__table__  # type: ignore[attr-defined]
_FIXED = {"id", "created_by", "created_at"}
_this = _T.c.id == bindparam("b_id", type_=Uuid)
_INSERT = prepare(insert(_T), *_T.c.keys())
_SAVE = prepare(
    update(_T).where(_this, _T.c.version == bindparam("b_version", type_=Integer)),
    *(column.key for column in _T.c if column.key not in _FIXED),
)
_REMOVE = prepare(delete(_T).where(_this))
_ADD = prepare(insert(_V), *_V.c.keys())
_REWRITE = prepare(
    update(_V).where(_V.c.id == bindparam("b_id", type_=Uuid)),
    *("status", "document", "published_at", "version", "updated_at"),
)
_FREEZE = prepare(
    update(_V)
    .where(
        _V.c.survey_id == bindparam("b_survey", type_=Uuid),
        _V.c.number == bindparam("b_number", type_=Integer),
        ~_V.c.answered,
    )
    .values(answered=true())
)


async def create_survey(tx: Tx, body: SurveyCreate, *, by: UUID) -> dict[str, Any]:
    """A questionnaire without a version yet."""
    row = {
        **body.model_dump(),
        "id": tx.new_id(),
        "status": "open",
        "current_version": None,
        "created_by": by,
        "changed_by": by,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await tx.run(_INSERT, **row)
    return row


async def change_survey(
    tx: Tx, survey_id: UUID, patch: SurveyPatch, *, by: UUID, expected: int | None
) -> dict[str, Any]:
    """Change what was sent. Raises NotFound, Stale when `expected` is not the version."""
    before = await queries.survey_to_change(tx, survey_id)
    check_version(expected, before["version"])
    return await _saved(tx, before, {**patch.changes(), "changed_by": by})


async def remove_survey(tx: Tx, survey_id: UUID, *, expected: int | None) -> None:
    """Remove it with its versions. Raises NotFound, Stale, Conflict when a customer was invited to it."""
    before = await queries.survey_to_change(tx, survey_id)
    check_version(expected, before["version"])
    try:
        await tx.run(_REMOVE, b_id=survey_id)
    except ForeignKeyViolationError:
        raise Conflict(
            "survey_in_use",
            en="Customers were invited to this survey. Close it instead.",
            zh="该问卷已邀请过客户，请改为关闭。",
        ) from None


async def write_version(tx: Tx, survey_id: UUID, body: SurveyVersionWrite, *, by: UUID) -> dict[str, Any]:
    """One more draft. Raises NotFound, and Invalid for a wrong document."""
    await queries.survey_to_change(tx, survey_id)
    document = _checked(body)
    row = {
        "id": tx.new_id(),
        "survey_id": survey_id,
        "number": await queries.highest_number(tx, survey_id) + 1,
        "status": "draft",
        "document": document,
        "answered": False,
        "published_at": None,
        "created_by": by,
        "version": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await tx.run(_ADD, **row)
    return row


async def rewrite_version(
    tx: Tx, survey_id: UUID, number: int, body: SurveyVersionWrite, *, expected: int | None
) -> dict[str, Any]:
    """Put another document in its place. Raises NotFound, Stale, Invalid, Conflict once it was answered."""
    row = await queries.version_to_change(tx, survey_id, number)
    check_version(expected, row["version"])
    if row["answered"]:
        raise domain.frozen()
    return await _rewritten(tx, row, {"document": _checked(body)})


async def publish(tx: Tx, survey_id: UUID, number: int, *, expected: int | None) -> dict[str, Any]:
    """Have this version asked from now on; also an earlier one again. Raises NotFound and Stale."""
    survey = await queries.survey_to_change(tx, survey_id)
    row = await queries.version_to_change(tx, survey_id, number)
    check_version(expected, row["version"])
    if row["status"] == "draft":
        row = await _rewritten(tx, row, {"status": "published", "published_at": tx.now})
    if survey["current_version"] != number:
        await _saved(tx, survey, {"current_version": number})
    return row


async def freeze(tx: Tx, survey_id: UUID, number: int) -> None:
    """Have a version stay as it is: a customer answers it. The row is locked if that is news."""
    await tx.run(_FREEZE, b_survey=survey_id, b_number=number)


def _checked(body: SurveyVersionWrite) -> dict[str, Any]:
    document = body.document.model_dump()
    domain.check_document(document)
    return document


async def _saved(tx: Tx, before: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    after = {**before, **wanted, "version": before["version"] + 1, "updated_at": tx.now}
    await tx.run(_SAVE, b_id=before["id"], b_version=before["version"], **after)
    return after


async def _rewritten(tx: Tx, before: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    after = {**before, **wanted, "version": before["version"] + 1, "updated_at": tx.now}
    await tx.run(_REWRITE, b_id=before["id"], **after)
    return after
