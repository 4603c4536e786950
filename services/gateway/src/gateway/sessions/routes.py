"""Signing in and out over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Form, Query, Request, Response

from gateway.keys.ring import KeyRing
from gateway.limits.watching import Address, Watched
from gateway.sessions import commands, queries
from gateway.sessions.desk import Desk
from gateway.sessions.domain import program_of
from gateway.sessions.schemas import (
    JwkSet,
    Me,
    PasswordChange,
    RefreshRequest,
    SessionRead,
    SignIn,
    TokenPair,
)
from gateway.staff import commands as staff_commands
from gateway.staff import queries as staff_queries
from shared.http import (
    Caller,
    Db,
    ListQuery,
    Page,
    ReadDb,
    Router,
    Sealing,
    Witnessed,
    WriteTx,
    needs,
    public,
)

router = Router(tags=["auth"])
_NO_STORE = {"Cache-Control": "no-store"}


async def _desk(request: Request) -> Desk:
    desk: Desk = request.state.desk
    return desk


async def _ring(request: Request) -> KeyRing:
    ring: KeyRing = request.state.ring
    return ring


AtDesk = Annotated[Desk, Depends(_desk)]


@router.post(
    "/v1/auth/token",
    operation_id="signIn",
    summary="Sign in with user name and password",
    response_model=TokenPair,
    **public(401),
)
async def sign_in(
    form: Annotated[SignIn, Form()],
    *,
    desk: AtDesk,
    warden: Watched,
    address: Address,
    witness: Witnessed,
    request: Request,
    response: Response,
) -> TokenPair:
    """OAuth2 password form. After five failures in a row the name must wait, each time longer (429).

    After twenty failures within a minute so must the address that they came from.
    """
    response.headers.update(_NO_STORE)
    program = program_of(request.headers.get("user-agent"))
    async with warden.attempt(address):
        return await desk.sign_in(form.username, form.password, witness, program=program)


@router.post(
    "/v1/auth/refresh",
    operation_id="refreshTokens",
    summary="Trade a refresh token for the next pair",
    response_model=TokenPair,
    **public(401),
)
async def refresh(
    body: RefreshRequest,
    *,
    desk: AtDesk,
    warden: Watched,
    address: Address,
    witness: Witnessed,
    response: Response,
) -> TokenPair:
    """Each refresh token works once; one that comes a second time ends the whole session."""
    response.headers.update(_NO_STORE)
    async with warden.attempt(address):
        return await desk.refresh(body.refresh_token, witness)


@router.post(
    "/v1/auth/logout", status_code=204, operation_id="signOut", summary="Sign out here", **public(401)
)
async def sign_out(
    body: RefreshRequest, desk: AtDesk, warden: Watched, address: Address, witness: Witnessed
) -> None:
    """Ends the session that the refresh token belongs to."""
    async with warden.attempt(address):
        await desk.sign_out(body.refresh_token, witness)


@router.post(
    "/v1/auth/logout-all",
    status_code=204,
    operation_id="signOutEverywhere",
    summary="Sign out everywhere",
    **needs(),
)
async def sign_out_everywhere(tx: WriteTx, caller: Caller) -> None:
    """Ends every session of the caller."""
    await staff_commands.sign_out_everywhere(tx, caller.id)


@router.get(
    "/v1/auth/sessions",
    operation_id="listOwnSessions",
    summary="Where one is signed in",
    response_model=Page[SessionRead],
    **needs(),
)
async def list_own_sessions(
    query: Annotated[ListQuery, Query()], db: ReadDb, database: Db, sealer: Sealing, caller: Caller
) -> dict[str, Any]:
    """The caller's sessions that stand, the newest first; no address and no whole user agent is kept."""
    return await queries.list_sessions(db, caller.id, query, sealer, now=database.now())


@router.delete(
    "/v1/auth/sessions/{session_id}",
    status_code=204,
    operation_id="endOwnSession",
    summary="Sign out somewhere else",
    **needs(),
)
async def end_own_session(session_id: UUID, tx: WriteTx, caller: Caller) -> None:
    """Ends one session of the caller within seconds."""
    await commands.end_session(tx, caller.id, session_id)


@router.post(
    "/v1/auth/password",
    status_code=204,
    operation_id="changeOwnPassword",
    summary="Change one's own password",
    **needs(),
)
async def change_password(body: PasswordChange, desk: AtDesk, caller: Caller, witness: Witnessed) -> None:
    """Ends every session of the caller; sign in again with the new password."""
    await desk.change_password(caller.id, body.current_password, body.new_password, witness)


@router.get("/v1/auth/me", operation_id="getMe", summary="Who is signed in", response_model=Me, **needs())
async def me(db: ReadDb, caller: Caller) -> dict[str, Any]:
    """The caller's account and permissions."""
    account = await staff_queries.staff_by_id(db, caller.id)
    return {**account, "permissions": sorted(caller.permissions)}


@router.get(
    "/.well-known/jwks.json",
    operation_id="getJwks",
    summary="Public keys of the access tokens",
    response_model=JwkSet,
    **public(),
)
async def jwks(ring: Annotated[KeyRing, Depends(_ring)], response: Response) -> dict[str, Any]:
    """For resource servers of the company that accept the same sign-in."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return await ring.published("access")
