"""Staff accounts over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from gateway.staff import commands, queries
from gateway.staff.passwords import Passwords
from gateway.staff.schemas import StaffCreate, StaffPage, StaffPatch, StaffQuery, StaffRead
from shared.db import Reader
from shared.http import Caller, IfMatch, ReadDb, Router, Sealing, WriteTx, needs, set_etag

router = Router(tags=["staff"])


async def _passwords(request: Request) -> Passwords:
    passwords: Passwords = request.state.passwords
    return passwords


Hashing = Annotated[Passwords, Depends(_passwords)]


@router.post(
    "/v1/staff",
    status_code=201,
    operation_id="createStaff",
    summary="Open a staff account",
    response_model=StaffRead,
    **needs("staff:write"),
)
async def create_staff(
    body: StaffCreate, tx: WriteTx, passwords: Hashing, response: Response
) -> dict[str, Any]:
    """The password is kept as an argon2id hash and never shown again."""
    staff_id = await commands.create_staff(tx, passwords, body)
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
    """Administrators see the accounts; managers see ids, names and roles."""
    return await queries.list_staff(db, query, sealer, fully=caller.may("staff:write"))


@router.get(
    "/v1/staff/{staff_id}",
    operation_id="getStaff",
    summary="Read a staff account",
    response_model=StaffRead,
    **needs("staff:write"),
)
async def get_staff(staff_id: UUID, db: ReadDb, response: Response) -> dict[str, Any]:
    """For administrators."""
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
    body: StaffPatch,
    *,
    tx: WriteTx,
    passwords: Hashing,
    if_match: IfMatch,
    response: Response,
) -> dict[str, Any]:
    """A new password or the status `disabled` ends every session of the person within seconds."""
    await commands.change_staff(tx, passwords, staff_id, body.changes(), expected=if_match)
    return await _shown(tx, staff_id, response)


@router.post(
    "/v1/staff/{staff_id}/disable",
    operation_id="disableStaff",
    summary="Disable a staff account",
    response_model=StaffRead,
    **needs("staff:write"),
)
async def disable_staff(
    staff_id: UUID, tx: WriteTx, passwords: Hashing, if_match: IfMatch, response: Response
) -> dict[str, Any]:
    """The person is cut off within seconds, also where signed in already."""
    await commands.change_staff(tx, passwords, staff_id, {"status": "disabled"}, expected=if_match)
    return await _shown(tx, staff_id, response)


@router.post(
    "/v1/staff/{staff_id}/enable",
    operation_id="enableStaff",
    summary="Enable a staff account again",
    response_model=StaffRead,
    **needs("staff:write"),
)
async def enable_staff(
    staff_id: UUID, tx: WriteTx, passwords: Hashing, if_match: IfMatch, response: Response
) -> dict[str, Any]:
    """Old sessions stay ended; the person signs in anew."""
    await commands.change_staff(tx, passwords, staff_id, {"status": "active"}, expected=if_match)
    return await _shown(tx, staff_id, response)


async def _shown(db: Reader, staff_id: UUID, response: Response) -> dict[str, Any]:
    row = await queries.staff_by_id(db, staff_id)
    set_etag(response, row["version"])
    return dict(row)
