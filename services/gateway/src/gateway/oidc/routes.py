"""Signing in elsewhere over HTTP: two stops for the browser, one for the page; and links."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from gateway.limits.watching import Address, Watched
from gateway.oidc import commands, queries
from gateway.oidc.domain import JOURNEY_SECONDS
from gateway.oidc.passage import Passage
from gateway.oidc.schemas import Exchange, LinkInput, LinkRead, Returned, StartQuery
from gateway.sessions.domain import program_of
from gateway.sessions.schemas import TokenPair
from shared.http import Caller, ReadDb, Router, Witnessed, WriteTx, needs, public
from shared.problems import NotFound

router = Router(tags=["auth"])
links = Router(tags=["staff"])
COOKIE = "__Host-tonglu-oidc"
_NO_STORE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


async def _passage(request: Request) -> Passage:
    passage: Passage | None = request.state.passage
    if passage is None:
        raise NotFound("oidc_off", en="Signing in elsewhere is not set up here.", zh="此处未启用外部登录。")
    return passage


Through = Annotated[Passage, Depends(_passage)]


def _stop(leads_to: str, *refusals: int) -> dict[str, Any]:
    """Route options of a stop that sends the browser on."""
    options = public(404, *refusals)
    location = {"description": leads_to, "schema": {"type": "string", "format": "uri-reference"}}
    options["responses"][302] = {"description": leads_to, "headers": {"Location": location}}
    return {**options, "status_code": 302, "response_class": RedirectResponse}


@router.get(
    "/v1/auth/oidc/start",
    operation_id="startOidcSignIn",
    summary="Sign in with the account of another house",
    **_stop("The provider, which asks who is there · 登录服务提供方"),
)
async def start(query: Annotated[StartQuery, Query()], passage: Through, request: Request) -> Response:
    """Send the browser here. Afterwards it is back at `return_to`, a page of this origin.

    The address of that page then ends in `#oidc=` and a code, to be exchanged within a minute at
    `POST /v1/auth/oidc/exchange`. A cookie that no script can read ties the way there to the way back.
    """
    departure = await passage.depart(query.return_to, request.cookies.get(COOKIE))
    response = RedirectResponse(departure.url, 302, _NO_STORE)
    response.set_cookie(
        COOKIE,
        departure.browser,
        max_age=JOURNEY_SECONDS,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
    return response


@router.get(
    "/v1/auth/oidc/callback",
    operation_id="finishOidcSignIn",
    summary="Come back from the provider",
    **_stop("The page that asked, with `#oidc=` and a code · 发起登录的页面", 401),
)
async def callback(query: Annotated[Returned, Query()], passage: Through, request: Request) -> Response:
    """Where the provider sends the browser; its address is what the provider must know of us."""
    page = await passage.arrive(query, request.cookies.get(COOKIE))
    return RedirectResponse(page, 302, _NO_STORE)


@router.post(
    "/v1/auth/oidc/exchange",
    operation_id="exchangeOidcCode",
    summary="Trade the code of a finished sign-in for tokens",
    response_model=TokenPair,
    **public(401, 403, 404),
)
async def exchange(
    body: Exchange,
    *,
    passage: Through,
    witness: Witnessed,
    warden: Watched,
    address: Address,
    request: Request,
    response: Response,
) -> TokenPair:
    """Call it from the page at `return_to`, in the browser that began; the code works once.

    401 `oidc_denied` when the person did not complete the sign-in, 403 `oidc_unlinked` when no active
    account here is linked with theirs.
    """
    response.headers.update(_NO_STORE)
    program = program_of(request.headers.get("user-agent"))
    async with warden.attempt(address):
        return await passage.hand_over(body.code, request.cookies.get(COOKIE), witness, program=program)


@links.get(
    "/v1/staff/{staff_id}/oidc-link",
    operation_id="getOidcLink",
    summary="Read somebody's account at the provider",
    response_model=LinkRead,
    **needs("staff:write"),
)
async def get_link(staff_id: UUID, db: ReadDb, passage: Through) -> dict[str, Any]:
    """The provider's own name for the person, with which they can sign in here."""
    return dict(await queries.link_of(db, passage.provider.issuer, staff_id))


@links.put(
    "/v1/staff/{staff_id}/oidc-link",
    operation_id="linkOidc",
    summary="Let somebody sign in with an account at the provider",
    response_model=LinkRead,
    **needs("staff:write"),
)
async def link(
    staff_id: UUID, body: LinkInput, tx: WriteTx, passage: Through, caller: Caller
) -> dict[str, Any]:
    """Takes the place of an earlier link of the person; 409 `oidc_subject_taken` if it is somebody else's."""
    issuer = passage.provider.issuer
    await commands.link(tx, issuer, staff_id, body.subject, limit=caller.scope)
    return dict(await queries.link_of(tx, issuer, staff_id))


@links.delete(
    "/v1/staff/{staff_id}/oidc-link",
    status_code=204,
    operation_id="unlinkOidc",
    summary="Take somebody's account at the provider away",
    **needs("staff:write"),
)
async def unlink(staff_id: UUID, tx: WriteTx, passage: Through, caller: Caller) -> None:
    """Sessions that were begun with it go on; sign the person out to end them."""
    await commands.unlink(tx, passage.provider.issuer, staff_id, limit=caller.scope)
