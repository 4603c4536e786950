"""Claiming identities: at most one customer owns each, however many ask at once."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, or_, update
from sqlalchemy.dialects.postgresql import insert

from customer_svc.channels.commands import enter_channels
from customer_svc.customers import queries as customers
from customer_svc.customers.commands import alter_customer, register_customer
from customer_svc.customers.domain import identity_taken
from customer_svc.customers.referrers import FIELD as REFERRED_BY
from customer_svc.customers.referrers import check_referrer, hold_referrers
from customer_svc.customers.schemas import CustomerCreate
from customer_svc.customers.touching import touch
from customer_svc.distributors.domain import home
from customer_svc.fields import email_normal, phone_e164
from customer_svc.identities import queries
from customer_svc.identities.domain import strength_of
from customer_svc.identities.schemas import IdentityCreate, IdentityRef
from customer_svc.identities.tables import Identity
from customer_svc.tax_numbers import tax_number
from shared.db import Tx, prepare
from shared.problems import Invalid

_t = Identity.__table__  # type: ignore[attr-defined]
_CLAIM = prepare(
    insert(_t)
    .on_conflict_do_nothing(index_elements=["channel", "external_id", "distributor_id"])
    .returning(_t.c.id),
    *_t.c.keys(),
)
_VERIFY = prepare(update(_t).where(_t.c.id == bindparam("b_id")), "verified", "verified_at", "strength")
_DELETE = prepare(delete(_t).where(_t.c.id == bindparam("b_id")))
_DELETE_MANY = prepare(
    delete(_t)
    .where(
        or_(
            _t.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
            _t.c.customer_id == any_(bindparam("customer_ids", type_=ARRAY(Uuid))),
        )
    )
    .returning(_t.c.customer_id)
)


_NORMAL: dict[str, Callable[[str], str | None]] = {
    "phone": phone_e164,
    "email": email_normal,
    "tax_number": tax_number,
}


def _of_its_kind(wanted: IdentityCreate) -> dict[str, Any]:
    """The identity in its kind's normal form with its strength; Invalid where it cannot be of its kind."""
    normal = _NORMAL.get(wanted.kind, str)(wanted.external_id)
    if normal is None:
        raise Invalid.at(
            "/external_id",
            "identity_invalid",
            en="is no identity of its kind",
            zh="不符合该类型标识的格式",
        )
    strength = strength_of(wanted.kind, verified=wanted.verified, said=wanted.strength)
    if wanted.strength not in (None, strength):
        raise Invalid.at(
            "/strength", "strength_wrong", en="follows from kind and verification", zh="由类型与验证状态决定"
        )
    return {**wanted.model_dump(), "external_id": normal, "strength": strength}


async def _claim(
    tx: Tx, wanted: IdentityCreate, customer_id: UUID, distributor_id: UUID | None
) -> dict[str, Any] | None:
    """The new identity, or None if a customer of the distributor has it; waits for a concurrent claim."""
    await enter_channels(tx, [wanted.channel])
    row = {
        **_of_its_kind(wanted),
        "id": tx.new_id(),
        "customer_id": customer_id,
        "origin_id": None,
        "distributor_id": distributor_id,
        "verified_at": tx.now if wanted.verified else None,
        "created_at": tx.now,
    }
    touch(tx, customer_id)
    async with tx.handing_over():  # the customer may be made after its identity is claimed
        return row if await tx.value(_CLAIM, **row) else None


async def add_identity(tx: Tx, customer_id: UUID, wanted: IdentityCreate) -> dict[str, Any]:
    """Give a customer one more identity; Conflict if it is already one of a customer of its distributor."""
    customer = await customers.customer_for_update(tx, customer_id)
    row = await _claim(tx, wanted, customer_id, customer["distributor_id"])
    if row is None:
        raise identity_taken()
    return row


async def verify_identity(tx: Tx, customer_id: UUID, identity_id: UUID, *, verified: bool) -> dict[str, Any]:
    """Say that an identity was proven to be the customer's, or is not so any more; its strength follows."""
    await customers.hold(tx, customer_id)
    row = await queries.identity_for_update(tx, customer_id, identity_id)
    if row["verified"] == verified:
        return row
    strength = strength_of(row["kind"], verified=verified, said=row["strength"])
    row |= {"verified": verified, "verified_at": tx.now if verified else None, "strength": strength}
    await tx.run(_VERIFY, **row, b_id=identity_id)
    touch(tx, customer_id)
    return row


async def remove_identity(tx: Tx, customer_id: UUID, identity_id: UUID) -> None:
    """Let the customer be known by this identity no longer; another one may have it then."""
    await customers.hold(tx, customer_id)
    await queries.identity_for_update(tx, customer_id, identity_id)
    await tx.run(_DELETE, b_id=identity_id)
    touch(tx, customer_id)


async def remove_many(tx: Tx, *, ids: Sequence[UUID] = (), of_customers: Sequence[UUID] = ()) -> None:
    """Remove these identities, and all those of these customers; all were locked and judged before."""
    if ids or of_customers:
        gone = await tx.rows(_DELETE_MANY, ids=ids, customer_ids=of_customers)
        touch(tx, *(row["customer_id"] for row in gone))


async def upsert_customer(
    tx: Tx, ref: IdentityRef, wanted: CustomerCreate, *, by: UUID
) -> tuple[dict[str, Any], bool]:
    """The customer of this identity with the fields that were sent, and whether it is new.

    If the customer's distributor is said, it is looked for there alone. The identity is claimed before the
    customer is made, so two at once make one customer. An archived customer comes back. Conflict if the
    identity is that of customers of several distributors, or of one out of sight of the same distributor.
    """
    sent = wanted.model_dump(exclude_unset=True)
    among = {home(tx.scope.distributors, wanted.distributor_id)} if "distributor_id" in sent else None
    owner = await queries.owner(tx, ref, among)
    if owner is None:
        customer_id = tx.new_id()
        claimed = IdentityCreate(channel=ref.channel, external_id=ref.external_id)
        if await _claim(tx, claimed, customer_id, home(tx.scope.distributors, wanted.distributor_id)):
            return await register_customer(tx, wanted, by=by, customer_id=customer_id), True
        owner = await queries.owner(tx, ref, among)
    if owner is None:
        raise identity_taken()
    if sent.get(REFERRED_BY) is not None:
        await hold_referrers(tx)
    record = await customers.customer_for_update(tx, owner.customer_id, archived=True)
    sent = await check_referrer(tx, record, sent)
    return await alter_customer(tx, record, {**sent, "status": "active"}, by=by), False
