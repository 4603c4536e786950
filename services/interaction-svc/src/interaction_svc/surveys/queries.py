"""Every SELECT over questionnaires, for reading and for loading to change."""

from typing import Any
from uuid import UUID

from sqlalchemy import Integer, String, Uuid, any_, bindparam, func, select

from interaction_svc.surveys.schemas import SurveyQuery, VersionQuery
from interaction_svc.surveys.tables import Survey, SurveyVersion
from shared.db import Reader, Record, Tx, prepare
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_T = Survey.__table__  # type: ignore[attr-defined]
_V = SurveyVersion.__table__  # type: ignore[attr-defined]
_one = select(_T).where(_T.c.id == bindparam("b_id", type_=Uuid))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
_HELD = prepare(_one.with_for_update(read=True))
_version = select(_V).where(
    _V.c.survey_id == bindparam("b_survey", type_=Uuid), _V.c.number == bindparam("b_number", type_=Integer)
)
_VERSION = prepare(_version)
_VERSION_LOCKED = prepare(_version.with_for_update())
_HIGHEST = prepare(
    select(func.coalesce(func.max(_V.c.number), 0)).where(_V.c.survey_id == bindparam("b_survey", type_=Uuid))
)
_INVITING = prepare(
    select(_T)
    .where(
        _T.c.status == "open",
        _T.c.current_version.is_not(None),
        bindparam("b_occasion", type_=String) == any_(_T.c.invite_on),
    )
    .order_by(_T.c.id)
)
_LIST = Listing(
    select(_T),
    key=_T.c.id,
    sorts={"name": _T.c.name, "created_at": _T.c.created_at},
    default="name",
    filters={"status": lambda v: _T.c.status == v},
)
_VERSIONS = Listing(
    select(_V),
    key=_V.c.id,
    sorts={"number": _V.c.number},
    default="-number",
    filters={"status": lambda v: _V.c.status == v},
)


async def survey(reader: Reader, survey_id: UUID) -> dict[str, Any]:
    """One questionnaire, or 404."""
    return dict(_found(await reader.row(_ONE, b_id=survey_id)))


async def survey_to_change(tx: Tx, survey_id: UUID) -> dict[str, Any]:
    """One questionnaire, locked until the transaction ends, or 404."""
    return dict(_found(await tx.row(_LOCKED, b_id=survey_id)))


async def survey_held(tx: Tx, survey_id: UUID) -> dict[str, Any]:
    """One questionnaire that stays as it is until the transaction ends, or 404."""
    return dict(_found(await tx.row(_HELD, b_id=survey_id)))


async def surveys(reader: Reader, query: SurveyQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of all questionnaires."""
    return await _LIST.page(reader, query, sealer)


async def inviting_on(reader: Reader, occasion: str) -> list[dict[str, Any]]:
    """The questionnaires that are asked by themselves when this happens."""
    return [dict(row) for row in await reader.rows(_INVITING, b_occasion=occasion)]


async def version(reader: Reader, survey_id: UUID, number: int) -> dict[str, Any]:
    """One version, or 404."""
    return dict(_found_version(await reader.row(_VERSION, b_survey=survey_id, b_number=number)))


async def version_to_change(tx: Tx, survey_id: UUID, number: int) -> dict[str, Any]:
    """One version, locked until the transaction ends, or 404."""
    return dict(_found_version(await tx.row(_VERSION_LOCKED, b_survey=survey_id, b_number=number)))


async def highest_number(tx: Tx, survey_id: UUID) -> int:
    """The number of the newest version, 0 without any."""
    found: int = await tx.value(_HIGHEST, b_survey=survey_id)
    return found


async def versions(reader: Reader, survey_id: UUID, query: VersionQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of a questionnaire's versions, or 404."""
    await survey(reader, survey_id)
    return await _VERSIONS.page(reader, query, sealer, where=[_V.c.survey_id == survey_id])


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("survey", "问卷")
    return row


def _found_version(row: Record | None) -> Record:
    if row is None:
        raise not_found("version of the survey", "问卷版本")
    return row
