"""Every SELECT over responses, and what a link leads to."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Uuid, and_, bindparam, func, select

from interaction_svc.answering.domain import Sheet
from interaction_svc.answering.schemas import ResponseQuery
from interaction_svc.answering.tables import SurveyResponse
from interaction_svc.invitations.tables import SurveyInvitation
from interaction_svc.surveys.domain import leaves
from interaction_svc.surveys.tables import Survey, SurveyVersion
from interaction_svc.web_pages.tokens import hash_of
from shared.db import Reader, Tx, in_sight, prepare, sight, visible
from shared.http import Listing
from shared.problems import Gone, NotFound, not_found
from shared.references import kept_by, through_customer
from shared.sealing import Sealer

_R: Any = SurveyResponse.__table__  # type: ignore[attr-defined]
_I: Any = SurveyInvitation.__table__  # type: ignore[attr-defined]
_S: Any = Survey.__table__  # type: ignore[attr-defined]
_V: Any = SurveyVersion.__table__  # type: ignore[attr-defined]
SIGHT = through_customer(_R, _R.c.owner_id)

_by_token = _I.c.token_hash == bindparam("b_hash", type_=LargeBinary)
_LOCK = prepare(select(_I.c.id).where(_by_token).with_for_update())
_LED_TO = prepare(
    select(
        _I,
        _S.c.name.label("survey_name"),
        _S.c.status.label("survey_status"),
        _S.c.open_complaint,
        _S.c.changed_by,
        _R.c.id.label("response_id"),
        _R.c.leaf,
        _R.c.answers,
        _V.c.number,
        _V.c.version.label("written"),
        _V.c.document,
    )
    .select_from(
        _I.join(_S, _S.c.id == _I.c.survey_id)
        .outerjoin(_R, _R.c.invitation_id == _I.c.id)
        .outerjoin(
            _V,
            and_(
                _V.c.survey_id == _S.c.id,
                _V.c.number == func.coalesce(_R.c.survey_version, _S.c.current_version),
            ),
        )
    )
    .where(_by_token)
)
_ONE = prepare(
    select(_R).where(_R.c.id == bindparam("b_id", type_=Uuid), _R.c.answered_at.is_not(None), in_sight(SIGHT))
)
_LIST = Listing(
    select(_R).where(_R.c.answered_at.is_not(None)),
    key=_R.c.id,
    sorts={"answered_at": _R.c.answered_at},
    default="-answered_at",
    filters={
        "survey_id": lambda v: _R.c.survey_id == v,
        "survey_version": lambda v: _R.c.survey_version == v,
        "customer_id": kept_by(_R.c.customer_id),
        "complaint_id": lambda v: _R.c.complaint_id == v,
        "owner_id": lambda v: _R.c.owner_id == v,
        "answered_at_gte": lambda v: _R.c.answered_at >= v,
        "answered_at_lt": lambda v: _R.c.answered_at < v,
    },
)


async def led_to(reader: Reader, token: str) -> dict[str, Any]:
    """What a link leads to: the invitation, its questionnaire and the answers so far.

    Raises NotFound for a link that was never made or was made anew, Gone for one that has expired.
    """
    row = await reader.row(_LED_TO, b_hash=hash_of(token))
    if row is None:
        raise NotFound("link_unknown", en="This link is not known.", zh="链接无效。")
    return dict(row)


async def led_to_locked(tx: Tx, token: str) -> dict[str, Any]:
    """As `led_to`; nobody else answers it until the transaction ends."""
    await tx.value(_LOCK, b_hash=hash_of(token))
    return await led_to(tx, token)


def sheet_of(found: Mapping[str, Any], *, leaf: int | None = None) -> Sheet:
    """The leaf that is to be answered, or another one."""
    at = (found["leaf"] or 0) if leaf is None else leaf
    place = f"{found['number']}-{found['written']}-{at}"
    answers = {each["question"]: each["value"] for each in found["answers"] or ()}
    return Sheet(found["document"], leaves(found["document"]), at, place, answers)


def check_open(found: Mapping[str, Any], now: Any) -> None:
    """Raise Gone when the time of an unanswered invitation is over."""
    if found["expires_at"] <= now or found["survey_status"] != "open" or found["document"] is None:
        raise Gone("link_expired", en="This survey is over.", zh="问卷已结束。")


async def response(reader: Reader, response_id: UUID) -> dict[str, Any]:
    """One finished response in sight, or 404."""
    row = await reader.row(_ONE, b_id=response_id, **sight(reader.scope))
    if row is None:
        raise not_found("response", "问卷答复")
    return dict(row)


async def responses(reader: Reader, query: ResponseQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the finished responses in sight."""
    return await _LIST.page(reader, query, sealer, where=visible(reader.scope, SIGHT))
