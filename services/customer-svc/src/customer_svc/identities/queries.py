"""Finding customers by the names under which the channels know them."""

from collections.abc import Container, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, any_, bindparam, func, select

from customer_svc.customers import queries as customers
from customer_svc.identities.domain import Owner, only
from customer_svc.identities.schemas import IdentityQuery, IdentityRef
from customer_svc.identities.tables import Identity
from shared.db import Reader, Record, Tx, in_sight, prepare, sight
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

Ref = tuple[str, str]
"""A channel and what it calls a customer."""

_t = Identity.__table__  # type: ignore[attr-defined]
_wanted = (bindparam("channels", type_=ARRAY(String)), bindparam("external_ids", type_=ARRAY(String)))
_ref = func.unnest(*_wanted).table_valued("channel", "external_id", name="ref").render_derived()
_OWNERS = prepare(
    select(_t.c.channel, _t.c.external_id, _t.c.customer_id, _t.c.distributor_id, _t.c.origin_id)
    .join(_ref, (_t.c.channel == _ref.c.channel) & (_t.c.external_id == _ref.c.external_id))
    .where(in_sight(customers.through_customer(_t)))
)
_HOLDERS = prepare(
    select(_t.c.customer_id).where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))).distinct()
)
_FOR_UPDATE = prepare(
    select(_t.c.id, func.coalesce(_t.c.origin_id, _t.c.customer_id).label("owner_id"), _t.c.verified)
    .where(_t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(customers.through_customer(_t)))
    .order_by(_t.c.id)
    .with_for_update(of=_t)
)
_ONE_FOR_UPDATE = prepare(
    select(_t)
    .where(
        _t.c.id == bindparam("b_id"),
        _t.c.customer_id == bindparam("b_customer_id"),
        in_sight(customers.through_customer(_t)),
    )
    .with_for_update()
)


def _equal(name: str) -> Any:
    return lambda value: _t.c[name] == value


_LIST = Listing(
    select(_t),
    key=_t.c.id,
    sorts={"created_at": _t.c.created_at},
    default="created_at",
    filters={name: _equal(name) for name in ("channel", "kind", "strength", "verified")},
)


async def owners(db: Reader, refs: Iterable[Ref]) -> dict[Ref, list[Owner]]:
    """Whose in sight each (channel, external id) is; of each distributor at most one."""
    found: dict[Ref, list[Owner]] = {ref: [] for ref in refs}
    if found:
        channels, external_ids = zip(*sorted(found), strict=True)
        rows = await db.rows(_OWNERS, channels=channels, external_ids=external_ids, **sight(db.scope))
        for row in rows:
            owner = Owner(row["customer_id"], row["distributor_id"], row["origin_id"])
            found[row["channel"], row["external_id"]].append(owner)
    return found


async def owner(db: Reader, ref: IdentityRef, among: Container[UUID | None] | None) -> Owner | None:
    """Whose in sight this identity is; Conflict if several's.

    If the distributors `among` are said: of those who stand there, else of those who stood there before.
    """
    known = (ref.channel, ref.external_id)
    found = (await owners(db, [known]))[known]
    one = only(found, among)
    if one is not None or among is None or not found:
        return one
    before = await customers.once_of(db, (each.customer_id for each in found))
    return only(each for each in found if any(home in among for home in before.get(each.customer_id, ())))


async def customer_by_identity(
    db: Reader, ref: IdentityRef, among: Container[UUID | None] | None
) -> tuple[dict[str, Any], UUID | None]:
    """The customer that a channel knows by this id, and whom it means if that one was merged into it.

    NotFound if there is none, Conflict if several.
    """
    found = await owner(db, ref, among)
    if found is None:
        raise customers.absent()
    return await customers.customer(db, found.customer_id), found.origin_id


async def identity_for_update(tx: Tx, customer_id: UUID, identity_id: UUID) -> dict[str, Any]:
    """One identity of this customer, locked until the transaction ends; NotFound if out of sight."""
    row = await tx.row(_ONE_FOR_UPDATE, b_id=identity_id, b_customer_id=customer_id, **sight(tx.scope))
    if row is None:
        await customers.check_unmerged(tx, customer_id)
        raise not_found("identity", "身份标识")
    return dict(row)


async def identities(db: Reader, customer_id: UUID, query: IdentityQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of a customer's identities; NotFound if the customer is out of sight."""
    await customers.customer(db, customer_id, archived=True)
    return await _LIST.page(db, query, sealer, where=[_t.c.customer_id == customer_id])


async def identities_for_update(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Record]:
    """Those of these identities that are in sight; they and their customers are locked then.

    `owner_id` is the customer that each was given to, merged since or not.
    """
    holders = await tx.rows(_HOLDERS, ids=sorted(ids))
    await customers.customers_for_update(tx, {row["customer_id"] for row in holders})
    rows = await tx.rows(_FOR_UPDATE, ids=sorted(ids), **sight(tx.scope))
    return {row["id"]: row for row in rows}
