"""The doors for tests: of a sender, and of a template."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response

from notify_svc.recipients.domain import Ref
from notify_svc.senders.queries import Sender
from notify_svc.test_sends import drafting
from notify_svc.test_sends.domain import Draft
from notify_svc.test_sends.schemas import SenderTest, TemplateTest, TestSent
from notify_svc.test_sends.tester import Tested, Tester, settle
from shared.auth import Principal
from shared.auth.tokens import HEADER
from shared.db import Database
from shared.http import NO_SUCH_RECORD, Caller, Router, WriteTx, needs
from shared.http.dependencies import look_at_key
from shared.problems import not_found
from shared.references import References

router = Router()


async def _sender_tested(
    sender_id: UUID, caller: Caller, request: Request, body: SenderTest | None = None
) -> Tested:
    asked = body or SenderTest()
    key = await _key(request)
    draft, sender = await drafting.of_sender(
        request.state.database, sender_id, asked, request.state.company_name
    )
    return await _made(request, draft, sender, asked.to, key=key, caller=caller)


async def _template_tested(
    message_template_id: UUID, caller: Caller, request: Request, body: TemplateTest | None = None
) -> Tested:
    asked = body or TemplateTest()
    key = await _key(request)
    name = None if asked.customer_id is None else await _name(request, asked.customer_id, caller)
    company = request.state.company_name
    draft, sender = await drafting.of_template(
        request.state.database, message_template_id, asked, name=name, company=company
    )
    return await _made(request, draft, sender, asked.to, key=key, caller=caller)


async def _key(request: Request) -> bytes | None:
    database: Database = request.state.database
    async with database.begin() as tx:
        claim = await look_at_key(request, tx)
    return None if claim is None else claim.key_hash


async def _name(request: Request, customer_id: UUID, caller: Principal) -> str:
    """How a customer in sight is called."""
    references: References = request.state.references
    known = await references.require(customer_id, scope=caller.scope, token=request.headers[HEADER])
    ref = Ref("customer", known.id)
    tester: Tester = request.state.tester
    found = (await tester.desk.find([ref])).get(ref)
    if found is None:
        raise not_found("customer", "客户")
    return found.name


async def _made(
    request: Request,
    draft: Draft,
    sender: Sender,
    to: str | None,
    *,
    key: bytes | None,
    caller: Principal,
) -> Tested:
    """Sent, before the transaction that writes it down opens."""
    tester: Tester = request.state.tester
    draft = await drafting.addressed(tester.desk, draft, sender, to, caller)
    return await tester.test(draft, sender, key, lambda tx: look_at_key(request, tx))


async def _answer(response: Response, tx: WriteTx, tested: Tested) -> dict[str, Any]:
    response.headers["Location"] = f"/v1/messages/{tested.message_id}"
    return await settle(tx, tested)


@router.post(
    "/v1/senders/{sender_id}/test",
    status_code=201,
    tags=["senders"],
    operation_id="testSender",
    summary="Send a test by a sender 测试发送渠道",
    description=(
        "A fixed short message, at once and once, also by a sender that is not active or rests: to you, to "
        "an address in `to`, or into the robot's group. Answered with what the other side said; one that "
        "works again goes on at once. It counts in the sender's minute: 429 `sender_rate` when that is over, "
        "409 `sender_busy` while workers send by it without a pause."
    ),
    response_model=TestSent,
    **needs("senders:write"),
)
async def test_sender(
    tested: Annotated[Tested, Depends(_sender_tested)], tx: WriteTx, response: Response
) -> dict[str, Any]:
    return await _answer(response, tx, tested)


@router.post(
    "/v1/templates/{message_template_id}/test",
    status_code=201,
    tags=["templates"],
    operation_id="testTemplate",
    summary="Send a template to yourself 测试发送模板",
    description=(
        "The latest version, also a draft, or the one with this number, marked as a test: to you, or to "
        "an address in `to`, never to the customer whose name is filled in. With the declared examples, or "
        "with `variables`. Answered with what the other side said; 409 `no_sender` if the channel has none."
    ),
    response_model=TestSent,
    responses=NO_SUCH_RECORD,
    **needs("templates:write", "customers:read"),
)
async def test_template(
    tested: Annotated[Tested, Depends(_template_tested)], tx: WriteTx, response: Response
) -> dict[str, Any]:
    return await _answer(response, tx, tested)
