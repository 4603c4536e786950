"""Every SELECT over invitations, for reading and for loading to change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Integer,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    exists,
    func,
    or_,
    select,
)

from interaction_svc.invitations.schemas import InvitationQuery
from interaction_svc.invitations.tables import SurveyInvitation
from interaction_svc.invitations.wishes import unwilling
from interaction_svc.surveys import queries as surveys
from interaction_svc.tiers.tables import CustomerTier
from shared.db import Reader, Record, Tx, in_sight, prepare, sight, visible
from shared.http import Listing
from shared.problems import not_found
from shared.references import kept_by, through_customer
from shared.references.tables import KNOWN
from shared.references.tables import SIGHT as CUSTOMERS
from shared.sealing import Sealer

_T: Any = SurveyInvitation.__table__  # type: ignore[attr-defined]
_tier: Any = CustomerTier.__table__  # type: ignore[attr-defined]
SIGHT = through_customer(_T, _T.c.owner_id)

_one = select(_T).where(_T.c.id == bindparam("b_id", type_=Uuid), in_sight(SIGHT))
_ONE = prepare(_one)
_LOCKED = prepare(_one.with_for_update())
_ABOUT = prepare(
    select(KNOWN.c.owner_id, KNOWN.c.channel, _tier.c.tier)
    .select_from(KNOWN.outerjoin(_tier, _tier.c.customer_id == KNOWN.c.id))
    .where(KNOWN.c.id == bindparam("b_customer", type_=Uuid))
)
_LAST = prepare(
    select(func.max(_T.c.created_at)).where(_T.c.customer_id == bindparam("b_customer", type_=Uuid))
)
_INVITED_FOR = prepare(
    select(_T.c.id).where(
        _T.c.survey_id == bindparam("b_survey", type_=Uuid),
        _T.c.complaint_id == bindparam("b_complaint", type_=Uuid),
        _T.c.occasion == "complaint.closed",
    )
)
_OF_OPERATION = prepare(
    select(func.count()).select_from(_T).where(_T.c.operation_id == bindparam("b_operation", type_=Uuid))
)


def _if_given(name: str, kind: Any, condition: Any) -> Any:
    return or_(cast(bindparam(name, type_=kind), kind).is_(None), condition)


_many = ARRAY(Text)
_operation = bindparam("b_operation", type_=Uuid)
_asked = _T.alias("asked")
_NEXT = prepare(
    select(KNOWN.c.id)
    .select_from(KNOWN.outerjoin(_tier, _tier.c.customer_id == KNOWN.c.id))
    .where(
        KNOWN.c.merged_into.is_(None),
        KNOWN.c.status == "active",
        in_sight(CUSTOMERS),
        _if_given("b_tiers", _many, _tier.c.tier == any_(bindparam("b_tiers", type_=_many))),
        _if_given("b_channels", _many, KNOWN.c.channel == any_(bindparam("b_channels", type_=_many))),
        _if_given("b_distributor", Uuid, KNOWN.c.distributor_id == bindparam("b_distributor", type_=Uuid)),
        _if_given("b_owner", Uuid, KNOWN.c.owner_id == bindparam("b_owner", type_=Uuid)),
        ~unwilling(KNOWN.c.id),
        ~exists(
            select(_asked.c.id).where(
                _asked.c.customer_id == KNOWN.c.id,
                or_(
                    _asked.c.created_at > bindparam("b_since", type_=DateTime(timezone=True)),
                    _asked.c.operation_id == _operation,
                ),
            )
        ),
    )
    .order_by(func.hashtextextended(cast(KNOWN.c.id, Text), bindparam("b_seed", type_=BigInteger)))
    .limit(bindparam("b_most", type_=Integer))
)
_LIST = Listing(
    select(_T),
    key=_T.c.id,
    sorts={"created_at": _T.c.created_at},
    default="-created_at",
    filters={
        "customer_id": kept_by(_T.c.customer_id),
        "complaint_id": lambda v: _T.c.complaint_id == v,
        "occasion": lambda v: _T.c.occasion == v,
        "answered": lambda v: _T.c.answered_at.is_not(None) if v else _T.c.answered_at.is_(None),
    },
)


async def invitation(reader: Reader, invitation_id: UUID) -> dict[str, Any]:
    """One invitation in sight, or 404."""
    return shown(_found(await reader.row(_ONE, b_id=invitation_id, **sight(reader.scope))))


async def invitation_to_change(tx: Tx, invitation_id: UUID) -> dict[str, Any]:
    """One invitation in sight, locked until the transaction ends, or 404."""
    return dict(_found(await tx.row(_LOCKED, b_id=invitation_id, **sight(tx.scope))))


async def invitations(
    reader: Reader, survey_id: UUID, query: InvitationQuery, sealer: Sealer
) -> dict[str, Any]:
    """One page of the invitations to a questionnaire that are in sight, or 404."""
    await surveys.survey(reader, survey_id)
    where = [_T.c.survey_id == survey_id, *visible(reader.scope, SIGHT)]
    page = await _LIST.page(reader, query, sealer, where=where)
    return {**page, "data": [shown(row) for row in page["data"]]}


async def about(tx: Tx, customer_id: UUID) -> dict[str, Any]:
    """Who looks after a customer, its channel and its tier, as they stand now."""
    found = await tx.row(_ABOUT, b_customer=customer_id)
    return {"owner_id": None, "channel": None, "tier": None} if found is None else dict(found)


async def last_invited(tx: Tx, customer_id: UUID) -> datetime | None:
    """When the customer was invited to any survey last."""
    found: datetime | None = await tx.value(_LAST, b_customer=customer_id)
    return found


async def is_invited_for(tx: Tx, survey_id: UUID, complaint_id: UUID) -> bool:
    """Whether the end of this complaint has led to an invitation."""
    return await tx.value(_INVITED_FOR, b_survey=survey_id, b_complaint=complaint_id) is not None


async def invited_by(tx: Tx, operation_id: UUID) -> int:
    """How many this operation has invited so far."""
    found: int = await tx.value(_OF_OPERATION, b_operation=operation_id)
    return found


async def next_of_segment(
    tx: Tx, segment: Mapping[str, Any], *, since: datetime, operation_id: UUID, most: int
) -> Sequence[UUID]:
    """Some customers of a segment in sight who can be asked and were not yet; in an order of the operation's.

    `since`: whoever was invited after it is left out.
    """
    rows = await tx.rows(
        _NEXT,
        b_tiers=segment["tiers"],
        b_channels=segment["channels"],
        b_distributor=segment["distributor_id"],
        b_owner=segment["owner_id"],
        b_since=since,
        b_operation=operation_id,
        b_seed=operation_id.int % 2**63,
        b_most=most,
        **sight(tx.scope),
    )
    return [row["id"] for row in rows]


def shown(row: Mapping[str, Any] | Record) -> dict[str, Any]:
    """A row as it is answered."""
    return {**row, "linked": row["token_hash"] is not None}


def _found(row: Record | None) -> Record:
    if row is None:
        raise not_found("invitation", "问卷邀请")
    return row
