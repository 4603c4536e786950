"""Reading the customer archive."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, String, Uuid, any_, bindparam, cast, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from customer_svc.changes import HistoryQuery, no_change
from customer_svc.customers.asking import FIELD_SORT
from customer_svc.customers.filters import IndexedFields
from customer_svc.customers.pieces import (
    beginning_of_name,
    having_beginning,
    parts_of_name,
    pieces_key,
)
from customer_svc.customers.schemas import CustomerQuery
from customer_svc.customers.tables import Customer, CustomerChange, CustomerPiece
from shared.db import Prepared, Reader, Record, Sight, Tx, in_sight, prepare, sight, visible
from shared.http import Listing
from shared.problems import NotFound, customer_merged, not_found
from shared.references import root
from shared.sealing import Sealer
from shared.searching.characters import plain
from shared.searching.pieces import having

_t = Customer.__table__  # type: ignore[attr-defined]
_p = CustomerPiece.__table__  # type: ignore[attr-defined]
_h = CustomerChange.__table__  # type: ignore[attr-defined]


def through_customer(table: Any) -> Sight:
    """The sight of a table whose rows belong to a customer: they are held by who holds it."""
    return Sight(table.c.distributor_id, customer=table.c.customer_id, customers=_t)


SIGHT = Sight(_t.c.distributor_id, held=(_t.c.owner_id, _t.c.org_unit_id))
_READ = list(_t.c)
_one = select(*_READ).where(_t.c.id == bindparam("b_id"), in_sight(SIGHT))
_ONE = prepare(_one)
_ONE_FOR_UPDATE = prepare(_one.with_for_update())
_FOR_UPDATE = prepare(
    select(*_READ)
    .where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(SIGHT))
    .order_by(_t.c.id)
    .with_for_update()
)
_KNOWN = prepare(
    select(_t.c.id, _t.c.distributor_id).where(
        _t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(SIGHT)
    )
)
_KEPT_BY = prepare(
    select(_t.c.id, func.customer_root(_t.c.id, type_=Uuid).label("root")).where(
        _t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(SIGHT)
    )
)
_AS_NUMBER = attrgetter("int")  # the same order as of ids themselves, which is compared in Python
_HELD_STILL = prepare(
    select(_t.c.id, _t.c.distributor_id, _t.c.merged_into)
    .where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .with_for_update(read=True, key_share=True)
)
_MOVES = prepare(
    select(_h.c.customer_id, _h.c.old).where(
        _h.c.customer_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        _h.c.field == bindparam("b_field", "distributor_id", type_=String),
    )
)
_MERGED = prepare(
    select(_t.c.merged_into).where(
        _t.c.id == bindparam("b_id"), _t.c.merged_into.is_not(None), in_sight(SIGHT)
    )
)
_CHANGE = prepare(
    select(_h).where(
        _h.c.id == bindparam("b_id"),
        _h.c.customer_id == bindparam("b_customer_id"),
        in_sight(through_customer(_h)),
    )
)
_BY_CODE = prepare(
    select(*_READ).where(_t.c.code == any_(bindparam("codes", type_=ARRAY(String))), in_sight(SIGHT))
)
_BY_TAX_NUMBER = prepare(
    select(*_READ).where(_t.c.tax_number == any_(bindparam("codes", type_=ARRAY(String))), in_sight(SIGHT))
)
_IDS_BY_CODE = prepare(
    select(_t.c.code, _t.c.id, _t.c.distributor_id).where(
        _t.c.code == any_(bindparam("codes", type_=ARRAY(String))), in_sight(SIGHT)
    )
)


def _named(q: str, key: bytes) -> list[ColumnElement[bool]]:
    """Every word of the search stands in the name; without anything to look up, the name begins with it."""
    name = plain(q)
    parts = parts_of_name(name, key)
    wanted = having(parts) if parts else having_beginning(beginning_of_name(name, key))
    found = _t.c.id.in_(select(_p.c.customer_id).where(wanted))
    if not parts:
        return [found, _t.c.name_key.startswith(name, autoescape=True)]
    return [found, *(_t.c.name_key.contains(word, autoescape=True) for word in name.split())]


def _equal(name: str) -> Any:
    return lambda value: _t.c[name] == value


_LIST = Listing(
    select(*_READ),
    key=_t.c.id,
    sorts={"created_at": _t.c.created_at, "updated_at": _t.c.updated_at, "name": _t.c.name_pinyin},
    default="-created_at",
    filters={
        **{
            name: _equal(name)
            for name in (
                "code",
                "tax_number",
                "kind",
                "industry",
                "size",
                "region",
                "channel",
                "distributor_id",
                "owner_id",
                "org_unit_id",
                "referred_by",
            )
        },
        "q": lambda _: true(),  # the data key makes its condition, see `customers`
        "attributes": lambda _: true(),  # said by `filters.IndexedFields`
        "status": lambda status: true() if status == "all" else _t.c.status == status,
        "tags": lambda tags: _t.c.tags.contains(cast(tags, ARRAY(String))),
        "created_at_gte": lambda moment: _t.c.created_at >= moment,
        "created_at_lt": lambda moment: _t.c.created_at < moment,
        "updated_at_gte": lambda moment: _t.c.updated_at >= moment,
    },
)
_HISTORY = Listing(
    select(_h),
    key=_h.c.id,
    sorts={"changed_at": _h.c.changed_at},
    default="-changed_at",
    filters={"field": lambda field: _h.c.field == field},
)


class Held(NamedTuple):
    """A customer as it is while it is locked, and the distributor behind which it stands."""

    customer_id: UUID
    distributor_id: UUID | None


def absent() -> NotFound:
    """The one answer to a customer that is absent, out of sight or archived."""
    return not_found("customer", "客户")


async def customer(db: Reader, customer_id: UUID, *, archived: bool = False) -> dict[str, Any]:
    """One customer; Moved if it was merged into another one, NotFound if there is none in sight.

    An archived one is there only if those are asked for.
    """
    row = await db.row(_ONE, b_id=customer_id, **sight(db.scope))
    return await _there(db, row, archived=archived)


async def customer_for_update(tx: Tx, customer_id: UUID, *, archived: bool = False) -> dict[str, Any]:
    """One customer as by `customer`, locked until the transaction ends."""
    row = await tx.row(_ONE_FOR_UPDATE, b_id=customer_id, **sight(tx.scope))
    return await _there(tx, row, archived=archived)


async def _there(db: Reader, row: Record | None, *, archived: bool) -> dict[str, Any]:
    if row is None:
        raise absent()
    if row["merged_into"] is not None:
        raise customer_merged(row["id"], await root(db, row["id"]))
    if not archived and row["status"] != "active":
        raise absent()
    return dict(row)


async def check_unmerged(db: Reader, customer_id: UUID) -> None:
    """Raise Moved if this is a customer in sight that was merged into another one."""
    if await db.value(_MERGED, b_id=customer_id, **sight(db.scope)) is not None:
        raise customer_merged(customer_id, await root(db, customer_id))


async def hold(tx: Tx, customer_id: UUID) -> None:
    """Lock a customer, if there is one in sight, until the transaction ends."""
    await tx.row(_ONE_FOR_UPDATE, b_id=customer_id, **sight(tx.scope))


async def customers_for_update(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Those of these customers that are in sight, archived ones too, locked until the transaction ends."""
    rows = await tx.rows(_FOR_UPDATE, ids=sorted(ids), **sight(tx.scope))
    return {row["id"]: dict(row) for row in rows}


async def known(db: Reader, ids: Iterable[UUID]) -> dict[UUID, UUID | None]:
    """The distributor of each of these customers that exists in sight, archived ones too."""
    wanted = list(set(ids))
    rows = await db.rows(_KNOWN, ids=wanted, **sight(db.scope)) if wanted else []
    return {row["id"]: row["distributor_id"] for row in rows}


async def kept_by(db: Reader, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Who each of these customers that exists in sight is now: itself, unless it was merged."""
    return {row["id"]: row["root"] for row in await db.rows(_KEPT_BY, ids=sorted(ids), **sight(db.scope))}


async def held_still(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Held]:
    """Who these customers, found in sight, are now; none moves or is merged until the transaction ends."""
    wanted = sorted(set(ids), key=_AS_NUMBER)
    if not wanted:
        return {}
    rows = {row["id"]: row for row in await tx.rows(_HELD_STILL, ids=wanted)}
    merged = {row["id"]: row["merged_into"] for row in rows.values() if row["merged_into"] is not None}
    into = await held_still(tx, merged.values())
    alone = {one: Held(one, row["distributor_id"]) for one, row in rows.items()}
    return alone | {one: into[other] for one, other in merged.items() if other in into}


async def once_of(db: Reader, ids: Iterable[UUID]) -> dict[UUID, set[UUID | None]]:
    """The distributors behind which these customers in sight stood before, of each that ever moved."""
    found: dict[UUID, set[UUID | None]] = {}
    for row in await db.rows(_MOVES, ids=sorted(set(ids))):
        found.setdefault(row["customer_id"], set()).add(row["old"] and UUID(row["old"]))
    return found


async def _by_codes(
    db: Reader, statement: Prepared, codes: Iterable[str | None], name: str = "code"
) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {code: [] for code in codes if code is not None}
    if found:
        for row in await db.rows(statement, codes=sorted(found), **sight(db.scope)):
            found[row[name]].append(row)
    return found


async def by_codes(db: Reader, codes: Iterable[str | None]) -> dict[str, list[Record]]:
    """The customers in sight that have these codes; two distributors may use the same code."""
    return await _by_codes(db, _BY_CODE, codes)


async def by_tax_numbers(db: Reader, numbers: Iterable[str | None]) -> dict[str, list[Record]]:
    """The customers in sight that have these tax numbers."""
    return await _by_codes(db, _BY_TAX_NUMBER, numbers, "tax_number")


async def ids_by_code(db: Reader, codes: Iterable[str | None]) -> dict[str, list[Record]]:
    """As `by_codes`, only with code, id and distributor_id."""
    return await _by_codes(db, _IDS_BY_CODE, codes)


async def chosen(db: Reader, query: CustomerQuery, sealer: Sealer) -> list[ColumnElement[bool]]:
    """What the filters of the archive ask of a customer."""
    named = [] if query.q is None else _named(query.q, pieces_key(sealer))
    by_field = (await IndexedFields.of(db)).conditions(query.fields) if query.by_field else []
    return [*_LIST.conditions(query), *named, *by_field]


async def customers(db: Reader, query: CustomerQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the archive."""
    listing, where = _LIST, visible(db.scope, SIGHT)
    if query.q is not None:
        where += _named(query.q, pieces_key(sealer))
    if query.by_field:
        fields = await IndexedFields.of(db)
        where += fields.conditions(query.fields)
        if (query.sort or "").removeprefix("-").startswith(FIELD_SORT):
            listing = fields.sorted(_LIST, query.sort or "")
    return await listing.page(db, query, sealer, where=where)


async def change(db: Reader, customer_id: UUID, change_id: UUID) -> dict[str, Any]:
    """One change of this customer; NotFound if there is none in sight."""
    row = await db.row(_CHANGE, b_id=change_id, b_customer_id=customer_id, **sight(db.scope))
    if row is None:
        raise no_change()
    return dict(row)


async def history(db: Reader, customer_id: UUID, query: HistoryQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of what changed, newest first; NotFound if the customer is out of sight."""
    await customer(db, customer_id, archived=True)
    return await _HISTORY.page(db, query, sealer, where=[_h.c.customer_id == customer_id])
