"""Reading staff accounts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, func, or_, select

from gateway.staff.schemas import StaffQuery, StaffRead, StaffSummary
from gateway.staff.tables import Staff
from shared.db import Reader, Record, any_of, prepare
from shared.http import Listing, Page
from shared.problems import Forbidden, not_found
from shared.sealing import Sealer

_table = Staff.__table__  # type: ignore[attr-defined]
_s = _table.c
_SHOWN = (
    _s.id,
    _s.username,
    _s.display_name,
    _s.email,
    _s.roles,
    _s.status,
    _s.org_unit_id,
    _s.data_scope,
    _s.version,
    _s.created_at,
    _s.updated_at,
)

_BY_ID = prepare(select(*_SHOWN).where(_s.id == bindparam("id")))
_FOR_CHANGE = prepare(select(_table).where(_s.id == bindparam("id")).with_for_update())
_BY_NAME = prepare(
    select(_s.id, _s.username, _s.password_hash, _s.status, _s.roles).where(
        _s.username == bindparam("username")
    )
)
# In one order for all, or two administrators who disable each other at once would lock each other out.
_BESIDE_ADMINS = prepare(
    select(_table)
    .where(
        or_(
            _s.id == bindparam("id"),
            and_(_s.status == "active", _s.roles.contains(["admin"]), _s.data_scope == "all"),
        )
    )
    .order_by(_s.id)
    .with_for_update(key_share=True)
)
_RECIPIENTS = prepare(
    select(_s.id, _s.display_name.label("name"), _s.email).where(
        _s.id == any_of("ids"), _s.status == "active"
    )
)
_ANY = prepare(select(func.count()).select_from(_table))

_NOT_SHOWN = frozenset({"username", "data_scope"})

LISTING = Listing(
    select(*_SHOWN),
    key=_s.id,
    sorts={"created_at": _s.created_at, "username": _s.username},
    default="username",
    filters={
        "status": lambda value: _s.status == value,
        "role": lambda value: _s.roles.contains([value]),
        "username": lambda value: _s.username == value,
        "org_unit_id": lambda value: _s.org_unit_id == value,
        "data_scope": lambda value: _s.data_scope == value,
        "q": lambda value: _s.display_name.icontains(value, autoescape=True),
    },
)


async def account(reader: Reader, staff_id: UUID) -> Record | None:
    """The account without its password, if there is one."""
    return await reader.row(_BY_ID, id=staff_id)


async def staff_by_id(reader: Reader, staff_id: UUID) -> Record:
    """The account without its password; raises NotFound."""
    row = await account(reader, staff_id)
    if row is None:
        raise not_found("staff account", "员工账号")
    return row


async def staff_for_change(reader: Reader, staff_id: UUID) -> dict[str, Any]:
    """The whole account, locked until the transaction ends; raises NotFound."""
    row = await reader.row(_FOR_CHANGE, id=staff_id)
    if row is None:
        raise not_found("staff account", "员工账号")
    return dict(row)


async def credentials(reader: Reader, username: str) -> Record | None:
    """What sign-in needs of the account of this name."""
    return await reader.row(_BY_NAME, username=username.lower())


async def staff_beside_admins(reader: Reader, staff_id: UUID) -> tuple[dict[str, Any], int]:
    """As `staff_for_change`, and how many other administrators see everything; locks them, too."""
    rows = {row["id"]: row for row in await reader.rows(_BESIDE_ADMINS, id=staff_id)}
    account = rows.pop(staff_id, None)
    if account is None:
        raise not_found("staff account", "员工账号")
    return dict(account), len(rows)


async def nobody_yet(reader: Reader) -> bool:
    """Whether there is no account at all."""
    return not await reader.value(_ANY)


async def list_staff(
    reader: Reader, query: StaffQuery, sealer: Sealer, *, fully: bool
) -> Page[StaffRead] | Page[StaffSummary]:
    """One page of accounts; only names and roles unless `fully`, and filtered by nothing else then."""
    if not fully and query.filters().keys() & _NOT_SHOWN:
        raise Forbidden(
            "filter_not_allowed",
            en="You may filter by role, org unit, status and name.",
            zh="您只能按角色、组织单元、状态和姓名筛选。",
        )
    page = await LISTING.page(reader, query, sealer)
    found = {**page, "data": [dict(row) for row in page["data"]]}
    return Page[StaffRead].model_validate(found) if fully else Page[StaffSummary].model_validate(found)


async def recipients(reader: Reader, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """How these can be reached, without those who are disabled."""
    return [dict(row) for row in await reader.rows(_RECIPIENTS, ids=list(ids))]
