"""Reading merges, and the customers that are to be one."""

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, or_, select, union_all

from customer_svc.contacts.tables import Contact
from customer_svc.contracts.tables import Contract
from customer_svc.customers import queries as customers
from customer_svc.customers.tables import Customer
from customer_svc.identities.tables import Identity
from customer_svc.merges.domain import Proof
from customer_svc.merges.schemas import MergeQuery
from customer_svc.merges.tables import Merge
from customer_svc.orders.tables import Order
from shared.db import Reader, Sight, Tx, in_sight, prepare, sight, visible
from shared.http import Listing
from shared.problems import not_found
from shared.sealing import Sealer

_t: Any = Merge.__table__  # type: ignore[attr-defined]
_c: Any = Customer.__table__  # type: ignore[attr-defined]
_i: Any = Identity.__table__  # type: ignore[attr-defined]
_keeper = _c.alias("keeper")
SIGHT = Sight(_keeper.c.distributor_id, held=(_keeper.c.owner_id, _keeper.c.org_unit_id))
_SEEN = select(_t).join(_keeper, _keeper.c.id == _t.c.customer_id)
_ONE = prepare(_SEEN.where(_t.c.id == bindparam("b_id"), in_sight(SIGHT)))
_ONE_FOR_UPDATE = prepare(select(_t).where(_t.c.id == bindparam("b_id")).with_for_update())
_BOTH_FOR_UPDATE = prepare(
    select(_c)
    .where(_c.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), in_sight(customers.SIGHT))
    .order_by(_c.c.id)
    .with_for_update()
)
_LATER = prepare(
    select(_t)
    .where(
        _t.c.kept_id == bindparam("b_kept"),
        _t.c.status == "merged",
        _t.c.id != bindparam("b_id"),
        _t.c.merged_at >= bindparam("b_at"),
    )
    .order_by(_t.c.merged_at, _t.c.id)
    .with_for_update()
)
_ABSORBING = prepare(select(_t.c.id).where(_t.c.absorbed_id == bindparam("b_id"), _t.c.status == "merged"))
_PROOFS = prepare(
    select(_i.c.customer_id, _i.c.kind, _i.c.channel, _i.c.external_id).where(
        _i.c.customer_id == any_(bindparam("ids", type_=ARRAY(Uuid))), _i.c.strength == "strong"
    )
)
_MOVING = {"contacts": Contact, "identities": Identity, "orders": Order, "contracts": Contract}
_COUNTS = prepare(
    union_all(
        *(
            select(func.text(kind).label("kind"), func.count().label("number")).where(
                table.__table__.c.customer_id == bindparam("b_id")  # type: ignore[attr-defined]
            )
            for kind, table in _MOVING.items()
        )
    )
)
_LIST = Listing(
    _SEEN,
    key=_t.c.id,
    sorts={"merged_at": _t.c.merged_at},
    default="-merged_at",
    filters={
        "customer_id": lambda one: or_(_t.c.kept_id == one, _t.c.absorbed_id == one),
        "status": lambda status: _t.c.status == status,
    },
)


async def merge(db: Reader, merge_id: UUID) -> dict[str, Any]:
    """One merge whose kept customer is in sight; else NotFound."""
    row = await db.row(_ONE, b_id=merge_id, **sight(db.scope))
    if row is None:
        raise not_found("merge", "合并记录")
    return dict(row)


async def merge_again(tx: Tx, merge_id: UUID) -> dict[str, Any]:
    """A merge that was in sight, locked; as it is after waiting for its customers."""
    row = await tx.row(_ONE_FOR_UPDATE, b_id=merge_id)
    if row is None:
        raise not_found("merge", "合并记录")
    return dict(row)


async def merges(db: Reader, query: MergeQuery, sealer: Sealer) -> dict[str, Any]:
    """One page of the merges in sight."""
    return await _LIST.page(db, query, sealer, where=visible(db.scope, SIGHT))


async def both_for_update(tx: Tx, one: UUID, other: UUID) -> dict[UUID, dict[str, Any]]:
    """Those of the two customers that are in sight, whatever their status, locked in one order for all."""
    rows = await tx.rows(_BOTH_FOR_UPDATE, ids=[one, other], **sight(tx.scope))
    return {row["id"]: dict(row) for row in rows}


async def later(tx: Tx, row: dict[str, Any]) -> list[dict[str, Any]]:
    """What was merged into the same customer since and still is, oldest first, locked."""
    rows = await tx.rows(_LATER, b_kept=row["kept_id"], b_id=row["id"], b_at=row["merged_at"])
    return [dict(found) for found in rows]


async def absorbing(db: Reader, customer_id: UUID) -> UUID:
    """The merge by which a merged customer was absorbed."""
    found: UUID = await db.value(_ABSORBING, b_id=customer_id)
    return found


async def proofs(db: Reader, *records: dict[str, Any]) -> list[list[Proof]]:
    """The strong identities of these customers, each customer's by itself, its tax number among them."""
    found: dict[UUID, list[Proof]] = {record["id"]: [] for record in records}
    for row in await db.rows(_PROOFS, ids=list(found)):
        of_channel = row["kind"] in ("external", "unionid")
        kind = f"{row['kind']}:{row['channel']}" if of_channel else row["kind"]
        found[row["customer_id"]].append(Proof(kind, row["external_id"]))
    for record in records:
        if record["tax_number"] is not None:
            found[record["id"]].append(Proof("tax_number", record["tax_number"]))
    return list(found.values())


async def counts(db: Reader, customer_id: UUID) -> dict[str, int]:
    """How many records of each kind go with a customer."""
    return {row["kind"]: row["number"] for row in await db.rows(_COUNTS, b_id=customer_id)}
