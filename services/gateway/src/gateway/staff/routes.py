"""Staff accounts over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from gateway.reach.lookup import Lookup
from gateway.staff import commands, queries
from gateway.staff.domain import unknown_unit
from gateway.staff.passwords import Passwords
from gateway.staff.schemas import (
    StaffCreate,
    StaffPage,
    StaffPatch,
    StaffQuery,
    StaffRead,
    StaffRecipients,
    StaffRecipientsAsk,
)
from shared.auth import Principal
from shared.db import Reader
from shared.http import Caller, IfMatch, ReadDb, Router, Sealing, WriteTx, needs, set_etag
from shared.problems import NotFound

router = Router(tags=["staff"])
inner = Router(tags=["staff"], include_in_schema=False)


async def _passwords(request: Request) -> Passwords:
    passwords: Passwords = request.state.passwords
    return passwords


async def _new(body: StaffCreate, caller: Caller, request: Request) -> StaffCreate:
    """The new account, whose org unit is known to be there before the transaction opens."""
    await _require_unit(body.org_unit_id, caller, request)
    return body


async def _changed(body: StaffPatch, caller: Caller, request: Request) -> StaffPatch:
    """As `_new`, for a patch."""
    await _require_unit(body.org_unit_id, caller, request)
    return body


async def _require_unit(unit_id: UUID | None, caller: Principal, request: Request) -> None:
    if unit_id is None:
        return
    lookup: Lookup = request.state.lookup
    try:
        await lookup.unit(unit_id, token=await request.state.token_for(caller, "customer-svc"))
    except NotFound:
        raise unknown_unit() from None


Hashing = Annotated[Passwords, Depends(_passwords)]
New = Annotated[StaffCreate, Depends(_new)]
Changed = Annotated[StaffPatch, Depends(_changed)]


@router.post(
    "/v1/staff",
    status_code=201,
    operation_id="createStaff",
    summary="Open a staff account",
    response_model=StaffRead,
    **needs("staff:write"),
)
async def create_staff(
    body: New, tx: WriteTx, passwords: Hashing, caller: Caller, response: Response
) -> dict[str, Any]:
    """The password is kept as an argon2id hash and never shown again.

    Whoever sees less than everything opens accounts that see no more (403 `beyond_own_scope`).
    """
    staff_id = await commands.create_staff(tx, passwords, body, limit=caller.scope)
    response.headers["Location"] = f"/v1/staff/{staff_id}"
    return await _shown(tx, staff_id, response)


@router.get(
    "/v1/staff",
    operation_id="listStaff",
    summary="List staff accounts",
    response_model=StaffPage,
    **needs("staff:read"),
)
async def list_staff(
    query: Annotated[StaffQuery, Query()], db: ReadDb, sealer: Sealing, caller: Caller
) -> StaffPage:
    """Administrators see the accounts; managers see ids, names and roles.

    Managers filter by role, org unit, status and name only (403 `filter_not_allowed`).
    """
    return await queries.list_staff(db, query, sealer, fully=caller.may("staff:write"))


@router.get(
    "/v1/staff/{staff_id}",
    operation_id="getStaff",
    summary="Read a staff account",
    response_model=StaffRead,
    **needs("staff:write"),
)
async def get_staff(staff_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    """The account with its version, for administrators; never the password."""
    return await _shown(db, staff_id, response)


@router.patch(
    "/v1/staff/{staff_id}",
    operation_id="updateStaff",
    summary="Change a staff account",
    response_model=StaffRead,
    **needs("staff:write"),
)
async def update_staff(
    staff_id: UUID,
    body: Changed,
    *,
    tx: WriteTx,
    passwords: Hashing,
    caller: Caller,
    if_match: IfMatch,
    response: Response,
) -> dict[str, Any]:
    """A new password or the status `disabled` ends every session of the person within seconds.

    Other roles, another org unit and another data scope hold within seconds, without signing in again.
    """
    await commands.change_staff(
        tx, passwords, staff_id, body.changes(), expected=if_match, limit=caller.scope
    )
    return await _shown(tx, staff_id, response)


@router.post(
    "/v1/staff/{staff_id}/disable",
    operation_id="disableStaff",
    summary="Disable a staff account",
    response_model=StaffRead,
    **needs("staff:write"),
)
async def disable_staff(
    *,
    staff_id: UUID,
    tx: WriteTx,
    passwords: Hashing,
    caller: Caller,
    if_match: IfMatch,
    response: Response,
) -> dict[str, Any]:
    """The person is cut off within seconds, also where signed in already."""
    changes = {"status": "disabled"}
    await commands.change_staff(tx, passwords, staff_id, changes, expected=if_match, limit=caller.scope)
    return await _shown(tx, staff_id, response)


@router.post(
    "/v1/staff/{staff_id}/enable",
    operation_id="enableStaff",
    summary="Enable a staff account again",
    response_model=StaffRead,
    **needs("staff:write"),
)
async def enable_staff(
    *,
    staff_id: UUID,
    tx: WriteTx,
    passwords: Hashing,
    caller: Caller,
    if_match: IfMatch,
    response: Response,
) -> dict[str, Any]:
    """Old sessions stay ended; the person signs in anew."""
    changes = {"status": "active"}
    await commands.change_staff(tx, passwords, staff_id, changes, expected=if_match, limit=caller.scope)
    return await _shown(tx, staff_id, response)


@router.post(
    "/v1/staff/{staff_id}/sign-out",
    status_code=204,
    operation_id="signOutStaff",
    summary="Sign somebody out everywhere",
    **needs("staff:write"),
)
async def sign_out_staff(staff_id: UUID, tx: WriteTx, caller: Caller) -> None:
    """Ends every session of the person within seconds; they may sign in again."""
    await commands.sign_out_everywhere(tx, staff_id, limit=caller.scope)


async def _shown(db: Reader, staff_id: UUID, response: Response) -> dict[str, Any]:
    row = await queries.staff_by_id(db, staff_id)
    set_etag(response, row["version"])
    return dict(row)


@inner.post(
    "/internal/recipients",
    operation_id="askStaffRecipients",
    response_model=StaffRecipients,
    **needs("recipients:read"),
)
async def ask_staff_recipients(body: StaffRecipientsAsk, tx: WriteTx) -> Any:
    """How members of staff can be reached now, for another service (ADR 42); no edge publishes it."""
    return {"recipients": await queries.recipients(tx, body.staff)}
