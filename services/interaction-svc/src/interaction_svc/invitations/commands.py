"""Asking customers: one by one, and each link anew."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, insert, update

from interaction_svc.complaints import queries as complaints
from interaction_svc.customers.queries import held_still
from interaction_svc.interactions import queries as interactions
from interaction_svc.invitations import domain, queries, wishes
from interaction_svc.invitations.domain import Occasion
from interaction_svc.invitations.schemas import InvitationCreate
from interaction_svc.invitations.tables import SurveyInvitation
from interaction_svc.surveys import queries as surveys
from interaction_svc.web_pages.domain import Language
from interaction_svc.web_pages.tokens import hash_of, new_token
from shared.db import Tx, prepare
from shared.events.interaction import SurveyInvited
from shared.messaging import outbox
from shared.problems import Conflict, Invalid, NotFound, not_found
from shared.references import recorded_for, root

_T: Any = SurveyInvitation.__table__  # type: ignore[attr-defined]
_INVITE = prepare(insert(_T).returning(_T.c.customer_id, _T.c.origin_id, _T.c.distributor_id), *_T.c.keys())
_LINK = prepare(update(_T).where(_T.c.id == bindparam("b_id", type_=Uuid)), "token_hash")


@dataclass(frozen=True, slots=True)
class Asking:
    """What somebody is asked, why, about what and until when."""

    survey: dict[str, Any]
    occasion: Occasion
    by: UUID | None = None
    complaint_id: UUID | None = None
    interaction_id: UUID | None = None
    owner_id: UUID | None = None
    channel: str | None = None
    language: Language | None = None
    expires_at: datetime | None = None
    operation_id: UUID | None = None
    force: bool = False


async def invite_customer(tx: Tx, survey_id: UUID, body: InvitationCreate, *, by: UUID) -> dict[str, Any]:
    """Ask one customer; the invitation and its `token`, which is not kept.

    Raises NotFound, Conflict when nobody or this customer cannot be asked, Invalid for another customer's
    complaint or interaction.
    """
    survey = await surveys.survey_held(tx, survey_id)
    check_ahead(body.expires_at, tx.now)
    if (closed := domain.closed_to_all(survey)) is not None:
        raise closed
    owner = await _responsible(tx, body)
    asking = Asking(survey, "staff", by, owner_id=owner, **body.model_dump(exclude={"customer_id"}))
    token = new_token()
    made = await invite(tx, body.customer_id, asking, token=token)
    if isinstance(made, Conflict):
        raise made
    return {**queries.shown(made), "token": token}


async def invite(
    tx: Tx, customer_id: UUID, asking: Asking, *, token: str | None = None
) -> dict[str, Any] | Conflict:
    """Ask a customer, or say why they are not asked; NotFound if there is none in sight.

    The customer stays locked, so that two invitations at once know of each other.
    """
    keeper = (await held_still(tx, [customer_id])).get(customer_id)
    if keeper is None:
        raise not_found("customer", "客户")
    hindrance = await _hindrance(tx, keeper.customer_id, asking)
    if hindrance is not None:
        return hindrance
    return await _stored(tx, customer_id, keeper.customer_id, asking, token)


async def renew_link(tx: Tx, invitation_id: UUID) -> str:
    """Another token, the one before being none from now on. Raises NotFound, Conflict when it is over."""
    row = await queries.invitation_to_change(tx, invitation_id)
    over = domain.over(row, tx.now)
    if over is not None:
        raise over
    token = new_token()
    await tx.run(_LINK, b_id=invitation_id, token_hash=hash_of(token))
    return token


def check_ahead(expires_at: datetime | None, now: datetime) -> None:
    """Refuse an end that has passed already."""
    if expires_at is not None and expires_at <= now:
        raise Invalid.at("/expires_at", "in_the_past", en="must lie in the future", zh="必须晚于当前时间")


async def _hindrance(tx: Tx, customer_id: UUID, asking: Asking) -> Conflict | None:
    if await wishes.wants_none_since(tx, customer_id) is not None:
        return domain.opted_out()
    if asking.force:
        return None
    last = await queries.last_invited(tx, customer_id)
    between = timedelta(days=asking.survey["min_days_between"])
    return domain.asked_lately(last) if last is not None and last > tx.now - between else None


async def _stored(
    tx: Tx, customer_id: UUID, keeper: UUID, asking: Asking, token: str | None
) -> dict[str, Any]:
    about = await queries.about(tx, keeper)
    row = {
        "id": tx.new_id(),
        "survey_id": asking.survey["id"],
        "customer_id": customer_id,
        "owner_id": asking.owner_id or about["owner_id"],
        "tier": about["tier"],
        "channel": asking.channel or about["channel"],
        "complaint_id": asking.complaint_id,
        "interaction_id": asking.interaction_id,
        "language": asking.language,
        "occasion": asking.occasion,
        "operation_id": asking.operation_id,
        "token_hash": None if token is None else hash_of(token),
        "expires_at": asking.expires_at or tx.now + timedelta(days=asking.survey["valid_days"]),
        "created_by": asking.by,
        "created_at": tx.now,
        **dict.fromkeys(("origin_id", "distributor_id", "declined_at", "answered_at")),
    }
    async with tx.handing_over():  # about what somebody did whose customers are not in the caller's sight
        row |= dict(await tx.row(_INVITE, **row) or {})
    _tell(tx, row)
    return row


def _tell(tx: Tx, row: dict[str, Any]) -> None:
    told = ("survey_id", "complaint_id", "interaction_id", "owner_id", "expires_at")
    outbox.record(
        tx,
        SurveyInvited(
            subject=row["id"],
            version=1,
            distributor_id=row["distributor_id"],
            customer_id=recorded_for(row),
            **{name: row[name] for name in told},
        ),
    )


async def _responsible(tx: Tx, body: InvitationCreate) -> UUID | None:
    """Who did what it is about: the complaint's owner, or who had the conversation."""
    owner: UUID | None = None
    if body.interaction_id is not None:
        found = await _of_customer(tx, body, interactions.interaction(tx, body.interaction_id), "interaction")
        owner = found["created_by"]
    if body.complaint_id is not None:
        case = complaints.complaint(tx, body.complaint_id, now=tx.now)
        owner = (await _of_customer(tx, body, case, "complaint"))["owner_id"] or owner
    return owner


_NAMES = {"complaint": "投诉", "interaction": "沟通记录"}


async def _of_customer(tx: Tx, body: InvitationCreate, finding: Any, what: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = await finding
    except NotFound:
        found = {"customer_id": None}
    if found["customer_id"] != await root(tx, body.customer_id):
        raise Invalid.at(
            f"/{what}_id",
            f"{what}_unknown",
            en=f"is no {what} of this customer",
            zh=f"不是该客户的{_NAMES[what]}",
        )
    return found
