"""The door for HTTP: asking customers, one or many, their links, and who wants no surveys."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from interaction_svc.customers import clients
from interaction_svc.invitations import commands, queries, segments, wishes
from interaction_svc.invitations.domain import link
from interaction_svc.invitations.schemas import (
    InvitationCreate,
    InvitationMade,
    InvitationQuery,
    InvitationRead,
    InvitingStarted,
    OptOutRead,
    SegmentInvite,
    SurveyLinkRead,
)
from shared.http import (
    NO_SUCH_RECORD,
    Caller,
    Page,
    ReadDb,
    Router,
    Sealing,
    WriteTx,
    needs,
)
from shared.problems import customer_merged

router = Router(tags=["surveys"])
_NOT_KEPT = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class _Asked:
    body: InvitationCreate


async def _asked(body: InvitationCreate, caller: Caller, request: Request) -> _Asked:
    """The body, once its customer is known here."""
    await clients.distributor_of(request, caller, body.customer_id)
    return _Asked(body)


async def _known(customer_id: UUID, caller: Caller, request: Request) -> UUID:
    known = await clients.known(request, caller, customer_id)
    if known.id != customer_id:
        raise customer_merged(customer_id, known.id)
    return customer_id


Known = Annotated[UUID, Depends(_known)]


@router.post(
    "/v1/surveys/{survey_id}/invitations",
    status_code=201,
    operation_id="createSurveyInvitation",
    summary="Invite a customer to a survey 邀请客户填写问卷",
    description=(
        "The link is answered once and not kept; nobody is sent anything. 409 `survey_not_open`, 409 "
        "`customer_opted_out`, 409 `invited_recently` (with `force` it does not matter). `survey.invited.v1` "
        "tells of it, without the link."
    ),
    response_model=InvitationMade,
    **needs("interactions:write"),
)
async def create_survey_invitation(
    survey_id: UUID,
    asked: Annotated[_Asked, Depends(_asked)],
    tx: WriteTx,
    caller: Caller,
    request: Request,
    response: Response,
) -> dict[str, Any]:
    row = await commands.invite_customer(tx, survey_id, asked.body, by=caller.id)
    response.headers.update({"Location": f"/v1/survey-invitations/{row['id']}", **_NOT_KEPT})
    return {**row, "url": link(request.state.public_url, row["token"])}


@router.post(
    "/v1/surveys/{survey_id}/invitations/by-segment",
    status_code=202,
    operation_id="inviteSegment",
    summary="Invite many customers to a survey 按客群邀请填写问卷",
    description=(
        "Customers in your sight of these tiers and channels, of this distributor and owner, at most so "
        "many; not those who opted out or were invited lately. Watch the operation in `Location`: its result "
        "says how many were `invited`. 409 `survey_not_open`."
    ),
    response_model=InvitingStarted,
    **needs("interactions:write", "policies:write"),
)
async def invite_segment(
    survey_id: UUID, body: SegmentInvite, tx: WriteTx, caller: Caller, request: Request, response: Response
) -> dict[str, Any]:
    number: int = request.state.service_number
    operation = await segments.begin(tx, survey_id, body, by=caller.id, service_number=number)
    response.headers["Location"] = f"/v1/operations/{operation}"
    return {"id": operation}


@router.get(
    "/v1/surveys/{survey_id}/invitations",
    operation_id="listSurveyInvitations",
    summary="List invitations to a survey 查询问卷邀请",
    description="The newest first. Filter by customer, complaint, occasion and whether it is answered.",
    response_model=Page[InvitationRead],
    **needs("interactions:read"),
)
async def list_survey_invitations(
    survey_id: UUID, query: Annotated[InvitationQuery, Query()], db: ReadDb, sealer: Sealing
) -> dict[str, Any]:
    return await queries.invitations(db, survey_id, query, sealer)


@router.get(
    "/v1/survey-invitations/{invitation_id}",
    operation_id="getSurveyInvitation",
    summary="Read one invitation 查看问卷邀请",
    description="Whom it asks and about what; never its link.",
    response_model=InvitationRead,
    **needs("interactions:read"),
)
async def get_survey_invitation(invitation_id: UUID, db: ReadDb) -> dict[str, Any]:
    return await queries.invitation(db, invitation_id)


@router.post(
    "/v1/survey-invitations/{invitation_id}/link",
    operation_id="renewSurveyLink",
    summary="Make the link of an invitation 生成问卷链接",
    description=(
        "For an invitation of a segment or an event, which has none yet, or to send one again: a new link, "
        "shown once. The one before does not work any more. 409 `invitation_answered`, 409 "
        "`invitation_expired`."
    ),
    response_model=SurveyLinkRead,
    **needs("interactions:write"),
)
async def renew_survey_link(
    invitation_id: UUID, tx: WriteTx, request: Request, response: Response
) -> dict[str, Any]:
    token = await commands.renew_link(tx, invitation_id)
    response.headers.update(_NOT_KEPT)
    return {"url": link(request.state.public_url, token), "token": token}


@router.get(
    "/v1/customers/{customer_id}/survey-opt-out",
    operation_id="getSurveyOptOut",
    summary="Whether a customer wants no surveys 查看问卷拒收状态",
    description="And since when, whoever said so: they themselves, on the page of a survey, or staff.",
    response_model=OptOutRead,
    **needs("interactions:read"),
)
async def get_survey_opt_out(customer_id: Known, db: ReadDb) -> dict[str, Any]:
    since = await wishes.wants_none_since(db, customer_id)
    return {"customer_id": customer_id, "opted_out": since is not None, "since": since}


@router.put(
    "/v1/customers/{customer_id}/survey-opt-out",
    operation_id="optOutOfSurveys",
    summary="Note that a customer wants no surveys 登记拒收问卷",
    description="From now on nobody can invite them; the same again changes nothing.",
    response_model=OptOutRead,
    responses=NO_SUCH_RECORD,
    **needs("interactions:write"),
)
async def opt_out_of_surveys(customer_id: Known, tx: WriteTx) -> dict[str, Any]:
    await wishes.want_none(tx, customer_id, said_by="staff")
    since = await wishes.wants_none_since(tx, customer_id)
    return {"customer_id": customer_id, "opted_out": True, "since": since}


@router.delete(
    "/v1/customers/{customer_id}/survey-opt-out",
    status_code=204,
    operation_id="optInToSurveys",
    summary="Note that a customer wants surveys again 取消拒收问卷",
    description="Whoever had said that they do not; also when nobody had.",
    **needs("interactions:write"),
)
async def opt_in_to_surveys(customer_id: Known, tx: WriteTx) -> None:
    await wishes.want_again(tx, customer_id)
