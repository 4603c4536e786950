"""Who referred whom: a customer in sight, never the customer itself, and never in a circle."""

from collections.abc import Iterable, Mapping
from typing import Any, Self
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, bindparam, func, select
from sqlalchemy.orm import aliased

from customer_svc.customers import domain, queries
from customer_svc.customers.tables import Customer
from shared.db import Reader, Tx, prepare

FIELD = "referred_by"
_t: Any = Customer.__table__  # type: ignore[attr-defined]
_LOCK = prepare(select(func.pg_advisory_xact_lock(bindparam("key", 0x72656665, type_=BigInteger))))
_up = (
    select(_t.c.id, _t.c.referred_by)
    .where(_t.c.id == bindparam("b_id", type_=Uuid))
    .cte("up", recursive=True)
)
_above = aliased(_t, name="above")
_up = _up.union(
    select(_above.c.id, _above.c.referred_by).where(
        _above.c.id == func.customer_root(_up.c.referred_by, type_=Uuid)
    )
)
_CHAIN = prepare(select(func.array_agg(_up.c.id)))


class Referrers:
    """The customers that some wishes name as referrers, as they are now: merged ones are who keeps them."""

    def __init__(self, there: Mapping[UUID, UUID]) -> None:
        self._there = there

    @classmethod
    async def of(cls, db: Reader, wishes: Iterable[Mapping[str, Any]]) -> Self:
        """Read what these wishes need; no statement if none of them names anybody."""
        named = {wanted[FIELD] for wanted in wishes if wanted.get(FIELD) is not None}
        return cls(await queries.kept_by(db, named) if named else {})

    def completed(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """The wish with the referrer as it is now; Invalid unless it is in sight."""
        named = wanted.get(FIELD)
        if named is None:
            return dict(wanted)
        if named not in self._there:
            raise domain.referrer_unknown()
        return {**wanted, FIELD: self._there[named]}


async def hold_referrers(tx: Tx) -> None:
    """Let nobody else change who referred whom until the end; taken before any customer is locked.

    Two changes at once could close a circle that neither of them sees.
    """
    await tx.value(_LOCK)


async def check_referrer(tx: Tx, record: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wish for a customer with a new referrer as it is now; referrers must be held.

    Raises Invalid for one out of sight, for the customer itself, and for one that came by its recommendation,
    as far as the caller sees the way from one to the next.
    """
    if wanted.get(FIELD) is None or wanted[FIELD] == record[FIELD]:
        return dict(wanted)
    wanted = (await Referrers.of(tx, [wanted])).completed(wanted)
    if wanted[FIELD] == record["id"]:
        raise domain.refers_itself()
    if record["id"] in (await tx.value(_CHAIN, b_id=wanted[FIELD]) or ()):
        raise domain.referral_circle()
    return wanted
